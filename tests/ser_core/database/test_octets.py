from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ser_core.database.octets import is_storable, to_octets, to_text


@given(st.binary())
def test_bytes_come_back_as_they_were(octets: bytes) -> None:
    text = to_text(octets)
    assert to_octets(text) == octets
    assert is_storable(text)
    assert len(text) <= 4 * len(octets)


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (b"sip:joe@192.0.2.9", "sip:joe@192.0.2.9"),
        ("sip:jö@192.0.2.9".encode(), "sip:jö@192.0.2.9"),
        (b"\xff\x00\r\n", r"\xff\x00\x0d\x0a"),
        (b'"a\\"b"', '"a\\\\"b"'),
    ],
)
def test_what_can_be_read_stays_readable(octets: bytes, text: str) -> None:
    assert to_text(octets) == text


def test_text_that_others_wrote_with_a_lone_backslash_is_left_alone() -> None:
    assert to_octets(r"C:\dir\xzz") == rb"C:\dir\xzz"


@pytest.mark.parametrize("text", ["a\0b", "\ud800", "joe\udcff"])
def test_what_no_database_takes(text: str) -> None:
    assert not is_storable(text)
