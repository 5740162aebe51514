"""mhomed: the listener that the kernel would send from."""

from __future__ import annotations

import pytest

from ser_core.sip.hop import Listener, LocalAddresses
from ser_core.transport.multihomed import KernelRoutes, source_address


def test_loopback_peers_are_reached_from_loopback() -> None:
    assert source_address("127.0.0.9") == "127.0.0.1"


def test_an_address_that_is_none_has_no_route() -> None:
    assert source_address("300.0.0.1") == ""


@pytest.mark.parametrize(("transport", "number"), [("udp", 1), ("tcp", 2)])
def test_the_listener_of_that_address_and_transport_is_chosen(transport: str, number: int) -> None:
    listeners = [
        Listener("udp", "192.0.2.1", 5060),
        Listener("udp", "127.0.0.1", 5060),
        Listener("tcp", "127.0.0.1", 5060),
    ]
    routes = KernelRoutes(LocalAddresses(listeners))
    for _ in range(2):  # the second answer is remembered
        assert routes.listener_for(transport, "127.0.0.9") is listeners[number]


def test_none_when_we_do_not_listen_there() -> None:
    routes = KernelRoutes(LocalAddresses([Listener("udp", "192.0.2.1", 5060)]))
    assert routes.listener_for("udp", "127.0.0.9") is None
