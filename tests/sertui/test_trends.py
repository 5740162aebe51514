from __future__ import annotations

from ser_core.transport.message_counters import MessageCounters
from sertui.trends import CLASSES, KEPT, METHODS, VIEWS, Trends, replies_of, requests_of, total
from tests.support.sertui_feed import lost, snapshot


def test_a_total_of_nothing_that_is_known_is_not_nought() -> None:
    assert total({"a": 1, "b": 2}, ("a", "b", "c")) == 3
    assert total({"a": 1}, ("x",)) is None


def test_messages_go_by_the_counters_of_the_daemon() -> None:
    received, sent = MessageCounters("received").all(), MessageCounters("sent").all()
    methods = requests_of(*METHODS)
    assert methods == tuple(each.name for each in received[: len(METHODS)])
    assert replies_of(*CLASSES) == tuple(each.name for each in sent[len(METHODS) :])


def test_the_newest_value_comes_last() -> None:
    trends = Trends()
    for rate in (1.0, 2.0, 3.0):
        trends.add(snapshot(rates={"a": rate}))
    assert trends.last(("a",), 2) == [2.0, 3.0]
    assert trends.last(("a",), 9) == [1.0, 2.0, 3.0]
    assert trends.last(("a",), 0) == []


def test_no_more_is_kept_than_the_widest_screen_shows() -> None:
    trends = Trends()
    for _ in range(KEPT + 5):
        trends.add(snapshot(rates={"a": 1.0}))
    assert len(trends.last(("a",), KEPT * 2)) == KEPT


def test_a_lost_ser_passes_nothing_and_the_first_look_tells_nothing() -> None:
    trends = Trends()
    trends.add(snapshot(rates={}))
    assert trends.last(("a",), 9) == []
    trends.add(lost())
    assert trends.last(("a",), 9) == [0.0]
    assert trends.now(("a",)) is None


def test_all_that_can_be_plotted_has_a_name() -> None:
    assert [view.title for view in VIEWS] == [
        "Messages/s",
        "Requests/s by method",
        "Replies/s by class",
        "Transactions/s",
        "REGISTER/s",
    ]
