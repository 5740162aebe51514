"""Tables to and from the body of a reply."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ser_core.fifo.tables import escape, read_table, table_body, unescape

ANY_BYTES = st.binary().map(lambda data: data.decode("utf-8", "surrogateescape"))


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[list[str]]]:
    width = draw(st.integers(1, 5))
    row = st.lists(ANY_BYTES, min_size=width, max_size=width)
    return draw(row), draw(st.lists(row))


def test_names_stand_first_and_tabs_between() -> None:
    body = table_body(["name", "value"], [["pid", "812"], ["run_dir", "/run/ser"]])
    assert body == b"name\tvalue\npid\t812\nrun_dir\t/run/ser\n"


def test_a_table_may_have_no_rows() -> None:
    assert table_body(["aor"], []) == b"aor\n"
    assert read_table(b"aor\n") == (["aor"], [])


@pytest.mark.parametrize(
    ("value", "escaped"),
    [
        ("a\tb", r"a\tb"),
        ("a\nb\r", r"a\nb\r"),
        ("C:\\new", r"C:\\new"),
        ("\x1b[31m\x00\x7f", r"\x1b[31m\x00\x7f"),
        ("Jörg \udcff", "Jörg \udcff"),
    ],
)
def test_what_would_break_a_line_is_escaped(value: str, escaped: str) -> None:
    assert escape(value) == escaped
    assert unescape(escaped) == value


def test_an_escape_that_is_none_stays() -> None:
    assert unescape(r"\q \x1 \xZZ " + "\\") == r"\q \x1 \xZZ " + "\\"


@given(tables())
def test_a_table_comes_back_as_it_was_written(table: tuple[list[str], list[list[str]]]) -> None:
    assert read_table(table_body(*table)) == table


@given(st.text())
def test_an_escaped_value_has_no_control_characters(value: str) -> None:
    assert not any(ord(each) < 32 or ord(each) == 127 for each in escape(value))


@pytest.mark.parametrize("body", [b"", b"name\tvalue", b"name\tvalue\nonly one\n", b"a\nb\n\tc\n"])
def test_another_body_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match="table"):
        read_table(body)


@given(st.binary())
def test_any_bytes_are_a_table_or_a_value_error(body: bytes) -> None:
    try:
        columns, rows = read_table(body)
    except ValueError:
        return
    assert all(len(row) == len(columns) for row in rows)
