from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ser_core.errors import ParseError
from ser_core.sip.via import Via, parse_via, split_first
from tests.support.sip_case import outcome


def via(
    transport: bytes = b"UDP",
    host: bytes = b"h",
    port: int = 0,
    params: bytes = b"",
    branch: bytes = b"",
    received: bytes | None = None,
    rport: bytes | None = None,
    sent_by: bytes = b"h",
    end: int = 13,
) -> Via:
    return Via(transport, host, port, params, branch, received, rport, sent_by, end)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"SIP/2.0/UDP h", via()),
        (b"SIP/2.0/UDP h:5070", via(port=5070, sent_by=b"h:5070", end=18)),
        (b"SIP/2.0/UDP h;branch=z9hG4bK1", via(params=b";branch=z9hG4bK1", branch=b"z9hG4bK1")),
        (b"SIP/2.0/UDP h;rport;branch=x", via(params=b";rport;branch=x", branch=b"x", rport=b"")),
        (b"SIP/2.0/UDP h;rport=5;received=192.0.2.1",
         via(params=b";rport=5;received=192.0.2.1", rport=b"5", received=b"192.0.2.1")),
        (b"SIP/2.0/UDP h;alias;BRANCH=x;i=1", via(params=b";alias;BRANCH=x;i=1", branch=b"x")),
        (b"SIP/2.0/TCP [::1]:5",
         via(b"TCP", b"[::1]", 5, sent_by=b"[::1]:5", end=19)),
        (b"sip/2.0/udp h", via()),
        (b"SIP / 2.0 / UDP\r\n h : 5 ; branch = x",
         via(port=5, params=b"; branch = x", branch=b"x", sent_by=b"h:5", end=23)),
        (b"SIP/7.0/WS h", via(b"WS", end=12)),
        (b"SIP/2.0/UDP  h", via(end=14)),
        (b"SIP/2.0/UDP h;branch=a=b", via(params=b";branch=a=b", branch=b"a=b")),
        (b'SIP/2.0/UDP h;x="a;branch=no";branch=y',
         via(params=b';x="a;branch=no";branch=y', branch=b"y")),
        (b"SIP/2.0/UDP h;received=2001:db8::1", via(params=b";received=2001:db8::1",
         received=b"2001:db8::1")),
        (b"SIP/2.0/UDP h;branch=x;branch=x", via(params=b";branch=x;branch=x", branch=b"x")),
        (b"SIP/2.0/UDP h;branch=", via(params=b";branch=")),
    ],
)  # fmt: skip
def test_a_via_is_taken_apart(value: bytes, expected: Via) -> None:
    assert parse_via(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"SIP/2.0/UDP",
        b"SIP/2.0/UDP ",
        b"SIP/2.0/UDPh",
        b"SIP/2.0 h",
        b"SIP/2.0/UDP ;branch=x",
        b"SIP/2.0/UDP :5060",
        b"SIP/2.0/UDP h:",
        b"SIP/2.0/UDP h:0",
        b"SIP/2.0/UDP h:65536",
        b"SIP/2.0/UDP h:+1",
        b"SIP/2.0/UDP h:1_0",
        b"SIP/2.0/UDP h:" + b"1" * 5000,
        b"SIP/2.0/UDP h : 65536",
        b"SIP/2.0/UDP 2001:db8::1",
        b"SIP/2.0/UDP [2001::db8::1]",
        b"SIP/2.0/UDP  [2001::db8::1]",
        b"SIP/2.0/UDP h h",
        b"SIP/2.0/UDP h (comment)",
        b"SIP/2.0/UDP h;;branch=x",
        b"SIP/2.0/UDP h;",
        b"SIP/2.0/UDP h;branch=x, SIP/2.0/UDP g",
        b"SIP/2.0/UDP h;branch=x;branch=y",
        b'SIP/2.0/UDP h;branch="x"',
        b"SIP/2.0/UDP h;rport=0",
        b"SIP/2.0/UDP h;rport=65536",
        b"SIP/2.0/UDP h;rport=-1",
        b"SIP/2.0/UDP h;rport=" + b"1" * 5000,
        b"SIP/2.0/UDP h;rport=1;rport=2",
        b"SIP/2.0/UDP h;received=a,b",
        b'SIP/2.0/UDP h;received="x"',
        b"SIP/2.0/UDP h;received=",
        b"SIP/2.0/UDP h\r",
        b"SIP/2.0/UDP h\r\nX: y",
        b"SIP/2.0/UDP h\0",
    ],
)
def test_what_is_no_via_is_refused(value: bytes) -> None:
    with pytest.raises(ParseError) as caught:
        parse_via(value)
    assert caught.value.status == 400


@pytest.mark.parametrize(
    ("value", "first"),
    [
        (b"SIP/2.0/UDP a", b"SIP/2.0/UDP a"),
        (b"SIP/2.0/UDP a,SIP/2.0/UDP b", b"SIP/2.0/UDP a"),
        (b"SIP/2.0/UDP a ,\r\n SIP/2.0/UDP b", b"SIP/2.0/UDP a "),
        (b'SIP/2.0/UDP a;x="b,c", SIP/2.0/UDP d', b'SIP/2.0/UDP a;x="b,c"'),
        (rb'SIP/2.0/UDP a;x="\",", d', rb'SIP/2.0/UDP a;x="\","'),
        (b'SIP/2.0/UDP a;x=", b', b"SIP/2.0/UDP a;x="),
        (b"", b""),
    ],
)
def test_the_first_via_ends_at_the_first_comma_outside_quotes(value: bytes, first: bytes) -> None:
    assert value[: split_first(value)] == first


PIECES = st.lists(
    st.sampled_from(
        [b"SIP/2.0/UDP", b"SIP", b"/", b"2.0", b" ", b"\r\n ", b"h", b"[::1]", b":", b"5060", b"0",
         b";", b"branch", b"=", b"z9hG4bK", b"rport", b"received", b"192.0.2.1", b",", b'"', b"\\"]
    ),
    max_size=14,
).map(b"".join)  # fmt: skip


@given(st.binary(max_size=40) | PIECES | PIECES.map(b"SIP/2.0/UDP h".__add__))
def test_any_bytes_give_a_via_or_a_parse_error(value: bytes) -> None:
    found = outcome(parse_via, value)
    if isinstance(found, ParseError):
        assert found.status == 400
        return
    assert found.host in found.sent_by
    assert 0 <= found.port < 65536
    assert value[: found.end_of_sent_by].endswith(found.sent_by[-1:])
    assert found.params in value[found.end_of_sent_by :]


HOSTS = st.sampled_from([b"example.com", b"192.0.2.1", b"[2001:db8::1]"])
GAPS = st.sampled_from([b"", b" ", b"\t", b"\r\n "])


@given(HOSTS, st.integers(1, 65535), GAPS, st.sampled_from([b"x", b"z9hG4bK-1"]))
def test_blanks_change_nothing(host: bytes, port: int, gap: bytes, branch: bytes) -> None:
    plain = parse_via(b"SIP/2.0/TCP %b:%d;branch=%b;rport" % (host, port, branch))
    spread = parse_via(
        gap.join((b"SIP", b"/", b"2.0", b"/", b"TCP "))
        + gap.join((host, b":", b"%d" % port, b";", b"branch", b"=", branch, b";", b"rport"))
    )
    assert (plain.transport, plain.host, plain.port) == (b"TCP", host, port)
    assert (spread.transport, spread.host, spread.port) == (b"TCP", host, port)
    assert spread.sent_by == plain.sent_by
    assert (spread.branch, spread.rport) == (plain.branch, plain.rport) == (branch, b"")


PARAMETERS = st.lists(
    st.sampled_from(
        [b";branch=z9hG4bK-1", b";branch=x", b";rport", b";rport=5070", b";received=192.0.2.7",
         b";alias", b";i=1", b";BRANCH=z9hG4bK-1"]
    ),
    max_size=4,
).map(b"".join)  # fmt: skip


@given(PARAMETERS)
def test_the_ordinary_form_is_read_like_any_other(params: bytes) -> None:
    ordinary = outcome(parse_via, b"SIP/2.0/UDP 192.0.2.1:5080" + params)
    spread = outcome(parse_via, b"SIP / 2.0/UDP 192.0.2.1:5080" + params)
    if isinstance(ordinary, ParseError):
        assert isinstance(spread, ParseError)
        return
    assert isinstance(spread, Via)
    assert ordinary == msgspec.structs.replace(spread, end_of_sent_by=ordinary.end_of_sent_by)


@given(st.binary(max_size=30) | PIECES)
def test_the_end_of_the_first_via_is_a_comma_or_the_end(value: bytes) -> None:
    end = split_first(value)
    assert end == len(value) or value[end : end + 1] in (b",", b'"')
