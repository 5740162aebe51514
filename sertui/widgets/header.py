"""The first line of each screen: which ser, how it is, how much passes, the debug level."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from sertui.numbers import duration, number, short
from sertui.plain_text import plain
from sertui.snapshot import Snapshot
from sertui.trends import RECEIVED, total


class StateHeader(Widget):
    """Rendered anew with each snapshot."""

    DEFAULT_CSS = """
    StateHeader {
        dock: top;
        height: 1;
        padding: 0 1;
        background: $panel;
        color: $text;
    }
    """
    snapshot: reactive[Snapshot] = reactive(Snapshot)

    def show(self, snapshot: Snapshot) -> None:
        """The newest."""
        self.snapshot = snapshot

    def render(self) -> Content:
        """What there is room for: the left side gives way to the right one."""
        left, right = _left(self.snapshot), _right(self.snapshot)
        room = max(self.content_size.width - right.cell_length - 2, 0)
        return Content.assemble(left.truncate(room, ellipsis=True, pad=True), "  ", right)


def _left(snapshot: Snapshot) -> Content:
    name = plain(snapshot.instance or "sertui")
    return Content.assemble((name, "bold"), "  ", _state(snapshot))


def _state(snapshot: Snapshot) -> tuple[str, str]:
    if snapshot.connected:
        return f"● up {duration(snapshot.uptime)}", "$text-success"
    return ("○ lost", "$text-warning") if snapshot.sequence else ("○ looking for ser", "")


def _right(snapshot: Snapshot) -> Content:
    """In places that stay where they are."""
    if not snapshot.connected:
        return Content("")
    registered = number(snapshot.registrations)
    rate = short(total(snapshot.rates, RECEIVED))
    return Content.assemble(
        f"{registered} registered {rate:>7} msg/s  ",
        ("debug ", "dim"),
        _level(snapshot),
    )


def _level(snapshot: Snapshot) -> str:
    """With what is left of a level that is set for a time."""
    level = number(snapshot.debug_level)
    if snapshot.debug_until is None:
        return level
    rest = duration(snapshot.debug_until - snapshot.taken_at)
    return f"{level} → {number(snapshot.debug_back_to)} in {rest}"
