from __future__ import annotations

import pytest

from ser_core.modules.rr.rr import Preset, RecordRouteResult, Rr
from ser_core.proxy.route_set import record_route_lines
from ser_core.script.runtime import RecordRoute, ScriptMessage
from tests.support.script_messages import INSIDE, PROXY, FakeCore, leaving
from tests.support.script_messages import request_in_script as request

IN_DIALOG = "<sip:bob@example.com>;tag=314159"


def rr(**params: int | str) -> Rr:
    module = Rr()
    for name, value in params.items():
        setattr(module, name, value)
    module.start(FakeCore())  # type: ignore[arg-type]  # as much of a Core as it needs
    return module


def recorded(msg: ScriptMessage) -> bytes:
    assert msg.record_route is not None
    return record_route_lines(msg.record_route, PROXY, PROXY)


def test_record_route_with_the_defaults() -> None:
    msg = request()
    assert rr().record_route(msg) is RecordRouteResult.RECORDED
    assert recorded(msg) == b"Record-Route: <sip:192.0.2.1;ftag=a48s;lr>\r\n"


@pytest.mark.parametrize(
    ("params", "line"),
    [
        ({"enable_full_lr": 1}, b"<sip:192.0.2.1;ftag=a48s;lr=on>"),
        ({"append_fromtag": 0}, b"<sip:192.0.2.1;lr>"),
        ({"add_username": 1}, b"<sip:bob@192.0.2.1;ftag=a48s;lr>"),
        ({"append_fromtag": 0, "add_username": 1}, b"<sip:bob@192.0.2.1;lr>"),
    ],
)
def test_record_route_as_the_parameters_have_it(params: dict[str, int], line: bytes) -> None:
    msg = request()
    rr(**params).record_route(msg)
    assert recorded(msg) == b"Record-Route: " + line + b"\r\n"


@pytest.mark.parametrize(
    "from_",
    [
        "<sip:alice@example.org>",
        "<sip:alice@example.org>;tag=a%zz",
        "<sip:alice@example.org>;tag=a`b",
    ],
)
def test_a_tag_that_is_missing_or_no_uri_parameter_gives_no_ftag(from_: str) -> None:
    msg = request(from_=from_)
    rr().record_route(msg)
    assert recorded(msg) == b"Record-Route: <sip:192.0.2.1;lr>\r\n"


def test_a_second_record_route_is_refused() -> None:
    core = FakeCore()
    msg = request(core=core)
    module = rr()
    module.record_route(msg)
    assert module.record_route(msg) is RecordRouteResult.ALREADY_RECORDED
    assert core.logged == [(1, "record_route(): Double attempt to record-route")]
    assert msg.record_route == RecordRoute(b"", b";ftag=a48s;lr", b"", True)


def test_the_user_is_that_of_the_received_request_uri() -> None:
    msg = request()
    msg.uri = b"sip:carol@192.0.2.7"
    rr(add_username=1).record_route(msg)
    assert recorded(msg).startswith(b"Record-Route: <sip:bob@")


def test_without_one_it_is_that_of_the_rewritten_request_uri() -> None:
    msg = request(uri="sip:example.com")
    msg.uri = b"sip:carol@192.0.2.7"
    rr(add_username=1).record_route(msg)
    assert recorded(msg).startswith(b"Record-Route: <sip:carol@")


def test_a_request_uri_without_user_gives_none() -> None:
    msg = request(uri="sip:example.com")
    rr(add_username=1).record_route(msg)
    assert recorded(msg).startswith(b"Record-Route: <sip:192.0.2.1;")


def test_a_request_uri_that_cant_be_read_is_an_error_when_its_user_is_wanted() -> None:
    msg = request()
    msg.uri = msg.message.received_uri = b"sip:@@"
    assert rr(add_username=1).record_route(msg) is RecordRouteResult.UNREADABLE
    assert rr().record_route_preset(msg, Preset(b"h")) is RecordRouteResult.UNREADABLE
    assert msg.record_route is None
    assert rr().record_route(msg) is RecordRouteResult.RECORDED


def test_a_preset_address_always_has_a_user() -> None:
    msg = request()
    result = rr(enable_full_lr=1).record_route_preset(msg, Preset(b"203.0.113.9:5062"))
    assert result is RecordRouteResult.RECORDED
    assert recorded(msg) == b"Record-Route: <sip:bob@203.0.113.9:5062;ftag=a48s;lr=on>\r\n"
    assert msg.record_route is not None
    assert not msg.record_route.double


def test_a_preset_can_be_given_again() -> None:
    msg = request()
    module = rr()
    module.record_route(msg)
    assert module.record_route_preset(msg, Preset(b"h")) is RecordRouteResult.RECORDED
    assert recorded(msg) == b"Record-Route: <sip:bob@h;ftag=a48s;lr>\r\n"


@pytest.mark.parametrize("text", ["1.2.3.4", "p.example.com:5080;transport=tcp", "[::1]:5060;x"])
def test_a_preset_is_an_address(text: str) -> None:
    assert Preset.from_script(text) == text.encode()


@pytest.mark.parametrize("text", ["", "a b", "u@h", "h:0", "h>", "h\r\nX: y", "h?X=y"])
def test_anything_else_as_preset_stops_the_start(text: str) -> None:
    with pytest.raises(ValueError, match="is not host"):
        Preset.from_script(text)


# -- loose_route ---------------------------------------------------------------------------------


def test_loose_route_without_route_is_false() -> None:
    assert not rr().loose_route(request(to=IN_DIALOG))


def test_loose_route_follows_our_own_route_in_a_dialog() -> None:
    msg = request("Route: <sip:192.0.2.1;ftag=a48s;lr=on>", to=IN_DIALOG)
    assert rr().loose_route(msg)
    assert leaving(msg).headers(b"route") == []


def test_a_route_that_cant_be_read_is_logged_and_not_followed() -> None:
    core = FakeCore()
    msg = request("Route: rubbish", to=IN_DIALOG, core=core)
    assert not rr().loose_route(msg)
    assert core.logged == [(1, "loose_route: a Route has no angle brackets")]


def test_the_second_of_two_own_routes_goes_with_the_first() -> None:
    routes = f"Route: <sip:{INSIDE.host};r2=on;lr>, <sip:{PROXY.host};r2=on;lr>"
    msg = request(routes, to=IN_DIALOG)
    assert rr().loose_route(msg)
    assert msg.next_hop is None
    msg = request(routes, to=IN_DIALOG)
    assert rr(enable_double_rr=0).loose_route(msg)
    assert msg.next_hop == b"sip:192.0.2.1;r2=on;lr"


def test_ignore_user_makes_a_uri_foreign() -> None:
    msg = request("Route: <sip:gw@192.0.2.1;lr>", to=IN_DIALOG)
    assert rr(ignore_user="gw").loose_route(msg)
    assert msg.next_hop == b"sip:gw@192.0.2.1;lr"
