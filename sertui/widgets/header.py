"""The first line of each screen: which ser, how it is, how much passes, the debug level."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from sertui.numbers import duration, number, short
from sertui.plain_text import plain
from sertui.snapshot import Snapshot
from sertui.trends import RECEIVED, total

STATE = len("…  ● up  ")
"""Places that the left side keeps however little room there is."""


class StateHeader(Widget):
    """Rendered anew with each snapshot."""

    DEFAULT_CSS = """
    StateHeader {
        dock: top;
        height: 1;
        padding: 0 1;
        background: $panel;
        color: $foreground;
    }
    """
    snapshot: reactive[Snapshot] = reactive(Snapshot)

    def show(self, snapshot: Snapshot) -> None:
        """The newest."""
        self.snapshot = snapshot

    def render(self) -> Content:
        """What there is room for: the left side gives way to the right one, but for the state."""
        right = _right(self.snapshot, self.content_size.width - STATE)
        room = max(self.content_size.width - right.cell_length - 2, 0)
        left = _left(self.snapshot, room).truncate(room, ellipsis=True, pad=True)
        return Content.assemble(left, "  ", right)


def _left(snapshot: Snapshot, room: int) -> Content:
    """First the uptime gives way, then the name; the state stays."""
    name = Content.styled(plain(snapshot.instance or "sertui"), "bold")
    word, more, style = _state(snapshot)
    if name.cell_length + 2 + len(word) + len(more) > room:
        more = ""
    name = name.truncate(max(room - 2 - len(word), 1), ellipsis=True)
    return Content.assemble(name, "  ", (word + more, style))


def _state(snapshot: Snapshot) -> tuple[str, str, str]:
    """The state, what can be left out behind it, and its style."""
    if snapshot.connected:
        return "● up", f" {duration(snapshot.uptime)}", "$text-success"
    if snapshot.seen_at:
        return "○ lost", "", "$text-warning"
    return ("○ no ser", "", "$text-warning") if snapshot.sequence else ("○ looking for ser", "", "")


def _right(snapshot: Snapshot, width: int) -> Content:
    """In places that stay where they are; the debug level stays when there is no room for all."""
    if not snapshot.connected:
        return Content("")
    registered = number(snapshot.registrations)
    rate = short(total(snapshot.rates, RECEIVED))
    level = Content.assemble(("debug ", "$faint"), _level(snapshot))
    passing = f"{rate:>7} msg/s  "
    for before in (f"{registered} registered {passing}", passing):
        if len(before) + level.cell_length <= width:
            return Content(before) + level
    return level


def _level(snapshot: Snapshot) -> str:
    """With what is left of a level that is set for a time."""
    level = number(snapshot.debug_level)
    if snapshot.debug_until is None:
        return level
    rest = duration(snapshot.debug_until - snapshot.taken_at)
    return f"{level} → {number(snapshot.debug_back_to)} in {rest}"
