"""Telling the service manager that ser is ready."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from ser_core.server.notify import Manager


def test_nothing_happens_when_nobody_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    Manager().tell("READY=1")


def test_the_state_goes_to_a_socket_by_path_or_abstract_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for bound, named in (
        (str(tmp_path / "notify"), str(tmp_path / "notify")),
        (f"\0{tmp_path}", f"@{tmp_path}"),
    ):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(bound)
            manager.settimeout(5)
            monkeypatch.setenv("NOTIFY_SOCKET", named)
            Manager().tell("READY=1\nMAINPID=7")
            assert manager.recv(100) == b"READY=1\nMAINPID=7"


def test_a_manager_that_is_gone_costs_a_warning(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))
    Manager().tell("READY=1")
    assert f"cannot notify {tmp_path}" in capfd.readouterr().err
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "gone"))
        manager = Manager()
    manager.tell("READY=1")
    assert "cannot notify the service manager" in capfd.readouterr().err
