from __future__ import annotations

import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serctl.escaping import _HARMFUL, escaped, escaped_json, escaped_lines, reversible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain äöü 漢字", "plain äöü 漢字"),
        ("\x1b[2J\x1b]0;owned\x07", "\\x1b[2J\\x1b]0;owned\\x07"),
        ("a\tb\nc\r", "a\\tb\\nc\\r"),
        ("\x9b31m", "\\x9b31m"),
        ("abc\u202egpj.exe", "abc\\u202egpj.exe"),
        ("a\u200bb\ufeff", "a\\u200bb\\ufeff"),
        ("tag\U000e0041", "tag\\U000e0041"),
        ("bytes \udcff\udc80", "bytes \\xff\\x80"),
        ("👩\u200d💻 👍🏽", "👩\u200d💻 👍🏽"),
        ("[red]markup[/red] <b>", "[red]markup[/red] <b>"),
        ("C:\\temp", "C:\\temp"),
    ],
)
def test_what_is_shown(text: str, shown: str) -> None:
    assert escaped(text) == shown


def test_lines_for_programs_can_be_read_back() -> None:
    assert reversible("C:\\temp\tx") == "C:\\\\temp\\tx"
    assert reversible("\\x1b") != reversible("\x1b")


def test_newlines_and_tabs_may_stay() -> None:
    assert escaped_lines("a\tb\nc\x1b\n") == "a\tb\nc\\x1b\n"


@given(st.text())
def test_escaped_text_is_one_harmless_line(text: str) -> None:
    for shown in (escaped(text), reversible(text)):
        assert len(shown.splitlines()) <= 1
        assert not [x for x in shown if ord(x) < 0x20 or 0x7F <= ord(x) < 0xA0]
        shown.encode()


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))))
def test_json_says_the_same(texts: list[str]) -> None:
    document = escaped_json(json.dumps(texts, ensure_ascii=False, indent=2))
    assert json.loads(document) == texts
    assert not [x for x in document.replace("\n", "") if ord(x) < 0x20 or 0x7F <= ord(x) < 0xA0]


def test_what_json_cannot_say_is_the_replacement_character() -> None:
    document = escaped_json(json.dumps("a\udcff", ensure_ascii=False))
    assert json.loads(document) == "a\ufffd"


def test_what_python_prints_is_harmless_so_that_most_texts_are_taken_as_they_are() -> None:
    every = map(chr, range(sys.maxunicode + 1))
    assert not [text for text in every if text.isprintable() and _HARMFUL.search(text)]


def test_json_that_must_be_ascii_is_still_json() -> None:
    document = json.dumps(
        {"j\xfc": "\U0001f4bb \udcff \x7f \u202e\n"}, ensure_ascii=False, indent=2
    )
    written = escaped_json(document, as_ascii=True)
    assert written.isascii()
    assert json.loads(written) == {"j\xfc": "\U0001f4bb \ufffd \x7f \u202e\n"}
