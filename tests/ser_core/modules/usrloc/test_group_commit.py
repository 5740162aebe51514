from __future__ import annotations

from collections.abc import Sequence

import gevent
import pytest
from gevent.event import Event

from ser_core.modules.usrloc.group_commit import GroupCommit
from ser_core.registrar.persistence import BATCH, Key


def key(user: str) -> Key:
    return "location", user.encode()


class Writer:
    """What writes, when it is let."""

    def __init__(self) -> None:
        self.written: list[list[bytes]] = []
        self.may_go_on = Event()
        self.may_go_on.set()
        self.error: Exception | None = None

    def __call__(self, keys: Sequence[Key]) -> None:
        self.may_go_on.wait()
        self.written.append([aor for _, aor in keys])
        if self.error is not None:
            raise self.error


@pytest.fixture
def writer() -> Writer:
    return Writer()


def test_one_alone_is_written_at_once(writer: Writer) -> None:
    assert GroupCommit(writer).wait(key("joe"))
    assert writer.written == [[b"joe"]]


def test_what_comes_while_something_is_written_is_written_together(writer: Writer) -> None:
    commit = GroupCommit(writer)
    writer.may_go_on.clear()
    waiting = [gevent.spawn(commit.wait, key("first"))]
    gevent.sleep(0)
    gevent.sleep(0)
    waiting += [gevent.spawn(commit.wait, key(x)) for x in ("a", "b", "a")]
    gevent.sleep(0)
    writer.may_go_on.set()
    gevent.joinall(waiting, timeout=5, raise_error=True)
    assert writer.written == [[b"first"], [b"a", b"b"]]


def test_who_waits_too_long_goes_on(writer: Writer) -> None:
    writer.may_go_on.clear()
    commit = GroupCommit(writer)
    with gevent.Timeout(5):
        assert not commit.wait(key("joe"), 0.01)
    assert writer.written == []
    writer.may_go_on.set()
    commit.wait(key("ann"))
    assert writer.written == [[b"joe"], [b"ann"]]


def test_a_failure_is_told_and_the_next_ones_are_written(
    writer: Writer, caplog: pytest.LogCaptureFixture
) -> None:
    commit = GroupCommit(writer)
    writer.error = KeyError("oops")
    commit.wait(key("joe"))
    writer.error = None
    commit.wait(key("ann"))
    assert writer.written == [[b"joe"], [b"ann"]]


def test_a_batch_has_an_end(writer: Writer) -> None:
    commit = GroupCommit(writer)
    writer.may_go_on.clear()
    users = [f"u{x}" for x in range(BATCH + 5)]
    waiting = [gevent.spawn(commit.wait, key(user)) for user in users]
    gevent.sleep(0)
    writer.may_go_on.set()
    gevent.joinall(waiting, timeout=5, raise_error=True)
    assert sum(map(len, writer.written)) == len(users)
    assert max(map(len, writer.written)) == BATCH
