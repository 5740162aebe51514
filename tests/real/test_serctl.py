"""Every verb of serctl against a ser that runs: what is asked, and what is shown.

SIP from serctl (ping, send, …) is in test_serctl_sip.py, starting and stopping in
test_serctl_daemon.py, what goes wrong in test_serctl_errors.py.
"""

from __future__ import annotations

import csv
import io
import json
import resource
import signal
import subprocess
from collections.abc import Iterator
from importlib.metadata import version

import pytest

from ser_core.fifo.client import open_client
from tests.support.daemon import Ser, wait_for
from tests.support.serctl_process import Serctl
from tests.support.sip_peer import Peer

CONFIG = """\
loadmodule "sl.so"
loadmodule "tm.so"
loadmodule "rr.so"
loadmodule "maxfwd.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"

route {
    if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); break; };
    if (method=="REGISTER") { save("location"); break; };
    if (lookup("aliases")) { log(3, "an alias"); };
    if (!lookup("location")) { sl_send_reply("404", "User Not Found"); break; };
    t_relay();
}
"""
RECEIVERS = 2


@pytest.fixture(scope="module")
def ser() -> Iterator[Ser]:
    with Ser(CONFIG, children=RECEIVERS) as running:
        yield running


@pytest.fixture
def serctl(ser: Ser) -> Iterator[Serctl]:
    """Leaves both tables empty."""
    yield Serctl(ser.directory / "run")
    with open_client(ser.fifo) as client:
        for table in ("location", "aliases"):
            _, *rows = client.ask("ul_list", f"table={table}", "limit=1000").body.splitlines()
            for row in rows:
                client.ask("ul_rm", table, row.partition(b"\t")[0])


def columns(text: str, *places: int) -> list[tuple[str, ...]]:
    rows = [line.split("\t") for line in text.splitlines()]
    return [tuple(row[place] for place in places) for row in rows]


# -- what ser is doing ---------------------------------------------------------------------------


def test_ps(ser: Ser, serctl: Serctl) -> None:
    rows = columns(serctl.out("ps"), 0, 1, 2)
    assert rows[0] == ("0", str(ser.pid), "attendant")
    assert rows[1] == ("1", str(ser.fifo_server()), "fifo server")
    assert {int(pid) for _, pid, _ in rows[2:]} == set(ser.receivers())
    assert len(rows) == 2 + RECEIVERS


def test_uptime(serctl: Serctl) -> None:
    shown = json.loads(serctl.out("uptime", "-F", "json"))
    assert 0 <= shown["up_time"] < 600
    assert shown["up_since_in"] == -shown["up_time"]


def test_version(serctl: Serctl) -> None:
    assert serctl.out("version") == (
        f"serctl\t{version('ser')}\nser\tSip EXpress router ({version('ser')} (python))\n"
    )


def test_config(ser: Ser, serctl: Serctl) -> None:
    shown = json.loads(serctl.out("config", "-F", "json"))
    assert (shown["path"], shown["pid"], shown["fifo"]) == (str(ser.config), ser.pid, str(ser.fifo))
    assert shown["listen"] == [f"{kind}:127.0.0.1:{ser.port}" for kind in ("udp", "tcp")]
    assert -600 < shown["loaded_in"] <= 0


def test_stats_count_what_happens(ser: Ser, serctl: Serctl) -> None:
    def requests() -> int:
        [row] = json.loads(serctl.out("stats", "core.requests", "-F", "json"))
        return int(row["value"])

    before = requests()
    with Peer(f"127.0.0.1:{ser.port}", "joe") as joe:
        joe.register()
    assert requests() == before + 1


def test_stats_by_pattern(serctl: Serctl) -> None:
    names = [name for (name,) in columns(serctl.out("stats", "core.re*"), 0)]
    assert names
    assert all(name.startswith("core.re") for name in names)
    assert serctl("stats", "no such counter").returncode == 5


def test_debug_for_some_time(serctl: Serctl) -> None:
    before = serctl.out("debug").split("\t")[1].strip()
    shown = json.loads(serctl.out("debug", "4", "--for", "10m", "-F", "json"))
    assert (shown["level"], shown["back_to"]) == (4, int(before))
    assert 595 < shown["until_in"] <= 600
    assert serctl.out("debug", before) == f"level\t{before}\n"


def test_log(ser: Ser, serctl: Serctl) -> None:
    serctl.out("debug", "3")
    serctl.out("debug", "2")
    lines = columns(serctl.out("log", "-n", "2"), 3, 4, 7)
    assert lines[-1] == ("NOTICE", "fifo server", "debug level 2 instead of 3")
    assert len(lines) == 2


def test_log_of_one_call(ser: Ser, serctl: Serctl) -> None:
    with Peer(f"127.0.0.1:{ser.port}", "joe") as joe:
        serctl.out("debug", "4")
        joe.register(call_id="the-call@serctl")
        serctl.out("debug", "2")
    wait_for(lambda: serctl.out("log", "--call-id", "the-call@serctl"), "a line of the call")
    calls = columns(serctl.out("log", "--call-id", "the-call@serctl"), 6)
    assert set(calls) == {("the-call@serctl",)}


def test_log_by_level(serctl: Serctl) -> None:
    assert serctl.out("log", "-l", "ERR") == ""
    refused = serctl("log", "-l", "LOUD")
    assert (refused.returncode, "its name" in refused.stderr) == (1, True)


# -- registrations -------------------------------------------------------------------------------


def test_a_phone_that_registers_is_seen(ser: Ser, serctl: Serctl) -> None:
    with Peer(f"127.0.0.1:{ser.port}", "joe") as joe:
        joe.register(expires=600)
        [row] = json.loads(serctl.out("ul", "show", "-F", "json"))
        assert (row["aor"], row["contact"]) == ("joe", joe.uri)
        assert 590 < row["expires_in"] <= 600
        assert -10 < row["since_in"] <= 0
        assert columns(serctl.out("ul", "show", "joe"), 0) == [(joe.uri,)]
        assert serctl.out("online") == "joe\n"


def test_add_show_rm(serctl: Serctl) -> None:
    uri = "sip:joe@192.0.2.9:5062"
    added = serctl.out("ul", "add", "joe@example.com", uri, "--expires", "1h", "--q", "0.5")
    assert added == f"200 Added to table\n('joe','{uri}') to 'location'\n"
    [(contact, q, _, seconds)] = columns(serctl.out("ul", "show", "joe@example.com"), 0, 1, 2, 3)
    assert (contact, q) == (uri, "0.5")
    assert 3590 < int(seconds) <= 3600
    assert serctl.out("ul", "rm", "joe@example.com", "-y").startswith("200 user (location, joe")
    assert serctl("ul", "show", "joe@example.com").returncode == 5


def test_add_is_for_good(serctl: Serctl) -> None:
    serctl.out("ul", "add", "joe", "sip:joe@192.0.2.9")
    assert columns(serctl.out("ul", "show"), 0, 2) == [("joe", "permanent")]
    assert columns(serctl.out("ul", "show", "joe"), 0, 2) == [("sip:joe@192.0.2.9", "permanent")]


def test_the_default_domain(serctl: Serctl) -> None:
    added = serctl("ul", "--dry-run", "rm", "joe", SIP_DOMAIN="example.com")
    assert added.stdout == ":ul_rm:serctl\nlocation\njoe@example.com\n\n"


def test_rm_of_one_contact(serctl: Serctl) -> None:
    for host in ("a", "b"):
        serctl.out("ul", "add", "joe", f"sip:joe@{host}.example.com")
    serctl.out("ul", "rm", "joe", "sip:joe@a.example.com", "-y")
    assert columns(serctl.out("ul", "show", "joe"), 0) == [("sip:joe@b.example.com",)]
    assert serctl("ul", "rm", "joe", "sip:joe@a.example.com", "-y").returncode == 5


def test_rm_of_nobody(serctl: Serctl) -> None:
    run = serctl("ul", "rm", "nobody", "-y")
    assert (run.returncode, run.stdout) == (5, "")
    assert run.stderr == "serctl: ser says 404 Username nobody in table location not found\n"


def test_aliases(serctl: Serctl) -> None:
    serctl.out("alias", "add", "00441234@example.com", "sip:joe@example.com")
    assert columns(serctl.out("alias", "show"), 0, 1, 2) == [
        ("00441234", "sip:joe@example.com", "permanent")
    ]
    assert columns(serctl.out("alias", "show", "00441234"), 0) == [("sip:joe@example.com",)]
    again = serctl("alias", "add", "00441234@example.com", "sip:bob@example.com")
    assert (again.returncode, "there is an alias" in again.stderr) == (1, True)
    overlap = serctl("ul", "add", "00441234@example.com", "sip:bob@example.com")
    assert overlap.returncode == 1
    serctl.out("alias", "rm", "00441234", "-y")
    assert serctl("alias", "show").stdout == ""


def test_filter_sort_and_pages(serctl: Serctl) -> None:
    for number, user in enumerate(("eve", "dan", "00441234", "bob", "carol")):
        expires = 1000 - 100 * number  # whatever time passes between two of these commands
        serctl.out("ul", "add", user, f"sip:{user}@192.0.2.{number}", "--expires", str(expires))

    def users(*words: str) -> list[str]:
        return [user for (user,) in columns(serctl("ul", "show", *words).stdout, 0)]

    assert users() == ["00441234", "bob", "carol", "dan", "eve"]
    assert users("--sort", "-aor", "--limit", "2") == ["eve", "dan"]
    assert users("--sort", "expires") == ["carol", "bob", "00441234", "dan", "eve"]
    assert users("--offset", "3") == ["dan", "eve"]
    assert users("--filter", "192.0.2.3") == ["bob"]
    assert users("--filter", "0044") == ["00441234"]
    told = serctl("ul", "show", "--limit", "2").stderr
    assert told == "serctl: 2 of 5 shown; --all shows all, --offset what follows\n"


def test_dump(serctl: Serctl) -> None:
    serctl.out("ul", "add", "joe", "sip:joe@192.0.2.9")
    dump = serctl.out("ul", "dump")
    assert dump.startswith("===Domain list===\n---Domain---\n")
    assert "Contact   : 'sip:joe@192.0.2.9'\n" in dump


HOSTILE_AGENT = "x\x1b[2J\x1b]0;owned\x07 [red]markup[/red] 👩\u200d💻 \u202e " + "y" * 2000


def test_a_hostile_user_agent_changes_only_the_text_shown(ser: Ser, serctl: Serctl) -> None:
    with Peer(f"127.0.0.1:{ser.port}", "mallory") as mallory:
        text = mallory.request(
            "REGISTER", f"sip:127.0.0.1:{ser.port}", to="<sip:mallory@127.0.0.1>",
            headers=[f"Contact: <{mallory.uri}>", f"User-Agent: {HOSTILE_AGENT}"],
        )  # fmt: skip
        mallory.send(text)
        mallory.response(200)
    serctl.out("ul", "add", "bob", "sip:bob@192.0.2.9")

    lines = serctl.out("ul", "show").splitlines()
    assert [line.split("\t")[0] for line in lines] == ["bob", "mallory"]
    assert "y" * 40 in lines[1]
    rows = json.loads(serctl.out("ul", "show", "-F", "json"))
    assert rows[1]["user_agent"].endswith("y" * 40)
    assert len(list(csv.reader(io.StringIO(serctl.out("ul", "show", "-F", "csv"))))) == 3
    status, shown = serctl.on_terminal("ul", "show", NO_COLOR="1")
    assert status == 0
    assert "\x1b" not in shown
    assert "\x07" not in shown
    assert len(shown.splitlines()) == 4
    assert max(map(len, shown.splitlines())) <= 100
    _, wide = serctl.on_terminal("ul", "show", "--wide")
    assert "y" * 40 in wide


# -- the FIFO ------------------------------------------------------------------------------------


def test_fifo(serctl: Serctl) -> None:
    assert serctl.out("fifo", "print", "%s %n \\t hello") == "%s %n \\t hello\n"


def test_fifo_with_sip(ser: Ser, serctl: Serctl) -> None:
    """SER's spelling: every argument is a line, a dot ends a block."""
    with Peer(f"127.0.0.1:{ser.port}", "joe") as joe:
        words = ("OPTIONS", joe.uri, ".", "From: sip:d@h", f"To: <{joe.uri}>", ".", ".")
        with serctl.running("fifo", "-F", "raw", "t_uac_dlg", *words) as asking:
            joe.reply(joe.receive("OPTIONS"), 486, "Busy Here")
            stdout, _ = asking.communicate(timeout=10)
    assert asking.returncode == 1
    assert stdout == ""


def test_fifo_with_a_body_from_stdin(ser: Ser, serctl: Serctl) -> None:
    with Peer(f"127.0.0.1:{ser.port}", "joe") as joe:
        process = subprocess.Popen(
            [*Serctl(ser.directory / "run")._first, "fifo", "--body", "-", "t_uac_dlg", "MESSAGE",
             joe.uri, ".", "From: sip:d@h", f"To: <{joe.uri}>", "Content-Type: text/plain", "."],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        with process:
            assert process.stdin
            process.stdin.write("hello\n\nthere\n")
            process.stdin.close()
            message = joe.receive("MESSAGE")
            assert message.body == b"hello\r\n\r\nthere\r\n"
            joe.reply(message, 200, "OK")
            assert process.wait(10) == 0


def test_which_and_help(serctl: Serctl) -> None:
    names = serctl.out("which").split()
    assert {"kill", "ul_list", "t_uac_dlg", "sl_stats", "log_tail"} <= set(names)
    rows = columns(serctl.out("help"), 0, 2, 3)
    assert {name for name, _, _ in rows} == set(names)
    assert ("kill", "yes") in [row[:2] for row in rows]
    assert all(text for _, _, text in rows)
    assert serctl.out("help", "uptime").startswith("command\tuptime\n")
    assert serctl("help", "nothing").returncode == 5


# -- how it is shown -----------------------------------------------------------------------------

READING = [
    ("alias", "show"), ("config",), ("debug",), ("help",), ("log",), ("online",), ("ps",),
    ("stats",), ("ul", "dump"), ("ul", "show"), ("uptime",), ("version",), ("which",),
]  # fmt: skip


@pytest.mark.parametrize("words", READING, ids=" ".join)
def test_every_reading_verb_in_every_format(serctl: Serctl, words: tuple[str, ...]) -> None:
    serctl.out("ul", "add", "joe", "sip:joe@192.0.2.9")
    serctl.out("alias", "add", "0044@example.com", "sip:joe@example.com")
    assert json.loads(serctl.out(*words, "-F", "json")) is not None
    assert serctl.out(*words, "-F", "raw").startswith("200 ok")
    for format in ("table", "lines", "csv"):
        serctl.out(*words, "-F", format)
    status, shown = serctl.on_terminal(*words)
    assert (status, "serctl:" in shown) == (0, False)


def test_a_terminal_gets_a_table_with_a_bold_heading(serctl: Serctl) -> None:
    _, shown = serctl.on_terminal("ps")
    assert shown.startswith("\x1b[1m  index")
    _, plain = serctl.on_terminal("ps", NO_COLOR="1")
    assert plain.startswith("  index")


@pytest.mark.parametrize(("typed", "status"), [("y\n", 0), ("n\n", 1)])
def test_a_terminal_is_asked_before_something_is_removed(
    serctl: Serctl, typed: str, status: int
) -> None:
    serctl.out("ul", "add", "joe", "sip:joe@192.0.2.9")
    ended, shown = serctl.on_terminal("ul", "rm", "joe", typed=typed)
    assert ended == status
    assert "Remove joe with 1 contact from location? [y/N] " in shown
    assert serctl("ul", "show", "joe").returncode == (5 if typed == "y\n" else 0)


def test_a_pipe_must_say_y(serctl: Serctl) -> None:
    serctl.out("ul", "add", "joe", "sip:joe@192.0.2.9")
    assert serctl("ul", "rm", "joe", stdin="y\n").returncode == 2
    assert columns(serctl.out("online"), 0) == [("joe",)]


def test_a_dry_run_changes_nothing(serctl: Serctl) -> None:
    serctl.out("ul", "add", "joe", "sip:joe@192.0.2.9", "--dry-run")
    serctl.out("alias", "add", "joe", "sip:joe@192.0.2.9", "--dry-run")
    serctl.out("fifo", "--dry-run", "kill")
    serctl.out("stop", "--dry-run")
    assert serctl("ul", "show").stdout + serctl("alias", "show").stdout == ""


def test_watch_goes_on_until_ctrl_c(ser: Ser, serctl: Serctl) -> None:
    with serctl.running("online", "--watch", "0.05") as watching:
        serctl.out("ul", "add", "joe", "sip:joe@192.0.2.9")
        assert watching.stdout
        assert watching.stdout.readline() == "joe\n"
        watching.send_signal(signal.SIGINT)
        _, stderr = watching.communicate(timeout=10)
    assert (watching.returncode, stderr) == (0, "")


def test_ctrl_c_elsewhere_is_130(ser: Ser, serctl: Serctl) -> None:
    with Peer(f"127.0.0.1:{ser.port}", "joe") as joe:
        words = ("OPTIONS", joe.uri, ".", "From: sip:d@h", f"To: <{joe.uri}>", ".", ".")
        with serctl.running("fifo", "--timeout", "30", "t_uac_dlg", *words) as asking:
            options = joe.receive("OPTIONS")
            asking.send_signal(signal.SIGINT)
            _, stderr = asking.communicate(timeout=10)
            joe.reply(options, 200, "OK")
    assert (asking.returncode, stderr) == (130, "")


def test_no_reply_pipe_is_left_behind(ser: Ser, serctl: Serctl) -> None:
    serctl.out("ps")
    serctl("fifo", "no such command")
    assert {path.name for path in ser.fifo.parent.iterdir() if path.is_fifo()} == {"ser_fifo"}


def test_a_plain_command_is_quick(serctl: Serctl) -> None:
    """The bench measures; this only sees that nothing went badly wrong, on a busy machine too."""
    times = []
    for _ in range(5):
        before = children_cpu_seconds()
        serctl.out("ps")
        times.append(children_cpu_seconds() - before)
    assert 0 < min(times) < 0.5


def children_cpu_seconds() -> float:
    """What child processes that have ended have used."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
