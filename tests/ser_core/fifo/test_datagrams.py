"""Requests of the Unix socket (section 9 of the reference)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ser_core.fifo.datagrams import read_datagram
from ser_core.fifo.declarations import Argument, body, headers, line, rest
from ser_core.fifo.protocol import Reply
from ser_core.fifo.requests import BadRequest, Request

COMMANDS: dict[str, tuple[Argument, ...]] = {
    "uptime": (),
    "ul_rm": (
        line("table", "", missing="ul_rm: table name expected"),
        line("aor", "", missing="ul_rm: user name expected"),
    ),
    "debug": (line("level", ""), line("seconds", "")),
    "ul_list": (rest("options", ""),),
    "t_reply": (line("code", "", missing="code expected"), headers("headers", ""), body("b", "")),
}


def read(data: bytes) -> Request | BadRequest:
    return read_datagram(data, COMMANDS.get)


@pytest.mark.parametrize("data", [b":uptime:\n\n", b":uptime:\n", b":uptime:", b":UPTIME:\r\n"])
def test_no_empty_line_is_needed(data: bytes) -> None:
    assert read(data) == Request("uptime", "", ())


@pytest.mark.parametrize("name", [b"ser_r1", b"../x", b"a\0b"])
def test_the_reply_name_does_not_matter(name: bytes) -> None:
    assert read(b":uptime:" + name + b"\n\n") == Request("uptime", "", ())


@pytest.mark.parametrize("data", [b"", b"\n", b"uptime", b":uptime", b"::", b"x:uptime:\n", b"\0"])
def test_a_malformed_first_line(data: bytes) -> None:
    bad = BadRequest("", Reply(400, "First line malformed"), "First line malformed")
    assert read(data) == bad


def test_an_unknown_command() -> None:
    bad = read(b":Nonsense:\n\n")
    assert isinstance(bad, BadRequest)
    assert bad.reply == Reply(500, "Command Nonsense not found")


@pytest.mark.parametrize("end", [b"\n\n", b"\n", b"", b"\nwhat nobody needs\n"])
def test_lines(end: bytes) -> None:
    assert read(b":ul_rm:\nlocation\njoe" + end) == Request("ul_rm", "", (b"location", b"joe"))


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b":ul_rm:", "ul_rm: table name expected"),
        (b":ul_rm:\nlocation\n", "ul_rm: user name expected"),
        (b":ul_rm:\n\njoe\n", "ul_rm: table name expected"),
        (b":ul_rm:\nlocation\nj\0e\n", "control byte in argument aor"),
        (b":t_reply:\n200\nFrom: x\n", "request incomplete"),
        (b":t_reply:\n200\n.\nhalf a body\n", "request incomplete"),
    ],
)
def test_what_is_missing_is_told(data: bytes, text: str) -> None:
    assert read(data) == BadRequest("", Reply(400, text), text)


@pytest.mark.parametrize(
    ("data", "values"), [(b"", (b"", b"")), (b"\n4", (b"4", b"")), (b"\n4\n600\n", (b"4", b"600"))]
)
def test_what_may_be_missing(data: bytes, values: tuple[bytes, ...]) -> None:
    assert read(b":debug:" + data) == Request("debug", "", values)


@pytest.mark.parametrize("end", [b"", b"\n", b"\n\n", b"\n\nwhat nobody needs"])
def test_the_rest_ends_with_the_datagram(end: bytes) -> None:
    assert read(b":ul_list:\na=1\nb=2" + end) == Request("ul_list", "", ([b"a=1", b"b=2"],))


def test_headers_and_body() -> None:
    request = read(b":t_reply:\n200\nFrom: x\n.\nhello\n\n.\n")
    assert request == Request("t_reply", "", (b"200", b"From: x\r\n", b"hello\r\n\r\n"))


@given(st.one_of(st.binary(), st.binary().map(lambda data: b":ul_rm:" + data)))
def test_any_bytes_are_a_request_or_a_bad_one(data: bytes) -> None:
    assert isinstance(read(data), Request | BadRequest)
