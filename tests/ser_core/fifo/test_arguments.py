"""Arguments as commands declare them (section 4 of the reference)."""

from __future__ import annotations

import pytest

from ser_core.fifo.arguments import ArgumentReader
from ser_core.fifo.declarations import Argument, body, headers, line, rest

TABLE = line("table", "", missing="ul_rm: table name expected")
AOR = line("aor", "", missing="ul_rm: user name expected")
HEADERS = headers("headers", "", missing="fifo_uac_error: HFs expected")
LEVEL = line("level", "")
SECONDS = line("seconds", "")


def read(declared: tuple[Argument, ...], *lines: bytes) -> ArgumentReader:
    """Fed with all lines; the last one completes it."""
    reader = ArgumentReader(declared)
    for each in lines:
        assert not reader.is_complete
        reader.take(each)
    return reader


def test_a_command_may_take_none() -> None:
    assert read(()).is_complete
    assert not read(()).had_empty_line


def test_a_line_each() -> None:
    reader = read((TABLE, AOR), b"location", b"joe@example.com")
    assert reader.is_complete
    assert reader.values == (b"location", b"joe@example.com")
    assert not reader.had_empty_line


def test_an_empty_line_is_a_missing_argument() -> None:
    reader = read((TABLE, AOR), b"location", b"")
    assert reader.is_complete
    assert reader.refusal == "ul_rm: user name expected"


def test_behind_a_missing_argument_nothing_is_read() -> None:
    assert read((TABLE, AOR), b"").refusal == "ul_rm: table name expected"


def test_a_line_that_may_be_missing() -> None:
    assert read((LEVEL,), b"4").values == (b"4",)
    assert read((LEVEL,), b"").values == (b"",)


def test_an_empty_line_leaves_out_all_that_may_be_left_out() -> None:
    reader = read((LEVEL, SECONDS, rest("more", "")), b"")
    assert reader.is_complete
    assert reader.values == (b"", b"", [])
    assert reader.had_empty_line


def test_an_empty_line_before_what_is_needed_is_an_empty_argument() -> None:
    reader = read((LEVEL, AOR), b"", b"joe")
    assert reader.values == (b"", b"joe")
    assert not reader.had_empty_line


@pytest.mark.parametrize("end", [b"", b"."])
def test_headers_end_at_an_empty_line_or_a_dot(end: bytes) -> None:
    reader = read((HEADERS,), b"From: a", b"To: b", end)
    assert reader.values == (b"From: a\r\nTo: b\r\n",)
    assert not reader.had_empty_line


@pytest.mark.parametrize("end", [b"", b"."])
def test_headers_that_are_needed_must_not_be_empty(end: bytes) -> None:
    assert read((HEADERS,), end).refusal == "fifo_uac_error: HFs expected"
    assert read((headers("headers", ""),), end).values == (b"",)


def test_a_body_ends_at_a_dot_only() -> None:
    reader = read((body("body", ""),), b"first", b"", b" .", b".")
    assert reader.values == (b"first\r\n\r\n .\r\n",)


def test_no_body_is_just_the_dot() -> None:
    assert read((body("body", ""),), b".").values == (b"",)


def test_the_rest_ends_with_the_request() -> None:
    reader = read((rest("pairs", ""),), b"limit=10", b".", b"")
    assert reader.values == ([b"limit=10", b"."],)
    assert reader.had_empty_line
    assert read((rest("pairs", ""),), b"").values == ([],)


def test_lines_of_one_argument_are_not_in_the_next() -> None:
    declared = (HEADERS, body("body", ""), rest("more", ""))
    reader = read(declared, b"From: a", b"", b"hello", b".", b"x", b"")
    assert reader.values == (b"From: a\r\n", b"hello\r\n", [b"x"])


@pytest.mark.parametrize("text", [b"joe\0", b"a\x1b[31m", b"a\rb", b"\x7f"])
def test_a_control_byte_in_a_line_is_refused_once_all_is_read(text: bytes) -> None:
    """Read on, so that the lines behind are not taken for commands."""
    reader = read((TABLE, AOR), text, b":kill:x")
    assert reader.is_complete
    assert reader.refusal == "control byte in argument table"


def test_a_control_byte_in_the_rest_is_refused() -> None:
    assert read((rest("pairs", ""),), b"a\0", b"").refusal == "control byte in argument pairs"


def test_tabs_and_foreign_letters_are_fine() -> None:
    assert read((LEVEL,), "a\tJörg".encode()).values == ("a\tJörg".encode(),)


def test_headers_and_bodies_may_hold_anything() -> None:
    """What they mean is for whoever parses them."""
    assert read((HEADERS, body("body", "")), b"X: \0", b"", b"\x01", b".").refusal == ""
