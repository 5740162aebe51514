from __future__ import annotations

import pytest

from ser_core.modules.arguments import HeaderLines, ReasonPhrase, StatusCode


@pytest.mark.parametrize("text", ["100", "200", "404", "699"])
def test_a_status_code_is_a_number_from_100_to_699(text: str) -> None:
    assert StatusCode.from_script(text) == int(text)


@pytest.mark.parametrize("text", ["", "99", "700", "0404", "4o4", "-404", "404 ", "４０４"])
def test_any_other_status_code_stops_the_start(text: str) -> None:
    with pytest.raises(ValueError, match="is not a status code, a number from 100 to 699"):
        StatusCode.from_script(text)


@pytest.mark.parametrize("text", ["OK", "", "trying -- your call is important to us", "Gelöscht"])
def test_a_reason_phrase_is_any_line(text: str) -> None:
    assert ReasonPhrase.from_script(text) == text.encode()


@pytest.mark.parametrize("text", ["OK\r\nX: y", "OK\n", "\0"])
def test_a_reason_phrase_of_two_lines_stops_the_start(text: str) -> None:
    with pytest.raises(ValueError, match="is one line"):
        ReasonPhrase.from_script(text)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("P-hint: usrloc\r\n", b"P-hint: usrloc\r\n"),
        ("P-hint: usrloc", b"P-hint: usrloc\r\n"),
        ("P-hint: usrloc\n", b"P-hint: usrloc\r\n"),
        ("A: 1\r\nB:\r\n", b"A: 1\r\nB:\r\n"),
        ("A: 1\r\n 2\r\n", b"A: 1\r\n 2\r\n"),
    ],
)
def test_header_lines_end_in_crlf(text: str, lines: bytes) -> None:
    assert HeaderLines.from_script(text) == lines


@pytest.mark.parametrize("text", ["", "\r\n", "no colon\r\n", "A b: c", ": x", "A: 1\r\n\r\nbody"])
def test_what_isnt_a_header_line_stops_the_start(text: str) -> None:
    with pytest.raises(ValueError, match="is not a header line"):
        HeaderLines.from_script(text)
