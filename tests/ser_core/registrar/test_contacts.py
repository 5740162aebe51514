from __future__ import annotations

import pytest

from ser_core.registrar.contacts import (
    WantedContact,
    contact_line,
    q_text,
    read_contact,
    read_expires,
    wanted_seconds,
)
from ser_core.registrar.location import NEVER, PERMANENT
from ser_core.registrar.rules import MAX_CONTACT_URI, Refused, Rules
from ser_core.sip.address import parse_address
from tests.support.registrar import START, binding

RULES = Rules()
URI = b"sip:joe@10.0.0.1"


def read(value: bytes, expires: int | None = None, rules: Rules = RULES) -> WantedContact:
    return read_contact(parse_address(value), expires, rules)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        (b"0", 0),
        (b"3600", 3600),
        (b"4294967295", 4294967295),
    ],
)
def test_expires_header(value: bytes | None, seconds: int | None) -> None:
    assert read_expires(value) == seconds


@pytest.mark.parametrize("value", [b"", b"-1", b"+5", b"4294967296", b"1_0", b"9" * 5000, b"soon"])
def test_expires_header_that_is_no_number(value: bytes) -> None:
    with pytest.raises(Refused) as caught:
        read_expires(value)
    assert (caught.value.status, caught.value.text) == (400, b"Expires parse error")


@pytest.mark.parametrize(
    ("value", "header", "seconds"),
    [
        (b"<sip:joe@10.0.0.1>", None, 3600),
        (b"<sip:joe@10.0.0.1>", 1800, 1800),
        (b"<sip:joe@10.0.0.1>;expires=120", 1800, 120),
        (b"<sip:joe@10.0.0.1>;EXPIRES=120", None, 120),
        (b"sip:joe@10.0.0.1;expires=120", None, 120),
        (b"<sip:joe@10.0.0.1;expires=120>", None, 3600),
        (b"<sip:joe@10.0.0.1>;expires=0", 1800, 0),
        (b"<sip:joe@10.0.0.1>", 0, 0),
        # RFC 3261 §20.10: "Malformed values SHOULD be treated as equivalent to 3600."
        (b"<sip:joe@10.0.0.1>;expires=soon", 1800, 3600),
        (b"<sip:joe@10.0.0.1>;expires", 1800, 3600),
        (b"<sip:joe@10.0.0.1>;expires=4294967296", 1800, 3600),
    ],
)
def test_the_parameter_counts_before_the_header(
    value: bytes, header: int | None, seconds: int
) -> None:
    assert read(value, header).expires == seconds


@pytest.mark.parametrize(
    ("asked", "rules", "seconds"),
    [
        (None, Rules(default_expires=1800), 1800),
        (None, Rules(default_expires=30), 60),  # nobody has asked for less than the minimum
        (None, Rules(default_expires=3600, max_expires=600), 600),
        (60, RULES, 60),
        (5, Rules(min_expires=0), 5),
        (0, RULES, 0),
        (100_000, RULES, 100_000),
        (100_000, Rules(max_expires=7200), 7200),
        (7200, Rules(max_expires=7200), 7200),
        # RFC 3261 §10.3 step 7: an hour and more can't be refused.
        (3600, Rules(min_expires=7200), 3600),
    ],
)
def test_seconds_that_a_binding_gets(asked: int | None, rules: Rules, seconds: int) -> None:
    assert wanted_seconds(asked, rules) == seconds


@pytest.mark.parametrize(("asked", "minimum"), [(1, 60), (59, 60), (3599, 3600), (3599, 7200)])
def test_too_brief_an_interval_is_answered_423_with_min_expires(asked: int, minimum: int) -> None:
    with pytest.raises(Refused) as caught:
        wanted_seconds(asked, Rules(min_expires=minimum))
    assert (caught.value.status, caught.value.reason) == (423, b"Interval Too Brief")
    assert caught.value.headers == (b"Min-Expires: %d\r\n" % minimum,)


@pytest.mark.parametrize(
    ("value", "rules", "q"),
    [
        (b"<sip:joe@10.0.0.1>", RULES, -1),
        (b"<sip:joe@10.0.0.1>", Rules(default_q=500), 500),
        (b"<sip:joe@10.0.0.1>;expires=60", Rules(default_q=500), 500),
        (b"<sip:joe@10.0.0.1>;q=0.7", Rules(default_q=500), 700),
        (b"<sip:joe@10.0.0.1>;q=1", RULES, 1000),
        (b"<sip:joe@10.0.0.1>;q=1.0", RULES, 1000),
        (b"<sip:joe@10.0.0.1>;q=0", RULES, 0),
        (b"<sip:joe@10.0.0.1>;q=0.125", RULES, 125),
    ],
)
def test_q(value: bytes, rules: Rules, q: int) -> None:
    assert read(value, rules=rules).q == q


@pytest.mark.parametrize("q", [b"2", b"1.1", b"-1", b"0.1234", b"x", b""])
def test_q_that_is_none(q: bytes) -> None:
    with pytest.raises(Refused) as caught:
        read(b"<sip:joe@10.0.0.1>;q=" + q if q else b"<sip:joe@10.0.0.1>;q")
    assert (caught.value.status, caught.value.text) == (400, b"Invalid q param in contact")


def test_received_is_read_with_its_quotes_taken_off() -> None:
    value = b'<sip:joe@10.0.0.1>;received="sip:192.0.2.1:4444;transport=tcp"'
    assert read(value).received == b"sip:192.0.2.1:4444;transport=tcp"


def test_received_may_have_another_name() -> None:
    value = b'<sip:joe@10.0.0.1>;seen="sip:192.0.2.1:4444"'
    assert read(value, rules=Rules(received_param=b"seen")).received == b"sip:192.0.2.1:4444"
    assert read(value).received == b""


@pytest.mark.parametrize(
    "parameters",
    [
        b';received="not a uri"',
        b";received=tel:1",
        b";received",
        b';received="sip:' + b"h" * 300 + b'"',
        b";expires=60;expires=61",
        b";q=0.1;q=0.2",
    ],
)
def test_parameters_that_cannot_be_used(parameters: bytes) -> None:
    with pytest.raises(Refused) as caught:
        read(b"<" + URI + b">" + parameters)
    assert (caught.value.status, caught.value.text) == (400, b"Contact parse error")


def test_a_contact_uri_has_a_greatest_length() -> None:
    longest = URI + b";x=" + b"y" * (MAX_CONTACT_URI - len(URI) - 3)
    assert read(b"<" + longest + b">").uri == longest
    with pytest.raises(Refused, match="too long"):
        read(b"<" + longest + b"y>")


@pytest.mark.parametrize(
    ("q", "text"),
    [
        (1000, b"1"),
        (0, b"0"),
        (500, b"0.5"),
        (750, b"0.75"),
        (125, b"0.125"),
        (5, b"0.005"),
        (10, b"0.01"),
    ],
)
def test_q_is_written_as_ser_does(q: int, text: bytes) -> None:
    assert q_text(q) == text


def test_the_answer_lists_all_bindings_in_one_header() -> None:
    bindings = [
        binding(b"sip:a@10.0.0.1", q=500, expires_at=START + 60),
        binding(b"sip:b@10.0.0.2", received=b"sip:192.0.2.1:99"),
        binding(b"sip:c@10.0.0.3", q=1000, received=b"sip:192.0.2.1:98;transport=tcp"),
    ]
    assert contact_line(bindings, START, RULES) == (
        b"Contact: <sip:a@10.0.0.1>;q=0.5;expires=60, "
        b'<sip:b@10.0.0.2>;expires=3600;received="sip:192.0.2.1:99", '
        b'<sip:c@10.0.0.3>;q=1;expires=3600;received="sip:192.0.2.1:98;transport=tcp"\r\n'
    )


def test_received_is_written_under_its_configured_name() -> None:
    line = contact_line([binding(received=b"sip:1.2.3.4")], START, Rules(received_param=b"seen"))
    assert line.endswith(b';seen="sip:1.2.3.4"\r\n')


def test_expired_bindings_are_not_in_the_answer() -> None:
    bindings = [binding(b"sip:old@h", expires_at=START), binding(b"sip:new@h")]
    assert contact_line(bindings, START, RULES) == b"Contact: <sip:new@h>;expires=3600\r\n"


def test_without_bindings_there_is_no_header() -> None:
    assert contact_line([], START, RULES) == b""
    assert contact_line([binding(expires_at=START - 1)], START, RULES) == b""


def test_a_permanent_binding_shows_the_default() -> None:
    lasting = binding(expires_at=NEVER, flags=PERMANENT)
    line = contact_line([lasting], START, Rules(default_expires=900))
    assert line == b"Contact: <sip:joe@10.0.0.1:5062>;expires=900\r\n"


@pytest.mark.parametrize(
    ("later", "left"), [(0.0, 3600), (0.5, 3599), (1.0, 3599), (3599.5, 0), (0.001, 3599)]
)
def test_no_more_seconds_are_promised_than_are_left(later: float, left: int) -> None:
    line = contact_line([binding(expires_at=START + 3600)], START + later, RULES)
    assert line.endswith(b";expires=%d\r\n" % left)
