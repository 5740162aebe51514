"""The text of a SIP message, in colours: to be written in, or only to be read."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text
from textual.widgets import TextArea

from sertui.plain_text import plain
from sertui.request_completion import completion
from sertui.sip_highlighting import KINDS, Part, parts_of, spans_of

REPLACEMENT = "�"


class SipText(TextArea):
    """Colours by what a piece of the text is. A TAB leaves it."""

    COMPONENT_CLASSES = {f"sip--{kind}" for kind in KINDS}  # noqa: RUF012  # Textual's way
    DEFAULT_CSS = """
    SipText {
        border: round $line;
        border-title-color: $text-primary;
        border-title-style: bold;
        border-subtitle-color: $faint-color;
        padding: 0 1;
        background: $background;
        &:focus { border: round $primary; background-tint: $background 0%; }
        .text-area--cursor-line { background: $blurred-row; }
        .sip--comment { color: $faint-color; text-style: italic; }
        .sip--method { color: $text-primary; text-style: bold; }
        .sip--status { text-style: bold; }
        .sip--uri { color: $text-secondary; }
        .sip--version { color: $faint-color; text-style: $faint-style; }
        .sip--name { color: $text-accent; }
        .sip--parameter { color: $faint-color; text-style: $faint-style; }
        .sip--number { color: $text-success; }
        .sip--body { color: $text-success; }
    }
    """
    uris: Sequence[str] = ()
    """What may complete a URI that is being typed."""
    _lines: Sequence[str] = ()
    _parts: Sequence[Part] = ()

    def get_line(self, line_index: int) -> Text:
        """A line in its colours. What isn't printed must not reach the terminal."""
        line = self.document.get_line(line_index)
        text = Text(harmless(line), end="", no_wrap=True)
        part = self.parts()[line_index]
        for start, end, kind in spans_of(part, line):
            text.stylize(self.get_component_rich_style(f"sip--{kind}", partial=True), start, end)
        return text

    def parts(self) -> Sequence[Part]:
        """What each line is."""
        lines = self.document.lines
        if lines != self._lines:
            self._lines, self._parts = list(lines), parts_of(lines)
        return self._parts

    def update_suggestion(self) -> None:
        """Offer what could come next, at the end of a line only; the right arrow takes it."""
        row, column = self.cursor_location
        line = self.document.get_line(row)
        if self.read_only or not self.selection.is_empty or column < len(line):
            self.suggestion = ""
        else:
            self.suggestion = completion(self.parts()[row], line, self.uris)

    @property
    def line_to_cursor(self) -> str:
        """For completion."""
        row, column = self.cursor_location
        return self.document.get_line(row)[:column]


def harmless(line: str) -> str:
    """With a mark for each character that isn't printed; TextArea itself knows TABs."""
    if line.isprintable() and plain(line) == line:
        return line
    return "".join(char if char == "\t" or plain(char) == char else REPLACEMENT for char in line)
