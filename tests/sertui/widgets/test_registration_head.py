"""The headings: they stand above their columns, and sort."""

from __future__ import annotations

from textual.app import ComposeResult

from sertui.registrations import Listing, Query
from sertui.themes import ThemedApp
from sertui.widgets.registration_head import RegistrationHead
from sertui.widgets.registration_table import RegistrationTable
from tests.support.sertui_feed import NOW, text_of
from tests.support.sertui_registrations import registration


class HeadApp(ThemedApp):
    def __init__(self) -> None:
        super().__init__()
        self.clicked: list[str] = []

    def compose(self) -> ComposeResult:
        yield RegistrationHead()
        yield RegistrationTable(NOW)

    def on_registration_head_clicked(self, event: RegistrationHead.Clicked) -> None:
        self.clicked.append(event.sort)


async def test_headings_stand_above_their_columns() -> None:
    app = HeadApp()
    async with app.run_test(size=(130, 5)) as pilot:
        row = registration(received="sip:198.51.100.7:40112")
        app.query_one(RegistrationTable).put(0, 100, Listing((row,), 1, 1))
        await pilot.pause()
        head, line = text_of(app).splitlines()[:2]
        for heading, value in (("AOR", "joe"), ("Contact", "joe@192"), ("Over", "tcp   198")):
            assert head.index(heading) == line.index(value)
        for heading, value in (("Expires", "1:00:00"), ("Since", "2 h"), ("Received", "198")):
            edge = str.index if heading == "Received" else _end
            assert edge(head, heading) == edge(line, value)


async def test_the_order_is_marked() -> None:
    app = HeadApp()
    async with app.run_test(size=(130, 5)) as pilot:
        assert "AOR▲" in text_of(app)
        app.query_one(RegistrationHead).query_shown = Query(sort="expires", descending=True)
        await pilot.pause()
        assert "Expires▼" in text_of(app)
        assert "▲" not in text_of(app)


async def test_a_click_sorts_where_there_is_an_order() -> None:
    app = HeadApp()
    async with app.run_test(size=(130, 5)) as pilot:
        head = text_of(app).splitlines()[0]
        for heading in ("Contact", "Over", "Since"):
            await pilot.click(RegistrationHead, offset=(head.index(heading), 0))
        assert app.clicked == ["contact", "since"]


def _end(line: str, text: str) -> int:
    return line.index(text) + len(text)
