from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ser_core.errors import ParseError
from ser_core.sip import names
from ser_core.sip.names import COMPACT, KNOWN, SINGLE, canonical


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        (b"Via", b"via"),
        (b"v", b"via"),
        (b"V", b"via"),
        (b"VIA", b"via"),
        (b"via", b"via"),
        (b"Call-ID", b"call-id"),
        (b"Call-Id", b"call-id"),
        (b"CALL-ID", b"call-id"),
        (b"call-id", b"call-id"),
        (b"i", b"call-id"),
        (b"CSeq", b"cseq"),
        (b"Cseq", b"cseq"),
        (b"CSEQ", b"cseq"),
        (b"WWW-Authenticate", b"www-authenticate"),
        (b"RAck", b"rack"),
        (b"P-Asserted-Identity", b"p-asserted-identity"),
        (b"Max-Breadth", b"max-breadth"),
        (b"l", b"content-length"),
    ],
)
def test_usual_spellings_are_known_without_a_search(spelling: bytes, name: bytes) -> None:
    assert KNOWN[spelling] == name


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        (b"MaX-fOrWaRdS", b"max-forwards"),
        (b"cSeQ", b"cseq"),
        (b"X-Own", b"x-own"),
        (b"extensionHeader-!.%*+_`'~", b"extensionheader-!.%*+_`'~"),
        (b"z", b"z"),
    ],
)
def test_other_spellings_are_read_in_any_case(spelling: bytes, name: bytes) -> None:
    assert canonical(spelling) == name


@pytest.mark.parametrize("spelling", [b"", b" ", b"To ", b"X Y", b"X:", "Ü".encode(), b"X\0"])
def test_a_name_that_is_no_token_is_refused(spelling: bytes) -> None:
    with pytest.raises(ParseError):
        canonical(spelling)


@given(st.sampled_from(sorted(set(KNOWN.values()))), st.data())
def test_case_never_matters(name: bytes, data: st.DataObject) -> None:
    flips = data.draw(st.lists(st.booleans(), min_size=len(name), max_size=len(name)))
    spelling = bytes(
        byte ^ 0x20 if flip and bytes((byte,)).isalpha() else byte
        for byte, flip in zip(name, flips, strict=True)
    )
    assert canonical(spelling) == name


def test_each_constant_is_canonical_and_known() -> None:
    constants = {
        value
        for name, value in vars(names).items()
        if name.isupper() and not name.startswith("_") and isinstance(value, bytes)
    }
    assert {b"via", b"call-id", b"max-breadth", b"proxy-require"} <= constants
    for value in constants:
        assert value == value.lower()
        assert KNOWN[value] == value
    assert set(COMPACT.values()) <= constants
    assert constants >= SINGLE


def test_compact_forms_are_those_of_the_registry() -> None:
    assert b"".join(sorted(COMPACT)) == b"abcdefijklmnorstuvxy"
    assert len(set(COMPACT.values())) == len(COMPACT)


def test_single_headers_are_those_that_two_readers_could_take_differently() -> None:
    assert {b"from", b"to", b"call-id", b"cseq", b"content-length", b"max-forwards"} == SINGLE
