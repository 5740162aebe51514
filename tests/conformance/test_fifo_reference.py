"""The statements of reference/ser-fifo.md about the FIFO itself, core, sl and usrloc, on the wire.

Each test is a sentence or a table row of that page, written without a look at how ser does it. A
last newline that SER left out may be there.
"""

from __future__ import annotations

import os
import re
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conformance.plain_fifo import PlainFifo, code_of, read_to_end, request
from tests.support.daemon import PROJECT, Ser, wait_for
from tests.support.sip_peer import Peer

CONFIG = """
loadmodule "sl.so"
loadmodule "tm.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
route {
    if (method=="REGISTER") { save("location"); break; };
    if (method=="MESSAGE") { sl_send_reply("404", "Not Found"); break; };
    if (!lookup("location")) { sl_send_reply("480", "Away"); break; };
    t_relay();
}
"""


@pytest.fixture(scope="module")
def ser() -> Iterator[Ser]:
    with Ser(CONFIG, children=2) as made:
        yield made


@pytest.fixture(scope="module")
def fifo(ser: Ser) -> PlainFifo:
    return PlainFifo(ser.fifo)


@pytest.fixture
def fresh() -> Iterator[Ser]:
    """One that has logged nothing yet: of each kind of complaint it writes one line a second."""
    with Ser(CONFIG, children=1) as made:
        yield made


# -- 1. the request pipe --


def test_a_fifo_is_made_with_mode_0660_and_removed_at_exit() -> None:
    with Ser(CONFIG, children=1) as ser:
        path = ser.fifo
        found = path.stat()
        assert stat.S_ISFIFO(found.st_mode)
        assert stat.S_IMODE(found.st_mode) == 0o660
        ser.stop()
        assert not path.exists()


def test_fifo_mode_is_independent_of_umask() -> None:
    with Ser("fifo_mode=0622\n" + CONFIG, children=1) as ser:
        assert stat.S_IMODE(ser.fifo.stat().st_mode) == 0o622


# -- 2. request syntax --


def test_empty_lines_before_the_command_line_are_skipped(fifo: PlainFifo) -> None:
    with fifo.reply_pipe() as name:
        assert fifo.ask_on(name, f"\n\n\n:print:{name}\nhello\n\n") == "200 ok\nhello\n"


def test_lines_are_stripped_on_the_right(fifo: PlainFifo) -> None:
    with fifo.reply_pipe() as name:
        assert fifo.ask_on(name, f":print:{name} \t\r\nhello \t\r\n\r\n") == "200 ok\nhello\n"


def test_commands_are_matched_without_regard_to_case(fifo: PlainFifo) -> None:
    assert fifo.ask("PrInT", "hello") == "200 ok\nhello\n"


def test_no_reply_name_no_reply(fifo: PlainFifo) -> None:
    fifo.write(request("ul_add", "", "location", "silent", "sip:silent@h", "60", "1", "0", "0"))
    assert code_of(fifo.ask("ul_show_contact", "location", "silent")) == 200


def test_an_unknown_command_is_told(fifo: PlainFifo) -> None:
    assert fifo.ask("weather") == "500 command 'weather' not available\n"


def test_behind_a_command_that_failed_an_empty_line_resynchronises(fifo: PlainFifo) -> None:
    """The next line is eaten, the others are rejected as command lines."""
    with fifo.reply_pipe() as name:
        text = request("ul_rm", name, "nowhere", "joe", "surplus", "more", "yet more")
        assert code_of(fifo.ask_on(name, text)) == 400
    assert fifo.ask("print", "still there") == "200 ok\nstill there\n"


def test_of_two_requests_in_a_row_each_gets_its_reply(fifo: PlainFifo) -> None:
    with fifo.reply_pipe() as first, fifo.reply_pipe() as second:
        reader = os.open(fifo.path.with_name(second), os.O_RDONLY | os.O_NONBLOCK)
        both = request("print", first, "1") + request("print", second, "2")
        assert fifo.ask_on(first, both) == "200 ok\n1\n"
        assert read_to_end(reader, 5.0) == "200 ok\n2\n"
        os.close(reader)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("x:", "command must have at least 3 chars"),
        ("uptime", "command must begin with :"),
        (":uptime", "file separator missing"),
        ("::reply", "empty command"),
        (":uptime:../reply", "forbidden filename"),
        (":uptime:re.ply", "forbidden filename"),
        (":uptime:re\\ply", "forbidden filename"),
        (":uptime:" + "x" * 70_000, "line too long"),
    ],
)
def test_errors_in_the_command_line_go_to_the_log(fresh: Ser, line: str, text: str) -> None:
    fifo = PlainFifo(fresh.fifo)
    for start in range(0, len(line), 4000):
        fifo.write(line[start : start + 4000])
    fifo.write("\n\n")
    fresh.wait_for_log(text)
    assert fifo.ask("print", "next") == "200 ok\nnext\n"


# -- 3. the reply pipe --


def test_the_reply_pipe_may_be_opened_a_little_later(fifo: PlainFifo) -> None:
    """Four retries of 80 ms each."""
    with fifo.reply_pipe() as name:
        fifo.write(request("print", name, "late"))
        time.sleep(0.1)  # what is tested: nobody reads yet
        reader = os.open(fifo.path.with_name(name), os.O_RDONLY | os.O_NONBLOCK)
        assert read_to_end(reader, 5.0) == "200 ok\nlate\n"
        os.close(reader)


def test_what_cannot_be_answered_is_done_all_the_same(fifo: PlainFifo) -> None:
    lines = ("location", "unheard", "sip:unheard@h", "60", "1", "0", "0")
    fifo.write(request("ul_add", "there_is_no_such_pipe", *lines))
    assert code_of(fifo.ask("ul_show_contact", "location", "unheard")) == 200


def test_a_plain_file_is_not_written_to(fresh: Ser) -> None:
    path = fresh.fifo.with_name("plain_file")
    path.write_bytes(b"")
    PlainFifo(fresh.fifo).write(request("print", path.name, "secret"))
    fresh.wait_for_log("is not a fifo")
    assert path.read_bytes() == b""


@pytest.mark.parametrize(
    ("link", "text"), [(os.symlink, "is a soft link"), (os.link, "is hard-linked 2 times")]
)
def test_a_link_to_a_fifo_is_not_written_to(
    fresh: Ser, link: Callable[[Path, Path], None], text: str
) -> None:
    fifo = PlainFifo(fresh.fifo)
    with fifo.reply_pipe() as name:
        target = fifo.path.with_name(name)
        other = fifo.path.with_name(f"{name}_link")
        link(target, other)
        reader = os.open(target, os.O_RDONLY | os.O_NONBLOCK)
        fifo.write(request("print", other.name, "secret"))
        fresh.wait_for_log(text)
        assert os.read(reader, 100) == b""
        os.close(reader)


# -- 5. core commands --

CTIME = "%a %b %d %H:%M:%S %Y"


def test_print(fifo: PlainFifo) -> None:
    assert fifo.ask("print", "hello") == "200 ok\nhello\n"
    assert fifo.ask("print", "x" * 255) == f"200 ok\n{'x' * 255}\n"
    assert fifo.ask("print", "x" * 256).rstrip("\n") == "500 print_fifo_cmd: too big text"


def test_uptime(fifo: PlainFifo) -> None:
    status, now, since, up = fifo.ask("uptime").splitlines()
    assert status == "200 ok"
    began = time.mktime(time.strptime(since.removeprefix("Up Since: "), CTIME))
    clock = time.mktime(time.strptime(now.removeprefix("Now: "), CTIME))
    seconds = re.fullmatch(r"Up time: (\d+) \[sec\]", up)
    assert seconds is not None
    assert abs(clock - began - int(seconds[1])) <= 1
    assert abs(clock - time.time()) < 5


def test_version(fifo: PlainFifo) -> None:
    assert re.fullmatch(
        r"200 ok\nServer: Sip EXpress router \([^()]+\([^()]+\)\)\r\n", fifo.ask("version")
    )


def test_pwd(fifo: PlainFifo) -> None:
    assert fifo.ask("pwd") == f"200 ok\n{PROJECT}\n"


def test_arg_has_one_word_of_the_command_line_per_line(ser: Ser, fifo: PlainFifo) -> None:
    status, *words = fifo.ask("arg").splitlines()
    assert status == "200 ok"
    options = ser.arguments[ser.arguments.index("-f") :]
    assert words[-len(options) :] == options


def test_which_has_one_name_per_line_and_the_latest_first(fifo: PlainFifo) -> None:
    status, *names = fifo.ask("which").splitlines()
    assert status == "200 ok"
    core = ["kill", "ps", "which", "arg", "pwd", "version", "uptime", "print"]
    places = [names.index(name) for name in core]
    assert places == sorted(places)
    modules = {
        "t_uac_dlg", "t_uac_cancel", "t_hash", "t_stats", "t_reply", "sl_stats", "ul_stats",
        "ul_dump", "ul_flush", "ul_add", "ul_rm", "ul_rm_contact", "ul_show_contact",
    }  # fmt: skip
    assert modules <= set(names)


def test_ps(ser: Ser, fifo: PlainFifo) -> None:
    status, *lines = fifo.ask("ps").splitlines()
    assert status == "200 ok"
    rows = [line.split("\t") for line in lines]
    assert [int(index) for index, _, _ in rows] == list(range(len(rows)))
    assert rows[0] == ["0", str(ser.pid), "attendant"]
    assert rows[1][2] == "fifo server"
    receivers = [row for row in rows if row[2].startswith("receiver child=")]
    assert [int(pid) for _, pid, _ in receivers] == ser.receivers()
    assert re.fullmatch(r"receiver child=0 sock= \S+:\d+.*", receivers[0][2])


def test_kill() -> None:
    with Ser(CONFIG, children=1) as ser:
        assert PlainFifo(ser.fifo).ask("kill").rstrip("\n") == "200 killing now..."
        assert ser.process.wait(10) == 0


# -- 7. usrloc commands --

ADD = ("sip:joe@10.0.0.9:5062", "3600", "1.00", "0", "0")


def test_the_three_examples(fifo: PlainFifo) -> None:
    assert fifo.ask("ul_add", "location", "joe@example.com", *ADD) == (
        "200 Added to table\n('joe','sip:joe@10.0.0.9:5062') to 'location'\n"
    )
    shown = fifo.ask("ul_show_contact", "location", "joe@example.com")
    assert re.fullmatch(r"200 OK\n<sip:joe@10\.0\.0\.9:5062>;q=1;expires=3(600|59\d)\n", shown)
    assert fifo.ask("ul_rm", "location", "joe@example.com") == (
        "200 user (location, joe@example.com) deleted\n"
    )


def test_ul_stats_has_a_line_for_each_domain(fifo: PlainFifo) -> None:
    assert re.fullmatch(
        r"200 ok\nDomain Registered Expired\n'location' \d+ \d+\n", fifo.ask("ul_stats")
    )


def test_ul_flush_is_completed(fifo: PlainFifo) -> None:
    assert fifo.ask("ul_flush").rstrip("\n") == "200 ul_flush completed"


def test_an_address_of_record_is_lower_cased_and_cut_at_the_at(fifo: PlainFifo) -> None:
    fifo.ask("ul_add", "location", "Upper@Example.com", *ADD)
    assert code_of(fifo.ask("ul_show_contact", "location", "uPPER@elsewhere")) == 200
    assert fifo.ask("ul_rm", "location", "UPPER@Elsewhere") == (
        "200 user (location, upper@elsewhere) deleted\n"
    )
    assert fifo.ask("ul_show_contact", "location", "Upper@Example.com") == (
        "404 Username upper in table location not found\n"
    )


def test_ul_rm_of_somebody_who_did_not_exist_is_200_too(fifo: PlainFifo) -> None:
    assert fifo.ask("ul_rm", "location", "nobody") == "200 user (location, nobody) deleted\n"


def test_ul_rm_contact(fifo: PlainFifo) -> None:
    fifo.ask("ul_add", "location", "twice", "sip:1@h", *ADD[1:])
    fifo.ask("ul_add", "location", "twice", "sip:2@h", *ADD[1:])
    assert fifo.ask("ul_rm_contact", "location", "twice@h", "sip:1@h") == (
        "200 Contact (twice, sip:1@h) deleted from table location\n"
    )
    assert fifo.ask("ul_rm_contact", "location", "twice@h", "sip:1@h") == (
        "404 Contact sip:1@h in table location not found\n"
    )
    assert fifo.ask("ul_rm_contact", "location", "never@h", "sip:1@h") == (
        "404 Username never in table location not found\n"
    )
    assert "<sip:2@h>" in fifo.ask("ul_show_contact", "location", "twice")


def test_an_existing_contact_is_updated(fifo: PlainFifo) -> None:
    fifo.ask("ul_add", "location", "again", *ADD)
    fifo.ask("ul_add", "location", "again", ADD[0], "60", "0.5", "0", "0")
    shown = fifo.ask("ul_show_contact", "location", "again")
    assert re.fullmatch(r"200 OK\n<sip:joe@10\.0\.0\.9:5062>;q=0\.5;expires=(60|5\d)\n", shown)


@pytest.mark.parametrize(("q", "printed"), [("1", "1"), ("1.00", "1"), ("0", "0"), ("0.5", "0.5")])
def test_q_prints_as_1_0_and_0_5(fifo: PlainFifo, q: str, printed: str) -> None:
    fifo.ask("ul_add", "location", f"q{q}", ADD[0], "60", q, "0", "0")
    assert f";q={printed};" in fifo.ask("ul_show_contact", "location", f"q{q}")


def test_an_unspecified_q_prints_as_an_empty_string(ser: Ser, fifo: PlainFifo) -> None:
    with Peer(f"127.0.0.1:{ser.port}", "phone") as phone:
        phone.register()
        assert f"<{phone.uri}>;q=;expires=" in fifo.ask("ul_show_contact", "location", "phone")


def test_expires_0_is_refused_unless_permanent(fifo: PlainFifo) -> None:
    refused = fifo.ask("ul_add", "location", "zero", ADD[0], "0", "1", "0", "0")
    assert refused.startswith(
        "500 Error while adding contact\n ('zero','sip:joe@10.0.0.9:5062') in table 'location'\n"
    )
    assert code_of(fifo.ask("ul_add", "location", "zero", ADD[0], "0", "1", "0", "128")) == 200
    shown = fifo.ask("ul_show_contact", "location", "zero")
    seconds = int(shown.rpartition("expires=")[2])
    assert seconds < 0 or seconds > 1_000_000


@pytest.mark.parametrize(
    ("command", "lines", "reply"),
    [
        ("ul_add", [], "400 ul_add: table name expected\n"),
        ("ul_add", ["location"], "400 ul_add: aor name expected\n"),
        ("ul_add", ["location", "x"], "400 ul_add: contact expected\n"),
        ("ul_add", ["location", "x", *ADD[:1]], "400 ul_add: expires expected\n"),
        ("ul_add", ["location", "x", *ADD[:2]], "400 ul_add: q expected\n"),
        ("ul_add", ["location", "x", *ADD[:3]], "400 ul_add: replicate expected\n"),
        ("ul_add", ["location", "x", *ADD[:4]], "400 ul_add: flags expected\n"),
        ("ul_add", ["location", "x", ADD[0], "x", *ADD[2:]], "400 Invalid expires format\n"),
        ("ul_add", ["location", "x", *ADD[:2], "x", *ADD[3:]], "400 Invalid q value\n"),
        ("ul_add", ["location", "x", *ADD[:3], "x", "0"], "400 Invalid replicate format\n"),
        ("ul_add", ["location", "x", *ADD[:4], "x"], "400 Invalid flags format\n"),
        (
            "ul_add",
            ["T", "x", *ADD],
            "400 Table 'T' not found in memory, "
            'use save("T") or lookup("T") in the configuration script first\n',
        ),
        ("ul_rm", [], "400 ul_rm: table name expected\n"),
        ("ul_rm", ["location"], "400 ul_rm: user name expected\n"),
        ("ul_rm", ["T", "x"], "400 table (T) not found\n"),
        ("ul_rm_contact", [], "400 ul_rm_contact: table name expected\n"),
        ("ul_rm_contact", ["location"], "400 ul_rm_contact: user name expected\n"),
        ("ul_rm_contact", ["location", "x"], "400 ul_rm_contact: contact expected\n"),
        ("ul_rm_contact", ["T", "x", "sip:x@y"], "400 table (T) not found\n"),
        ("ul_show_contact", [], "400 ul_show_contact: table name expected\n"),
        ("ul_show_contact", ["location"], "400 ul_show_contact: user name expected\n"),
        ("ul_show_contact", ["T", "x"], "400 table (T) not found\n"),
    ],
)
def test_texts_of_errors(fifo: PlainFifo, command: str, lines: list[str], reply: str) -> None:
    assert fifo.ask(command, *lines) == reply


DUMP = r"""200 ok
===Domain list===
---Domain---
name : 'location'
size : 512
table: 0x[0-9a-f]+
d_ll \{
    n    : 1
    first: (0x[0-9a-f]+)
    last : \1
\}

\.\.\.Record\(\1\)\.\.\.
domain: 'location'
aor   : 'joe'
~~~Contact\(0x[0-9a-f]+\)~~~
domain    : 'location'
aor       : 'joe'
Contact   : 'sip:joe@10\.0\.0\.9:5062'
Expires   : 3(600|59\d)
q         : 1
Call-ID   : 'The-Answer-To-The-Ultimate-Question-Of-Life-Universe-And-Everything'
CSeq      : 42
replic    : 0
User-Agent: 'SIP Express Router FIFO'
received  : ''
State     : CS_NEW
Flags     : 0
next      : \(nil\)
prev      : \(nil\)
~~~/Contact~~~~
\.\.\./Record\.\.\.

---/Domain---
===/Domain list===
"""


def test_the_layout_of_ul_dump() -> None:
    with Ser(CONFIG, children=1) as ser:
        fifo = PlainFifo(ser.fifo)
        fifo.ask("ul_add", "location", "joe", *ADD)
        assert re.fullmatch(DUMP, fifo.ask("ul_dump"))


def test_with_use_domain_the_at_is_mandatory() -> None:
    with Ser(
        CONFIG.replace("route {", 'modparam("usrloc|registrar", "use_domain", 1)\nroute {', 1),
        children=1,
    ) as ser:
        fifo = PlainFifo(ser.fifo)
        username, user = "username@domain expected\n", "user@domain expected\n"
        assert fifo.ask("ul_add", "location", "joe", *ADD) == f"400 ul_add: {username}"
        assert fifo.ask("ul_rm", "location", "joe") == f"400 ul_rm: {username}"
        asked = fifo.ask("ul_rm_contact", "location", "joe", ADD[0])
        assert asked == f"400 ul_rm_contact: {user}"
        shown = fifo.ask("ul_show_contact", "location", "joe")
        assert shown == f"400 ul_show_contact: {user}"
        assert fifo.ask("ul_add", "location", "Joe@Example.com", *ADD) == (
            "200 Added to table\n('joe@example.com','sip:joe@10.0.0.9:5062') to 'location'\n"
        )


# -- 8. sl --


def test_sl_stats_has_seven_lines_ended_by_six_blanks(ser: Ser, fifo: PlainFifo) -> None:
    pattern = (
        r"200 ok\n"
        r"200: \d+ 202: \d+ 2xx: \d+      \n"
        r"300: \d+ 301: \d+ 302: \d+ 3xx: \d+      \n"
        r"400: \d+ 401: \d+ 403: \d+ 404: (\d+) 407: \d+ 408: \d+ 483: \d+ 4xx: \d+      \n"
        r"500: \d+ 5xx: \d+      \n"
        r"6xx: \d+      \n"
        r"xxx: \d+      \n"
        r"failures: \d+      \n"
    )

    def not_found() -> int:
        shown = re.fullmatch(pattern, fifo.ask("sl_stats"))
        assert shown is not None
        return int(shown[1])

    with Peer(f"127.0.0.1:{ser.port}") as peer:
        before = not_found()
        peer.send(peer.request("MESSAGE", "sip:x@h"))
        peer.response(404)
    # it is counted behind the sending
    wait_for(lambda: not_found() == before + 1, "the 404 to be counted")
