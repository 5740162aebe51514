"""Columns that never jump, whatever stands in them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from sertui.registration_columns import COLUMNS, GAP, age, cell, contact, countdown, layout
from tests.support.sertui_feed import NOW
from tests.support.sertui_registrations import registration


@pytest.mark.parametrize("width", [76, 100, 130, 196])
def test_the_columns_fill_the_line(width: int) -> None:
    columns = layout(width)
    assert sum(wide for _, wide in columns) + GAP * (len(columns) - 1) == width


def test_the_received_address_is_there_where_there_is_room() -> None:
    assert "Received" not in [column.heading for column, _ in layout(76)]
    assert [column for column, _ in layout(130)] == list(COLUMNS)


def test_on_a_narrow_screen_whole_columns_give_way() -> None:
    for width in (57, 45, 32, 20):
        columns = layout(width)
        assert {"AOR", "Contact", "Expires"} <= {column.heading for column, _ in columns}
    assert [column.heading for column, _ in layout(57)] == ["AOR", "Contact", "Over", "Expires"]


def test_what_a_phone_calls_itself_gets_the_most_of_the_room_that_is_left() -> None:
    wide = {column.heading: width for column, width in layout(117)}
    assert wide["User agent"] >= len("Linphone/5.1.2 (b…")
    assert wide["Contact"] >= len("alice@192.168.1.100:5060")
    assert wide["Received"] >= len("255.255.255.255:65535")


@given(st.text(), st.integers(3, 30), st.sampled_from(COLUMNS))
def test_a_cell_is_as_wide_as_its_column(text: str, width: int, column: object) -> None:
    assert cell_len(cell(column, width, text)) == width  # type: ignore[arg-type]  # one of COLUMNS


def test_a_cell_says_that_it_was_cut() -> None:
    assert cell(COLUMNS[0], 5, "x" * 2000) == "xxxx…"
    assert cell(COLUMNS[0], 6, "\x1b[31m") == "\\x1b[…"


@pytest.mark.parametrize(
    ("left", "text"),
    [
        (1, "0:01"),
        (3599, "59:59"),
        (3600, "1:00:00"),
        (359_999, "99:59:59"),
        (360_000, "4 d"),
        (0, "expired"),
        (-5, "expired"),
    ],
)
def test_expires_counts_down(left: int, text: str) -> None:
    assert countdown(registration(expires=int(NOW) + left), NOW) == text


def test_what_never_expires_says_so() -> None:
    assert countdown(registration(expires=0), NOW) == "never"


def test_an_age_takes_six_places() -> None:
    assert [age(x) for x in (-1, 59, 60, 3599, 3600, 86400, 99 * 86400)] == [
        "0 s",
        "59 s",
        "1 min",
        "59 min",
        "1 h",
        "1 d",
        "99 d",
    ]


def test_a_contact_stands_without_what_another_column_tells() -> None:
    assert contact(registration(contact="sip:joe@192.0.2.9;transport=tcp")) == "joe@192.0.2.9"
    assert contact(registration(contact="sip:joe@192.0.2.9;ob")) == "joe@192.0.2.9;ob"
    assert contact(registration(contact="sips:joe@192.0.2.9")) == "sips:joe@192.0.2.9"
