"""The table of registrations: its cursor stays on its row, whatever comes and goes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual.app import ComposeResult
from textual.pilot import Pilot
from textual.widgets import Input

from sertui.registration_pages import Gone
from sertui.registrations import FRESH, Listing, Query, Registration
from sertui.themes import ThemedApp
from sertui.widgets.registration_table import RegistrationTable
from tests.support.sertui_feed import NOW, text_of
from tests.support.sertui_registrations import many, registration

HEIGHT = 10


class TableApp(ThemedApp):
    """Nothing but the table."""

    def __init__(self) -> None:
        super().__init__()
        self.opened = 0

    def compose(self) -> ComposeResult:
        yield RegistrationTable(NOW)

    def on_registration_table_opened(self) -> None:
        self.opened += 1


@asynccontextmanager
async def shown(rows: list[Registration]) -> AsyncIterator[tuple[RegistrationTable, Pilot[None]]]:
    app = TableApp()
    async with app.run_test(size=(100, HEIGHT)) as pilot:
        table = app.query_one(RegistrationTable)
        table.focus()
        put(table, rows)
        await pilot.pause()
        yield table, pilot


def put(table: RegistrationTable, rows: list[Registration]) -> None:
    """As if it had asked."""
    offset, limit = table.pages.span(*table.in_view)
    table.put(offset, limit, Listing(tuple(rows[offset : offset + limit]), len(rows), len(rows)))


def chosen(table: RegistrationTable) -> str:
    line = table.chosen
    assert line is not None
    return f"-{line.row.aor}" if isinstance(line, Gone) else line.aor


async def test_keys_move_the_cursor_and_the_view_follows() -> None:
    async with shown(many(60)) as (table, pilot):
        await pilot.press("down", "down", "up")
        assert chosen(table) == "user00001"
        await pilot.press("pagedown")
        assert chosen(table) == "user00010"
        assert table.in_view == (1, 10)
        await pilot.press("end")
        assert (chosen(table), table.in_view) == ("user00059", (50, 59))
        await pilot.press("pageup", "home")
        assert (chosen(table), table.in_view) == ("user00000", (0, 9))


async def test_the_cursor_stays_on_its_row_when_rows_come_before_it() -> None:
    rows = many(60)
    async with shown(rows) as (table, _pilot):
        table.go_to(30)
        top = table.in_view[0]
        put(table, [registration("aaa"), registration("bbb"), *rows])
        assert chosen(table) == "user00030"
        assert table.in_view[0] == top + 2  # and nothing has moved before the eyes
        put(table, rows)
        assert chosen(table) == "user00030"


async def test_what_has_been_scrolled_to_stays_when_the_cursor_is_elsewhere() -> None:
    rows = many(60)
    async with shown(rows) as (table, pilot):
        table.scroll_to(y=30, animate=False, immediate=True)
        await pilot.pause()
        put(table, [registration("aaa"), *rows])
        await pilot.pause()
        assert text_of(pilot.app).startswith("   user00030")
        assert chosen(table) == "user00000"
        await pilot.press("down")
        assert "›  user00001" in text_of(pilot.app)


async def test_at_the_top_new_rows_are_seen() -> None:
    rows = many(60)
    async with shown(rows) as (table, _pilot):
        put(table, [registration("aaa"), *rows])
        assert chosen(table) == "user00000"
        assert table.in_view[0] == 0


async def test_a_row_that_goes_is_seen_to_go_then_its_neighbour_is_chosen() -> None:
    rows = many(60)
    async with shown(rows) as (table, pilot):
        table.go_to(5)
        put(table, rows[:5] + rows[6:])
        await pilot.pause()
        assert chosen(table) == "-user00005"
        assert "›− user00005" in text_of(pilot.app)
        table.show_at(NOW + FRESH)
        assert chosen(table) in ("user00004", "user00006")


async def test_a_row_that_is_new_is_marked_for_a_while() -> None:
    async with shown([registration(since=int(NOW))]) as (table, pilot):
        assert "›+ joe" in text_of(pilot.app)
        table.show_at(NOW + FRESH)
        await pilot.pause()
        assert "›  joe" in text_of(pilot.app)


async def test_another_query_keeps_the_row_or_begins_at_the_top() -> None:
    rows = many(60)
    async with shown(rows) as (table, _pilot):
        table.go_to(30)
        table.ask(Query("3"))
        put(table, rows[30:40])
        assert chosen(table) == "user00030"
        table.ask(Query("5"))
        put(table, rows[50:])
        assert (chosen(table), table.in_view[0]) == ("user00050", 0)


async def test_what_is_not_known_yet_is_a_sign() -> None:
    async with shown(many(1000)) as (table, pilot):
        await pilot.press("end")
        await pilot.pause()
        assert "›  …" in text_of(pilot.app)
        put(table, many(1000))
        assert chosen(table) == "user00999"


async def test_a_click_chooses_two_open() -> None:
    async with shown(many(60)) as (table, pilot):
        await pilot.click(table, offset=(5, 3))
        assert chosen(table) == "user00003"
        await pilot.click(table, offset=(5, 3), times=2)
        app = pilot.app
        assert isinstance(app, TableApp)
        assert app.opened == 1
        await pilot.click(table, offset=(5, 3))
        assert app.opened == 1


async def test_without_rows_it_says_why_and_no_key_harms() -> None:
    async with shown([]) as (table, pilot):
        table.nothing = "Nobody [bold]is[/] here\x1b[31m"
        await pilot.press("down", "up", "end", "pagedown", "home")
        assert table.chosen is None
        assert "Nobody [bold]is[/] here\\x1b[31m" in text_of(pilot.app)


@pytest.mark.parametrize(
    "text",
    [
        "[bold red]x[/]",
        "[",
        "\x1b]0;title\x07\x1b[2J",
        "\n\r\t",
        "👩‍👩‍👧‍👦🇩🇪é漢字",
        "x" * 2000,
        "\udcff",
        "‮olleh",
    ],
)
async def test_hostile_text_changes_nothing_but_itself(text: str) -> None:
    usual = [registration("ann"), registration("zoe")]
    hostile = registration(
        f"joe{text}",
        contact=f"sip:{text}",
        q=text,
        user_agent=text,
        received=text,
        call_id=text,
    )
    async with shown([usual[0], hostile, usual[1]]) as (_table, pilot):
        lines = text_of(pilot.app).splitlines()
        assert lines[0].startswith("›  ann")
        assert lines[1].startswith("   joe")
        assert lines[2].startswith("   zoe")
        assert lines[0].replace("ann", "zoe").replace("›", " ") == lines[2]
        assert not any(map(set("\x1b\x07\r\t‮\udcff").intersection, lines))


async def test_it_can_be_looked_at_while_something_else_has_the_focus() -> None:
    async with shown(many(3)) as (_table, pilot):
        await pilot.app.mount(Input())
        pilot.app.query_one(Input).focus()
        await pilot.pause()
        assert "›  user00000" in text_of(pilot.app)
