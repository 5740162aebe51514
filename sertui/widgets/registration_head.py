"""The headings of the registrations, with the order they stand in."""

from __future__ import annotations

from rich.text import Text
from textual import events
from textual.app import RenderResult
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from sertui.registration_columns import GAP, Column, cell, layout
from sertui.registrations import Query
from sertui.widgets.registration_table import SIGNS

SCROLLBAR = 1
"""The table below has one."""


class RegistrationHead(Widget):
    """A click on a heading sorts by it, another one turns the order round."""

    DEFAULT_CSS = """
    RegistrationHead { height: 1; background: $panel; color: $foreground; text-style: bold; }
    """
    query_shown: reactive[Query] = reactive(Query)

    class Clicked(Message):
        """One that has an order."""

        def __init__(self, sort: str) -> None:
            super().__init__()
            self.sort = sort

    def render(self) -> RenderResult:
        """In the places of the columns."""
        columns = layout(self.size.width - SIGNS - SCROLLBAR)
        cells = (cell(column, width, self._heading(column)) for column, width in columns)
        return Text(" " * SIGNS + (" " * GAP).join(cells), no_wrap=True, overflow="crop")

    def _heading(self, column: Column) -> str:
        query = self.query_shown
        if not column.sort or column.sort != query.sort:
            return column.heading
        return f"{column.heading}{'▼' if query.descending else '▲'}"

    def on_click(self, event: events.Click) -> None:
        """Find out which one."""
        end = SIGNS
        for column, width in layout(self.size.width - SIGNS - SCROLLBAR):
            end += width + GAP
            if event.x < end:
                if column.sort:
                    self.post_message(self.Clicked(column.sort))
                return
