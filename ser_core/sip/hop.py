"""Where messages come from and go to: listeners, hops, and which addresses are ours.

Nothing here does I/O: a `Listener` describes a socket, it doesn't hold one.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Transport = Literal["udp", "tcp", "tls"]

DEFAULT_PORT = 5060
DEFAULT_TLS_PORT = 5061


def bracketed(host: str) -> str:
    """`host` as it stands in a URI or Via: IPv6 in brackets (RFC 3261 §25, IPv6reference)."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


class Listener:
    """One local address that we receive on and send from.

    `sent_by` is what our Via says (RFC 3261 §18.1.1), with advertised address and port where they
    are set; `via` is the Via value up to and with `;branch=`. The port is left out when it is 5060,
    as SER does.
    """

    __slots__ = (
        "advertised_host",
        "advertised_port",
        "family",
        "host",
        "index",
        "is_loopback",
        "name",
        "port",
        "reliable",
        "sent_by",
        "transport",
        "via",
    )

    def __init__(
        self,
        transport: Transport,
        host: str,
        port: int,
        *,
        name: str = "",
        advertised_host: str = "",
        advertised_port: int = 0,
        index: int = 0,
    ) -> None:
        self.transport: Transport = transport
        self.host = host
        self.port = port
        self.name = name or host
        self.index = index
        self.family = 6 if ":" in host else 4
        self.reliable = transport != "udp"
        self.is_loopback = host.startswith("127.") or host == "::1"
        self.advertised_host = advertised_host
        self.advertised_port = advertised_port
        self.sent_by: bytes = self.sent_by_with(advertised_host, advertised_port)
        self.via: bytes = self.via_with(self.sent_by)

    def sent_by_with(self, host: str, port: int) -> bytes:
        """The sent-by with another host or port; an empty one or 0 stands for our own."""
        shown_port = port or self.port
        text = bracketed(host or self.host)
        if shown_port != DEFAULT_PORT or port:
            text = f"{text}:{shown_port}"
        return text.encode()

    def via_with(self, sent_by: bytes) -> bytes:
        """`Via: SIP/2.0/UDP sent-by;branch=`, ready for the branch."""
        return b"Via: SIP/2.0/" + self.transport.upper().encode() + b" " + sent_by + b";branch="

    def __repr__(self) -> str:
        return f"{self.transport}:{bracketed(self.host)}:{self.port}"


class Hop(NamedTuple):
    """One end of a message's way: the peer it came from or goes to, and our listener for it."""

    transport: Transport
    host: str
    """IP address of the peer, without brackets."""
    port: int
    listener: Listener
    connection: int = 0
    """Which TCP connection (0: none, or any that leads to host and port)."""


class LocalAddresses:
    """What counts as `myself`: listeners by host and port, aliases by host, port and transport."""

    __slots__ = ("_aliases", "_any_port", "_pairs", "aliases", "listeners")

    def __init__(
        self, listeners: list[Listener], aliases: list[tuple[str, str, int]] | None = None
    ) -> None:
        """`aliases` are (transport or "*", host, port or 0 for any)."""
        self.listeners = listeners
        self.use_aliases(aliases or [])

    def use_aliases(self, aliases: list[tuple[str, str, int]]) -> None:
        """Take other aliases from now on."""
        self.aliases = aliases
        self._pairs: set[tuple[bytes, int]] = set()
        self._any_port: set[bytes] = set()
        for listener in self.listeners:
            for host in (listener.host, listener.name):
                self._pairs.add((bracketed(host).lower().encode(), listener.port))
            # What our Via and Record-Route show comes back in Routes, so it is ours as well.
            advertised = bracketed(listener.advertised_host or listener.host).lower().encode()
            self._pairs.add((advertised, listener.advertised_port or listener.port))
        for _transport, host, port in self.aliases:
            name = bracketed(host).lower().removesuffix(".").encode()
            if port:
                self._pairs.add((name, port))
            else:
                self._any_port.add(name)

    def is_myself(self, host: bytes, port: int = 0) -> bool:
        """True when `host:port` is a listener or an alias; port 0 means 5060.

        `host` is as in a URI: any case, IPv6 in brackets (also accepted without them). A name may
        have a dot behind it (RFC 3261 §25.1, hostname), which changes nothing.
        """
        if (host, port or DEFAULT_PORT) in self._pairs:
            return True
        host = host.lower().removesuffix(b".")
        if b":" in host and not host.startswith(b"["):
            host = b"[" + host + b"]"
        return (host, port or DEFAULT_PORT) in self._pairs or host in self._any_port

    def is_local_ip(self, host: str) -> bool:
        """True when `host` is the address of a listener, whatever the port."""
        return any(listener.host == host for listener in self.listeners)

    def for_peer(self, transport: str, host: str) -> Listener | None:
        """The listener to reach `host` by when nothing else decides: same transport and family,
        a loopback one only for a loopback peer or when there is no other (reference §8.4)."""
        family = 6 if ":" in host else 4
        fits = [x for x in self.listeners if x.transport == transport and x.family == family]
        loopback_peer = host.startswith("127.") or host == "::1"
        for listener in fits:
            if listener.is_loopback == loopback_peer:
                return listener
        return fits[0] if fits else None
