"""A nameserver on the loopback, in the test's own hub: answers from a table or misbehaves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import gevent
import gevent.event
from gevent import socket

from tests.support.ports import free_port

Misbehave = Callable[[dns.message.Message], list[bytes]]
"""Gets the query, gives the datagrams to answer with."""


class DnsServer:
    """UDP and TCP on the same free port.

    `zone` maps (name, type) to the lines of records, e.g. ("example.com", "A"): ["192.0.2.1"].
    """

    def __init__(self, zone: dict[tuple[str, str], list[str]] | None = None) -> None:
        self.zone = zone or {}
        self.ttl = 60
        self.truncate = False
        """Over UDP, say only that the answer is too long."""
        self.rcode = dns.rcode.NOERROR
        self.misbehave: Misbehave | None = None
        self.asked: list[tuple[str, str]] = []
        self.over_tcp = 0
        self.hold = gevent.event.Event()
        """Cleared: questions wait for their answers."""
        self.hold.set()
        self.address = ("127.0.0.1", free_port())
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(self.address)
        self._tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._tcp.bind(self.address)
        self._tcp.listen()
        self._greenlets: list[Any] = [gevent.spawn(self._serve_udp), gevent.spawn(self._serve_tcp)]

    def close(self) -> None:
        gevent.killall(self._greenlets)
        self._udp.close()
        self._tcp.close()

    def _serve_udp(self) -> None:
        while True:
            wire, address = self._udp.recvfrom(4096)
            self._greenlets.append(gevent.spawn(self._answer_udp, wire, address))

    def _answer_udp(self, wire: bytes, address: Any) -> None:
        query = dns.message.from_wire(wire)
        response = self._response(query)
        self.hold.wait()
        if self.misbehave is not None:
            for datagram in self.misbehave(query):
                self._udp.sendto(datagram, address)
            return
        if self.truncate:
            response.answer.clear()
            response.flags |= dns.flags.TC
        self._udp.sendto(response.to_wire(), address)

    def _serve_tcp(self) -> None:
        while True:
            connection, _ = self._tcp.accept()
            with connection:
                wire = connection.recv(4096)
                if len(wire) > 2:
                    self.over_tcp += 1
                    answer = self._response(dns.message.from_wire(wire[2:])).to_wire()
                    connection.sendall(len(answer).to_bytes(2, "big") + answer)

    def _response(self, query: dns.message.Message) -> dns.message.Message:
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True)
        kind = dns.rdatatype.to_text(question.rdtype)
        self.asked.append((name, kind))
        response = dns.message.make_response(query)
        response.set_rcode(self.rcode)
        aliases = {owner for owner, type_ in self.zone if type_ == "CNAME"}
        while name in aliases:
            target = self.zone[name, "CNAME"][0]
            response.answer.append(
                dns.rrset.from_text(name + ".", self.ttl, "IN", "CNAME", target + ".")
            )
            name = target
        lines = self.zone.get((name, kind), [])
        if lines:
            response.answer.append(dns.rrset.from_text(name + ".", self.ttl, "IN", kind, *lines))
        elif self.rcode == dns.rcode.NOERROR and name not in {owner for owner, _ in self.zone}:
            response.set_rcode(dns.rcode.NXDOMAIN)
        return response
