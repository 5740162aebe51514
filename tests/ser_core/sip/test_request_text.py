from __future__ import annotations

import pytest

from ser_core.sip.request_text import NotARequest, SipRequest, body_lines, read_header, read_request

TEXT = """\
# Says hello
MESSAGE sip:joe@example.com SIP/2.0
From: <sip:daemon@example.com>
To: <sip:joe@example.com>
Subject: a long
  one
Content-Type: text/plain

Hello

Joe
"""


def test_a_request_is_read() -> None:
    assert read_request(TEXT) == SipRequest(
        "MESSAGE",
        "sip:joe@example.com",
        (
            ("From", "<sip:daemon@example.com>"),
            ("To", "<sip:joe@example.com>"),
            ("Subject", "a long one"),
            ("Content-Type", "text/plain"),
        ),
        ("Hello", "", "Joe"),
    )


def test_line_ends_may_be_those_of_sip() -> None:
    assert read_request(TEXT.replace("\n", "\r\n")) == read_request(TEXT)


def test_what_is_written_can_be_read() -> None:
    request = read_request(TEXT)
    assert read_request(request.to_text()) == request


def test_a_request_needs_no_body_and_no_empty_line() -> None:
    assert read_request("OPTIONS sip:a SIP/2.0\nTo: <sip:a>").body == ()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "there is no request in it"),
        ("# only a comment\n", "there is no request in it"),
        ("# x\nOPTIONS sip:a\n", "line 2: 'OPTIONS sip:a' is no request line"),
        ("OPTIONS sip:a SIP/2.0\nTo <sip:a>\n", "line 2: 'To <sip:a>' is no header"),
        ("OPTIONS sip:a SIP/2.0\n: x\n", "line 2: ': x' is no header"),
    ],
)
def test_a_mistake_is_told_with_its_line(text: str, complaint: str) -> None:
    with pytest.raises(NotARequest, match=f"^{complaint}"):
        read_request(text)


def test_a_header_is_found_by_either_name() -> None:
    request = SipRequest("OPTIONS", "sip:a", (("t", "<sip:a>"),))
    assert request.header("to") == "<sip:a>"
    assert request.header("from") is None


def test_given_headers_take_the_place_of_all_of_their_name() -> None:
    request = SipRequest("OPTIONS", "sip:a", (("t", "<sip:a>"), ("X", "1"), ("x", "2"), ("Y", "")))
    assert request.replaced([("X", "3"), ("X", "4"), ("to", "")]).headers == (
        ("Y", ""),
        ("X", "3"),
        ("X", "4"),
    )


def test_only_headers_that_it_lacks_are_added() -> None:
    request = SipRequest("OPTIONS", "sip:a", (("t", "<sip:a>"),))
    assert request.completed([("To", "<sip:b>"), ("From", "<sip:c>")]).headers == (
        ("t", "<sip:a>"),
        ("From", "<sip:c>"),
    )


def test_what_ser_sets_is_left_out() -> None:
    request = SipRequest("OPTIONS", "sip:a", (("v", "SIP/2.0/UDP x"), ("X", "1"), ("l", "0")))
    left, names = request.without_ours()
    assert left.headers == (("X", "1"),)
    assert names == ["v", "l"]


def test_a_header_is_taken_apart_at_the_first_colon() -> None:
    assert read_header("Contact : <sip:a>") == ("Contact", "<sip:a>")


@pytest.mark.parametrize(
    ("text", "lines"),
    [("", ()), ("a", ("a",)), ("a\n", ("a",)), ("a\r\n\r\nb\r\n", ("a", "", "b")), ("\n", ("",))],
)
def test_lines_of_a_body(text: str, lines: tuple[str, ...]) -> None:
    assert body_lines(text) == lines
