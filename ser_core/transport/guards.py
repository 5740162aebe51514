"""Where we never send to: multicast, broadcast, 0.0.0.0/8, :: and port 0.

Destinations come from strangers (Via, Contact, Request-URI, DNS), so every socket asks here first.
"""

from __future__ import annotations

import ipaddress
import socket

from ser_core.transport.limits import Limits

CACHE_SIZE = 8192

SocketAddress = tuple[str, int] | tuple[str, int, int, int]

_BROADCAST = ipaddress.IPv4Address("255.255.255.255")
_THIS_NETWORK = ipaddress.IPv4Network("0.0.0.0/8")


class DestinationRefused(OSError):
    """We don't send there; the message says why."""


def refusal(host: str, port: int, limits: Limits) -> str:
    """Why nothing is sent to `host` (an IP address without brackets) and `port`; "" if it may."""
    if not 0 < port < 65536:
        return f"port {port}"
    if port < 1024 and not limits.allow_reserved_ports:
        return f"reserved port {port}"
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "not an IP address"
    if isinstance(address, ipaddress.IPv6Address):
        # ::ffff:224.0.0.1 reaches the same group as 224.0.0.1.
        if address.ipv4_mapped is None:
            return _refusal_of_ipv6(address, limits)
        address = address.ipv4_mapped
    return _refusal_of_ipv4(address, limits)


def _refusal_of_ipv4(address: ipaddress.IPv4Address, limits: Limits) -> str:
    if address.is_multicast and not limits.allow_multicast:
        return "multicast"
    if address == _BROADCAST and not limits.allow_broadcast:
        return "broadcast"
    if address in _THIS_NETWORK and not limits.allow_unspecified:
        return "an unspecified address"
    return ""


def _refusal_of_ipv6(address: ipaddress.IPv6Address, limits: Limits) -> str:
    if address.is_multicast and not limits.allow_multicast:
        return "multicast"
    if address.is_unspecified and not limits.allow_unspecified:
        return "an unspecified address"
    return ""


class Destinations:
    """Checked destinations as socket addresses, with a bounded cache: a dict lookup as a rule."""

    __slots__ = ("_family", "_limits", "known")

    def __init__(self, limits: Limits, family: socket.AddressFamily | None = None) -> None:
        """`family`: that of the one socket these are for; None when any will do."""
        self._limits = limits
        self._family = family
        self.known: dict[tuple[str, int], SocketAddress] = {}
        """(host, port) to what sendto and connect take; those refused are never in it."""

    def address(self, host: str, port: int) -> SocketAddress:
        """The socket address of `host` and `port`; DestinationRefused when we don't send there."""
        found = self.known.get((host, port))
        if found is not None:
            return found
        why = refusal(host, port, self._limits)
        if not why and self._family not in (None, family_of(host)):
            why = "the socket is of the other address family"
        if why:
            raise DestinationRefused(f"nothing is sent to {host!r}, port {port}: {why}")
        if len(self.known) >= CACHE_SIZE:
            self.known.clear()
        made = self.known[host, port] = socket_address(host, port)
        return made


def socket_address(host: str, port: int) -> SocketAddress:
    """`host` and `port` as the socket calls want them, a zone (fe80::1%eth0) as its number.

    A number where the kernel wants one also keeps getaddrinfo, which could wait for DNS, out.
    """
    address, _, zone = host.partition("%")
    if not zone:
        return (host, port)
    scope = int(zone) if zone.isdecimal() else socket.if_nametoindex(zone)
    return (address, port, 0, scope)


def family_of(host: str) -> socket.AddressFamily:
    """AF_INET6 for an address with a colon, else AF_INET."""
    return socket.AF_INET6 if ":" in host else socket.AF_INET
