from __future__ import annotations

from ser_core.transport.admission import Admission
from ser_core.transport.connection_counts import ConnectionCounts
from ser_core.transport.limits import Limits

LIMITS = Limits(max_connections=4, max_connections_per_source=2)
ALICE, BOB = "192.0.2.1", "192.0.2.2"


def two_processes() -> tuple[Admission, Admission]:
    counts = ConnectionCounts(2)
    return Admission(counts, 0, LIMITS), Admission(counts, 1, LIMITS)


def test_the_total_is_that_of_all_processes() -> None:
    first, second = two_processes()
    assert [first.enter(), second.enter(), first.enter(), second.enter()] == [True] * 4
    assert not first.enter()
    second.leave()
    assert first.enter()


def test_a_source_is_counted_over_all_processes() -> None:
    first, second = two_processes()
    assert first.enter_from(ALICE)
    assert second.enter_from(ALICE)
    assert not first.enter_from(ALICE)
    assert first.enter_from(BOB)
    assert (first.share_of(ALICE), second.share_of(ALICE), first.share_of(BOB)) == (2, 2, 1)
    second.leave_from(ALICE)
    assert first.enter_from(ALICE)


def test_nothing_is_kept_of_a_source_that_has_gone_or_was_refused() -> None:
    first, second = two_processes()
    for _ in range(2):
        second.enter_from(ALICE)
    assert not first.enter_from(ALICE)
    assert not first.held
    assert not first._cells
    for _ in range(2):
        second.leave_from(ALICE)
    assert not second.held
    assert not second._cells


def test_the_greediest_makes_room_for_who_holds_less() -> None:
    first, second = two_processes()
    assert first.who_makes_room(1) is None
    first.enter_from(BOB)
    first.enter_from(ALICE)
    assert first.who_makes_room(1) is None
    first.enter_from(ALICE)
    assert first.who_makes_room(1) == ALICE
    assert first.who_makes_room(2) is None
    assert second.who_makes_room(1) is None, "another process's connections are not ours to close"
