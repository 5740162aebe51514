from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from ser_core.fifo.access import Access, AccessError
from ser_core.fifo.request_socket import MAX_PATH, SO_SNDBUFFORCE, RequestSocket


@pytest.fixture
def command_socket(tmp_path: Path) -> Iterator[RequestSocket]:
    made = RequestSocket(tmp_path / "ser_sock", Access())
    made.make()
    yield made
    made.close()


def test_datagrams_arrive(command_socket: RequestSocket) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
        client.sendto(b":uptime:\n", str(command_socket.path))
    assert command_socket.socket.recv(100) == b":uptime:\n"
    with pytest.raises(BlockingIOError):
        command_socket.socket.recv(100)


def test_a_path_longer_than_the_system_takes_is_refused(tmp_path: Path) -> None:
    fits = tmp_path / ("x" * (MAX_PATH - len(os.fsencode(tmp_path)) - 1))
    made = RequestSocket(fits, Access())
    made.make()
    made.remove()
    with pytest.raises(AccessError, match=f"unix_sock: {fits}x is longer than 107 bytes"):
        RequestSocket(Path(f"{fits}x"), Access())


def test_large_replies_fit_the_send_buffer(command_socket: RequestSocket) -> None:
    default = int(Path("/proc/sys/net/core/wmem_default").read_text())
    size = command_socket.socket.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
    assert size >= default


def test_without_root_the_system_limits_the_send_buffer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    class Limited(socket.socket):
        def setsockopt(self, level: int, option: int, value: int) -> None:  # type: ignore[override]
            asked.append(option)
            if option == SO_SNDBUFFORCE:
                raise PermissionError(1, "Operation not permitted")
            super().setsockopt(level, option, value)

    monkeypatch.setattr(socket, "socket", Limited)
    made = RequestSocket(tmp_path / "ser_sock", Access())
    made.make()
    assert asked == [socket.SO_PASSCRED, SO_SNDBUFFORCE, socket.SO_SNDBUF]
    made.close()


def test_it_is_used_while_it_is_open(command_socket: RequestSocket) -> None:
    assert command_socket.is_used()
    command_socket.close()
    assert command_socket.fd == -1
    assert not command_socket.is_used()
    command_socket.path.unlink()
    assert not command_socket.is_used()


def test_the_socket_of_some_other_kind_of_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "ser_sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as other:
        other.bind(str(path))
        other.listen()
        with pytest.raises(AccessError, match=r"cannot use .*: Protocol wrong type for socket"):
            RequestSocket(path, Access()).make()
    assert path.exists()
