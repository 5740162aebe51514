from __future__ import annotations

from collections.abc import Iterable

import pytest
from prompt_toolkit.completion import CompleteEvent, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import to_plain_text

from serctl.completer import ShellCompleter
from serctl.place import Place
from serctl.value_kinds import ValueKind

CONTACT = "sip:joe@192.0.2.9:5062"


class Known:
    def values(self, kind: ValueKind, typed: str, place: Place) -> Iterable[str]:
        words = {ValueKind.USER: ["jane", "joe", "o'neill"], ValueKind.CONTACT: [CONTACT]}
        return words.get(kind, [])


def completions(text: str) -> list[Completion]:
    return list(ShellCompleter(Known()).get_completions(Document(text), CompleteEvent()))


def completed(text: str) -> list[str]:
    """The line as each completion would make it."""
    return [text[: len(text) + each.start_position] + each.text for each in completions(text)]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("ul s", ["ul show "]),
        ("serctl ul s", ["serctl ul show "]),
        ("ul show --wi", ["ul show --wide "]),
        ("ul show --color=n", ["ul show --color=never "]),
        ("ul show jo", ["ul show joe "]),
        ("ul show 'jo", ["ul show joe "]),
        ("ul show o", ["ul show 'o'\"'\"'neill' "]),
        ("ul rm joe ", [f"ul rm joe {CONTACT} "]),
        ("ul rm joe sip:j", [f"ul rm joe {CONTACT} "]),
        ("ul show joe # x", []),
        ("nothing ", []),
    ],
)
def test_what_a_line_becomes(text: str, lines: list[str]) -> None:
    assert completed(text) == lines


def test_the_words_of_the_shell_itself_stand_first_in_a_line_only() -> None:
    assert completed("ex") == ["exit "]
    assert completed(":") == [":q "]
    assert completed("ul ex") == []


def test_a_completion_shows_the_word_and_what_it_means() -> None:
    [show] = completions("ul s")
    assert to_plain_text(show.display) == "show"
    assert show.display_meta_text == "Show who is registered where, or the contacts of USER"


def test_only_what_stands_before_the_cursor_counts() -> None:
    document = Document("ul s joe", cursor_position=4)
    [show] = ShellCompleter(Known()).get_completions(document, CompleteEvent())
    assert (show.text, show.start_position) == ("show ", -1)


def test_a_directory_can_be_gone_into(tmp_path: object) -> None:
    text = f"fifo --body {str(tmp_path)[:-1]}"
    assert f"fifo --body {tmp_path}/" in completed(text)
