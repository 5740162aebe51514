"""Tokens: comments, strings with their escapes, numbers, and what is no token."""

from __future__ import annotations

import pytest

from ser_core.script.diagnostics import Reporter
from ser_core.script.lexer import Kind, Source, Token, tokenize, unescape


def tokens_of(text: str) -> list[Token]:
    """All tokens but the END; the text must be good."""
    reporter = Reporter("ser.cfg", text)
    found = tokenize(Source("ser.cfg", text), reporter)
    assert not reporter.errors
    assert found[-1].kind is Kind.END
    return found[:-1]


def texts_of(text: str) -> list[str]:
    return [token.text for token in tokens_of(text)]


def mistakes_in(text: str) -> list[str]:
    reporter = Reporter("ser.cfg", text)
    tokenize(Source("ser.cfg", text), reporter)
    return [f"{x.span.line}:{x.span.column}: {x.text}" for x in reporter.errors]


@pytest.mark.parametrize(
    "text",
    [
        "a b",
        "a\tb",
        "a\r\nb",
        "a\bb",
        "a\\\nb",
        "a\\\r\nb",
        "a # comment\nb",
        "a /* comment */ b",
        "a /* one /* two */ one */ b",
        "a/**/b",
        "a /* over\nlines */ b",
        "a /* # */ b",
        "a b # no newline behind",
        "a b #",
    ],
)
def test_blanks_and_comments_separate_and_vanish(text: str) -> None:
    assert texts_of(text) == ["a", "b"]


def test_a_hash_in_a_string_begins_no_comment() -> None:
    assert texts_of('"a # b"') == ['"a # b"']


def test_a_comment_mark_in_a_string_begins_no_comment() -> None:
    assert texts_of("'/*' x") == ["'/*'", "x"]


@pytest.mark.parametrize(
    "sign",
    [
        "==",
        "=~",
        "!=",
        "<=",
        ">=",
        "&&",
        "||",
        "-",
        "=",
        "!",
        "<",
        ">",
        "&",
        "|",
        "+",
        "(",
        ")",
        "{",
        "}",
        "[",
        "]",
        ",",
        ";",
        ":",
        "*",
        "/",
        ".",
    ],
)
def test_each_sign_is_a_token(sign: str) -> None:
    (token,) = tokens_of(sign)
    assert (token.kind, token.text) == (Kind.SIGN, sign)


def test_the_longest_sign_counts() -> None:
    assert texts_of("a==b=~c=d") == ["a", "==", "b", "=~", "c", "=", "d"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("5060", 5060),
        ("0x1F", 31),
        ("0XfF", 255),
        ("0660", 0o660),
        ("2147483647", 2**31 - 1),
    ],
)
def test_a_number_is_decimal_hexadecimal_or_octal(text: str, value: int) -> None:
    (token,) = tokens_of(text)
    assert (token.kind, token.value) == (Kind.NUMBER, value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'"plain"', "plain"),
        (r'"a\nb\rc\td\ae"', "a\nb\rc\td\ae"),
        (r'"\"\\"', '"\\'),
        (r'"\x41\x4a\x9"', "AJ\t"),
        (r'"\101\60"', "A0"),
        ('"a\\\nb"', "ab"),
        ('"a\\\r\nb"', "ab"),
        ('"two\nlines"', "two\nlines"),
        (r'"\.org \1 \d \x"', r"\.org \1 \d \x"),
        (r'"\xc3\xa4"', "ä"),
        (r'"\xff"', "\udcff"),
        (r"'\n \" \\'", r"\n \" \\"),
        ("'a\"b'", 'a"b'),
        ("''", ""),
        ('""', ""),
        ("'two\nlines'", "two\nlines"),
    ],
)
def test_what_a_string_says(text: str, value: str) -> None:
    (token,) = tokens_of(text)
    assert (token.kind, token.value) == (Kind.STRING, value)


def test_a_text_without_backslashes_is_itself() -> None:
    text = "nothing to do"
    assert unescape(text) is text


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ('x "abc', "1:3: this string is never closed"),
        ("x\n 'abc", "2:2: this string is never closed"),
        ("x /* abc", "1:3: this comment is never closed"),
        (
            "/* a /* b */ c",
            "1:1: this comment is never closed",
        ),
        (
            "/* a /* b",
            "1:1: this comment is never closed, comments nest: each /* needs its own */",
        ),
        ("089", "1:1: 089 is no octal number, a number that begins with 0 has digits 0 to 7"),
        ("2147483648", "1:1: this number is too big, the biggest is 2147483647"),
        ("9" * 5000, "1:1: this number is too big, the biggest is 2147483647"),
        ("0x" + "f" * 5000, "1:1: this number is too big, the biggest is 2147483647"),
        ("a @ b", '1:3: unexpected "@"'),
        ("a ?? b", '1:3: unexpected "??"'),
        ("$ru", '1:1: unexpected "$", variables aren\'t part of this language'),
        ("\x00", '1:1: unexpected "\\x00"'),
        ("ä", '1:1: unexpected "ä"'),
        ("a\\b", '1:2: unexpected "\\"'),
    ],
)
def test_what_is_no_token_is_told(text: str, mistake: str) -> None:
    assert mistakes_in(text) == [mistake]


def test_the_rest_behind_a_wrong_character_is_read() -> None:
    assert mistakes_in("a @ b ~ c") == ['1:3: unexpected "@"', '1:7: unexpected "~"']


def test_a_source_knows_lines_and_columns() -> None:
    source = Source("ser.cfg", "ab\ncd\n")
    span = source.span(3, 5)
    assert (span.line, span.column, span.end_line, span.end_column) == (2, 1, 2, 3)
    assert span.place == "ser.cfg:2:1"
    assert [source.line(x) for x in (0, 2, 3, 6)] == [1, 1, 2, 3]
