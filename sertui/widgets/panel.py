"""A box with a title, whose lines are made anew for the room that it has."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widget import Widget


class Panel(Widget):
    """A subclass says what stands in it."""

    DEFAULT_CSS = """
    Panel {
        border: round $line;
        border-title-color: $text-primary;
        border-title-style: bold;
        border-subtitle-color: $faint-color;
        padding: 0 1;
        height: 1fr;
    }
    """

    def render(self) -> Content:
        """As many lines as fit, none longer than fits."""
        width, height = self.content_size
        found = self.lines(width, height)[:height] if width > 0 else []
        return Content("\n").join(line.truncate(width, ellipsis=True) for line in found)

    def lines(self, width: int, height: int) -> Sequence[Content]:
        """What is inside; more lines than fit are cut off."""
        raise AssertionError("a panel has lines")
