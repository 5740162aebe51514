from __future__ import annotations

import pytest

from ser_core.modules.uri.uri import AUTHORIZED_USER, UriModule, UriParam
from tests.support.script_messages import FakeCore
from tests.support.script_messages import request_in_script as request

URI = UriModule()


def test_has_totag() -> None:
    assert not URI.has_totag(request())
    assert URI.has_totag(request(to="<sip:bob@example.com>;tag=1"))


# -- is_user -------------------------------------------------------------------------------------


def test_is_user_compares_with_checked_credentials() -> None:
    msg = request()
    msg.state = {AUTHORIZED_USER: b"alice"}
    assert URI.is_user(msg, b"alice")
    assert not URI.is_user(msg, b"bob")


def test_credentials_that_nobody_has_checked_prove_nothing() -> None:
    core = FakeCore()
    credentials = 'Digest username="alice", realm="example.com", nonce="0", uri="", response="0"'
    msg = request(f"Proxy-Authorization: {credentials}", core=core)
    assert not URI.is_user(msg, b"alice")
    assert core.logged == [(1, "is_user: no credentials have been checked")]


# -- parameters ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "found"),
    [
        ((b"lr",), True),
        ((b"LR",), True),
        ((b"lr", b""), True),
        ((b"lr", b"on"), False),
        ((b"user", b"phone"), True),
        ((b"user", b"ip"), False),
        ((b"user",), False),
        ((b"transport",), False),
        ((b"transport", b"tcp"), False),
    ],
)
def test_uri_param(args: tuple[bytes, ...], found: bool) -> None:
    assert URI.uri_param(request(uri="sip:bob@example.com;user=phone;Lr?X=y"), *args) is found


@pytest.mark.parametrize(
    ("uri", "param", "uri_after"),
    [
        ("sip:bob@a", "x=y", b"sip:bob@a;x=y"),
        ("sip:bob@a", ";x", b"sip:bob@a;x"),
        ("sip:bob@a;lr?H=v", "x=y", b"sip:bob@a;lr;x=y?H=v"),
        ("sip:bob@a", "", b"sip:bob@a"),
    ],
)
def test_add_uri_param(uri: str, param: str, uri_after: bytes) -> None:
    msg = request(uri=uri)
    assert URI.add_uri_param(msg, UriParam.from_script(param))
    assert msg.uri == uri_after


@pytest.mark.parametrize("text", ["a b", "x=<", "x?y=z", "x@y", "=", "x\r\n"])
def test_what_isnt_a_uri_parameter_stops_the_start(text: str) -> None:
    with pytest.raises(ValueError, match="is not a URI parameter, name=value"):
        UriParam.from_script(text)


def test_other_uris_have_no_parameters() -> None:
    msg = request(uri="tel:+49;lr")
    assert not URI.uri_param(msg, b"lr")
    assert not URI.add_uri_param(msg, UriParam(b"x=y"))
    assert msg.uri == b"tel:+49;lr"


def test_a_request_uri_that_cant_be_read_is_logged() -> None:
    core = FakeCore()
    msg = request(core=core)
    msg.uri = b"sip:@"
    assert not URI.uri_param(msg, b"lr")
    assert core.logged[0][1].startswith("bad Request-URI: ")


# -- tel2sip -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("uri", "uri_after"),
    [
        ("tel:+1-212-555.0100", b"sip:+12125550100@example.org;user=phone"),
        ("TEL:(030)1234", b"sip:0301234@example.org;user=phone"),
        ("tel:1234;phone-context=+49", b"sip:1234;phone-context=+49@example.org;user=phone"),
        ("tel:*31#", b"sip:*31%23@example.org;user=phone"),
    ],
)
def test_tel2sip_takes_number_and_parameters_to_the_callers_host(
    uri: str, uri_after: bytes
) -> None:
    msg = request(uri=uri)
    assert URI.tel2sip(msg)
    assert msg.uri == uri_after


def test_tel2sip_keeps_the_port_of_from() -> None:
    msg = request(uri="tel:+49", from_="<sip:alice@example.org:5070>;tag=1")
    assert URI.tel2sip(msg)
    assert msg.uri == b"sip:+49@example.org:5070;user=phone"


def test_tel2sip_leaves_other_uris_alone() -> None:
    msg = request(uri="sip:bob@example.com")
    assert URI.tel2sip(msg)
    assert msg.uri == b"sip:bob@example.com"


@pytest.mark.parametrize(
    ("uri", "from_"),
    [
        ("tel:bob", "<sip:alice@example.org>;tag=1"),
        ("tel:+49@x", "<sip:alice@example.org>;tag=1"),
        ("tel:+49", "<tel:+1>;tag=1"),
        ("tel:+49", "<sip:@>;tag=1"),
    ],
)
def test_tel2sip_is_false_when_no_sip_uri_can_be_made(uri: str, from_: str) -> None:
    msg = request(uri=uri, from_=from_)
    assert not URI.tel2sip(msg)
    assert msg.uri == uri.encode()
