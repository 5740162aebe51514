from __future__ import annotations

import pytest

from sertui.trends import VIEWS, Trends
from sertui.widgets.plot import TrafficPlot, scale
from tests.support.sertui_feed import snapshot


@pytest.mark.parametrize(
    ("highest", "top"),
    [(0, 10), (10, 10), (18, 20), (11.5, 15), (99, 100), (100, 100), (2305, 3000), (9e6, 1e7)],
)
def test_the_scale_is_a_round_number_above_all(highest: float, top: float) -> None:
    assert scale(highest) == top


def test_one_series_grows_up_and_the_other_down() -> None:
    trends, plot = Trends(), TrafficPlot(id="plot")
    rates = {"transport.udp_received": 10.0, "transport.udp_sent": 5.0}
    for _ in range(2):
        trends.add(snapshot(rates=rates))
    plot.show(trends, VIEWS[0])
    assert [line.plain for line in plot.lines(8, 4)] == [
        "    10 ⣿",
        "       ⣿",
        "       ⣿",
        "    10  ",
    ]
    assert "in 10" in str(plot.border_subtitle)
    assert "out 5" in str(plot.border_subtitle)


def test_nothing_known_yet() -> None:
    plot = TrafficPlot(id="plot")
    plot.show(Trends(), VIEWS[0])
    assert "in –" in str(plot.border_subtitle)
    assert len(plot.lines(40, 6)) == 6
    plot.show(Trends(), VIEWS[1])
    assert str(plot.border_subtitle) == "a full bar: 10"
    assert len(plot.lines(40, 6)) == 6


def test_a_quiet_time_is_said_to_be_one() -> None:
    trends, plot = Trends(), TrafficPlot(id="plot")
    trends.add(snapshot(rates=dict.fromkeys(snapshot().rates, 0.0)))
    plot.show(trends, VIEWS[0])
    lines = [line.plain.strip() for line in plot.lines(40, 6)]
    assert lines == ["", "", "nothing has passed in this time"]


def test_all_bands_have_one_scale() -> None:
    trends, plot = Trends(), TrafficPlot(id="plot")
    trends.add(snapshot(rates={"received.INVITE": 18.0, "received.BYE": 3.0}))
    plot.show(trends, VIEWS[1])
    assert str(plot.border_title).startswith("Requests/s by method")
    assert str(plot.border_subtitle) == "a full bar: 20"
    assert [line.plain[:9].rstrip() for line in plot.lines(40, 2)] == ["INVITE", "BYE"]
