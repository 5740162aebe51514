"""The heap of deadlines."""

from __future__ import annotations

from ser_core.sip.hop import Hop, Listener
from ser_core.transaction.inputs import Input
from ser_core.transaction.machine import Row, State, Transaction
from ser_core.transaction.timer_heap import TimerHeap
from ser_core.transaction.timers import NEVER, Timers


def transaction(at: float) -> Transaction:
    hop = Hop("udp", "192.0.2.1", 5060, Listener("udp", "192.0.2.2", 5060))
    made = Transaction(Row(State.TRYING), b"", hop, Timers())
    made.start_timeout(Input.TIMER_B, at)
    return made


def test_due_come_in_the_order_of_their_deadlines() -> None:
    heap = TimerHeap()
    made = [transaction(at) for at in (3.0, 1.0, 2.0)]
    for each in made:
        heap.arm(each)
    assert heap.earliest() == 1.0
    assert list(heap.due(2.5)) == [made[1], made[2]]
    assert list(heap.due(3.0)) == [made[0]]


def test_deadline_moved_later_is_not_due_before() -> None:
    heap = TimerHeap()
    moved = transaction(1.0)
    heap.arm(moved)
    moved.start_timeout(Input.TIMER_B, 5.0)
    heap.arm(moved)
    assert list(heap.due(2.0)) == []
    assert list(heap.due(5.0)) == [moved]


def test_deadline_moved_sooner_is_due_once() -> None:
    heap = TimerHeap()
    moved = transaction(5.0)
    heap.arm(moved)
    moved.start_timeout(Input.TIMER_B, 1.0)
    heap.arm(moved)
    assert list(heap.due(1.0)) == [moved]
    moved.stop_timers()
    assert list(heap.due(10.0)) == []
    assert len(heap) == 0


def test_nothing_armed_means_never() -> None:
    heap = TimerHeap()
    assert heap.earliest() == NEVER
    heap.arm(transaction(NEVER))
    assert heap.earliest() == NEVER


def test_limit_leaves_the_rest_for_the_next_turn() -> None:
    heap = TimerHeap()
    for at in range(10):
        heap.arm(transaction(float(at)))
    assert len(list(heap.due(100.0, limit=4))) == 4
    assert len(list(heap.due(100.0, limit=100))) == 6
