"""Lines out of a stream."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ser_core.fifo.line_reader import LONGEST_LINE, LineReader


def lines_of(*pieces: bytes) -> list[bytes | None]:
    reader = LineReader()
    return [line for piece in pieces for line in reader.feed(piece)]


def test_lines_are_stripped_on_the_right_only() -> None:
    assert lines_of(b" a b \t\r\n\t\n\r\nc\n") == [b" a b", b"", b"", b"c"]


def test_a_line_comes_when_its_newline_does() -> None:
    reader = LineReader()
    assert list(reader.feed(b"up")) == []
    assert reader.has_part_of_a_line
    assert list(reader.feed(b"time\n")) == [b"uptime"]
    assert not reader.has_part_of_a_line


def test_a_forgotten_part_is_not_in_the_next_line() -> None:
    reader = LineReader()
    list(reader.feed(b"half"))
    reader.clear()
    assert list(reader.feed(b"whole\n")) == [b"whole"]


def test_the_longest_line_is_let_through() -> None:
    line = b"x" * LONGEST_LINE
    assert lines_of(line + b"\n") == [line]


@pytest.mark.parametrize("size", [1, 1000, 1 << 20])
def test_a_longer_one_is_told_once_and_dropped(size: int) -> None:
    data = b"x" * (1 << 20) + b"\nnext\n"
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    assert lines_of(*pieces) == [None, b"next"]


def test_of_a_line_too_long_nothing_is_kept() -> None:
    reader = LineReader()
    assert list(reader.feed(b"x" * (1 << 20))) == [None]
    assert list(reader.feed(b"x" * (1 << 20))) == []
    assert reader.has_part_of_a_line
    reader.clear()
    assert list(reader.feed(b"next\n")) == [b"next"]


@given(st.lists(st.binary()))
def test_how_the_stream_is_cut_makes_no_difference(pieces: list[bytes]) -> None:
    assert lines_of(*pieces) == lines_of(b"".join(pieces))
