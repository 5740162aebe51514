from __future__ import annotations

from collections.abc import Sequence

from sertui.overview_figures import replies, since, traffic
from sertui.snapshot import Snapshot
from sertui.trends import CLASSES
from sertui.widgets.figures import Figure
from tests.support.sertui_feed import lost, snapshot


def row(figures: Sequence[Figure], label: str) -> Figure:
    [found] = [figure for figure in figures if figure.label == label]
    return found


def test_messages_have_rates_and_totals() -> None:
    figures = traffic(snapshot(), Snapshot())
    requests = row(figures, "requests")
    assert (requests.rate, requests.total, requests.before) == (1204.4, 1_234_567, None)
    assert row(figures, "sent").total == 2_325_577


def test_active_transactions_are_those_begun_and_not_ended() -> None:
    old = snapshot(counters={"tm.total": 10, "tm.finished": 2})
    found = row(traffic(snapshot(), old), "transactions")
    assert (found.total, found.before, found.moved) == (94, 8, "▴")


def test_registrations_are_a_number_that_goes_up_and_down() -> None:
    found = row(traffic(snapshot(registrations=216), snapshot()), "registered")
    assert (found.total, found.moved) == (216, "▾")


def test_failures_are_marked_only_when_there_are_some() -> None:
    assert row(traffic(snapshot(), snapshot()), "failures").sign == ""
    troubled = snapshot(counters={**snapshot().counters, "bus.dropped": 3})
    found = row(traffic(troubled, snapshot()), "failures")
    assert (found.total, found.sign, found.style) == (3, "▲ ", "$text-warning")


def test_replies_go_by_class_with_a_sign_each() -> None:
    figures = replies(snapshot(), snapshot())[: len(CLASSES)]
    assert [(each.sign + each.label, each.total) for each in figures] == [
        ("… 1xx", 540_100),
        ("● 2xx", 820_003),
        ("→ 3xx", 0),
        ("▲ 4xx", 32_206),
        ("▲ 5xx", 12),
        ("▲ 6xx", 933),
    ]


def test_requests_go_by_method_and_what_is_rare_is_summed_up() -> None:
    figures = replies(snapshot(), snapshot())[len(CLASSES) :]
    assert [(each.label, each.rate, each.total) for each in figures] == [
        ("INVITE", 270.0, 270_011),
        ("REGISTER", 99.0, 99_124),
        ("BYE", 255.0, 255_100),
        ("CANCEL", 14.0, 14_002),
        ("OPTIONS", 298.4, 326_530),
        ("others", 268.0, 269_800),
    ]


def test_a_lost_ser_has_totals_and_no_rates() -> None:
    found = row(traffic(lost(), snapshot()), "requests")
    assert (found.rate, found.total) == (None, 1_234_567)


def test_a_ser_that_counts_nothing_shows_dashes() -> None:
    empty = snapshot(counters={}, rates={}, registrations=None)
    assert {each.total for each in traffic(empty, empty)} == {None}


def test_totals_can_begin_now_and_transactions_stay_right() -> None:
    zero = snapshot().counters
    later = since(snapshot(), zero)
    assert later.counters["core.requests"] == 0
    assert row(traffic(later, later), "transactions").total == 94
    restarted = since(snapshot(counters={"core.requests": 5}), zero)
    assert restarted.counters["core.requests"] == 0


def test_a_class_without_replies_just_now_has_no_colour() -> None:
    styles = [each.style for each in replies(snapshot(), snapshot())[: len(CLASSES)]]
    assert styles == [
        "$faint",
        "$text-success",
        "$faint",
        "$text-warning",
        "$faint",
        "$text-warning",
    ]
