from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from textual.app import ComposeResult
from textual.pilot import Pilot

from ser_core.fifo.probes import Outcome, Probe
from sertui.ping_board import PingBoard, Target
from sertui.themes import ThemedApp
from sertui.widgets.ping_table import PingTable, answer_of, figures_of, name_of, summary_of
from tests.support.sertui_feed import text_of
from tests.support.virtual_time import run

JOE, ANN = "sip:joe@10.0.0.9", "sip:ann@10.0.0.8"
OK = Probe(JOE, 1, Outcome.OK, 200, "OK", 0.0123)
SLOW = Probe(JOE, 1, Outcome.REFUSED, 486, "Busy Here", 0.1)
SILENT = Probe(JOE, 1, Outcome.SILENCE, 408, "no answer", 4.0)
ERROR = Probe(JOE, 1, Outcome.ERROR, 478, "Unresolvable destination", 0.001)


class Sample(ThemedApp):
    def compose(self) -> ComposeResult:
        yield PingTable()

    @property
    def table(self) -> PingTable:
        return self.query_one(PingTable)


def play(scene: Callable[[Sample, Pilot[None]], Awaitable[None]], width: int = 80) -> None:
    async def main() -> None:
        app = Sample()
        async with app.run_test(size=(width, 10)) as pilot:
            await scene(app, pilot)

    run(main())


def pinged(board: PingBoard, uri: str, *probes: Probe, user: str = "") -> Target:
    target = board.add(uri, 0, user)
    for probe in probes:
        target.tally.sent()
        target.is_under_way = True
        board.over(target, probe)
    return target


def test_a_line_for_each_and_columns_that_dont_jump() -> None:
    async def scene(app: Sample, pilot: Pilot[None]) -> None:
        board = PingBoard()
        pinged(board, JOE, OK, SLOW, SILENT)
        pinged(board, ANN)
        app.table.show(board)
        await pilot.pause()
        title, joe, ann = text_of(app).splitlines()[:3]
        assert joe.split() == ["✗", JOE, "–", "56.1", "100", "33%", "▁▇x"]
        assert ann.split() == ["?", ANN, "–", "–", "–", "–"]
        assert title.index("Loss") + 4 == joe.index("33%") + 3

    play(scene)


def test_the_table_fills_its_width_and_no_more() -> None:
    for width in (60, 80, 109, 110, 200):

        async def scene(app: Sample, pilot: Pilot[None], width: int = width) -> None:
            assert app.table.virtual_size.width == width
            assert not app.table.show_horizontal_scrollbar

        play(scene, width)


def test_rows_come_and_go_and_the_cursor_stays() -> None:
    async def scene(app: Sample, pilot: Pilot[None]) -> None:
        board = PingBoard()
        assert app.table.chosen is None
        pinged(board, JOE)
        pinged(board, ANN)
        app.table.show(board)
        app.table.move_cursor(row=1)
        assert app.table.chosen == ANN
        board.remove(JOE)
        app.table.show(board)
        await pilot.pause()
        assert app.table.row_count == 1
        assert app.table.chosen == ANN

    play(scene)


@pytest.mark.parametrize(
    ("probes", "words"),
    [
        ((), "waiting"),
        ((OK,), "200 OK"),
        ((SLOW,), "486 Busy Here"),
        ((SILENT,), "no answer"),
        ((ERROR,), "Unresolvable destination"),
    ],
)
def test_the_last_answer_in_words(probes: tuple[Probe, ...], words: str) -> None:
    assert answer_of(pinged(PingBoard(), JOE, *probes)) == words


def test_a_paused_one_says_so() -> None:
    board = PingBoard()
    target = pinged(board, JOE, OK)
    board.pause(JOE)
    assert answer_of(target) == "paused"


def test_figures_are_milliseconds_and_percent() -> None:
    assert figures_of(pinged(PingBoard(), JOE, SLOW, OK)) == ["12.3", "56.2", "100", "0.0%"]
    assert figures_of(pinged(PingBoard(), JOE, SILENT)) == ["–", "–", "–", "100%"]


def test_who_it_is_stands_before_a_contact_of_another_name() -> None:
    board = PingBoard()
    assert name_of(board.add("sip:4711@10.0.0.9", 0, "joe@example.com")) == (
        "joe@example.com 4711@10.0.0.9"
    )
    assert name_of(board.add(ANN, 0)) == ANN


def test_all_in_a_line() -> None:
    target = pinged(PingBoard(), JOE, OK, SILENT, user="joe")
    assert name_of(target) == "joe@10.0.0.9"
    assert summary_of(target) == (
        "no answer   2 sent, 1 answered, 1 of the last 2 lost   joe@10.0.0.9"
    )


@pytest.mark.parametrize(("theme", "color"), [("ansi-dark", "red"), ("textual-dark", "#B93C5B")])
def test_colours_are_those_of_the_theme(theme: str, color: str) -> None:
    async def scene(app: Sample, pilot: Pilot[None]) -> None:
        app.theme = theme
        await pilot.pause()
        board = PingBoard()
        pinged(board, JOE, SILENT)
        app.table.show(board)
        sign = app.table.get_row(JOE)[0]
        assert sign.style == f"bold {color}"

    play(scene)
