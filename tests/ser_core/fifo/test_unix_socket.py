from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import gevent
import pytest

from ser_core.fifo import endpoint_server
from ser_core.fifo import unix_socket as unix_socket_file
from ser_core.fifo import waiting as waiting_file
from ser_core.fifo.access import Access
from ser_core.fifo.counters import FifoCounters
from ser_core.fifo.datagrams import read_datagram
from ser_core.fifo.declarations import Argument, Pending, Result
from ser_core.fifo.protocol import Reply
from ser_core.fifo.request_socket import SEND_BUFFER, RequestSocket
from ser_core.fifo.requests import Request
from ser_core.fifo.unix_socket import LONGEST_REQUEST, UnixSocketServer
from tests.support.fifo_world import ARGUMENTS
from tests.support.network import turn_hub, wait_for

UPTIME = b"200 OK\nUp time: 1 [sec]\n"


class SocketWorld:
    """A command socket's server, its commands plain functions, and clients of it."""

    def __init__(self, directory: Path, capfd: pytest.CaptureFixture[str]) -> None:
        self.directory = directory
        self.counters = FifoCounters()
        self.commands: dict[str, Callable[[Request], Result]] = {
            "uptime": lambda _: Reply(200, "ok", b"Up time: 1 [sec]\n"),
            "echo": lambda request: Reply(200, "ok", repr(request.arguments).encode() + b"\n"),
        }
        self.endpoint = RequestSocket(directory / "ser_sock", Access())
        self.endpoint.make()
        self.server = UnixSocketServer(
            self.endpoint,
            partial(read_datagram, arguments_of=self.arguments_of),
            lambda request: self.commands[request.command](request),
            self.counters,
            tx_timeout=0.1,
        )
        self.clients: list[socket.socket] = []
        self._capfd = capfd
        self._log = ""

    def arguments_of(self, command: str) -> tuple[Argument, ...] | None:
        return ARGUMENTS.get(command, ()) if command in self.commands else None

    def client(self, address: str | bytes | None = "") -> socket.socket:
        """A client; "": bound to a path of its own, None: not bound."""
        made = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        if address is not None:
            made.bind(address or str(self.directory / f"client_{len(self.clients)}"))
        self.clients.append(made)
        return made

    def send(self, client: socket.socket, data: bytes) -> None:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
        client.sendto(data, str(self.endpoint.path))

    def reply(self, client: socket.socket) -> bytes:
        def receive() -> bytes:
            try:
                return client.recv(SEND_BUFFER)
            except BlockingIOError:
                return b""

        reply: bytes = wait_for(receive, "a reply")
        return reply

    def ask(self, data: bytes) -> bytes:
        client = self.client()
        self.send(client, data)
        return self.reply(client)

    def wait_for_log(self, text: str) -> None:
        def is_there() -> bool:
            self._log += self._capfd.readouterr().err
            return text in self._log

        wait_for(is_there, f"{text!r} in the log")

    def close(self) -> None:
        self.server.stop()
        for client in self.clients:
            client.close()


@pytest.fixture
def world(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[SocketWorld]:
    monkeypatch.setattr("ser_core.log._kinds", {})  # else lines of other tests hold ours back
    monkeypatch.setattr(endpoint_server, "TICK", 0.01)
    made = SocketWorld(tmp_path, capfd)
    made.server.start()
    yield made
    made.close()


def fill_queue_of(client: socket.socket) -> int:
    """Send until the client's queue is full; how many there were."""
    sent = 0
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as sender:
        while True:
            try:
                sender.sendto(b"full", client.getsockname())
            except BlockingIOError:
                return sent
            sent += 1


def test_a_request_is_answered_in_the_words_of_the_socket(world: SocketWorld) -> None:
    assert world.ask(b":uptime:\n") == UPTIME
    assert world.ask(b":uptime:ignored") == UPTIME
    assert world.ask(b":echo:\none\ntwo\n\n") == b"200 OK\n([b'one', b'two'],)\n"
    assert (world.counters.requests.value, world.counters.replies.value) == (3, 3)


@pytest.mark.parametrize(
    ("data", "reply"),
    [
        (b"", b"400 First line malformed\n"),
        (b"\0\xff\r", b"400 First line malformed\n"),
        (b":nothing:\n", b"500 Command nothing not found\n"),
    ],
)
def test_a_bad_request_is_told_and_the_next_one_served(
    world: SocketWorld, data: bytes, reply: bytes
) -> None:
    assert world.ask(data) == reply
    assert world.ask(b":uptime:\n") == UPTIME
    assert world.counters.bad_requests.value == 1


def test_a_large_request_is_taken_and_one_too_large_is_told(world: SocketWorld) -> None:
    lines = [b"x" * 60_000 for _ in range(10)]
    reply = world.ask(b":echo:\n" + b"\n".join(lines))
    assert reply == b"200 OK\n" + repr((lines,)).encode() + b"\n"
    assert world.ask(b":echo:\n" + b"x" * LONGEST_REQUEST) == b"400 request too long\n"


def test_a_pending_answer_goes_to_its_client(world: SocketWorld) -> None:
    pending = Pending()
    world.commands["later"] = lambda _: pending
    client = world.client()
    world.send(client, b":later:\n")
    assert world.ask(b":uptime:\n") == UPTIME
    pending.answer(Reply(408, "Request Timeout"))
    assert world.reply(client) == b"408 Request Timeout\n"


def test_a_client_with_an_abstract_name_is_answered(world: SocketWorld) -> None:
    client = world.client(b"\0ser-test-%d" % os.getpid())
    world.send(client, b":uptime:\n")
    assert world.reply(client) == UPTIME


def test_a_reply_that_no_datagram_holds_is_told(world: SocketWorld) -> None:
    world.commands["large"] = lambda _: Reply(200, "ok", b"x" * (32 << 20))
    size = (32 << 20) + len("200 OK\n\n")
    text = f"500 reply of {size} bytes doesn't fit a datagram, use the FIFO\n"
    assert world.ask(b":large:\n") == text.encode()
    assert world.counters.replies.value == 1


def test_who_is_not_bound_gets_none(world: SocketWorld) -> None:
    world.send(world.client(None), b":uptime:\n")
    world.wait_for_log("no reply to a client: it must bind its socket to get one")
    assert world.counters.replies_lost.value == 1
    assert world.ask(b":uptime:\n") == UPTIME


def test_a_relative_path_is_not_tried(world: SocketWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be another file for us, of somebody else maybe."""
    monkeypatch.chdir(world.directory)
    world.send(world.client("relative"), b":uptime:\n")
    world.wait_for_log("no reply to relative: it is bound to a relative path")
    assert world.counters.replies_lost.value == 1


def test_a_link_in_place_of_the_clients_socket_gets_none(world: SocketWorld) -> None:
    pending = Pending()
    world.commands["later"] = lambda _: pending
    client, victim = world.client(), world.client()
    world.send(client, b":later:\n")
    wait_for(lambda: world.counters.requests.value, "the request")
    path = Path(client.getsockname())
    path.unlink()
    path.symlink_to(victim.getsockname())
    pending.answer(Reply())
    world.wait_for_log("client_0: it is a soft link")
    assert world.counters.replies_lost.value == 1
    with pytest.raises(BlockingIOError):
        victim.recv(100)


def test_a_client_that_has_gone_is_no_harm(world: SocketWorld) -> None:
    pending = Pending()
    world.commands["later"] = lambda _: pending
    client = world.client()
    world.send(client, b":later:\n")
    wait_for(lambda: world.counters.requests.value, "the request")
    client.close()
    pending.answer(Reply())
    world.wait_for_log("client_0: Connection refused")
    assert world.counters.replies_lost.value == 1


def test_a_full_queue_is_waited_for(world: SocketWorld) -> None:
    client = world.client()
    sent = fill_queue_of(client)
    world.send(client, b":uptime:\n")
    wait_for(lambda: world.server.waiting, "the reply to wait")
    assert world.ask(b":uptime:\n") == UPTIME, "nobody else waits"
    for _ in range(sent):
        assert client.recv(100) == b"full"
    assert world.reply(client) == UPTIME


def test_a_queue_that_stays_full_is_given_up(world: SocketWorld) -> None:
    client = world.client()
    fill_queue_of(client)
    world.send(client, b":uptime:\n")
    world.wait_for_log("client_0: it took none for 0.1 seconds")
    assert world.counters.replies_lost.value == 1


def test_there_is_no_room_for_more_than_so_many(
    world: SocketWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting_file, "MAX_REPLIES", 0)
    client = world.client()
    fill_queue_of(client)
    world.send(client, b":uptime:\n")
    world.wait_for_log("too many replies wait for their clients")


def test_what_waits_at_the_end_is_lost_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("ser_core.log._kinds", {})
    monkeypatch.setattr(waiting_file, "FAREWELL_TIME", 0.01)
    world = SocketWorld(tmp_path, capfd)
    world.server.start()
    client = world.client()
    fill_queue_of(client)
    world.send(client, b":uptime:\n")
    wait_for(lambda: world.server.waiting, "the reply to wait")
    world.close()
    world.wait_for_log("client_0: it took none before ser ended")
    assert not world.endpoint.path.exists()


def test_many_requests_leave_others_of_the_hub_their_turn(
    world: SocketWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unix_socket_file, "TURN_TIME", 0.0)
    rounds = 0

    def count() -> None:
        nonlocal rounds
        rounds += 1

    client = world.client()
    for _ in range(8):
        world.send(client, b":uptime:\n")
    watcher = gevent.get_hub().loop.prepare()  # once in each round of the loop
    watcher.start(count)
    wait_for(lambda: world.counters.requests.value == 8, "all")
    watcher.stop()
    watcher.close()
    assert rounds >= 8, "between the requests, not behind them"


def test_a_mistake_of_ours_is_logged_and_the_next_one_served(
    world: SocketWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def boom(data: bytes) -> Request:
        raise RuntimeError("boom!")

    with monkeypatch.context() as patch:
        patch.setattr(world.server, "_parse", boom)
        world.send(world.client(), b":uptime:\n")
        world.wait_for_log("boom!")
    assert world.counters.failures.value == 1
    assert world.ask(b":uptime:\n") == UPTIME


def test_deleted_it_is_made_again_and_serves(world: SocketWorld) -> None:
    world.endpoint.path.unlink()
    wait_for(world.endpoint.path.exists, "the socket")
    turn_hub(1)
    assert world.ask(b":uptime:\n") == UPTIME
