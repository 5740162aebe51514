from __future__ import annotations

import re

import pytest

from ser_core.modules.textops.arguments import (
    URI,
    HeaderEnd,
    HeaderName,
    HeaderStart,
    Substitution,
)


@pytest.mark.parametrize("text", ["Subject", "s", "SUBJECT", "Subject:", " subject "])
def test_a_header_name_is_known_in_any_spelling(text: str) -> None:
    assert HeaderName.from_script(text) == b"subject"


@pytest.mark.parametrize("text", ["", "a b", "a:b", "é", "X-\r\n"])
def test_what_cant_be_a_header_name_stops_the_start(text: str) -> None:
    if text == "X-\r\n":
        assert HeaderName.from_script(text) == b"x-"  # blanks round a name don't count
        return
    with pytest.raises(ValueError, match="is not the name of a header"):
        HeaderName.from_script(text)


@pytest.mark.parametrize("text", ["CC-Diversion: ", "X:<", "X : y "])
def test_a_header_start_is_a_name_and_a_colon(text: str) -> None:
    assert HeaderStart.from_script(text) == text.encode()


@pytest.mark.parametrize("text", ["", "X", "X y: ", "X: y\r\n", ": x"])
def test_another_header_start_stops_the_start(text: str) -> None:
    with pytest.raises(ValueError, match="does not begin a header line"):
        HeaderStart.from_script(text)


@pytest.mark.parametrize(
    ("text", "end"), [("", b"\r\n"), (">", b">\r\n"), (">\r\n", b">\r\n"), (">\n", b">\r\n")]
)
def test_a_header_end_ends_in_crlf(text: str, end: bytes) -> None:
    assert HeaderEnd.from_script(text) == end


@pytest.mark.parametrize("text", ["a\r\nX: y\r\n", "\r\n\r\n", "a\rb"])
def test_a_line_end_inside_a_header_end_stops_the_start(text: str) -> None:
    with pytest.raises(ValueError, match="has a line end inside"):
        HeaderEnd.from_script(text)


def applied(text: str, subject: bytes, uri: bytes = b"sip:u@h") -> bytes | None:
    return Substitution.from_script(text).apply(subject, uri)


@pytest.mark.parametrize(
    ("text", "subject", "result"),
    [
        ("/a/b/", b"aa", b"ba"),
        ("/a/b/g", b"aa", b"bb"),
        ("/a/b/", b"AA", None),
        ("/a/b/ig", b"aA", b"bb"),
        ("#/#-#g", b"a/b/c", b"a-b-c"),
        (r"/\//-/g", b"a/b/c", b"a-b-c"),
        (r"|a\|b|c|", b"a|b", b"c"),
        (r"/a/\//", b"a", b"/"),
        ("/a//", b"ab", b"b"),
        (r"/(a)(b)?/[\0\1\2]/", b"a", b"[aa]"),
        (r"/a/\n\r\t\\/", b"a", b"\n\r\t\\"),
        (r"/a/<\u>/", b"a", b"<sip:u@h>"),
        (r"/a/\x/", b"a", b"\\x"),
        ("/a/b\\", b"", "error"),
        ("/a.c/x/", b"a\nc", None),
        ("/a.c/x/s", b"a\nc", b"x"),
        ("/^b/x/", b"a\nb", b"a\nx"),
        ("/ä/ö/", "ä".encode(), "ö".encode()),
        ("/a/@&$/", b"a", b"@&$"),
        (r"/(1)(2)(3)(4)(5)(6)(7)(8)(9)/\9\8\1/", b"123456789", b"981"),
        (r"/a/\0\\0/", b"a", b"a\\0"),
    ],
)
def test_a_substitution_is_carried_out(
    text: str, subject: bytes, result: bytes | str | None
) -> None:
    if result == "error":
        with pytest.raises(ValueError, match="is not /expression/replacement/"):
            Substitution.from_script(text)
    else:
        assert applied(text, subject) == result


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "is not /expression/replacement/flags"),
        ("\\a\\b\\", "is not /expression/replacement/flags"),
        ("/a/b", "is not /expression/replacement/"),
        ("/a", "is not /expression/replacement/"),
        ("abc", "is not aexpressionareplacementa"),
        ("/a/b/x", 'unknown flag "x" in'),
        ("/a/b/g/", 'unknown flag "/" in'),
        (r"/a/\1/", r"\1 in '/a/\\1/': there are 0 groups"),
        ("/(/b/", '"(" is no regular expression'),
    ],
)
def test_what_is_wrong_with_a_substitution_stops_the_start(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=re.escape(problem)):
        Substitution.from_script(text)


def test_the_parts_of_a_replacement_are_taken_apart_once() -> None:
    assert Substitution.from_script(r"/(a)/b\n\1c\u/").parts == (b"b\n", 1, b"c", URI)
