from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator

import pytest

from ser_core.fifo.protocol import Reply, Sendable
from ser_core.fifo.reach import CannotReach, NoReply, Reach
from sertui.feed import AT_ONCE, Answer, Feed
from sertui.snapshot import Snapshot
from tests.support.daemon import wait_for

PATIENCE = 10


class Client:
    """Answers as it is told; counts those of its kind."""

    def __init__(self, answer: Callable[[str], Reply]) -> None:
        self._answer = answer
        self.closed = False

    def ask(self, command: str, *arguments: Sendable, timeout: float | None = None) -> Reply:
        return self._answer(command)

    def close(self) -> None:
        self.closed = True


class Feeding:
    """A feed, what it posts, and the clients that it makes."""

    def __init__(self) -> None:
        self.answer: Callable[[str], Reply] = lambda command: Reply(200, f"ok {command}")
        self.clients: list[Client] = []
        self.snapshots: queue.Queue[Snapshot] = queue.Queue()
        self.answers: queue.Queue[Answer] = queue.Queue()
        self.feed = Feed(self.connect, self.snapshots.put, period=0.01)

    def connect(self) -> Client:
        self.clients.append(Client(lambda command: self.answer(command)))
        return self.clients[-1]

    def ask(self, command: str) -> Answer:
        self.feed.request(command, take=self.answers.put)
        return self.answers.get(timeout=PATIENCE)


@pytest.fixture
def feeding() -> Iterator[Feeding]:
    feeding = Feeding()
    yield feeding
    feeding.feed.stop()


def test_it_looks_again_and_again_until_it_is_stopped(feeding: Feeding) -> None:
    feeding.feed.start()
    first, second = (feeding.snapshots.get(timeout=PATIENCE) for _ in range(2))
    assert (first.sequence, second.sequence) == (1, 2)
    feeding.feed.stop()
    wait_for(lambda: all(client.closed for client in feeding.clients), "the end of the feed")
    assert not [each for each in threading.enumerate() if each.name == "feed" and not each.daemon]


def test_a_request_gets_its_answer_in_a_thread(feeding: Feeding) -> None:
    answer = feeding.ask("uptime")
    assert (answer.is_ok, answer.words, answer.problem) == (True, "200 ok uptime", "")


def test_a_client_is_used_again(feeding: Feeding) -> None:
    for _ in range(3):
        feeding.ask("uptime")
    assert len(feeding.clients) == 1


@pytest.mark.parametrize(
    "error",
    [NoReply("no answer within 5 s"), CannotReach(Reach.STALE, "nobody"), ValueError("a newline")],
)
def test_what_goes_wrong_is_told_in_words(feeding: Feeding, error: Exception) -> None:
    def fail(command: str) -> Reply:
        raise error

    feeding.answer = fail
    answer = feeding.ask("ul_rm")
    assert (answer.reply, answer.is_ok, answer.words) == (None, False, str(error))


def test_long_requests_hold_up_no_others_until_there_are_too_many(feeding: Feeding) -> None:
    release, begun = threading.Event(), threading.Semaphore(0)

    def wait(command: str) -> Reply:
        begun.release()
        release.wait(PATIENCE)
        return Reply()

    feeding.answer = wait
    for _ in range(AT_ONCE + 4):
        feeding.feed.request("t_uac_dlg", take=feeding.answers.put)
    for _ in range(AT_ONCE):
        assert begun.acquire(timeout=PATIENCE)
    assert not begun.acquire(timeout=0.05)
    release.set()
    assert all(feeding.answers.get(timeout=PATIENCE).is_ok for _ in range(AT_ONCE + 4))


def test_after_the_end_no_answer_is_taken(feeding: Feeding) -> None:
    release = threading.Event()

    def wait(command: str) -> Reply:
        release.wait(PATIENCE)
        return Reply()

    feeding.answer = wait
    feeding.feed.request("t_uac_dlg", take=feeding.answers.put)
    wait_for(lambda: feeding.clients, "the request")
    feeding.feed.stop()
    release.set()
    wait_for(lambda: feeding.clients[0].closed, "the client's end")
    assert feeding.answers.empty()
