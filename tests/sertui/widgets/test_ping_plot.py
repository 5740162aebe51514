from __future__ import annotations

import pytest
from textual.content import Content

from ser_core.fifo.probes import Outcome, Probe
from sertui.ping_board import PingBoard, Target
from sertui.widgets.ping_plot import PingPlot, round_above

JOE = "sip:joe@10.0.0.9"


def pinged(*seconds: float | None, user: str = "") -> Target:
    board = PingBoard()
    target = board.add(JOE, 0, user)
    for each in seconds:
        outcome = Outcome.SILENCE if each is None else Outcome.OK
        target.tally.sent()
        board.over(target, Probe(JOE, 1, outcome, 200, "OK", each or 4.0))
    return target


def shown(target: Target | None, width: int = 14, height: int = 4) -> tuple[PingPlot, list[str]]:
    plot = PingPlot()
    plot.show(target)
    return plot, [line.plain for line in plot.lines(width, height)]


def test_bars_stand_on_nought_and_the_lost_ones_below_them() -> None:
    plot, lines = shown(pinged(0.01, 0.02, None, 0.02, 0.005, 0.001))
    assert lines == [
        "   20 ms   ⢸⢸ ",
        "           ⣼⢸ ",
        "           ⣿⢸⣆",
        "    lost    x ",
    ]
    assert str(plot.border_title) == f"Round trips of {JOE}"


def test_figures_stand_below() -> None:
    plot, _ = shown(pinged(0.01, 0.02, None))
    assert str(plot.border_subtitle) == "min 10.0  avg 15.0  max 20.0  dev 5.00 ms"


def test_one_who_never_answered_has_only_losses() -> None:
    plot, lines = shown(pinged(None, None, None))
    assert str(plot.border_subtitle) == "no answer yet, 3 sent"
    assert lines[-1].split() == ["lost", "xx"]
    assert "".join(lines[:-1]).strip() == ""


@pytest.mark.parametrize("target", [None, pinged()])
def test_without_pings_it_is_empty(target: Target | None) -> None:
    plot, lines = shown(target)
    assert len(lines) == 4
    assert str(plot.border_subtitle) == ""


@pytest.mark.parametrize("size", [(1, 1), (9, 2), (30, 3), (300, 20)])
def test_it_fits_whatever_room_there_is(size: tuple[int, int]) -> None:
    _, lines = shown(pinged(*[0.01] * 50), *size)
    assert len(lines) == max(size[1], 2)
    assert {len(line) for line in lines} == {max(size[0], 10)}


def test_a_name_is_no_markup() -> None:
    plot, _ = shown(pinged(user="[bold]x"))
    assert Content.from_markup(str(plot.border_title)).plain.endswith("of [bold]x joe@10.0.0.9")


@pytest.mark.parametrize(
    ("seconds", "top"),
    [(0.0, 0.0), (0.0007, 0.001), (0.011, 0.02), (0.02, 0.02), (0.3, 0.5), (3.2, 5), (0.9, 1)],
)
def test_the_scale_is_a_round_number(seconds: float, top: float) -> None:
    assert round_above(seconds) == pytest.approx(top)
