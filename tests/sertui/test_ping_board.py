from __future__ import annotations

import pytest

from ser_core.fifo.probes import Outcome, Probe
from sertui.ping_board import AT_ONCE, SILENT_AT_ONCE, WAIT, PingBoard, State, Target

JOE, ANN = "sip:joe@10.0.0.9", "sip:ann@10.0.0.8"


def probe(outcome: Outcome, seconds: float = 0.01) -> Probe:
    return Probe(JOE, 1, outcome, 200, "", seconds)


@pytest.fixture
def board() -> PingBoard:
    return PingBoard(2.0)


def pinged(board: PingBoard, now: float, *outcomes: Outcome) -> Target:
    target = board.add(JOE, now)
    for outcome in outcomes:
        target.due = now
        assert board.take_due(now) == [target]
        board.over(target, probe(outcome))
    return target


def test_a_target_is_due_at_once_and_then_at_its_interval(board: PingBoard) -> None:
    target = pinged(board, 10.0, Outcome.OK)
    assert board.take_due(11.9) == []
    assert board.take_due(12.0) == [target]


def test_one_ping_is_under_way_for_a_target(board: PingBoard) -> None:
    target = board.add(JOE, 0)
    assert board.take_due(0) == [target]
    assert board.take_due(100) == []


def test_a_few_are_under_way_at_once_and_those_who_waited_longest_are_next() -> None:
    board = PingBoard(1.0)
    targets = [board.add(f"sip:{number}@a", 100 - number) for number in range(AT_ONCE + 2)]
    assert board.take_due(200) == targets[:1:-1]
    assert board.take_due(200) == []
    board.over(targets[-1], probe(Outcome.OK))
    assert board.take_due(200) == [targets[1]]


@pytest.mark.parametrize(
    ("outcome", "state", "trip"),
    [
        (Outcome.OK, State.OK, 0.01),
        (Outcome.REFUSED, State.REFUSED, 0.01),
        (Outcome.ERROR, State.ERROR, None),
        (Outcome.SILENCE, State.SILENT, None),
    ],
)
def test_what_came_of_it_is_the_state(
    board: PingBoard, outcome: Outcome, state: State, trip: float | None
) -> None:
    target = pinged(board, 0, outcome)
    assert target.state is state
    assert list(target.trips) == [trip]


def test_a_target_waits_for_its_first_answer(board: PingBoard) -> None:
    assert board.add(JOE, 0).state is State.WAITING


def test_what_is_under_way_is_no_loss_yet(board: PingBoard) -> None:
    target = pinged(board, 0, Outcome.OK, Outcome.SILENCE)
    assert target.loss == 50
    board.take_due(100)
    assert target.loss == 50


def test_what_was_never_sent_doesnt_count(board: PingBoard) -> None:
    target = pinged(board, 0, Outcome.OK)
    board.take_due(100)
    board.void(target)
    assert (target.loss, target.tally.transmitted, target.is_under_way) == (0, 1, False)


def test_one_that_doesnt_answer_in_time_is_silent_and_its_ping_goes_on(board: PingBoard) -> None:
    target = pinged(board, 0, Outcome.OK)
    board.take_due(2)
    assert board.take_silent(2 + WAIT - 0.1) == []
    assert board.take_silent(2 + WAIT) == [target]
    assert (target.state, target.is_under_way, target.loss) == (State.SILENT, True, 50)
    assert board.take_due(100) == []


def test_each_further_time_without_an_answer_is_one_more_loss(board: PingBoard) -> None:
    target = board.add(JOE, 0)
    board.take_due(0)
    for now in (WAIT, WAIT + 1, 2 * WAIT, 3 * WAIT):
        board.take_silent(now)
    assert (list(target.trips), target.tally.transmitted, target.loss) == ([None] * 3, 3, 100)
    board.over(target, probe(Outcome.SILENCE))
    assert (len(target.trips), target.tally.transmitted) == (3, 3)
    board.interval = 30
    assert board.take_due(100) == [target]
    assert [now for now in range(100, 200) if board.take_silent(now)] == [104, 134, 164, 194]


def test_an_answer_that_comes_too_late_is_no_round_trip_but_a_reason_to_ask(
    board: PingBoard,
) -> None:
    board.interval = 60
    target = board.add(JOE, 0)
    board.take_due(0)
    board.take_silent(WAIT)
    board.over(target, probe(Outcome.OK, 17.0))
    assert (target.state, list(target.trips), target.tally.received) == (State.SILENT, [None], 0)
    assert board.take_due(17) == [target]
    board.over(target, probe(Outcome.OK))
    assert (target.state, target.loss) == (State.OK, 50)


def test_ser_that_goes_while_one_is_silent_takes_back_no_loss(board: PingBoard) -> None:
    target = board.add(JOE, 0)
    board.take_due(0)
    board.take_silent(WAIT)
    board.void(target)
    assert (target.tally.transmitted, target.loss, target.is_under_way) == (1, 100, False)


def test_one_that_rests_loses_no_more_than_the_ping_under_way(board: PingBoard) -> None:
    target = board.add(JOE, 0)
    board.take_due(0)
    board.pause(JOE)
    for now in (WAIT, 10 * WAIT):
        board.take_silent(now)
    assert len(target.trips) == 1


def test_silent_ones_keep_nobody_else_waiting(board: PingBoard) -> None:
    for number in range(3 * SILENT_AT_ONCE):
        target = board.add(f"sip:{number}@a", 0)
        target.last = probe(Outcome.SILENCE)
    assert len(board.take_due(0)) == SILENT_AT_ONCE
    late = [board.add(f"sip:{number}@b", 5) for number in range(AT_ONCE)]
    assert board.take_due(5) == late


def test_a_clock_that_is_put_back_calls_nobody_silent_for_long(board: PingBoard) -> None:
    target = board.add(JOE, 1000)
    board.take_due(1000)
    assert board.take_silent(10) == []
    assert board.take_silent(10 + WAIT) == [target]


def test_a_paused_target_isnt_pinged(board: PingBoard) -> None:
    target = board.add(JOE, 0)
    board.pause(JOE)
    assert (board.take_due(0), target.state) == ([], State.PAUSED)
    board.pause(JOE)
    assert board.take_due(0) == [target]


def test_all_are_paused_and_go_on_together(board: PingBoard) -> None:
    board.add(JOE, 0)
    board.add(ANN, 0)
    board.pause(ANN)
    board.pause_all()
    assert board.all_paused
    board.pause_all()
    assert len(board.take_due(0)) == 2


def test_a_target_is_added_once_and_keeps_its_figures(board: PingBoard) -> None:
    target = pinged(board, 0, Outcome.OK)
    assert board.add(JOE, 50, "joe") is target
    assert len(board) == 1


def test_a_removed_target_is_no_more(board: PingBoard) -> None:
    board.add(JOE, 0)
    board.remove(JOE)
    board.remove(JOE)
    assert (board.get(JOE), list(board)) == (None, [])


def test_figures_begin_anew_but_pauses_stay(board: PingBoard) -> None:
    pinged(board, 0, Outcome.SILENCE)
    board.pause(JOE)
    board.reset(5)
    target = board.get(JOE)
    assert target is not None
    assert (target.loss, target.state, len(target.trips)) == (0, State.PAUSED, 0)


def test_the_interval_goes_round(board: PingBoard) -> None:
    found = []
    for _ in range(6):
        board.next_interval()
        found.append(board.interval)
    assert found == [5, 10, 30, 60, 1, 2]


def test_a_clock_that_is_put_back_holds_nobody_up(board: PingBoard) -> None:
    target = pinged(board, 1000, Outcome.OK)
    assert board.take_due(10) == [target]
