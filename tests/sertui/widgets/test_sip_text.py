from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from textual.app import ComposeResult
from textual.pilot import Pilot

from sertui.sip_highlighting import Part
from sertui.themes import ThemedApp
from sertui.widgets.sip_text import SipText, harmless
from tests.support.virtual_time import run

TEXT = "OPTIONS sip:joe@a SIP/2.0\nFrom: <sip:a@b>;tag=1\n\nHello"


class Sample(ThemedApp):
    def compose(self) -> ComposeResult:
        yield SipText(TEXT)

    @property
    def sip(self) -> SipText:
        return self.query_one(SipText)


def play(scene: Callable[[Sample, Pilot[None]], Awaitable[None]]) -> None:
    async def main() -> None:
        app = Sample()
        async with app.run_test(size=(60, 10)) as pilot:
            await scene(app, pilot)

    run(main())


def test_pieces_have_colours_of_their_own() -> None:
    async def scene(app: Sample, pilot: Pilot[None]) -> None:
        line = app.sip.get_line(0)
        pieces = {line.plain[span.start : span.end] for span in line.spans}
        assert pieces == {"OPTIONS", "sip:joe@a", "SIP/2.0"}
        assert len({span.style for span in line.spans}) == 3
        assert line.plain == "OPTIONS sip:joe@a SIP/2.0"

    play(scene)


def test_parts_follow_what_is_typed() -> None:
    async def scene(app: Sample, pilot: Pilot[None]) -> None:
        assert app.sip.parts()[3] is Part.BODY
        app.sip.delete((2, 0), (3, 0))
        assert app.sip.parts()[2] is Part.HEADER

    play(scene)


def test_the_rest_is_offered_at_the_end_of_a_line_only() -> None:
    async def scene(app: Sample, pilot: Pilot[None]) -> None:
        app.sip.text = "OPT\nFr"
        app.sip.focus()
        app.sip.move_cursor((1, 2))
        await pilot.press("o")
        assert app.sip.suggestion == "m: "
        await pilot.press("right")
        assert app.sip.text == "OPT\nFrom: "
        app.sip.move_cursor((0, 1))
        await pilot.press("P")
        assert app.sip.suggestion == ""
        assert app.sip.line_to_cursor == "OP"

    play(scene)


def test_what_is_only_read_has_no_offers() -> None:
    async def scene(app: Sample, pilot: Pilot[None]) -> None:
        app.sip.read_only = True
        app.sip.text = "OPT"
        app.sip.move_cursor((0, 3))
        app.sip.update_suggestion()
        assert app.sip.suggestion == ""

    play(scene)


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("a\tb", "a\tb"),
        ("Größe 大", "Größe 大"),
        ("a\x1b[2Jb", "a�[2Jb"),
        ("\u202eabc\udcff", "�abc�"),
    ],
)
def test_what_isnt_printed_has_a_mark_of_the_same_length(line: str, shown: str) -> None:
    assert harmless(line) == shown
