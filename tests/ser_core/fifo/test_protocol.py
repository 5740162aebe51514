"""Replies to and from bytes, requests to bytes, names of reply pipes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ser_core.fifo.protocol import (
    BodyLines,
    FifoError,
    HeaderLines,
    Reply,
    encode_request,
    parse_reply,
    shown,
    why_forbidden,
)

ONE_LINE = st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]))


def test_a_reply_is_a_status_line_and_body_lines() -> None:
    assert Reply(200, "ok", b"a\nb\n").to_bytes() == b"200 ok\na\nb\n"
    assert Reply().to_bytes() == b"200 ok\n"


def test_every_reply_ends_with_a_newline() -> None:
    assert Reply(200, "OK", b"last").to_bytes() == b"200 OK\nlast\n"


def test_only_2xx_is_a_success() -> None:
    assert [Reply(code).is_ok for code in (199, 200, 203, 299, 300, 404)] == [
        False, True, True, True, False, False,
    ]  # fmt: skip


def test_a_fifo_error_becomes_its_reply() -> None:
    error = FifoError(404, "Username joe in table location not found")
    assert error.reply() == Reply(404, "Username joe in table location not found")
    assert str(error) == "404 Username joe in table location not found"


@pytest.mark.parametrize(
    ("data", "reply"),
    [
        (b"200 ok\nbody\n", Reply(200, "ok", b"body\n")),
        (b"200 killing now...", Reply(200, "killing now...")),
        (b"400: gflags: invalid flag number\n", Reply(400, ": gflags: invalid flag number")),
        (b"200\n", Reply(200, "")),
        (b"404 J\xf6rg\n", Reply(404, "J\udcf6rg")),
        (b"200 OK\nVia: x\r\n\r\n\n", Reply(200, "OK", b"Via: x\r\n\r\n\n")),
    ],
)
def test_of_a_reply_only_the_digits_are_matched(data: bytes, reply: Reply) -> None:
    assert parse_reply(data) == reply


@pytest.mark.parametrize("data", [b"", b"OK\n", b"username \njoe \n", b"20 ok\n", b"2000 ok\n"])
def test_what_has_no_status_line_is_no_reply(data: bytes) -> None:
    with pytest.raises(ValueError, match="reply"):
        parse_reply(data)


@given(st.integers(100, 999), ONE_LINE, st.lists(st.binary()).map(b"\n".join))
def test_a_reply_comes_back_as_it_was_written(code: int, text: str, body: bytes) -> None:
    whole = body and body.rstrip(b"\n") + b"\n"
    assert parse_reply(Reply(code, text, whole).to_bytes()) == Reply(code, text, whole)


@given(st.binary())
def test_any_bytes_are_a_reply_or_a_value_error(data: bytes) -> None:
    try:
        reply = parse_reply(data)
    except ValueError:
        return
    assert 0 <= reply.code <= 999


def test_a_request_without_arguments() -> None:
    assert encode_request("uptime", "ser_r1") == b":uptime:ser_r1\n\n"


def test_a_request_that_wants_no_reply() -> None:
    assert encode_request("kill", "") == b":kill:\n\n"


def test_the_request_of_the_reference() -> None:
    request = encode_request(
        "t_uac_dlg",
        "ser_r1",
        (
            "OPTIONS",
            b"sip:joe@10.0.0.9",
            ".",
            HeaderLines(("From: sip:daemon@host", b"To: <sip:joe@10.0.0.9>")),
            BodyLines(),
        ),
    )
    assert request == (
        b":t_uac_dlg:ser_r1\nOPTIONS\nsip:joe@10.0.0.9\n.\n"
        b"From: sip:daemon@host\nTo: <sip:joe@10.0.0.9>\n.\n.\n\n"
    )


def test_a_body_may_have_empty_lines() -> None:
    assert encode_request("x", "", (BodyLines(("a", "", "b")),)) == b":x:\na\n\nb\n.\n\n"


def test_bytes_that_are_no_utf8_go_through() -> None:
    assert encode_request("print", "r", ("J\udcf6rg",)) == b":print:r\nJ\xf6rg\n\n"


@pytest.mark.parametrize(
    ("argument", "text"),
    [
        ("two\nlines", r"an argument of one line can't have a newline: two\\nlines"),
        (b"two\nlines", "can't have a newline"),
        (HeaderLines(("From: x\nTo: y",)), "can't have a newline"),
        (HeaderLines(("From: x", "")), "a header line can't be empty: it would end the argument"),
        (HeaderLines((" \t",)), "a header line can't be empty"),
        (HeaderLines((".",)), "a header line can't be a single dot"),
        (BodyLines(("text", ".")), "a line of a body can't be a single dot"),
        (BodyLines((". \r",)), "a line of a body can't be a single dot"),
    ],
)
def test_what_ser_has_no_escape_for_is_refused(
    argument: str | bytes | HeaderLines | BodyLines, text: str
) -> None:
    with pytest.raises(ValueError, match=text):
        encode_request("t_uac_dlg", "r", (argument,))


@pytest.mark.parametrize("command", ["", "a:b", "a b", "a\nb"])
def test_a_command_that_would_break_its_line_is_refused(command: str) -> None:
    with pytest.raises(ValueError, match="can't be the name of a command"):
        encode_request(command, "r")


@pytest.mark.parametrize(
    "name", [b"../x", b"/tmp/x", b".", b"a.b", b"a\\b", b"a\0b", b"a\nb", b"a\x7fb", b"x" * 256]
)
def test_a_reply_name_cannot_leave_its_directory(name: bytes) -> None:
    assert why_forbidden(name).startswith("forbidden filename: ")
    with pytest.raises(ValueError, match="forbidden filename"):
        encode_request("uptime", name.decode())


@pytest.mark.parametrize("name", [b"", b"ser_receiver_812", b"x:y", "Jörg".encode(), b"x" * 255])
def test_other_reply_names_are_fine(name: bytes) -> None:
    assert why_forbidden(name) == ""


def test_foreign_bytes_are_shown_without_harm() -> None:
    assert shown(b"a\x1b[31m\x07\xff\n") == r"a\x1b[31m\x07\xff\n"
    assert shown("Jörg\u2028".encode()) == r"Jörg\u2028"
    assert shown(b"x" * 101) == "x" * 100 + "..."
