"""The header that `record_route_lines` writes; test_route_set.py has the rest of that file."""

from __future__ import annotations

import pytest

from ser_core.proxy.route_set import record_route_lines
from ser_core.script.runtime import RecordRoute
from ser_core.sip.hop import Listener
from tests.support.script_messages import INSIDE, OTHER_PORT, PROXY, PROXY_TCP, SIX

WANTED = RecordRoute(params=b";ftag=a48s;lr=on")


def test_record_route_names_the_listener_the_request_came_in_on() -> None:
    assert (
        record_route_lines(WANTED, PROXY, PROXY)
        == b"Record-Route: <sip:192.0.2.1;ftag=a48s;lr=on>\r\n"
    )


def test_record_route_with_user_port_and_transport() -> None:
    listener = Listener("tcp", "192.0.2.1", 5080)
    wanted = WANTED._replace(user=b"bob@")
    assert record_route_lines(wanted, listener, listener) == (
        b"Record-Route: <sip:bob@192.0.2.1:5080;transport=tcp;ftag=a48s;lr=on>\r\n"
    )


def test_record_route_of_an_ipv6_listener_has_brackets() -> None:
    assert b"<sip:[2001:db8::1];" in record_route_lines(WANTED, SIX, SIX)


def test_record_route_says_the_advertised_address_of_a_listener() -> None:
    listener = Listener("udp", "10.0.0.5", 5060, advertised_host="203.0.113.5")
    assert b"<sip:203.0.113.5;" in record_route_lines(WANTED, listener, listener)


@pytest.mark.parametrize(
    ("leaving_by", "top"),
    [
        (INSIDE, b"<sip:10.0.0.1;r2=on;ftag=a48s;lr=on>"),
        (OTHER_PORT, b"<sip:192.0.2.1:5080;r2=on;ftag=a48s;lr=on>"),
        (PROXY_TCP, b"<sip:192.0.2.1;transport=tcp;r2=on;ftag=a48s;lr=on>"),
    ],
)
def test_crossing_two_listeners_records_both_the_outgoing_on_top(
    leaving_by: Listener, top: bytes
) -> None:
    assert record_route_lines(WANTED, PROXY, leaving_by) == (
        b"Record-Route: " + top + b"\r\nRecord-Route: <sip:192.0.2.1;r2=on;ftag=a48s;lr=on>\r\n"
    )


def test_another_listener_object_with_the_same_address_is_no_crossing() -> None:
    same = Listener("udp", "192.0.2.1", 5060, index=7)
    assert record_route_lines(WANTED, PROXY, same).count(b"Record-Route") == 1


def test_without_double_only_the_incoming_one_is_recorded() -> None:
    wanted = WANTED._replace(double=False)
    assert record_route_lines(wanted, PROXY, INSIDE) == record_route_lines(WANTED, PROXY, PROXY)


def test_the_scripts_advertised_address_stands_in_the_outgoing_one() -> None:
    lines = record_route_lines(WANTED, PROXY, INSIDE, b"203.0.113.9", 5070)
    assert lines.startswith(b"Record-Route: <sip:203.0.113.9:5070;r2=on;")
    assert b"\r\nRecord-Route: <sip:192.0.2.1;r2=on;" in lines
    only_port = record_route_lines(WANTED, PROXY, INSIDE, None, 5070)
    assert only_port.startswith(b"Record-Route: <sip:10.0.0.1:5070;r2=on;")


def test_a_preset_address_stands_alone() -> None:
    wanted = RecordRoute(b"bob@", b";ftag=a48s;lr", b"203.0.113.9:5062;transport=tcp", False)
    assert record_route_lines(wanted, PROXY, INSIDE) == (
        b"Record-Route: <sip:bob@203.0.113.9:5062;transport=tcp;ftag=a48s;lr>\r\n"
    )
