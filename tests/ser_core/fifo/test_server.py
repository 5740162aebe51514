from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import gevent
import pytest

from ser_core.fifo import endpoint_server
from ser_core.fifo import server as server_file
from ser_core.fifo.declarations import Pending, Result
from ser_core.fifo.protocol import FifoError, Reply
from ser_core.fifo.requests import BadRequest, Request, RequestReader
from tests.support.fifo_world import FifoWorld
from tests.support.network import turn_hub, wait_for

UPTIME = b"200 ok\nUp time: 1 [sec]\n"


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FifoWorld]:
    monkeypatch.setattr("ser_core.log._kinds", {})  # else lines of other tests hold ours back
    monkeypatch.setattr(endpoint_server, "TICK", 0.01)
    made = FifoWorld(tmp_path)
    made.server.start()
    yield made
    made.close()


def test_a_request_is_answered(world: FifoWorld) -> None:
    assert world.ask("uptime") == UPTIME
    assert world.ask("print", "hello") == b"200 ok\n(b'hello',)\n"
    assert (world.counters.requests.value, world.counters.replies.value) == (2, 2)


def test_what_waited_before_the_start_is_answered(tmp_path: Path) -> None:
    world = FifoWorld(tmp_path)
    client = world.client()
    world.write(b":uptime:reply_1\n\n")
    world.server.start()
    assert client.reply() == UPTIME
    world.close()


def test_a_request_without_reply_name_is_carried_out(world: FifoWorld) -> None:
    world.write(b":uptime:\n\n")
    wait_for(lambda: world.counters.requests.value == 1, "the request")
    assert world.ask("uptime") == UPTIME
    assert world.counters.replies.value == 1


def test_requests_are_carried_out_in_order(world: FifoWorld) -> None:
    done: list[str] = []

    def note(request: Request) -> Reply:
        done.append(request.reply_name)
        return Reply()

    world.commands["note"] = note
    for number in range(300):
        world.write(b":note:r%d\n\n" % number)
    wait_for(lambda: len(done) == 300, "all of them")
    assert done == [f"r{number}" for number in range(300)]


def test_a_request_in_pieces(world: FifoWorld) -> None:
    client = world.client()
    for byte in b":print:reply_1\nhello\n\n":
        world.write(bytes([byte]))
        turn_hub(1)
    assert client.reply() == b"200 ok\n(b'hello',)\n"


def test_a_request_larger_than_the_pipe(world: FifoWorld) -> None:
    lines = [b"x" * 60_000 for _ in range(15)]
    client = world.client()
    waiting = memoryview(b"\n".join((b":echo:reply_1", *lines, b"\n")))

    def write_some() -> bool:
        nonlocal waiting
        try:
            waiting = waiting[os.write(world.writer, waiting) :]
        except BlockingIOError:
            return False
        return not waiting

    wait_for(write_some, "all of it to be read")
    assert client.reply() == b"200 ok\n" + repr((lines,)).encode() + b"\n"


def test_a_pending_answer_holds_up_nobody(world: FifoWorld) -> None:
    pending = Pending()
    world.commands["later"] = lambda _: pending
    client = world.client("reply_later")
    world.write(b":later:reply_later\n\n")
    assert world.ask("uptime") == UPTIME
    assert not client.read()
    pending.answer(Reply(408, "Request Timeout"))
    assert client.reply() == b"408 Request Timeout\n"


def test_a_slow_command_in_a_greenlet_holds_up_nobody(world: FifoWorld) -> None:
    def slow(_: Request) -> Result:
        pending = Pending()
        gevent.spawn_later(0.05, pending.answer, Reply(200, "done"))
        return pending

    world.commands["slow"] = slow
    client = world.client("reply_slow")
    world.write(b":slow:reply_slow\n\n")
    assert world.ask("uptime") == UPTIME
    assert client.reply() == b"200 done\n"


def test_an_unread_reply_holds_up_nobody(world: FifoWorld) -> None:
    world.commands["large"] = lambda _: Reply(200, "ok", b"x" * 1_000_000)
    client = world.client("reply_large")
    world.write(b":large:reply_large\n\n")
    assert world.ask("uptime") == UPTIME
    assert len(client.reply()) == 1_000_008


@pytest.mark.parametrize(
    ("request_text", "reply"),
    [
        (b":nothing:reply_1\n\n", b"500 command 'nothing' not available\n"),
        (b":print:reply_1\n\n", b"400 text expected\n"),
        (b":print:reply_1\nbell\x07\n\n", b"400 control byte in argument text\n"),
        (b":print:reply_1\n" + b"x" * 70_000 + b"\n\n", b"400 line too long\n"),
    ],
)
def test_a_bad_request_is_told_and_the_next_one_served(
    world: FifoWorld, request_text: bytes, reply: bytes
) -> None:
    client = world.client()
    for start in range(0, len(request_text), 4096):
        world.write(request_text[start : start + 4096])
        turn_hub(2)
    assert client.reply() == reply
    assert world.ask("uptime") == UPTIME
    assert world.counters.bad_requests.value == 1


def test_half_a_request_is_given_up(world: FifoWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ser_core.fifo.requests.SILENCE", 0.05)
    client = world.client()
    world.write(b":print:reply_1\n")
    assert client.reply() == b"400 request incomplete\n"
    assert world.ask("uptime") == UPTIME


def test_half_a_request_by_a_pipe_that_is_gone_is_given_up(world: FifoWorld) -> None:
    client = world.client()
    world.write(b":print:reply_1\n")
    world.pipe.path.unlink()
    assert client.reply() == b"400 request incomplete\n"
    assert world.ask("print", "hello") == b"200 ok\n(b'hello',)\n"


def test_a_failing_command_is_told_and_the_next_one_served(
    world: FifoWorld, capfd: pytest.CaptureFixture[str]
) -> None:
    def boom(_: Request) -> Reply:
        raise RuntimeError("boom!")

    world.commands["boom"] = boom
    assert world.ask("boom") == b"500 boom failed, the log says why\n"
    assert world.ask("uptime") == UPTIME
    assert "boom!" in capfd.readouterr().err


def test_a_failing_reader_is_replaced(
    world: FifoWorld, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def boom(self: RequestReader, data: bytes, now: float) -> list[Request | BadRequest]:
        raise RuntimeError("boom!")

    with monkeypatch.context() as patch:
        patch.setattr(RequestReader, "feed", boom)
        world.write(b":uptime:reply_1\n")
        wait_for(lambda: world.counters.failures.value == 1, "the failure")
    assert world.ask("uptime") == UPTIME
    assert "boom!" in capfd.readouterr().err


def test_a_reply_that_cannot_be_sent_does_not_end_the_turn(
    world: FifoWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not that it could happen: `send` has a guard of its own."""
    send = world.replies.send

    def boom(name: str, reply: Reply, command: str) -> None:
        if name == "reply_boom":
            raise RuntimeError("boom!")
        send(name, reply, command)

    monkeypatch.setattr(world.replies, "send", boom)
    client = world.client()
    world.write(b":uptime:reply_boom\n\n:uptime:reply_1\n\n")
    assert client.reply() == UPTIME
    assert world.counters.failures.value == 1


def test_others_of_the_hub_have_their_turn_among_many_requests(
    world: FifoWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_file, "TURN_TIME", 0.0)
    rounds = 0

    def count() -> None:
        nonlocal rounds
        rounds += 1

    world.write(b":uptime:\n\n" * 200)
    watcher = gevent.get_hub().loop.prepare()  # once in each round of the loop
    watcher.start(count)
    wait_for(lambda: world.counters.requests.value == 200, "all")
    watcher.stop()
    watcher.close()
    assert rounds >= 200, "between the requests, not behind them"


def test_while_requests_wait_no_more_are_read(
    world: FifoWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So a flood waits in the pipe, and those who write it wait, too."""
    monkeypatch.setattr(server_file, "TURN_TIME", 0.0)
    world.write(b":uptime:\n\n" * 400)
    wait_for(lambda: world.counters.requests.value, "the first")
    assert not world.server.is_listening
    world.server.tick()
    assert not world.server.is_listening
    wait_for(lambda: world.counters.requests.value == 400, "all")
    assert world.server.is_listening


def test_what_waits_in_the_pipe_is_not_taken_for_silence(
    world: FifoWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ser_core.fifo.requests.SILENCE", 0.05)
    monkeypatch.setattr(server_file, "TURN_TIME", 0.0)

    def busy(_: Request) -> Reply:
        gevent.get_hub().loop.update_now()
        return FifoError(500, "busy").reply()

    world.commands["busy"] = busy
    client = world.client()
    world.write(b":busy:\n\n" * 20 + b":print:reply_1\n")
    world.write(b"hello\n\n")
    assert client.reply() == b"200 ok\n(b'hello',)\n"


def test_a_reader_that_comes_just_after_the_end_has_begun_gets_its_reply(tmp_path: Path) -> None:
    """As a shell that has written `kill` and then opens its pipe."""
    world = FifoWorld(tmp_path)
    world.server.start()
    client = world.client(reading=False)
    world.write(b":uptime:reply_1\n\n")
    wait_for(lambda: world.replies.waiting, "the reply to wait")
    gevent.spawn_later(0.05, client.open)
    world.server.stop()
    assert client.reply() == UPTIME
    world.close()


def test_a_flood_of_rubbish_ends_with_the_next_one_served(world: FifoWorld) -> None:
    for _ in range(10):
        world.write(os.urandom(4096).replace(b"\n", b"\r"))
        turn_hub(2)
    world.write(b"\n\n")
    assert world.ask("uptime") == UPTIME
