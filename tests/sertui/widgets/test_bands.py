"""Many series in one plot, a band for each."""

from __future__ import annotations

from sertui.trends import Bands, Series, Trends
from sertui.widgets.bands import drawn_bands, shown_series
from tests.support.sertui_feed import snapshot

VIEW = Bands("x", tuple(Series(name, (name,)) for name in ("INVITE", "ACK", "BYE", "INFO", "2xx")))


def trends_of(**rates: float) -> Trends:
    trends = Trends()
    for _ in range(2):
        trends.add(snapshot(rates=rates))
    return trends


def drawn(trends: Trends, height: int) -> list[str]:
    return [line.plain for line in drawn_bands(trends, VIEW, 10.0, 15, height)]


def test_those_with_traffic_have_a_band_each_and_a_larger_rate_a_higher_bar() -> None:
    trends = trends_of(INVITE=10.0, ACK=0.0, BYE=5.0)
    assert [each.label for each in shown_series(trends, VIEW, 80)] == ["INVITE", "BYE"]
    assert drawn(trends, 2) == ["INVITE    10  ⣿", "BYE        5  ⣤"]


def test_all_bands_have_the_same_height_and_what_is_left_over_stands_between_them() -> None:
    trends = trends_of(INVITE=10.0, BYE=10.0)
    assert drawn(trends, 5) == [
        "              ⣿",
        "INVITE    10  ⣿",
        "",
        "              ⣿",
        "BYE       10  ⣿",
    ]


def test_the_plot_is_not_empty_before_anything_has_passed() -> None:
    assert drawn(Trends(), 3) == [f"{name:<11}–   " for name in ("INVITE", "ACK", "BYE")]


def test_what_has_no_room_is_summed_up() -> None:
    trends = trends_of(INVITE=1.0, ACK=2.0, BYE=3.0, INFO=4.0)
    assert [line.split()[:2] for line in drawn(trends, 2)] == [["INVITE", "1"], ["others", "9"]]
    assert len(drawn(trends, 4)) == 4


def test_however_small_the_room_nothing_breaks() -> None:
    assert drawn_bands(trends_of(INVITE=1.0), VIEW, 10.0, 0, 0) == []
    assert len(drawn_bands(trends_of(INVITE=1.0), VIEW, 10.0, 3, 1)) == 1
