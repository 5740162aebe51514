from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ser_core.errors import ParseError
from ser_core.sip.params import find, pairs, unquote


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"", []),
        (b";lr", [(b"lr", b"")]),
        (b";Tag=aB", [(b"tag", b"aB")]),
        (b" ; a = b ;\r\n c", [(b"a", b"b"), (b"c", b"")]),
        (b';x="a;b=c,<>";y=1', [(b"x", b'"a;b=c,<>"'), (b"y", b"1")]),
        (rb';x="a\";y=2";z', [(b"x", rb'"a\";y=2"'), (b"z", b"")]),
        (b";a=b=c;d=", [(b"a", b"b=c"), (b"d", b"")]),
        (b";received=2001:db8::1", [(b"received", b"2001:db8::1")]),
    ],
)
def test_parameters_are_read_in_order(text: bytes, expected: list[tuple[bytes, bytes]]) -> None:
    assert pairs(text) == expected


def test_names_compare_without_case() -> None:
    assert find(b";Expires=60;Q=0.5", b"expires") == b"60"
    assert find(b";Expires=60;Q=0.5", b"q") == b"0.5"


def test_a_parameter_without_value_is_there_and_empty() -> None:
    assert find(b";lr;x", b"lr") == b""
    assert find(b";lr;x", b"l") is None
    assert find(b"", b"lr") is None


def test_what_stands_in_quotes_is_no_parameter() -> None:
    assert find(b';x=";tag=1";tag=2', b"tag") == b"2"
    assert find(b';x=";tag=1"', b"tag") is None


def test_the_same_parameter_twice_is_refused_unless_both_agree() -> None:
    assert find(b";tag=1;tag=1", b"tag") == b"1"
    with pytest.raises(ParseError, match="tag stands twice"):
        find(b";tag=1;TAG=2", b"tag")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (b"plain", b"plain"),
        (b'""', b""),
        (b'"a b"', b"a b"),
        (rb'"a\"b\\c"', rb"a" + b'"b' + rb"\c"),
        (b'"', b'"'),
    ],
)
def test_unquote_gives_what_the_quotes_say(value: bytes, said: bytes) -> None:
    assert unquote(value) == said


@given(st.binary(max_size=60))
def test_any_bytes_give_pairs_or_nothing(text: bytes) -> None:
    for name, _value in pairs(text):
        assert name == name.lower()
