"""The torture messages of RFC 4475 and RFC 5118, and hostile ones, through the parser."""

from __future__ import annotations

import pytest

from ser_core.errors import ParseError
from ser_core.sip.address import parse_address
from ser_core.sip.headers import parse_contacts, parse_tokens, parse_uint
from ser_core.sip.message import Request, Response
from ser_core.sip.names import CONTACT, MAX_FORWARDS, PROXY_REQUIRE
from ser_core.sip.parser import parse_message
from ser_core.sip.uri import parse_uri
from tests.support.hostile import HOSTILE
from tests.support.sip_case import Case
from tests.support.torture import ALL, BY_NAME, RFC4475, RFC5118

READABLE = [case for case in (*ALL, *HOSTILE) if case.reads]
REFUSED = [case for case in (*ALL, *HOSTILE) if not case.reads and isinstance(case.owed, int)]
DROPPED = [case for case in (*ALL, *HOSTILE) if not case.reads and case.owed == "drop"]


def read(data: bytes) -> Request | Response:
    """Read what a proxy must know before it does anything with a message."""
    message = parse_message(data)
    try:
        _ = (message.via, message.from_tag, message.to_tag, message.from_uri, message.to_uri)
        if isinstance(message, Request):
            if parse_uri(message.uri).headers:
                raise ParseError("headers in the Request-URI")
            hops = message.header(MAX_FORWARDS)
            if hops is not None:
                parse_uint(hops, 255)
    except ParseError as error:
        if isinstance(message, Request):
            error.message = message
        raise
    return message


def named(name: str) -> Request | Response:
    return read(BY_NAME[name].data)


def test_the_corpora_are_whole() -> None:
    assert (len(RFC4475), len(RFC5118)) == (49, 12)
    for cases in (ALL, HOSTILE):
        assert len({case.name for case in cases}) == len(cases)


@pytest.mark.parametrize("case", READABLE, ids=str)
def test_what_is_sip_is_read_and_written_as_it_came(case: Case) -> None:
    message = read(case.data)
    written = message.to_bytes()
    crlf = case.data if b"\r" in case.data else case.data.replace(b"\n", b"\r\n")
    assert written in crlf
    assert written == message.buffer


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_what_has_two_readings_is_refused_with_a_status(case: Case) -> None:
    with pytest.raises(ParseError) as caught:
        read(case.data)
    assert caught.value.status == case.owed
    assert isinstance(caught.value.message, Request)


@pytest.mark.parametrize("case", DROPPED, ids=str)
def test_what_cannot_be_answered_has_no_message(case: Case) -> None:
    with pytest.raises(ParseError) as caught:
        read(case.data)
    assert caught.value.message is None


def test_wsinv_is_read_through_all_its_folds() -> None:
    message = named("wsinv")
    assert message.to_tag == b"1918181833n"
    assert message.from_tag == b"98asjd8"
    assert message.from_uri == b"sip:jrosen@example.com"
    assert (message.cseq_number, message.cseq_method) == (9, b"INVITE")
    assert (message.via.transport, message.via.host) == (b"UDP", b"192.0.2.2")
    assert message.via.branch == b"390skdjuw"
    contact = parse_contacts(message.headers(CONTACT))
    assert isinstance(contact, list)
    assert contact[0].param(b"q") == b"0.33"
    assert contact[0].param(b"newparam") == b"newvalue"


def test_intmeth_keeps_every_byte_of_user_and_password() -> None:
    message = named("intmeth")
    assert isinstance(message, Request)
    uri = parse_uri(message.uri)
    assert uri.user == b"1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*"
    assert uri.password == b"&it+has=1,weird!*pas$wo~d_too.(doesn't-it)"
    assert message.from_tag == b"_token~1'+`*%!-."
    assert message.method == message.cseq_method


def test_esc01_has_a_loose_router_in_disguise() -> None:
    contacts = parse_contacts(named("esc01").headers(CONTACT))
    assert isinstance(contacts, list)
    uri = parse_uri(contacts[0].uri)
    assert uri.is_loose_router
    assert uri.param(b"name") == b"v%61lue%25%34%31"


def test_escnull_has_two_contacts_that_differ() -> None:
    contacts = parse_contacts(named("escnull").headers(CONTACT))
    assert isinstance(contacts, list)
    assert [parse_uri(contact.uri).user for contact in contacts] == [b"%00", b"%00%00"]


def test_esc02_is_no_register_and_has_two_contacts() -> None:
    message = named("esc02")
    assert isinstance(message, Request)
    assert message.method == b"RE%47IST%45R"
    assert len(message.headers(CONTACT)) == 2


def test_dblreq_ends_where_content_length_says() -> None:
    assert named("dblreq").body == b""


def test_semiuri_has_its_host_behind_the_at() -> None:
    message = named("semiuri")
    assert isinstance(message, Request)
    assert parse_uri(message.uri).host == b"example.com"


def test_transports_reads_the_topmost_via_only() -> None:
    assert named("transports").via.transport == b"UDP"


def test_mpart01_keeps_its_body() -> None:
    message = named("mpart01")
    assert b"\0" in message.body
    assert message.body.endswith(b"--7a9cbec02ceef655--")


def test_unreason_and_noreason_keep_their_phrases() -> None:
    unreason, noreason = named("unreason"), named("noreason")
    assert isinstance(unreason, Response)
    assert isinstance(noreason, Response)
    assert unreason.reason.endswith("простое".encode())
    assert noreason.reason == b""


def test_regbadct_has_a_contact_that_a_registrar_refuses() -> None:
    with pytest.raises(ParseError):
        parse_contacts(named("regbadct").headers(CONTACT))


@pytest.mark.parametrize("name", ["unkscm", "novelsc"])
def test_an_unknown_scheme_is_passed_through(name: str) -> None:
    message = named(name)
    assert isinstance(message, Request)
    assert not parse_uri(message.uri).is_sip


def test_bext01_names_two_extensions() -> None:
    options = parse_tokens(named("bext01").headers(PROXY_REQUIRE))
    assert options == [b"nothingSupportsThis", b"nothingSupportsThisEither"]


def test_cparam01_and_cparam02_differ_in_whose_parameter_it_is() -> None:
    header, uri = (
        parse_address(named(name).headers(CONTACT)[0]) for name in ("cparam01", "cparam02")
    )
    assert header.params == b";unknownparam"
    assert parse_uri(header.uri).params == b""
    assert uri.params == b""
    assert parse_uri(uri.uri).params == b";unknownparam"


def test_an_ipv6_port_stands_behind_the_brackets() -> None:
    ambiguous, clear = named("port-ambiguous"), named("port-unambiguous")
    assert isinstance(ambiguous, Request)
    assert isinstance(clear, Request)
    assert parse_uri(ambiguous.uri).port == 0
    assert parse_uri(ambiguous.uri).host_text == "2001:db8::10:5070"
    assert parse_uri(clear.uri).port == 5070


@pytest.mark.parametrize("name", ["ipv6-bug-abnf-3-colons", "ipv6-correct-abnf-2-colons"])
def test_three_colons_before_an_ipv4_address_mean_two(name: str) -> None:
    message = named(name)
    assert isinstance(message, Request)
    assert parse_uri(message.uri).host_text == "2001:db8::192.0.2.1"


def test_received_is_read_with_and_without_brackets() -> None:
    assert named("via-received-param-with-delim").via.received == b"[2001:db8::9:255]"
    assert named("via-received-param-no-delim").via.received == b"2001:db8::9:255"
