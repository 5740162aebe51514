"""One question to the nameservers: a stub resolver's exchange (RFC 1035, RFC 7766).

dnspython makes and reads the messages. Its own `dns.resolver` and `dns.query` wait with selectors
and time.sleep, which would stop the hub, and we patch nothing; its socket hooks cover only part of
that. Running it in the hub's threads would work, but then ten dead nameservers occupy all of them.
So the exchange, which is short, is here, on gevent's sockets.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, NamedTuple

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
from gevent import socket

from ser_core.transport.guards import family_of
from ser_core.transport.local_names import ResolvConf, WatchedFile, parse_resolv_conf
from ser_core.transport.locating import Answer, Naptr, Question, Record, Srv

MAX_UDP_RESPONSE = 4096
MAX_TCP_RESPONSE = 16_384
"""Enough for any set of SIP servers; reading the largest that DNS allows would hold up calls."""
MAX_RECORDS = 64


class DnsError(OSError):
    """No nameserver gave an answer that can be used."""


class Answered(NamedTuple):
    """What a nameserver said."""

    records: Answer
    ttl: float
    """Seconds that it may be remembered, also when there are no records."""


class DnsClient:
    """Asks the nameservers of resolv.conf, or those given."""

    def __init__(
        self,
        conf: ResolvConf | None = None,
        path: str = "/etc/resolv.conf",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`conf`, when given, is used instead of the file."""
        self._conf = conf or ResolvConf()
        self._file = None if conf else WatchedFile(path, clock)
        self._clock = clock

    @property
    def conf(self) -> ResolvConf:
        """Whom we ask now."""
        text = self._file.read_if_changed() if self._file else None
        if text is not None:
            self._conf = parse_resolv_conf(text)
        return self._conf

    def ask(self, question: Question) -> Answered:
        """Ask one question; waits in the calling greenlet. Raises DnsError."""
        conf = self.conf
        try:
            query = dns.message.make_query(question.name, question.type)
        except dns.exception.DNSException as error:
            raise DnsError(f"{question.name!r} can't be asked: {error}") from error
        problem = "no nameserver"
        for _ in range(conf.attempts):
            for nameserver in conf.nameservers:
                try:
                    response = self._exchange(query, nameserver, conf.timeout)
                    return _answered(response, question)
                except (OSError, dns.exception.DNSException) as error:
                    problem = f"{nameserver[0]}: {error or type(error).__name__}"
        raise DnsError(f"{question.type} of {question.name}: {problem}")

    def _exchange(
        self, query: dns.message.Message, nameserver: tuple[str, int], timeout: float
    ) -> dns.message.Message:
        deadline = self._clock() + timeout
        response = self._over_udp(query, nameserver, deadline)
        if response.flags & dns.flags.TC:
            response = self._over_tcp(query, nameserver, deadline + timeout)
        if response.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
            raise DnsError(dns.rcode.to_text(response.rcode()))
        return response

    def _over_udp(
        self, query: dns.message.Message, nameserver: tuple[str, int], deadline: float
    ) -> dns.message.Message:
        """A fresh socket per query: a random port is half of what keeps forgers out (RFC 5452)."""
        with socket.socket(family_of(nameserver[0]), socket.SOCK_DGRAM) as sock:
            sock.connect(nameserver)
            sock.send(query.to_wire())
            while True:
                sock.settimeout(self._left(deadline))
                response = _read(sock.recv(MAX_UDP_RESPONSE))
                if response is not None and query.is_response(response):
                    return response

    def _over_tcp(
        self, query: dns.message.Message, nameserver: tuple[str, int], deadline: float
    ) -> dns.message.Message:
        wire = query.to_wire()
        with socket.socket(family_of(nameserver[0]), socket.SOCK_STREAM) as sock:
            sock.settimeout(self._left(deadline))
            sock.connect(nameserver)
            sock.sendall(len(wire).to_bytes(2, "big") + wire)
            length = int.from_bytes(self._receive(sock, 2, deadline), "big")
            if length > MAX_TCP_RESPONSE:
                raise DnsError(f"a response of {length} bytes")
            response = _read(self._receive(sock, length, deadline))
        if response is None or not query.is_response(response):
            raise DnsError("a response that doesn't belong to the query")
        return response

    def _receive(self, sock: socket.socket, length: int, deadline: float) -> bytes:
        data = b""
        while len(data) < length:
            sock.settimeout(self._left(deadline))
            chunk = sock.recv(length - len(data))
            if not chunk:
                raise DnsError("the connection ended early")
            data += chunk
        return data

    def _left(self, deadline: float) -> float:
        left = deadline - self._clock()
        if left <= 0:
            raise TimeoutError("timed out")
        return left


def _read(wire: bytes) -> dns.message.Message | None:
    """A response, or None for what isn't one: somebody may be guessing."""
    try:
        return dns.message.from_wire(wire, ignore_trailing=True)
    except Exception:  # noqa: BLE001  # the guard of one datagram: its bytes come from anybody
        return None


def _answered(response: dns.message.Message, question: Question) -> Answered:
    """The records at the end of the chain of CNAMEs. Raises DNSException when there is no end."""
    if not isinstance(response, dns.message.QueryMessage):
        raise DnsError("not a response to a query")
    chain = response.resolve_chaining()
    if chain.answer is None:
        return Answered((), float(chain.minimum_ttl))
    convert = _CONVERTERS[question.type]
    records = tuple(convert(rdata) for rdata in list(chain.answer)[:MAX_RECORDS])
    return Answered(records, float(chain.minimum_ttl))


def _address(rdata: Any) -> Record:  # Any: dnspython makes its classes of records at run time
    return str(rdata.address)


def _srv(rdata: Any) -> Record:
    target = rdata.target.to_text(omit_final_dot=True)
    return Srv(rdata.priority, rdata.weight, rdata.port, "" if target == "." else target)


def _naptr(rdata: Any) -> Record:
    return Naptr(
        rdata.order,
        rdata.preference,
        rdata.flags.decode("latin-1"),
        rdata.service.decode("latin-1"),
        rdata.replacement.to_text(omit_final_dot=True),
    )


_CONVERTERS: dict[str, Callable[[Any], Record]] = {
    "A": _address,
    "AAAA": _address,
    "SRV": _srv,
    "NAPTR": _naptr,
}
