"""Lines typed on a terminal: editing, completion, history and the bottom bar, by prompt_toolkit."""

from __future__ import annotations

import signal
from collections.abc import Iterable

from prompt_toolkit import PromptSession
from prompt_toolkit.application import get_app
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.filters import Condition, completion_is_selected
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.history import History as SessionHistory
from prompt_toolkit.input import Input
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.output import ColorDepth, Output
from prompt_toolkit.renderer import CPR_Support
from prompt_toolkit.styles import Style

from serctl.bottom_bar import BottomBar, bar_text
from serctl.candidates import Source
from serctl.completer import ShellCompleter
from serctl.history import History
from serctl.interpreter import PROGRAM, QUESTION, asks_for_help
from serctl.way_out import status_of_signal, told

STYLE = Style.from_dict(
    {
        "status": "ansired",
        "bottom-toolbar.lost": "ansired",
        "auto-suggestion": "fg:default dim",  # NO_COLOR leaves no grey
    }
)
MENU_ROWS = 8
"""Kept free below the line while the menu of completions is open."""


class LineEditor:
    """Reads one line after the other."""

    def __init__(
        self,
        history: History,
        source: Source,
        bar: BottomBar,
        *,
        colors: bool = True,
        input: Input | None = None,
        output: Output | None = None,
    ) -> None:
        """`input` and `output` are the terminal, unless a test has something else."""
        self._bar = bar
        self._begun = ""
        self._signal: int | None = None
        self._session: PromptSession[str] = PromptSession(
            completer=ShellCompleter(source),
            complete_in_thread=True,
            complete_while_typing=False,
            enable_history_search=True,
            enable_suspend=True,
            reserve_space_for_menu=MENU_ROWS,
            history=_SessionHistory(history),
            auto_suggest=AutoSuggestFromHistory(),
            bottom_toolbar=self._toolbar,
            key_bindings=self._bindings(),
            style=STYLE,
            include_default_pygments_style=False,
            color_depth=None if colors else ColorDepth.DEPTH_1_BIT,
            input=input,
            output=output,
        )
        # A terminal that doesn't tell where its cursor is gets no bar, and no warning either.
        self._session.app.renderer.cpr_not_supported_callback = None
        bar.on_change = self._session.app.invalidate

    def read(self, status: int) -> str:
        """The next line; `status` is that of the last one.

        Raises EOFError upon Ctrl-D, KeyboardInterrupt upon Ctrl-C, and SystemExit upon a signal.
        """
        begun, self._begun = self._begun, ""
        self._begin_line()
        try:
            with self._bar.seen(), told(self._end_by):
                text = prompt_text(status)
                return self._session.prompt(text, default=begun, pre_run=self._end_if_asked_to)
        finally:
            if self._signal is not None:  # whatever came of the line
                raise SystemExit(status_of_signal(self._signal))

    def _end_by(self, number: int) -> None:
        """A signal came, in the midst of whatever: the event loop shall end at its next step."""
        self._signal = number
        loop = self._session.app.loop
        if loop is not None:
            loop.call_soon_threadsafe(self._end_if_asked_to)

    def _end_if_asked_to(self) -> None:
        """Leave the prompt. Runs in the event loop."""
        if self._signal is None:
            return
        app = self._session.app
        if self._signal == signal.SIGHUP:  # nobody is left to tell where the cursor is
            while app.renderer.waiting_for_cpr:
                app.renderer.report_absolute_cursor_row(1)
            app.renderer.cpr_support = CPR_Support.NOT_SUPPORTED
        if app.future is not None and not app.future.done():
            app.exit(exception=EOFError)

    def _begin_line(self) -> None:
        """At the left, whatever the last verb, or the ^C that ended it, has left there.

        So many blanks go on in the next line, unless they began at the left; zsh does it so.
        """
        output = self._session.app.output
        output.write_raw(" " * output.get_size().columns + "\r")
        output.erase_end_of_line()
        output.flush()

    def _toolbar(self) -> StyleAndTextTuples:
        status = self._bar.status
        style = "class:bottom-toolbar.lost" if isinstance(status, str) else ""
        return [(style, bar_text(status, get_app().output.get_size().columns))]

    def _bindings(self) -> KeyBindings:
        bindings = KeyBindings()

        @bindings.add(QUESTION, filter=Condition(_at_new_word))
        def _(event: KeyPressEvent) -> None:
            """Answer at once; what has been typed comes again behind the answer."""
            buffer = event.current_buffer
            self._begun = buffer.text
            buffer.insert_text(QUESTION)
            event.app.exit(result=buffer.text)

        @bindings.add(Keys.BracketedPaste)
        def _(event: KeyPressEvent) -> None:
            """Several lines run one after the other; the end of the last one is left out."""
            text = event.data.replace("\r\n", "\n").replace("\r", "\n")
            event.current_buffer.insert_text(text.removesuffix("\n"))

        @bindings.add("enter", filter=completion_is_selected)
        def _(event: KeyPressEvent) -> None:
            """Take the word from the menu; it needs another Enter to run the line."""
            event.current_buffer.complete_state = None

        return bindings


def prompt_text(status: int) -> StyleAndTextTuples:
    """With the exit status of a line that failed."""
    failure: StyleAndTextTuples = [("", " "), ("class:status", f"[{status}]")] if status else []
    return [("", PROGRAM), *failure, ("", "> ")]


def _at_new_word() -> bool:
    """At the end of the line, where a ? can only be a question."""
    document = get_app().current_buffer.document
    if document.text_after_cursor.strip():
        return False
    return asks_for_help(document.text_before_cursor + QUESTION)


class _SessionHistory(SessionHistory):
    """Our history as prompt_toolkit wants it: the latest first."""

    def __init__(self, history: History) -> None:
        super().__init__()
        self._history = history

    def load_history_strings(self) -> Iterable[str]:
        return reversed(self._history.lines)

    def append_string(self, string: str) -> None:
        for line in self._history.add(string):
            self._loaded_strings.insert(0, line)

    def store_string(self, string: str) -> None:
        """append_string has done it."""
