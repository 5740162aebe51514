"""What is wrong while ser can't be asked, and that nobody needs to do anything for it to end."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from sertui.numbers import duration
from sertui.plain_text import plain
from sertui.snapshot import Snapshot


class LostBanner(Static):
    """Takes no room while all is well."""

    DEFAULT_CSS = """
    LostBanner {
        display: none;
        height: auto;
        max-height: 3;
        padding: 0 1;
        background: $warning-muted;
        color: $text-warning;
        &.-shown { display: block; }
        &:ansi { background: ansi_default; color: ansi_yellow; }
    }
    """

    def show(self, snapshot: Snapshot) -> None:
        """The newest."""
        is_lost = bool(snapshot.sequence) and not snapshot.connected
        self.set_class(is_lost, "-shown")
        if is_lost:
            self.update(Content(words(snapshot)))


def words(snapshot: Snapshot) -> str:
    """The problem, and how old all else on the screen is."""
    problem = f"▲ {plain(snapshot.problem)}. Asking again every second."
    if not snapshot.seen_at:
        return problem
    age = duration(snapshot.taken_at - snapshot.seen_at)
    return f"{problem} All numbers are from {age} ago."
