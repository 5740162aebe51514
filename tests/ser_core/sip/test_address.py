from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ser_core.errors import ParseError
from ser_core.sip.address import NameAddr, parse_address, split_comma, uri_and_tag
from tests.support.sip_case import outcome


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"<sip:a@b>", NameAddr(None, b"sip:a@b", b"")),
        (b"sip:a@b", NameAddr(None, b"sip:a@b", b"")),
        (b"sip:a@b;tag=1", NameAddr(None, b"sip:a@b", b";tag=1")),
        (b"<sip:a@b;lr>;tag=1", NameAddr(None, b"sip:a@b;lr", b";tag=1")),
        (b"<sip:a,c@b?d=e>", NameAddr(None, b"sip:a,c@b?d=e", b"")),
        (b'"Al" <sip:a@b>', NameAddr(b'"Al"', b"sip:a@b", b"")),
        (b'"Al"<sip:a@b>', NameAddr(b'"Al"', b"sip:a@b", b"")),
        (b"Al Ice<sip:a@b>", NameAddr(b"Al Ice", b"sip:a@b", b"")),
        (b"Al\r\n Ice \t<sip:a@b>", NameAddr(b"Al\r\n Ice", b"sip:a@b", b"")),
        (rb'"A \"<sip:x>;tag=1\" \\" <sip:a@b>;q=1',
         NameAddr(rb'"A \"<sip:x>;tag=1\" \\"', b"sip:a@b", b";q=1")),
        ("Müller (home) <sip:m@b>".encode(), NameAddr("Müller (home)".encode(), b"sip:m@b", b"")),
        (b"<sip:a@b> ; tag\r\n = 1 ", NameAddr(None, b"sip:a@b", b"; tag\r\n = 1")),
        (b"<tel:+1-23>", NameAddr(None, b"tel:+1-23", b"")),
        (b"http://x.example/y", NameAddr(None, b"http://x.example/y", b"")),
        (b'<sip:a@b>;+sip.instance="<urn:uuid:0>";reg-id=1',
         NameAddr(None, b"sip:a@b", b';+sip.instance="<urn:uuid:0>";reg-id=1')),
    ],
)  # fmt: skip
def test_an_address_is_taken_apart(value: bytes, expected: NameAddr) -> None:
    assert parse_address(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"<>",
        b"a",
        b"<sip:a@b",
        b"sip:a@b>",
        b"< sip:a@b>",
        b"<sip:a@b >",
        b"<sip:a b>",
        b'"Al <sip:a@b>',
        b'"Al" "Ice" <sip:a@b>',
        b"Bell, Al <sip:a@b>",
        b"Al;x <sip:a@b>",
        b"<sip:a@b> x",
        b"<sip:a@b>;",
        b"<sip:a@b>;;tag=1",
        b"<sip:a@b>, <sip:c@d>",
        b"sip:a@b, sip:c@d",
        b"sip:a@b?c=d",
        b"sip:a;b=c@d",
        b"sip:a@b c",
        b"<sip:a@b>\r\nX: y",
        b"<sip:a@b>;x=a\rb",
        b"<sip:a\0@b>",
    ],
)
def test_what_is_no_address_is_refused(value: bytes) -> None:
    with pytest.raises(ParseError) as caught:
        parse_address(value)
    assert caught.value.status == 400


def test_parameters_of_the_header_are_not_those_of_the_uri() -> None:
    address = parse_address(b'<sip:a@b;x=1;lr>;y="2";Tag=t')
    assert address.param(b"x") is None
    assert address.param(b"y") == b'"2"'
    assert address.tag == b"t"
    assert parse_address(b"<sip:a@b>").tag == b""


# -- lists ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"a", [b"a"]),
        (b"a,b", [b"a", b"b"]),
        (b" a \t,\r\n b ", [b"a", b"b"]),
        (b"<sip:a,b@c>,<sip:d@e>", [b"<sip:a,b@c>", b"<sip:d@e>"]),
        (b'"a,b" <sip:c@d>;x="y,z" , *', [b'"a,b" <sip:c@d>;x="y,z"', b"*"]),
        (rb'"a\",b" <sip:c@d>,e', [rb'"a\",b" <sip:c@d>', b"e"]),
        (b'<sip:a@b>;x="<,"', [b'<sip:a@b>;x="<,"']),
    ],
)
def test_a_list_is_split_at_its_own_commas(value: bytes, expected: list[bytes]) -> None:
    assert [value[start:end] for start, end in split_comma(value)] == expected


@pytest.mark.parametrize(
    "value", [b"", b" ", b",", b"a,", b",a", b"a,,b", b'"a,b', b"<a,b", b"a\rb"]
)
def test_a_list_with_holes_or_open_quotes_is_refused(value: bytes) -> None:
    with pytest.raises(ParseError):
        split_comma(value)


ELEMENTS = st.sampled_from(
    [b"a", b"<sip:a,b@c>", b'"x,\\"y" <sip:d@e>;q=0.1', b"*", b"sip:a@b;x=y"]
)
GAPS = st.sampled_from([b",", b" ,", b", ", b" \r\n , \t"])


@given(st.lists(ELEMENTS, min_size=1, max_size=6), GAPS)
def test_joining_and_splitting_is_the_identity(elements: list[bytes], gap: bytes) -> None:
    value = gap.join(elements)
    assert [value[start:end] for start, end in split_comma(value)] == elements


# -- tags ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "tag"),
    [
        (b"<sip:a@b>;tag=1", b"1"),
        (b"<sip:a@b>", b""),
        (b"sip:a@b", b""),
        (b"sip:a@b;tag=1", b"1"),
        (b"sip:a@b ; x=y ; TAG\r\n = a.B-1", b"a.B-1"),
        (b"<sip:a@b;tag=no>;tag=yes", b"yes"),
        (b"<sip:a@b;tag=no>", b""),
        (b"<sip:a@b>;tag=1;x=y", b"1"),
        (b"<sip:a@b>;x=y;tag=1", b"1"),
        (b"<sip:a@b>;xtag=2;tag=1", b"1"),
        (b"<sip:a@b> ;tag=1", b"1"),
        (b'"Al" <sip:a@b>;tag=1', b"1"),
        (b'"<sip:x@y>;tag=no" <sip:a@b>;tag=yes', b"yes"),
        (b'"<sip:x@y>;tag=no" <sip:a@b>', b""),
        (rb'"\">;tag=no" <sip:a@b>;tag=yes', b"yes"),
        (rb'"\\" <sip:a@b>;tag=yes', b"yes"),
        (b'<sip:a@b>;x=">;tag=no";tag=yes', b"yes"),
        (b'<sip:a@b>;tag=yes;x=">;tag=no"', b"yes"),
        (b'"n" <sip:a@b>;x=">;tag=no"', b""),
        (b"Al <sip:a@b>;tag=~'`!%*_+-.", b"~'`!%*_+-."),
        (b"<sip:a@b>;tag=1;tag=1", b"1"),
    ],
)
def test_the_tag_is_found(value: bytes, tag: bytes) -> None:
    assert uri_and_tag(value)[1] == tag


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"<sip:a@b>;tag=",
        b"<sip:a@b>;tag",
        b'<sip:a@b>;tag="1"',
        b"<sip:a@b>;tag=a b",
        b"<sip:a@b>;tag=1;tag=2",
        b"<sip:a@b>;tag=1, <sip:c@d>;tag=2",
        b"<sip:a@b>;tag=1>;x",
        b'"Al <sip:a@b>;tag=1',
        b'Al" <sip:a@b>;tag=1',
        b"Bell, Al <sip:a@b>;tag=1",
        b"sip:a@b>;tag=1",
        b"<sip:a@b>x;tag=1",
    ],
)
def test_a_tag_with_two_readings_is_refused(value: bytes) -> None:
    with pytest.raises(ParseError):
        uri_and_tag(value)


VALUES = st.lists(
    st.sampled_from(
        [b"<sip:a@b>", b"<", b">", b'"', b"\\", b"Al", b" ", b"\r\n ", b",", b";", b";tag=", b"1",
         b"tag", b"=", b'"x"', b"sip:a@b", b"\0"]
    ),
    max_size=10,
).map(b"".join)  # fmt: skip


ORDINARY = st.tuples(
    st.sampled_from(
        [b"", b"Al ", b'"Al" ', b'"Al"', b'"a\\"b" ', b"  ", b"-._ 9", b"Al, ", b'"\xff" ']
    ),
    st.sampled_from([b"<sip:a@b>", b"<sip:a b>", b"<>", b"< sip:a>", b"sip:a", b"<tel:1;x=y?z>"]),
    st.sampled_from([b"", b";tag=1", b";TAG=1", b";tag=", b";tag=a b", b";tag=1;x", b" ;tag=1"]),
).map(b"".join)


@given(st.binary(max_size=40) | VALUES | ORDINARY)
def test_any_bytes_give_an_address_or_a_parse_error(value: bytes) -> None:
    address = outcome(parse_address, value)
    if isinstance(address, ParseError):
        assert address.status == 400
        return
    assert address.uri in value
    assert address.params in value


@given(st.binary(max_size=40) | VALUES | ORDINARY)
def test_the_quick_way_to_uri_and_tag_agrees_with_the_slow_one(value: bytes) -> None:
    quick = outcome(uri_and_tag, value)
    slow = outcome(lambda text: (parse_address(text).uri, parse_address(text).tag), value)
    if isinstance(slow, ParseError):
        assert isinstance(quick, ParseError)
        assert quick.reason == slow.reason
    else:
        assert quick == slow


@given(VALUES)
def test_any_bytes_give_a_list_or_a_parse_error(value: bytes) -> None:
    try:
        spans = split_comma(value)
    except ParseError:
        return
    assert all(value[start:end] == value[start:end].strip() for start, end in spans)
