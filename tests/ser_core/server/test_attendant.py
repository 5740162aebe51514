"""The attendant with real processes, whose receivers only echo: deaths, hangs, signals, the end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ser_core import log
from ser_core.exit_codes import ExitCode
from ser_core.server.attendant import _SIGNALS, TELL_TICKS, Attendant, AttendantCounters
from ser_core.server.child import ChildSpec
from ser_core.server.shared import SharedPages
from tests.support.daemon import PROJECT, NotStarted, Ser, is_running, wait_for
from tests.support.ports import free_port

ECHO = (sys.executable, "-m", "tests.support.echo_ser")


def echo_ser(*options: str, **more: object) -> Ser:
    return Ser("", *options, command=ECHO, **more)  # type: ignore[arg-type]


@pytest.fixture
def peer() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.settimeout(10)
        yield made


def ask(peer: socket.socket, ser: Ser, data: bytes) -> int:
    """Send a datagram; the pid of the receiver that echoed it."""
    peer.sendto(data, (ser.host, ser.port))
    pid, _, echoed = peer.recv(65536).partition(b" ")
    assert echoed == data
    return int(pid)


def test_receivers_run_and_the_attendant_never_imports_gevent() -> None:
    with echo_ser(children=3) as ser:
        assert len(ser.receivers()) == 3
        maps = Path(f"/proc/{ser.pid}/maps").read_text()
        assert "gevent" not in maps
        assert "greenlet" not in maps


def test_importing_all_that_the_attendant_needs_does_not_import_gevent() -> None:
    code = (
        "import sys, ser_core.__main__, ser_core.server.start, ser_core.server.attendant\n"
        "assert not {'gevent', 'greenlet'} & set(sys.modules), sorted(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_killed_receiver_is_replaced_and_what_waited_in_its_socket_is_served(
    peer: socket.socket,
) -> None:
    with echo_ser(children=2) as ser:
        first = ask(peer, ser, b"who are you")
        began = time.monotonic()
        peer.sendto(b"die", (ser.host, ser.port))
        second = ask(peer, ser, b"waiting in the socket")
        assert time.monotonic() - began < 1.0
        assert first != second
        assert second in ser.receivers()
        assert len(ser.receivers()) == 2
        ser.wait_for_log("exited by a signal 9")


def test_the_other_receivers_are_left_alone(peer: socket.socket) -> None:
    with echo_ser(children=3) as ser:
        before = set(ser.receivers())
        victim = ask(peer, ser, b"x")
        os.kill(victim, signal.SIGKILL)
        wait_for(lambda: len(set(ser.receivers()) - {victim}) == 3, "a replacement")
        assert before - {victim} <= set(ser.receivers())


def test_a_receiver_that_exits_is_replaced_too(peer: socket.socket) -> None:
    with echo_ser() as ser:
        peer.sendto(b"exit", (ser.host, ser.port))
        assert ask(peer, ser, b"x") in ser.receivers()
        ser.wait_for_log("exited normally, status=5")


def test_a_receiver_that_hangs_is_killed_and_replaced(peer: socket.socket) -> None:
    with echo_ser(environment={"ECHO_TICK": "0.15"}) as ser:
        hanging = ask(peer, ser, b"x")
        peer.sendto(b"hang", (ser.host, ser.port))
        assert ask(peer, ser, b"after the hang") != hanging
        assert "has done nothing for" in ser.log_text()


def test_a_program_that_was_stopped_for_a_while_is_not_killed_for_it(peer: socket.socket) -> None:
    with echo_ser(environment={"ECHO_TICK": "0.15"}, children=2) as ser:
        before = ser.receivers()
        everyone = [ser.pid, *before]
        for pid in everyone:
            os.kill(pid, signal.SIGSTOP)
        stopped_at = time.monotonic()
        wait_for(lambda: time.monotonic() > stopped_at + 2.5, "more than ten looks", 5)
        for pid in everyone:
            os.kill(pid, signal.SIGCONT)
        ask(peer, ser, b"still there")
        assert ser.receivers() == before


def test_a_receiver_that_dies_at_once_again_and_again_ends_the_program(
    peer: socket.socket,
) -> None:
    with echo_ser() as ser:
        peer.settimeout(0.05)

        def kill_and_look() -> bool:
            peer.sendto(b"die", (ser.host, ser.port))
            return ser.process.poll() is not None

        wait_for(kill_and_look, "the end", 15)
        assert ser.process.returncode == ExitCode.SOFTWARE
        assert "died at once, again and again" in ser.log_text()


def test_a_receiver_that_cannot_start_ends_the_program_at_once_with_its_reason() -> None:
    with pytest.raises(NotStarted) as caught:
        echo_ser(children=4, environment={"ECHO_BROKEN": "1"}).start()
    text = str(caught.value)
    assert f"ended with {int(ExitCode.CANNOT_START)};" in text
    assert "this receiver is broken" in text
    assert "again and again" not in text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_cleanly_within_two_seconds(number: signal.Signals) -> None:
    with echo_ser(children=4) as ser:
        receivers = ser.receivers()
        began = time.monotonic()
        assert ser.stop(number) == ExitCode.OK
        assert time.monotonic() - began < 2.0
        assert not any(is_running(pid) for pid in receivers)
        assert ser.log_text().endswith("Thank you for flying ser\n")


def test_a_hanging_receiver_cannot_hold_up_the_stop(peer: socket.socket) -> None:
    with echo_ser() as ser:
        peer.sendto(b"hang", (ser.host, ser.port))
        ser.wait_for_log("hanging now")
        began = time.monotonic()
        assert ser.stop() == ExitCode.OK
        assert time.monotonic() - began < 2.0
        assert "does not stop: killed" in ser.log_text()


def test_signals_that_come_in_a_heap_are_all_survived(peer: socket.socket) -> None:
    with echo_ser(children=2) as ser:
        for _ in range(200):
            for number in (signal.SIGHUP, signal.SIGUSR2, signal.SIGCHLD):
                os.kill(ser.pid, number)
        ser.wait_for_log("ser.cfg could not be read again")  # this one has none
        ser.wait_for_log("unhandled signal")
        ask(peer, ser, b"still there")


def test_sigusr1_logs_memory_and_counters(peer: socket.socket) -> None:
    with echo_ser() as ser:
        ask(peer, ser, b"x")
        os.kill(ser.pid, signal.SIGUSR1)
        ser.wait_for_log("core.requests = 1")
        assert "KiB of memory" in ser.log_text()


@pytest.mark.parametrize(
    "line", [b"", b"ready", b"ready x", b"ready 7", b"ready -1", b"nonsense 0 x", b"\xff" * 9]
)
def test_a_report_that_makes_no_sense_is_not_believed(
    line: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    spec = ChildSpec("receiver 0", lambda side: 0)
    attendant = Attendant([spec], SharedPages(1, []), AttendantCounters())
    log._kinds.clear()
    attendant._take_report(line)
    assert "makes no sense" in capfd.readouterr().err
    assert not attendant._children[0].is_ready
    attendant._take_report(b"failed 0 for \xff reasons")
    assert attendant._children[0].reason == "for \\xff reasons"
    attendant._take_report(b"ready 0")
    assert attendant._children[0].is_ready


def test_only_a_process_that_operators_talk_to_may_stop_everything() -> None:
    specs = [
        ChildSpec("receiver 0", lambda side: 0),
        ChildSpec("fifo server", lambda side: 0, may_stop_all=True),
    ]
    attendant = Attendant(specs, SharedPages(2, []), AttendantCounters())
    attendant._take_report(b"stop 0")
    assert attendant._exit_code is None
    attendant._take_report(b"stop 1")
    assert attendant._exit_code == ExitCode.OK


def test_an_exception_in_one_step_is_logged_and_the_next_step_is_done(
    capfd: pytest.CaptureFixture[str],
) -> None:
    counters = AttendantCounters()
    attendant = Attendant([], SharedPages(1, []), counters)

    def fail() -> None:
        raise RuntimeError("what nobody expected")

    attendant.handle_chld = fail  # type: ignore[method-assign]  # that is the test
    attendant._tick = attendant.handle_term  # type: ignore[method-assign]
    handlers = {number: signal.getsignal(number) for number in _SIGNALS}
    try:
        assert attendant.run() == ExitCode.OK
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    assert counters.failures.value == 1
    assert "what nobody expected" in capfd.readouterr().err


def test_however_many_signals_come_none_is_lost() -> None:
    attendant = Attendant([], SharedPages(1, []), AttendantCounters())
    for number in (signal.SIGTERM, *[signal.SIGHUP] * 1000):
        attendant._queue_signal(number, None)
    attendant._handle_signals()
    assert attendant._exit_code == ExitCode.OK
    assert attendant._hung_up


def test_signals_to_the_receivers_themselves_change_nothing(peer: socket.socket) -> None:
    with echo_ser() as ser:
        (receiver,) = ser.receivers()
        for number in (signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
            os.kill(receiver, number)
        assert ask(peer, ser, b"x") == receiver


def test_no_orphans_when_the_attendant_is_killed() -> None:
    with echo_ser(children=3) as ser:
        receivers = ser.receivers()
        os.kill(ser.pid, signal.SIGKILL)
        wait_for(lambda: not any(map(is_running, receivers)), "the receivers' end", 2)


def test_a_restart_after_a_crash_starts_clean(peer: socket.socket) -> None:
    with echo_ser() as ser:
        os.kill(ser.pid, signal.SIGKILL)
        ser.process.wait(5)
        wait_for(lambda: _can_start(ser), "the port to be free")
        ask(peer, ser, b"x")


def _can_start(ser: Ser) -> bool:
    try:
        ser.start()
    except NotStarted:
        return False
    return True


def test_one_process_does_everything_when_fork_is_no(peer: socket.socket) -> None:
    with echo_ser(alone=True) as ser:
        assert ser.receivers() == []
        assert ask(peer, ser, b"x") == ser.pid
        assert ser.stop() == ExitCode.OK


@pytest.mark.parametrize("mode", [("-D",), ("--fork", "no")])
def test_a_service_manager_is_told_that_ser_is_ready_that_it_lives_and_that_it_stops(
    tmp_path: Path, mode: tuple[str, ...]
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "manager"))
        manager.settimeout(20)
        environment = {"NOTIFY_SOCKET": str(tmp_path / "manager"), "WATCHDOG_USEC": "4000000"}
        options = ("-l", "127.0.0.1", "-p", str(free_port()), "-n", "2", *mode)
        with subprocess.Popen(
            [*ECHO, *options, "--run-dir", str(tmp_path / "run")],
            cwd=PROJECT,
            env={**os.environ, **environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as ser:
            receivers = "1 receiver" if "no" in mode else "2 receivers"
            ready = f"READY=1\nMAINPID={ser.pid}\nSTATUS={receivers} on udp:127.0.0.1:"
            assert manager.recv(1000).startswith(ready.encode())
            assert manager.recv(1000) == b"WATCHDOG=1"
            assert manager.recv(1000) == b"WATCHDOG=1"
            ser.terminate()
            if "no" not in mode:
                told = iter(lambda: manager.recv(1000), b"STOPPING=1\nSTATUS=stopping")
                assert set(told) <= {b"WATCHDOG=1"}
            assert ser.wait(10) == ExitCode.OK


def test_it_does_not_say_that_all_is_well_while_a_vital_process_is_missing() -> None:
    told: list[str] = []
    specs = [
        ChildSpec("receiver 0", lambda side: 0),
        ChildSpec("fifo server", lambda side: 0, is_vital=False),
    ]
    attendant = Attendant(
        specs, SharedPages(2, []), AttendantCounters(), on_well=lambda: told.append("well")
    )
    receiver, fifo_server = attendant._children
    for started, receiver_pid, fifo_pid, expected in (
        (False, 4, 5, 0),
        (True, 4, 5, 1),
        (True, 0, 5, 0),
        (True, 4, 0, 1),
    ):
        told.clear()
        attendant._started, receiver.pid, fifo_server.pid = started, receiver_pid, fifo_pid
        attendant._next_tick = 0.0
        attendant._tick()
        assert len(told) == expected


class FakeReloads:
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[object, ...]] = []
        self.holds_forks = False

    def due(self) -> float:
        return float("inf")

    def step(self) -> None:
        pass

    def close(self) -> None:
        self.told.append(("close",))

    def hang_up(self) -> None:
        self.told.append(("hang up",))

    def on_death(self, process: int) -> None:
        self.told.append(("death", process))

    def on_report(self, word: str, process: int, number: int, rest: str) -> None:
        self.told.append((word, process, number, rest))


def reloading() -> tuple[Attendant, FakeReloads]:
    """An attendant with a receiver and a fifo server, of which none runs."""
    reloads = FakeReloads()
    specs = [
        ChildSpec("receiver 0", lambda side: 0),
        ChildSpec("fifo server", lambda side: 0, may_stop_all=True),
    ]
    made = Attendant(
        specs, SharedPages(2, []), AttendantCounters(), make_reloads=lambda pids: reloads
    )
    return made, reloads


def test_what_processes_say_of_a_reload_is_passed_on() -> None:
    attendant, reloads = reloading()
    for line in (b"prepared 0 3 ", b"refused 0 3 no \xff database", b"switched 1 3"):
        attendant._take_report(line)
    assert reloads.told == [
        ("prepared", 0, 3, ""),
        ("refused", 0, 3, "no \\xff database"),
        ("switched", 1, 3, ""),
    ]


def test_only_a_process_that_operators_talk_to_may_ask_for_a_reload() -> None:
    attendant, reloads = reloading()
    for line in (b"reload 0 7 run", b"reload 1", b"reload 1 x check", b"prepared 0"):
        attendant._take_report(line)
    assert reloads.told == []
    attendant._take_report(b"reload 1 7 check")
    assert reloads.told == [("reload", 1, 7, "check")]


def test_a_hangup_waits_until_all_have_started() -> None:
    attendant, reloads = reloading()
    attendant.handle_hup()
    attendant._reload()
    assert reloads.told == []
    attendant._started = True
    attendant._reload()
    attendant._reload()
    assert reloads.told == [("hang up",)]


def test_no_process_is_started_in_the_midst_of_a_reload(monkeypatch: pytest.MonkeyPatch) -> None:
    attendant, reloads = reloading()
    started: list[int] = []
    monkeypatch.setattr(attendant, "_start", lambda child: started.append(child.index))
    reloads.holds_forks = True
    attendant._start_due()
    assert started == []
    reloads.holds_forks = False
    attendant._start_due()
    assert started == [0, 1]


def test_a_start_that_takes_long_says_for_whom_it_waits(capfd: pytest.CaptureFixture[str]) -> None:
    attendant, _ = reloading()
    attendant._children[0].is_ready = True
    for _ in range(TELL_TICKS):
        attendant._next_tick = 0.0
        attendant._tick()
    assert capfd.readouterr().err.count("still waiting for fifo server (pid 0)") == 1
