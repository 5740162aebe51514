from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from ser_core.fifo.reply_socket import (
    CREDENTIALS_SIZE,
    NOBODY,
    SocketRefused,
    pinned,
    sender_of,
)

ROOT = 0
STRANGER = 54321


@pytest.fixture
def client(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as made:
        made.bind(str(tmp_path / "client"))
        yield made


def send(path: Path, sender: int) -> None:
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ser,
        pinned(str(path), sender) as address,
    ):
        ser.sendto(b"200 OK\n", address)


def test_the_senders_own_socket_gets_the_reply(client: socket.socket, tmp_path: Path) -> None:
    send(tmp_path / "client", os.geteuid())
    assert client.recv(100) == b"200 OK\n"


def test_what_is_pinned_is_meant_whatever_the_name_stands_for_later(
    client: socket.socket, tmp_path: Path
) -> None:
    path = tmp_path / "client"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ser:
        with pinned(str(path), os.geteuid()) as address:
            path.unlink()
            path.symlink_to("/dev/log")
            ser.sendto(b"200 OK\n", address)
        assert client.recv(100) == b"200 OK\n"


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("soft link", "it is a soft link"),
        ("hard link", "it is hard-linked 2 times"),
        ("file", "it is not a socket"),
        ("directory", "it is not a socket"),
    ],
)
def test_anything_but_a_socket_with_one_name_is_refused(
    client: socket.socket, tmp_path: Path, what: str, reason: str
) -> None:
    path = tmp_path / "other"
    if what == "soft link":
        path.symlink_to(tmp_path / "client")
    elif what == "hard link":
        os.link(tmp_path / "client", path)
    elif what == "file":
        path.touch()
    else:
        path.mkdir()
    with pytest.raises(SocketRefused, match=reason):
        send(path, os.geteuid())


@pytest.mark.parametrize("sender", [STRANGER, NOBODY])
@pytest.mark.usefixtures("client")
def test_a_socket_of_somebody_else_is_refused(tmp_path: Path, sender: int) -> None:
    uid = (tmp_path / "client").stat().st_uid
    with pytest.raises(SocketRefused, match=f"it belongs to uid {uid}, and uid {sender} asked"):
        send(tmp_path / "client", sender)


def test_root_may_name_any(client: socket.socket, tmp_path: Path) -> None:
    send(tmp_path / "client", ROOT)
    assert client.recv(100) == b"200 OK\n"


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    before = os.listdir("/proc/self/fd")
    with pytest.raises(SocketRefused):
        send(tmp_path / "file", ROOT)
    assert os.listdir("/proc/self/fd") == before


def test_the_kernel_tells_who_the_sender_is() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with ours, theirs:
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        theirs.send(b"x")
        assert sender_of(ours.recvmsg(1, CREDENTIALS_SIZE)[1]) == os.getuid()
    assert sender_of([]) == NOBODY
