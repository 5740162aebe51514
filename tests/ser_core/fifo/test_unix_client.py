"""The client of the Unix socket against sockets that answer as they are told."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ser_core.fifo.protocol import BodyLines, Reply
from ser_core.fifo.reach import CannotReach, NoReply, Reach
from ser_core.fifo.unix_client import UnixClient


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ser_sock"


@contextmanager
def server_at(path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(str(path))
        server.settimeout(10)
        yield server


@contextmanager
def answering(path: Path, *replies: bytes) -> Iterator[list[bytes]]:
    """A server that answers so many requests, and the requests."""
    requests: list[bytes] = []

    def serve() -> None:
        for reply in replies:
            request, address = server.recvfrom(65536)
            requests.append(request)
            server.sendto(reply, address)

    with server_at(path) as server:
        thread = threading.Thread(target=serve)
        thread.start()
        yield requests
        thread.join(10)


def test_a_request_and_its_reply(path: Path) -> None:
    with answering(path, b"200 OK\nbody\n", b"404 no\n") as requests, UnixClient(path) as client:
        assert client.ask("ul_rm", "location", "joe") == Reply(200, "OK", b"body\n")
        assert client.ask("uptime") == Reply(404, "no")
    assert requests == [b":ul_rm:\nlocation\njoe\n\n", b":uptime:\n\n"]


def test_a_long_reply_comes_whole(path: Path) -> None:
    body = b"x" * 150_000 + b"\n"
    with answering(path, b"200 OK\n" + body), UnixClient(path) as client:
        assert client.ask("ul_dump").body == body


def test_without_an_answer_the_client_gives_up_in_time(path: Path) -> None:
    with server_at(path), pytest.raises(NoReply, match="didn't answer in time"):
        UnixClient(path, timeout=0.05).ask("uptime")


def test_a_late_reply_is_not_taken_for_the_next_one(path: Path) -> None:
    with server_at(path) as server:
        client = UnixClient(path)
        with pytest.raises(NoReply):
            client.ask("slow", timeout=0.05)
        _, late = server.recvfrom(65536)
        with pytest.raises(ConnectionRefusedError):
            server.sendto(b"200 late\n", late)


def test_nobody_but_ser_can_answer(path: Path) -> None:
    with server_at(path) as server, server_at(path.with_name("stranger")) as stranger:
        replies: list[Reply] = []
        client = UnixClient(path)
        thread = threading.Thread(target=lambda: replies.append(client.ask("uptime")))
        thread.start()
        _, address = server.recvfrom(65536)
        with pytest.raises(PermissionError):
            stranger.sendto(b"200 forged\n", address)
        server.sendto(b"200 real\n", address)
        thread.join(10)
        assert replies == [Reply(200, "real")]


def test_rubbish_is_no_answer(path: Path) -> None:
    with answering(path, b"rubbish"), pytest.raises(NoReply, match="makes sense"):
        UnixClient(path).ask("uptime")


def test_a_request_may_be_too_long_for_a_datagram(path: Path) -> None:
    with server_at(path), pytest.raises(ValueError, match="too long for a socket; use the FIFO"):
        UnixClient(path).ask("t_uac_dlg", BodyLines(["x" * 1000] * 1000))


def test_without_a_socket_ser_is_not_running(path: Path) -> None:
    with pytest.raises(CannotReach) as caught:
        UnixClient(path).ask("uptime")
    assert caught.value.reason is Reach.NOT_RUNNING


def test_a_socket_that_ser_left_is_stale(path: Path) -> None:
    with server_at(path):
        pass
    with pytest.raises(CannotReach) as caught:
        UnixClient(path).ask("uptime")
    assert caught.value.reason is Reach.STALE


def test_a_socket_of_another_kind_is_none_of_ser(path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as stream:
        stream.bind(str(path))
        stream.listen()
        with pytest.raises(CannotReach) as caught:
            UnixClient(path).ask("uptime")
    assert caught.value.reason is Reach.NOT_A_FIFO


def test_a_path_may_be_too_long(tmp_path: Path) -> None:
    with pytest.raises(CannotReach, match="path too long"):
        UnixClient(tmp_path / ("x" * 120)).ask("uptime")
