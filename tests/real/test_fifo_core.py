"""The core's FIFO commands against a running ser, with receivers and as one process."""

from __future__ import annotations

import hashlib
import os
import re
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ser_core.fifo.client import BodyLines, FifoClient, HeaderLines, UnixClient
from ser_core.fifo.protocol import Reply
from ser_core.fifo.tables import read_table
from tests.support.daemon import NotStarted, Ser, is_running, wait_for
from tests.support.sip_peer import Peer

CONFIG = """
loadmodule "sl.so"
loadmodule "tm.so"
route {
    if (method=="OPTIONS") { log(2, "seen"); sl_send_reply("200", "fine"); break; };
    t_relay();
}
"""


@pytest.fixture(scope="module", params=["children=2", "alone"])
def ser(request: pytest.FixtureRequest) -> Iterator[Ser]:
    with Ser(CONFIG, children=2, alone=request.param == "alone") as made:
        yield made


@pytest.fixture
def fifo(ser: Ser) -> Iterator[FifoClient]:
    with FifoClient(ser.fifo) as client:
        yield client


def rows_of(reply: Reply) -> list[list[str]]:
    assert reply.is_ok, reply
    return read_table(reply.body)[1]


def config_of(fifo: FifoClient) -> dict[str, str]:
    return {row[0]: row[1] for row in rows_of(fifo.ask("config"))}


def counter(fifo: FifoClient, name: str) -> int:
    return next(int(row[1]) for row in rows_of(fifo.ask("stats", name)) if row[0] == name)


def is_alone(ser: Ser) -> bool:
    return not ser.receivers()


def test_print_answers_with_its_argument(fifo: FifoClient) -> None:
    assert fifo.ask("print", "hello, world: 1") == Reply(200, "ok", b"hello, world: 1\n")
    assert fifo.ask("print", "x" * 256) == Reply(500, "print_fifo_cmd: too big text")
    assert fifo.ask("PRINT", "x") == Reply(200, "ok", b"x\n")


def test_uptime_has_sers_three_lines(fifo: FifoClient) -> None:
    reply = fifo.ask("uptime")
    ctime = rb"[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}"
    expected = rb"Now: %b\nUp Since: %b\nUp time: \d+ \[sec\]\n" % (ctime, ctime)
    assert (reply.code, reply.text) == (200, "ok")
    assert re.fullmatch(expected, reply.body)


def test_version_is_that_of_our_server_header(fifo: FifoClient) -> None:
    body = fifo.ask("version").body
    assert re.fullmatch(rb"Server: Sip EXpress router \(.+ \(python\)\)\r\n", body)


def test_pwd_is_the_directory_that_ser_runs_in(ser: Ser, fifo: FifoClient) -> None:
    assert fifo.ask("pwd").body == os.readlink(f"/proc/{ser.pid}/cwd").encode() + b"\n"


def test_arg_has_the_words_of_the_command_line(ser: Ser, fifo: FifoClient) -> None:
    words = fifo.ask("arg").body.decode().splitlines()
    assert words[0].endswith("ser_core/__main__.py")
    assert words[1:] == ser.arguments[3:]


def test_which_has_the_latest_first_as_in_ser_the_core(fifo: FifoClient) -> None:
    names = fifo.ask("which").body.decode().splitlines()
    assert names[:14] == [
        *("log_tail", "debug", "reload", "config", "stats", "help", "kill", "ps", "which", "arg"),
        *("pwd", "version", "uptime", "print"),
    ]
    assert names[-1] == "sl_stats"
    assert all(name.startswith("t_") for name in names[14:-1])


def test_ps_names_every_process(ser: Ser, fifo: FifoClient) -> None:
    socket = f"127.0.0.1:{ser.port} +1"
    if is_alone(ser):
        expected = [f"0\t{ser.pid}\tstand-alone receiver @ {socket}"]
    else:
        pids = ser.receivers()
        expected = [f"0\t{ser.pid}\tattendant", f"1\t{ser.fifo_server()}\tfifo server"]
        expected += [
            f"{2 + x}\t{pids[x]}\treceiver child={x} sock= {socket}" for x in range(len(pids))
        ]
    assert fifo.ask("ps").body.decode().splitlines() == expected


def test_help_tells_of_each_command_or_of_one(fifo: FifoClient) -> None:
    names = [row[0] for row in rows_of(fifo.ask("help"))]
    assert names == fifo.ask("which").body.decode().splitlines()
    ((name, arguments, changes, text, takes),) = rows_of(fifo.ask("help", "print"))
    assert (name, arguments, changes) == ("print", "[text]", "no")
    assert (text[-1], takes) == (".", "text (one line, may be empty): up to 255 bytes")
    assert rows_of(fifo.ask("help", "kill"))[0][2] == "yes"
    assert fifo.ask("help", "weather") == Reply(404, "there is no command weather")


def test_stats_has_the_counters_of_all_processes_by_prefix(ser: Ser, fifo: FifoClient) -> None:
    before = counter(fifo, "core.requests")
    kinds = ("received.OPTIONS", "sent.2xx")
    by_kind = [counter(fifo, kind) for kind in kinds]
    with Peer(f"127.0.0.1:{ser.port}") as peer:
        for _ in range(4):
            peer.send(peer.request("OPTIONS", f"sip:127.0.0.1:{ser.port}"))
            peer.response(200)
    assert counter(fifo, "core.requests") == before + 4
    wanted = [count + 4 for count in by_kind]  # what is sent is counted when it is on its way
    wait_for(lambda: [counter(fifo, kind) for kind in kinds] == wanted, "the counters", 5)
    rows = rows_of(fifo.ask("stats", "fifo.", "core.requests"))
    assert {row[0].partition(".")[0] for row in rows} == {"fifo", "core"}
    assert all(row[2] for row in rows)
    assert rows_of(fifo.ask("stats", "weather")) == []
    assert len(rows_of(fifo.ask("stats"))) > len(rows)


def test_config_tells_which_script_runs(ser: Ser, fifo: FifoClient) -> None:
    config = config_of(fifo)
    assert config["path"] == str(ser.config)
    assert config["hash"] == hashlib.sha256(ser.config.read_bytes()).hexdigest()
    assert abs(float(config["loaded"]) - time.time()) < 600
    assert config["pid"] == str(ser.pid)
    assert config["fifo"] == str(ser.fifo)
    assert config["run_dir"] == str(ser.fifo.parent)
    rows = rows_of(fifo.ask("config"))
    listen = [value for name, value in rows if name == "listen"]
    assert listen == [f"{x}:127.0.0.1:{ser.port}" for x in ("udp", "tcp")]


# The log


def test_debug_sets_the_level_of_all_processes(ser: Ser, fifo: FifoClient) -> None:
    assert rows_of(fifo.ask("debug")) == [["level", "2"]]
    assert rows_of(fifo.ask("debug", "4")) == [["level", "4"]]
    with Peer(f"127.0.0.1:{ser.port}") as peer:
        peer.send(peer.request("OPTIONS", f"sip:127.0.0.1:{ser.port}", call_id="loud"))
        peer.response(200)
        ser.wait_for_log("[loud]")
        fifo.ask("debug", "2")
        peer.send(peer.request("OPTIONS", f"sip:127.0.0.1:{ser.port}", call_id="quiet"))
        peer.response(200)
    assert not re.search(r"DBG4 .*\[quiet\]", ser.log_text())
    assert config_of(fifo)["debug"] == "2"


def test_debug_for_some_time_goes_back(fifo: FifoClient) -> None:
    rows = dict(rows_of(fifo.ask("debug", "3", "1")))
    assert (rows["level"], rows["back_to"]) == ("3", "2")
    assert 0 <= float(rows["until"]) - time.time() <= 2
    wait_for(lambda: rows_of(fifo.ask("debug")) == [["level", "2"]], "the old level", 5)


def test_debug_refuses_what_is_no_level(fifo: FifoClient) -> None:
    assert fifo.ask("debug", "10") == Reply(400, "level is a number from 0 to 9")
    assert fifo.ask("debug", "much").code == 400
    assert fifo.ask("debug", "4", "soon").code == 400
    assert fifo.ask("debug", "4", "1", "1").code == 400
    assert rows_of(fifo.ask("debug")) == [["level", "2"]]


def numbers_in(reply: Reply) -> tuple[int, int]:
    found = re.fullmatch(r"ok next=(\d+) first=(\d+)", reply.text)
    assert found, reply.text
    return int(found[1]), int(found[2])


def test_log_tail_follows_the_lines_of_all_processes(ser: Ser, fifo: FifoClient) -> None:
    start, first = numbers_in(fifo.ask("log_tail"))
    assert first == 1
    calls = [f"tail-{number}" for number in range(6)]
    with Peer(f"127.0.0.1:{ser.port}") as peer:
        for call_id in calls:
            peer.send(peer.request("OPTIONS", f"sip:127.0.0.1:{ser.port}", call_id=call_id))
            peer.response(200)
    wait_for(lambda: numbers_in(fifo.ask("log_tail", str(start)))[0] == start + 6, "six lines")
    reply = fifo.ask("log_tail", str(start))
    rows = rows_of(reply)
    assert [row[0] for row in rows] == [str(start + 1 + x) for x in range(6)]
    assert sorted(row[5] for row in rows) == calls
    assert {(row[2], row[6]) for row in rows} == {("NOTICE", "seen")}
    pids = {str(ser.pid)} if is_alone(ser) else set(map(str, ser.receivers()))
    assert {row[4] for row in rows} == pids
    assert rows_of(fifo.ask("log_tail", str(start + 6))) == []
    assert [row[0] for row in rows_of(fifo.ask("log_tail", str(start), "2"))] == [
        str(start + 1),
        str(start + 2),
    ]
    assert [row[0] for row in rows_of(fifo.ask("log_tail", "-", "1"))] == [str(start + 6)]


def test_log_tail_leaves_out_what_is_less_urgent(fifo: FifoClient) -> None:
    for words in (("-", "100", "WARN"), ("-", "100", "1"), ("0", "100", "warn")):
        reply = fifo.ask("log_tail", *words)
        assert not [row for row in rows_of(reply) if row[2] == "NOTICE"]
    assert fifo.ask("log_tail", "x").code == 400
    assert fifo.ask("log_tail", "0", "0").code == 400
    assert fifo.ask("log_tail", "0", "1", "loud").code == 400


# Failures


def test_what_is_no_command_is_refused(fifo: FifoClient) -> None:
    assert fifo.ask("weather") == Reply(500, "command 'weather' not available")
    assert fifo.ask("uptime").is_ok


@pytest.mark.parametrize("alone", [False, True])
def test_kill_stops_everything_cleanly(alone: bool) -> None:
    with Ser(CONFIG, children=2, alone=alone) as ser:
        fifo, processes = ser.fifo, [*ser.receivers(), ser.fifo_server()]
        with FifoClient(fifo) as client:
            assert client.ask("kill") == Reply(200, "killing now...")
        assert ser.process.wait(5) == 0
        assert not fifo.parent.exists()
        assert not any(is_running(pid) for pid in processes if pid)
        assert ser.log_text().endswith("Thank you for flying ser\n")


def test_another_fifo_server_takes_over_when_one_is_killed() -> None:
    with Ser(CONFIG, children=2) as ser, FifoClient(ser.fifo) as fifo:
        fifo.ask("debug", "4", "3")
        lines = numbers_in(fifo.ask("log_tail"))[0]
        before, receivers = ser.fifo_server(), ser.receivers()
        os.kill(before, signal.SIGKILL)
        assert "fifo server\n" in fifo.ask("ps").body.decode()  # it waited in the FIFO
        assert ser.fifo_server() not in (0, before)
        assert ser.receivers() == receivers
        assert dict(rows_of(fifo.ask("debug")))["back_to"] == "2"
        wait_for(lambda: rows_of(fifo.ask("debug")) == [["level", "2"]], "the old level", 6)
        assert numbers_in(fifo.ask("log_tail"))[0] > lines
        assert counter(fifo, "attendant.restarts") == 1


def test_whoever_waits_for_a_receiver_that_dies_is_told() -> None:
    with (
        Ser(CONFIG, children=1) as ser,
        Peer(f"127.0.0.1:{ser.port}", "silent") as peer,
        FifoClient(ser.fifo) as fifo,
        ThreadPoolExecutor(1) as pool,
    ):
        headers = HeaderLines(["From: <sip:a@127.0.0.1>", f"To: <{peer.uri}>"])
        asked = pool.submit(
            fifo.ask, "t_uac_dlg", "OPTIONS", peer.uri, ".", headers, BodyLines(), timeout=20
        )
        peer.receive("OPTIONS")
        os.kill(ser.receivers()[0], signal.SIGKILL)
        assert asked.result() == Reply(500, "the receiver died")
        with FifoClient(ser.fifo) as another:
            wait_for(lambda: another.ask("t_stats").is_ok, "another receiver")


def test_a_receiver_that_does_nothing_does_not_hold_up_others() -> None:
    with (
        Ser(CONFIG, children=2) as ser,
        FifoClient(ser.fifo) as fifo,
        FifoClient(ser.fifo) as other,
        ThreadPoolExecutor(1) as pool,
    ):
        victim = ser.receivers()[0]
        os.kill(victim, signal.SIGSTOP)
        asked = pool.submit(fifo.ask, "t_hash")
        assert other.ask("uptime").is_ok
        assert re.fullmatch(r"receiver \d didn't answer within \d+ s", asked.result().text)
        os.kill(victim, signal.SIGCONT)
        assert fifo.ask("t_hash").is_ok


@pytest.mark.parametrize("alone", [False, True])
def test_without_a_fifo_the_command_socket_answers(tmp_path: Path, alone: bool) -> None:
    path = tmp_path / "commands"
    with Ser(CONFIG, "-i", "none", "-x", str(path), alone=alone) as ser:
        assert not list(ser.directory.glob("run/*/ser_fifo"))
        with UnixClient(path) as client:
            assert client.ask("print", "x").body == b"x\n"
            assert b"fork" in client.ask("arg").body or not alone
    assert not path.exists()


def test_without_fifo_and_socket_nobody_takes_commands() -> None:
    with Ser(CONFIG, "-i", "none", children=1) as ser:
        assert ser.fifo_server() == 0
        assert not list(ser.directory.glob("run/*/ser_fifo"))
        assert "FIFO" not in ser.stdout_text()


def test_the_start_tells_where_the_fifo_is(ser: Ser) -> None:
    assert f"FIFO: {ser.fifo}\n" in ser.stdout_text()


def test_a_fifo_of_another_ser_is_left_to_it(ser: Ser) -> None:
    with pytest.raises(NotStarted, match="is served by another ser") as caught:
        Ser(CONFIG, "-i", str(ser.fifo)).start()
    assert "ended with 71" in str(caught.value)
    with FifoClient(ser.fifo) as fifo:
        assert fifo.ask("uptime").is_ok


@pytest.mark.parametrize(
    ("directives", "text"),
    [
        ('fifo="{tmp}/file"', "is a plain file, not a FIFO"),
        ('fifo="{tmp}/none/ser_fifo"', "cannot have a FIFO in"),
        ('fifo_dir="{tmp}/none"', "cannot have a FIFO in"),
        ('fifo_dir="{tmp}/file"', "it is no directory"),
        ('fifo_user="nobody-of-that-name"', "fifo_user: there is no user nobody-of-that-name"),
        ('fifo_group="nobody-of-that-name"', "fifo_group: there is no group"),
        ('unix_sock="{tmp}/file"', "is a plain file, not a socket"),
    ],
)
def test_a_fifo_that_cannot_be_made_stops_the_start(
    tmp_path: Path, directives: str, text: str
) -> None:
    (tmp_path / "file").write_text("precious")
    with pytest.raises(NotStarted) as caught:
        Ser(directives.replace("{tmp}", str(tmp_path)) + CONFIG).start()
    assert text in str(caught.value)
    assert "ended with 71" in str(caught.value)
    assert "Traceback" not in str(caught.value)
    assert (tmp_path / "file").read_text() == "precious"
