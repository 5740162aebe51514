from __future__ import annotations

import pytest

from ser_core.modules.acc.record import FIELDS, Record, value_of
from tests.support.script_messages import request_in_script as request

SERS_LETTERS = "cdfimorstup01FTUSnDX"


def record(status: bytes = b"200", to_tag: bytes = b"b1", user: bytes = b"") -> Record:
    msg = request(
        uri="sip:b%6Fb@example.com:5070",
        from_='"Alice, A" <sip:alice@example.org>;tag=a48s',
        to="<sip:bob@example.net>",
    )
    return Record(msg.message, b"sip:bob@192.0.2.9", status, to_tag, user)


def test_the_letters_are_those_of_ser() -> None:
    assert sorted(FIELDS) == sorted(SERS_LETTERS)
    assert len({field.name for field in FIELDS.values()}) == len(FIELDS)


@pytest.mark.parametrize(
    ("letter", "value"),
    [
        ("c", b"1@192.0.2.101"),
        ("d", b"b1"),
        ("f", b'"Alice, A" <sip:alice@example.org>;tag=a48s'),
        ("i", b"sip:b%6Fb@example.com:5070"),
        ("m", b"INVITE"),
        ("o", b"sip:bob@192.0.2.9"),
        ("r", b"a48s"),
        ("s", b"200"),
        ("t", b"<sip:bob@example.net>"),
        ("u", b"n/a"),
        ("p", b"bob"),
        ("0", b"alice"),
        ("1", b"bob"),
        ("F", b"sip:alice@example.org"),
        ("T", b"sip:bob@example.net"),
        ("U", b"sip:alice@example.org"),
        ("S", b"200"),
        ("n", b"1"),
        ("D", b"example.com"),
        ("X", b"example.org"),
    ],
)
def test_what_a_letter_stands_for(letter: str, value: bytes) -> None:
    assert value_of(letter, record()) == value


def test_the_user_is_the_one_whose_credentials_were_checked() -> None:
    assert value_of("u", record(user=b"carol")) == b"carol"
    assert value_of("U", record(user=b"carol")) == b"carol"


def test_a_status_is_three_digits() -> None:
    assert value_of("S", record(b"486 Busy Here")) == b"486"
    assert value_of("s", record(b"486 Busy Here")) == b"486 Busy Here"
    assert value_of("S", record(b"missed")) == b"n/a"


@pytest.mark.parametrize("letter", SERS_LETTERS)
def test_whatever_the_headers_are_there_is_a_value(letter: str) -> None:
    msg = request(uri="tel:+49", from_="<<", to="nonsense <")
    assert value_of(letter, Record(msg.message, b"", b""))


def test_the_tag_of_a_request_in_a_dialog_is_its_own() -> None:
    msg = request(to="<sip:bob@example.net>;tag=old")
    assert value_of("d", Record(msg.message, b"", b"408")) == b"old"
