"""Telling the service manager how ser is."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from ser_core.server.notify import LONGEST_STATUS, Manager


@contextmanager
def manager() -> Iterator[Manager]:
    with closing(Manager()) as made:
        yield made


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[socket.socket]:
    """The socket of a service manager that wants to be told."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield listener


def test_nothing_happens_when_nobody_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    with manager() as told:
        told.ready("1 receiver")
        assert told.descriptors == ()


def test_ready_names_the_main_process_and_says_what_it_does(heard: socket.socket) -> None:
    with manager() as told:
        told.ready("2 receivers on udp:192.0.2.1:5060")
    expected = f"READY=1\nMAINPID={os.getpid()}\nSTATUS=2 receivers on udp:192.0.2.1:5060"
    assert heard.recv(1000) == expected.encode()


def test_the_name_of_the_socket_may_be_abstract(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(f"\0{tmp_path}")
        monkeypatch.setenv("NOTIFY_SOCKET", f"@{tmp_path}")
        with manager() as told:
            told.stopping()
        assert listener.recv(1000).startswith(b"STOPPING=1\n")


def test_a_reload_has_a_begin_with_its_time_and_an_end(
    heard: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "monotonic_ns", lambda: 12_345_678_900)
    with manager() as told:
        told.reloading()
        told.ready("1 receiver")
    assert heard.recv(1000) == b"RELOADING=1\nMONOTONIC_USEC=12345678"
    assert heard.recv(1000).startswith(b"READY=1\n")


def test_a_long_status_is_cut(heard: socket.socket) -> None:
    with manager() as told:
        told.ready("x" * 70_000)
    status = heard.recv(100_000).decode().rpartition("STATUS=")[2]
    assert len(status) == LONGEST_STATUS
    assert status.endswith("x…")


def test_the_watchdog_is_fed_four_times_in_its_time(
    heard: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "8000000")
    monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()))
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    fed = []
    with manager() as told:
        for _ in range(8):
            told.alive()
            try:
                fed.append(heard.recv(100))
            except BlockingIOError:
                fed.append(b"")
            now += 1.0
    assert fed == [b"WATCHDOG=1", b""] * 4


@pytest.mark.parametrize(("usec", "pid"), [("", ""), ("8000000", "1"), ("never", "")])
def test_a_watchdog_of_somebody_else_is_not_fed(
    heard: socket.socket, monkeypatch: pytest.MonkeyPatch, usec: str, pid: str
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", usec)
    monkeypatch.setenv("WATCHDOG_PID", pid)
    with manager() as told:
        told.alive()
    with pytest.raises(BlockingIOError):
        heard.recv(100)


def test_programs_that_ser_runs_do_not_inherit_the_manager(
    heard: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "8000000")
    with manager() as told:
        assert told.descriptors
    assert not {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"} & os.environ.keys()


def test_a_manager_that_is_gone_costs_a_warning(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))
    with manager() as told:
        told.stopping()
    assert f"cannot notify {tmp_path}" in capfd.readouterr().err
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "gone"))
        made = Manager()
    made.stopping()
    made.close()
    assert "cannot notify the service manager" in capfd.readouterr().err
