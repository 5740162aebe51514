"""What is wrong with the request above, in words, or that nothing is."""

from __future__ import annotations

from rich.text import Text
from textual.theme import Theme
from textual.widgets import Static

from sertui.plain_text import plain
from sertui.request_draft import Verdict


class VerdictView(Static):
    """A line for each mistake, as many as there is room for."""

    DEFAULT_CSS = """
    VerdictView { height: auto; max-height: 3; padding: 0 1; }
    """

    _verdict: Verdict | None = None

    def on_mount(self) -> None:
        """Its colours are of the theme."""
        self.app.theme_changed_signal.subscribe(self, self._draw_anew)

    def _draw_anew(self, _: Theme) -> None:
        if self._verdict is not None:
            self.show(self._verdict)

    def show(self, verdict: Verdict) -> None:
        """The newest."""
        self._verdict = verdict
        colors = self.app.theme_variables
        if verdict.problems:
            text = "\n".join(f"✗ {plain(problem)}" for problem in verdict.problems)
            self.update(Text(text, colors.get("text-error", "")))
        else:
            self.update(Text(_praise(verdict), colors.get("text-success", "")))


def _praise(verdict: Verdict) -> str:
    left_out = f"; ser sets {plain(', '.join(verdict.left_out))} itself" if verdict.left_out else ""
    return f"✓ can be sent{left_out}"
