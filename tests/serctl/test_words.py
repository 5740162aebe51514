from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serctl.words import BACKSLASH, COMMENT, Unfinished, quoted, read_line, split

TEXTS = st.text(alphabet="ab '\"\\\t;?é=@", max_size=20)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", []),
        (" \t\r\n", []),
        ("ul show joe", ["ul", "show", "joe"]),
        ("  ul   show\tjoe \r\n", ["ul", "show", "joe"]),
        ("send -H 'Subject: Lunch?' joe", ["send", "-H", "Subject: Lunch?", "joe"]),
        (r'print "a \"b\" \\ \n"', ["print", r'a "b" \ \n']),
        (r"print a\ b \#", ["print", "a b", "#"]),
        ("print '' \"\"", ["print", "", ""]),
        ("fifo print a'b'\"c\"d", ["fifo", "print", "abcd"]),
        ("ps # who runs?", ["ps"]),
        ("# only that", []),
        ("ul show *#21#", ["ul", "show", "*#21#"]),
        ("ul show 'a'#21", ["ul", "show", "a#21"]),
    ],
)
def test_words_are_split_as_sh_does(line: str, words: list[str]) -> None:
    assert split(line) == words


@given(TEXTS)
def test_they_are_those_of_shlex(text: str) -> None:
    try:
        expected = shlex.split(text)
    except ValueError:
        with pytest.raises(Unfinished):
            split(text)
    else:
        assert split(text) == expected


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("ul show 'joe", "the quote ' is never closed"),
        ('ul show "joe', 'the quote " is never closed'),
        (r'ul show "joe\"', 'the quote " is never closed'),
        ("ul show joe\\", "nothing stands behind the backslash at the end"),
    ],
)
def test_what_is_unfinished_is_told(line: str, reason: str) -> None:
    with pytest.raises(Unfinished, match=f"^{reason}$"):
        split(line)


@given(TEXTS)
def test_quoting_is_undone_by_reading(text: str) -> None:
    assert split(f"fifo print {quoted(text)}") == ["fifo", "print", text]


@pytest.mark.parametrize("text", ["joe", "sip:joe@192.0.2.9:5062;transport=udp", "a?b", "x#"])
def test_quotes_stand_only_where_they_must(text: str) -> None:
    assert quoted(text) == text


@pytest.mark.parametrize("text", ["", "?", "#x", "a b"])
def test_what_would_mean_something_else_is_quoted(text: str) -> None:
    assert quoted(text) == f"'{text}'"


@pytest.mark.parametrize(
    ("line", "before", "raw", "text"),
    [
        ("", [], None, None),
        ("ul", [], "ul", "ul"),
        ("ul ", ["ul"], None, None),
        ("ul 'jo", ["ul"], "'jo", "jo"),
        ('ul "jo e', ["ul"], '"jo e', "jo e"),
        ("ul jo\\ ", ["ul"], "jo\\ ", "jo "),
        ("ul 'jo' ", ["ul", "jo"], None, None),
    ],
)
def test_the_word_being_typed(
    line: str, before: list[str], raw: str | None, text: str | None
) -> None:
    words, current = read_line(line).before_last()
    assert words == before
    assert (current.raw if current else None) == raw
    assert (current.text if current else None) == text


@pytest.mark.parametrize(("line", "open"), [("a 'b", "'"), ("a \\", BACKSLASH), ("a #b", COMMENT)])
def test_what_is_open_at_the_end(line: str, open: str) -> None:
    assert read_line(line).open == open


def test_a_word_knows_where_it_begins() -> None:
    first, second = read_line(" ul  'show'").words
    assert (first.start, second.start, second.raw, second.text) == (1, 5, "'show'", "show")
