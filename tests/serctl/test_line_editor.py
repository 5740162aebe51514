from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.formatted_text import to_plain_text
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output import DummyOutput

from ser_core.fifo.reach import CannotReach, Reach
from serctl.bottom_bar import BottomBar
from serctl.environment import Environment
from serctl.history import History
from serctl.line_editor import LineEditor, prompt_text
from serctl.place import Place
from serctl.value_kinds import ValueKind
from tests.support.daemon import wait_for
from tests.support.serctl_runs import FakeSer

UP, TAB, ENTER, CTRL_C, CTRL_D = "\x1b[A", "\t", "\r", "\x03", "\x04"
RIGHT = "\x1b[C"


class Users:
    def values(self, kind: ValueKind, typed: str, place: Place) -> Iterable[str]:
        return ["jane", "joe"] if kind is ValueKind.USER else []


class Typist:
    """Types, and reads what becomes of it."""

    def __init__(self, editor: LineEditor, keys: PipeInput) -> None:
        self._editor = editor
        self._keys = keys

    def line(self, keys: str, *more: tuple[Callable[[Buffer], object], str]) -> str:
        """Type the keys, and what stands behind each condition once that is fulfilled."""
        self._keys.send_text(keys)
        typing = threading.Thread(target=self._go_on, args=more)
        typing.start()
        try:
            return self._editor.read(0)
        finally:
            typing.join(10)

    def _go_on(self, *more: tuple[Callable[[Buffer], object], str]) -> None:
        buffer = self._editor._session.default_buffer
        for condition, keys in more:
            wait_for(partial(condition, buffer), f"what {keys!r} is to follow")
            self._keys.send_text(keys)


def has(text: str) -> Callable[[Buffer], bool]:
    return lambda buffer: buffer.text == text


def shows_menu(buffer: Buffer) -> bool:
    return buffer.complete_state is not None


def suggests(text: str) -> Callable[[Buffer], bool]:
    return lambda buffer: buffer.suggestion is not None and buffer.suggestion.text == text


def gone(_: object) -> FakeSer:
    raise CannotReach(Reach.NOT_RUNNING, "nobody there")


@contextmanager
def typist(history: History) -> Iterator[Typist]:
    environment = Environment(io.StringIO(), io.StringIO(), io.StringIO(), connect=gone)
    bar = BottomBar(environment)
    with create_pipe_input() as keys:
        editor = LineEditor(history, Users(), bar, input=keys, output=DummyOutput())
        yield Typist(editor, keys)
    bar.close()


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path / "history")


@pytest.fixture
def user(history: History) -> Iterator[Typist]:
    with typist(history) as someone:
        yield someone


def test_a_line(user: Typist) -> None:
    assert user.line(f"ul show{ENTER}") == "ul show"


def test_tab_completes(user: Typist) -> None:
    line = user.line(f"ul s{TAB}", (has("ul show "), f"--wi{TAB}"), (has("ul show --wide "), ENTER))
    assert line == "ul show --wide "


def test_enter_takes_the_word_of_the_menu_and_runs_nothing_yet(user: Typist) -> None:
    line = user.line(f"ul rm j{TAB}", (shows_menu, TAB), (has("ul rm jane "), f"{ENTER}-y{ENTER}"))
    assert line == "ul rm jane -y"


def test_a_question_is_answered_without_enter_and_the_line_goes_on(user: Typist) -> None:
    assert user.line("ul ?") == "ul ?"
    assert user.line(f"show{ENTER}") == "ul show"
    assert user.line("?") == "?"
    assert user.line(ENTER) == ""


@pytest.mark.parametrize("line", ["stats a?", "print '?'", "print 'a ?'", "ps # ?"])
def test_a_question_mark_within_a_word_or_quotes_is_one(user: Typist, line: str) -> None:
    assert user.line(line + ENTER) == line


def test_a_question_mark_before_other_words_is_one(user: Typist) -> None:
    left = "\x1b[D" * 2
    assert user.line(f"ps x{left} ?{ENTER}") == "ps ? x"


def test_lines_come_back(user: Typist, history: History) -> None:
    user.line(f"ps{ENTER}")
    user.line(f"ul show{ENTER}")
    assert user.line(f"{UP}{ENTER}") == "ul show"
    assert user.line(f"p{UP}{ENTER}") == "ps"
    assert history.lines == ["ps", "ul show", "ps"]


def test_lines_of_earlier_shells_come_back(history: History) -> None:
    history.add("ps")
    history.add("online")
    with typist(history) as user:
        assert user.line(f"{UP}{UP}{ENTER}") == "ps"


def test_a_line_with_a_password_does_not_come_back(user: Typist, history: History) -> None:
    user.line(f"ps{ENTER}")
    user.line(f"passwd joe secret{ENTER}")
    assert user.line(f"{UP}{ENTER}") == "ps"
    assert history.lines == ["ps"]


def test_a_suggestion_can_be_taken(user: Typist) -> None:
    user.line(f"ul show joe{ENTER}")
    line = user.line("ul", (suggests(" show joe"), f"{RIGHT}{ENTER}"))
    assert line == "ul show joe"


def test_pasted_lines_come_in_one(user: Typist) -> None:
    assert user.line(f"\x1b[200~ps\r\nonline\r\n\x1b[201~{ENTER}") == "ps\nonline"


def test_ctrl_c_and_ctrl_d(user: Typist) -> None:
    with pytest.raises(KeyboardInterrupt):
        user.line(f"half a line{CTRL_C}")
    with pytest.raises(EOFError):
        user.line(CTRL_D)
    assert user.line(f"ps{ENTER}") == "ps"


def test_the_prompt_shows_the_status_of_a_failure() -> None:
    assert to_plain_text(prompt_text(0)) == "serctl> "
    assert to_plain_text(prompt_text(5)) == "serctl [5]> "
