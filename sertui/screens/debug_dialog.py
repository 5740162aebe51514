"""The debug level and how long it lasts, asked for in a dialog."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Label, OptionList
from textual.widgets.option_list import Option

from sertui.debug_level import DURATIONS, USUAL, Duration, arguments, seconds_left, set_level, span
from sertui.log_levels import HIGHEST, MEANINGS
from sertui.snapshot import Snapshot

if TYPE_CHECKING:
    from sertui.app import SertuiApp

Choice = tuple[int, int]
"""Level and seconds; 0 seconds: for good."""


class DebugDialog(ModalScreen[Choice | None]):
    """Two lists side by side; a digit chooses a level, Enter sets it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape", "leave", "Leave it"),
        *((str(level), f"level({level})", "Level") for level in range(HIGHEST + 1)),
    ]
    DEFAULT_CSS = """
    DebugDialog {
        align: center middle;
        #debug { width: 66; max-width: 100%; height: auto; max-height: 100%; }
        #debug { border: round $primary; background: $surface; padding: 0 1; }
        Horizontal { height: auto; }
        OptionList, OptionList:focus { height: 10; border: none; padding: 0; }
        OptionList { background: $surface; scrollbar-size: 0 0; }
        #level { width: 28; }
        #lasting { width: 1fr; margin-left: 2; }
        Label { width: 1fr; color: $faint-color; text-style: $faint-style; }
        #wanted { color: $text; text-style: bold; }
    }
    """

    def __init__(self, snapshot: Snapshot, now: float) -> None:
        super().__init__()
        self._level = snapshot.debug_level or 0
        self._state = _state(snapshot, now)

    def compose(self) -> ComposeResult:
        """What is, what it can be, how to set it."""
        with Vertical(id="debug") as box:
            box.border_title = "Debug level"
            yield Label(self._state, markup=False)
            with Horizontal():
                yield OptionList(*map(_level_option, range(HIGHEST + 1)), id="level")
                yield OptionList(*(Option(each.name) for each in DURATIONS), id="lasting")
            yield Label(markup=False, id="wanted")
            yield Label("0-9 level  Tab how long  Esc leave it", markup=False)

    def on_mount(self) -> None:
        """What is now, and the usual time."""
        self._list("level").highlighted = self._level
        self._list("lasting").highlighted = DURATIONS.index(USUAL)

    def on_option_list_option_selected(self) -> None:
        """Enter or a click in either list."""
        level, lasting = self._wanted
        self.dismiss((level, lasting.seconds))

    def on_option_list_option_highlighted(self) -> None:
        """Say what Enter would do."""
        level, lasting = self._wanted
        how_long = f"for {lasting.name}" if lasting.seconds else lasting.name
        self.query_one("#wanted", Label).update(f"Enter: level {level} {how_long}")

    @property
    def _wanted(self) -> tuple[int, Duration]:
        level, lasting = self._list("level").highlighted, self._list("lasting").highlighted
        return level or 0, DURATIONS[lasting or 0]

    def action_level(self, level: int) -> None:
        """Put the cursor on a level. Who types fast is here before the lists are."""
        self._level = level
        for levels in self.query("#level").results(OptionList):
            levels.highlighted = level

    def action_leave(self) -> None:
        """Change nothing."""
        self.dismiss(None)

    def _list(self, name: str) -> OptionList:
        return self.query_one(f"#{name}", OptionList)


def ask_for_level(app: SertuiApp) -> None:
    """Show the dialog and do as it says. It is there at once: the next key is for it."""

    def take(choice: Choice | None) -> None:
        if choice is not None:
            app.run_worker(_set(app, choice), group="debug level")

    app.push_screen(DebugDialog(app.snapshot, app.clock()), take)


async def _set(app: SertuiApp, choice: Choice) -> None:
    async with app.debug_turn:
        await set_level(app, *arguments(*choice))


def _level_option(level: int) -> Option:
    return Option(Text(f"{level}  {MEANINGS[level]}"))


def _state(snapshot: Snapshot, now: float) -> str:
    if snapshot.debug_level is None:
        return "The level isn't known yet."
    left = seconds_left(snapshot, now)
    if not left:
        return f"Level {snapshot.debug_level} now."
    return f"Level {snapshot.debug_level} now, {snapshot.debug_back_to} in {span(left)}."
