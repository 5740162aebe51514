from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ser_core.modules.auth.nonces import CLOCK_SKEW, RANDOM_SIZE, TEXT_LENGTH, Nonces

NOW = 1_700_000_000_123
LIFETIME = 300_000
NONCES = Nonces(b"a key of the tests", LIFETIME)
REALM, SOURCE = b"example.org", b"192.0.2.101"
TEXT = NONCES.make(REALM, SOURCE, NOW, b"random")


def test_a_nonce_of_ours_is_known_again() -> None:
    nonce = NONCES.read(TEXT, REALM, SOURCE, NOW + 1)
    assert nonce is not None
    assert nonce.made_at == NOW
    assert nonce.id.endswith(b"random")


def test_every_process_with_the_same_key_knows_it() -> None:
    assert Nonces(b"a key of the tests", LIFETIME).read(TEXT, REALM, SOURCE, NOW)


def test_another_ser_does_not_know_it() -> None:
    assert Nonces(b"another key", LIFETIME).read(TEXT, REALM, SOURCE, NOW) is None


def test_it_can_stand_in_a_quoted_string() -> None:
    assert len(TEXT) == TEXT_LENGTH
    assert not set(TEXT) & set(b'"\\ \r\n')


def test_two_challenges_of_one_moment_are_different() -> None:
    assert NONCES.make(REALM, SOURCE, NOW, b"other!") != TEXT


@pytest.mark.parametrize(
    ("realm", "source"),
    [
        (b"example.com", SOURCE),
        (REALM, b"192.0.2.102"),
        (REALM, b""),
        (b"example.org192.0.2.101", b""),
        (b"", SOURCE),
    ],
)
def test_it_is_good_for_its_realm_and_its_source_only(realm: bytes, source: bytes) -> None:
    assert NONCES.read(TEXT, realm, source, NOW) is None


def test_it_expires() -> None:
    assert NONCES.read(TEXT, REALM, SOURCE, NOW + LIFETIME)
    assert NONCES.read(TEXT, REALM, SOURCE, NOW + LIFETIME + 1) is None


def test_it_does_not_come_from_the_future() -> None:
    assert NONCES.read(TEXT, REALM, SOURCE, NOW - CLOCK_SKEW)
    assert NONCES.read(TEXT, REALM, SOURCE, NOW - CLOCK_SKEW - 1) is None


@given(st.integers(0, TEXT_LENGTH - 1), st.integers(0, 255))
def test_no_byte_of_it_can_be_changed(place: int, value: int) -> None:
    changed = TEXT[:place] + bytes((value,)) + TEXT[place + 1 :]
    assert changed == TEXT or NONCES.read(changed, REALM, SOURCE, NOW) is None


@given(st.binary(max_size=60))
def test_nothing_else_is_taken_for_one(text: bytes) -> None:
    assert NONCES.read(text, REALM, SOURCE, NOW) is None


@given(st.integers(0, 2**48 - 1), st.binary(min_size=RANDOM_SIZE, max_size=RANDOM_SIZE))
def test_identities_sort_by_their_time(moment: int, random: bytes) -> None:
    nonce = NONCES.read(NONCES.make(REALM, b"", moment, random), REALM, b"", moment)
    assert nonce is not None
    later = NONCES.read(NONCES.make(REALM, b"", moment // 2, random), REALM, b"", moment // 2)
    assert later is not None
    assert (later.id < nonce.id) == (later.made_at < nonce.made_at) or moment == 0
