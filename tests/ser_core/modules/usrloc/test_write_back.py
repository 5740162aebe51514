from __future__ import annotations

from collections.abc import Iterator, Sequence

import gevent
import pytest

from ser_core.modules.usrloc.write_back import WriteBack
from ser_core.registrar.persistence import Key


class FakeKeeping:
    """Is `Keeping`, `Persistence` and `LmdbLocation` in one: how many are marked, and when."""

    def __init__(self) -> None:
        self.marks: dict[bytes, int] = {}
        self.change = 0
        self.takes = True
        self.hope = 0

    @property
    def persistence(self) -> FakeKeeping:
        return self

    @property
    def location(self) -> FakeKeeping:
        return self

    def store(self, user: bytes) -> None:
        self.change += 1
        self.marks[user] = self.change

    def unwritten(self) -> int:
        return len(self.marks)

    def last_change(self) -> int:
        return self.change

    def batches(self, until: int | None) -> Iterator[list[Key]]:
        for user, change in list(self.marks.items()):
            if until is None or change <= until:
                yield [("location", user)]

    def write(self, keys: Sequence[Key]) -> bool:
        if self.takes:
            for _, user in keys:
                del self.marks[user]
        return self.takes

    def try_all_again(self) -> None:
        self.hope += 1


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def keeping() -> FakeKeeping:
    return FakeKeeping()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def write_back(keeping: FakeKeeping, clock: Clock, interval: float) -> WriteBack:
    return WriteBack(keeping, interval, clock=clock)  # type: ignore[arg-type]  # as much as it needs


def tick(back: WriteBack, clock: Clock) -> int:
    clock.now += 1
    unwritten = back.tick()
    gevent.idle()
    return unwritten


def test_nothing_is_older_than_the_interval(keeping: FakeKeeping, clock: Clock) -> None:
    back = write_back(keeping, clock, 5)
    keeping.store(b"joe")
    tick(back, clock)
    keeping.store(b"joe")
    ticks = 0
    while keeping.marks:
        assert tick(back, clock) == 1
        ticks += 1
    assert ticks == 4
    assert tick(back, clock) == 0


def test_what_a_receiver_that_died_has_left_is_written_at_once(
    keeping: FakeKeeping, clock: Clock
) -> None:
    keeping.store(b"joe")
    tick(write_back(keeping, clock, 3600), clock)
    assert not keeping.marks


def test_what_is_written_through_is_left_alone_for_a_tick(
    keeping: FakeKeeping, clock: Clock
) -> None:
    back = write_back(keeping, clock, 0)
    tick(back, clock)
    keeping.store(b"joe")
    tick(back, clock)
    assert keeping.marks
    tick(back, clock)
    assert not keeping.marks


def test_a_database_that_is_away_is_asked_at_each_tick(keeping: FakeKeeping, clock: Clock) -> None:
    back = write_back(keeping, clock, 60)
    keeping.store(b"joe")
    keeping.takes = False
    tick(back, clock)
    keeping.takes = True
    tick(back, clock)
    assert not keeping.marks


def test_what_was_refused_is_offered_again_after_some_minutes(
    keeping: FakeKeeping, clock: Clock
) -> None:
    back = write_back(keeping, clock, 0)
    keeping.store(b"joe")
    tick(back, clock)
    clock.now += 400
    keeping.store(b"ann")
    tick(back, clock)
    assert keeping.hope == 1


def test_a_failure_stops_one_round_only(
    keeping: FakeKeeping, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    back = write_back(keeping, clock, 1)
    keeping.store(b"joe")
    with monkeypatch.context() as patch:
        patch.setattr(keeping, "write", lambda keys: 1 / 0)
        tick(back, clock)
    assert keeping.marks
    tick(back, clock)
    assert not keeping.marks


def test_after_the_stop_nothing_is_written(keeping: FakeKeeping, clock: Clock) -> None:
    back = write_back(keeping, clock, 1)
    keeping.store(b"joe")
    clock.now += 2
    back.tick()
    back.stop()
    gevent.idle()
    assert keeping.marks
