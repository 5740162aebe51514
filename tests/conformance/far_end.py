"""A client that takes answers wherever a Via may send them, and a next hop that takes all requests:
for torture messages, whose addresses are those of the RFC.

The client has an address of the loopback network for itself, so that it can own port 5060 there. A
reply goes to the address that the request came from and the port of its sent-by (RFC 3261 §18.2.2).
"""

from __future__ import annotations

import random
import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from tests.conformance.proxy import CONFIG, RunningProxy, come_by_now, running
from tests.support.sip_peer import Peer
from tests.support.sip_reading import Message, read_message

PORTS = (5060, 5050, 6050, 19823)
"""The ports of all sent-bys in RFC 4475 and RFC 5118."""

_random = random.SystemRandom()


def config_for(next_hop_port: int) -> str:
    """Hello world, registrar of example.com, that sends all it relays to one next hop: foreign
    domains and users nobody knows, too."""
    config = CONFIG.replace("t_relay()", f't_relay_to_udp("127.0.0.1", "{next_hop_port}")')
    unknown = re.compile(r'sl_send_reply\("404", "User Not Found"\);')
    config, changes = unknown.subn("route(1);", config)
    assert changes == 1
    return "alias=example.com\n" + config


@dataclass(frozen=True, slots=True)
class Torture:
    """The daemon between client and next hop."""

    proxy: RunningProxy
    address: str
    """Of the client."""
    clients: tuple[Peer, ...]
    next_hop: Peer

    def send(self, data: bytes) -> None:
        """As a datagram from port 5060."""
        self.clients[0].send(data)

    def replies(self, data: bytes) -> list[Message]:
        """The final responses that have come back by now for this message."""
        came = come_by_now(self.proxy, *self.clients)
        return [x for x in came if not x.is_request and x.status >= 200 and _belongs(x, data)]

    def forwarded(self, data: bytes) -> list[Message]:
        """All that the next hop has got by now for this message, ACKs and repetitions left out."""
        came = {message.raw: message for message in come_by_now(self.proxy, self.next_hop)}
        return [x for x in came.values() if x.method != "ACK" and _belongs(x, data)]

    def next_hop_gets(self, data: bytes) -> Message:
        """The forwarded request, when it comes. Raises TimeoutError."""
        while True:
            message = self.next_hop.next_message()
            if message.method != "ACK" and _belongs(message, data):
                return message


def _belongs(message: Message, data: bytes) -> bool:
    """Whether it has the Call-ID of what was sent."""
    sent = read_message(data, ("", 0)).headers("call-id")
    return message.header("call-id") in (sent or [""])


@contextmanager
def torture_proxy() -> Iterator[Torture]:
    """All of it, started."""
    with ExitStack() as stack:
        next_hop = stack.enter_context(Peer("", "next-hop"))
        proxy = stack.enter_context(running(config_for(next_hop.port)))
        address = _own_address()
        clients = [
            stack.enter_context(Peer(proxy.target, f"client{port}", host=address, port=port))
            for port in PORTS
        ]
        yield Torture(proxy, address, tuple(clients), next_hop)


def _own_address() -> str:
    """An address of 127/8 on which nobody has one of our ports."""
    while True:
        address = "127." + ".".join(str(_random.randrange(2, 250)) for _ in range(3))
        if all(_is_free(address, port) for port in PORTS):
            return address


def _is_free(address: str, port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True
