from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sertui.sip_highlighting import KINDS, Part, parts_of, spans_of

TEXT = """\
# what it is for

MESSAGE sip:joe@example.com SIP/2.0
From: <sip:a@b>
Subject: a long
 one

Hello

# Joe"""


def pieces(line: str) -> list[tuple[str, str]]:
    part = parts_of([line])[0]
    return [(line[span.start : span.end], span.kind) for span in spans_of(part, line)]


def header_pieces(line: str) -> list[tuple[str, str]]:
    return [(line[span.start : span.end], span.kind) for span in spans_of(Part.HEADER, line)]


def test_each_line_has_its_part() -> None:
    assert parts_of(TEXT.split("\n")) == [
        Part.COMMENT,
        Part.COMMENT,
        Part.REQUEST_LINE,
        *[Part.HEADER] * 3,
        Part.BLANK,
        *[Part.BODY] * 3,
    ]


def test_a_request_line() -> None:
    assert pieces("BYE sip:joe@a SIP/2.0") == [
        ("BYE", "method"),
        ("sip:joe@a", "uri"),
        ("SIP/2.0", "version"),
    ]
    assert pieces("BY") == [("BY", "method")]


def test_a_status_line() -> None:
    assert pieces("SIP/2.0 404 Not Found") == [("SIP/2.0", "version"), ("404 Not Found", "status")]


def test_a_header() -> None:
    assert header_pieces('To: "Joe" <sip:joe@a>;tag=1') == [
        ("To", "name"),
        ("sip:joe@a", "uri"),
        (";tag", "parameter"),
        ("1", "number"),
    ]
    assert header_pieces("Content-Length: 7") == [("Content-Length", "name"), ("7", "number")]
    assert header_pieces("Call-ID: 29a-1409@192.0.2.1") == [("Call-ID", "name")]
    assert header_pieces("Via: SIP/2.0/UDP 192.0.2.1:5060") == [("Via", "name")]
    assert header_pieces(" folded: 7") == [("7", "number")]
    assert header_pieces("From") == []


@pytest.mark.parametrize("line", ["# x", "#"])
def test_a_comment(line: str) -> None:
    assert pieces(line) == [(line, "comment")]


def test_a_body() -> None:
    assert [span.kind for span in spans_of(Part.BODY, "v=0")] == ["body"]
    assert spans_of(Part.BODY, "") == []


@given(st.lists(st.text(alphabet="aS:;<>@ /.0#\t\x1b", max_size=20), max_size=6))
def test_whatever_is_typed_has_spans_inside_its_lines(lines: list[str]) -> None:
    for part, line in zip(parts_of(lines), lines, strict=True):
        for span in spans_of(part, line):
            assert 0 <= span.start < span.end <= len(line)
            assert span.kind in KINDS
