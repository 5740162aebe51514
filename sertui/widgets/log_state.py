"""The line below the log: how much of it is shown, and whether it moves."""

from __future__ import annotations

from rich.text import Text
from textual.widgets import Static

from sertui.log_levels import HIGHEST, name_of
from sertui.log_view import LogView
from sertui.numbers import number


class LogState(Static):
    """Says in words what keys have done."""

    DEFAULT_CSS = """
    LogState { height: 1; padding: 0 1; background: $panel; }
    LogState { color: $faint-color; text-style: $faint-style; }
    LogState.-paused { color: $text-warning; text-style: bold; }
    """

    def show(self, view: LogView, *, follows: bool) -> None:
        """The state now."""
        self.set_class(view.is_paused, "-paused")
        self.update(
            Text("  ".join(words(view, follows=follows)), no_wrap=True, overflow="ellipsis")
        )


def words(view: LogView, *, follows: bool) -> list[str]:
    """What there is to say, the most important first."""
    wanted = view.filter
    found = [_motion(view, follows=follows), _count(view)]
    found.append("all levels" if wanted.level >= HIGHEST else f"up to {name_of(wanted.level)}")
    if not wanted.commands:
        found.append("without FIFO commands")
    return found


def _motion(view: LogView, *, follows: bool) -> str:
    if view.is_paused:
        return f"‖ paused, {number(view.waiting)} new"
    return "▼ following" if follows else "■ not following"


def _count(view: LogView) -> str:
    shown = len(view.shown)
    if shown == view.kept:
        return f"{number(shown)} {_lines(shown)}"
    return f"{number(shown)} of {number(view.kept)} {_lines(view.kept)}"


def _lines(count: int) -> str:
    return "line" if count == 1 else "lines"
