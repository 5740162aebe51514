"""Hosts, addresses and networks as they stand bare in ser.cfg, read from the text itself.

Each function takes the text and an offset and answers with what stands there and the offset behind
it, or None when it is something else.
"""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple

_NUMBER = r"(?:0[xX][0-9A-Fa-f]+|[0-9]+)"
_END = r"(?![\w.-]*[A-Za-z_])(?!\.[0-9])(?![0-9])"
_IPV4 = re.compile(rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}\.{_NUMBER}{_END}", re.ASCII)
_IPV6 = re.compile(
    r"(?=[0-9A-Fa-f]*:[0-9A-Fa-f]*:)[0-9A-Fa-f:]+(?:(?<=:)[0-9]{1,3}(?:\.[0-9]{1,3}){3})?(?![\w.])",
    re.ASCII,
)
_IPV6_REFERENCE = re.compile(r"\[\s*([0-9A-Fa-f:.]+)\s*\]", re.ASCII)
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]|\.(?=[A-Za-z0-9_]))*", re.ASCII)
_TRANSPORT = re.compile(r"(udp|UDP|tcp|TCP|tls|TLS|\*)\s*:(?!:)")
_PORT = re.compile(r"\s*:\s*(?:([0-9]+)|\*)(?![\w.:])", re.ASCII)
_MASK = re.compile(r"\s*/\s*")
_DIGITS = re.compile(r"[0-9]+(?![\w.])", re.ASCII)


class Found(NamedTuple):
    """Something that was read, and the offset behind it."""

    text: str
    end: int


class BadLiteral(ValueError):
    """It looks like an address or a network, but isn't one; the text says why."""

    def __init__(self, reason: str, end: int) -> None:
        super().__init__(reason)
        self.end = end


def ip_at(text: str, at: int) -> Found | None:
    """An IPv4 or IPv6 address, with or without brackets. Raises BadLiteral for 1.2.3.400."""
    if match := _IPV4.match(text, at):
        return Found(_ipv4(match), match.end())
    if match := _IPV6_REFERENCE.match(text, at):
        return Found(_ipv6(match.group(1), match.end()), match.end())
    if match := _IPV6.match(text, at):
        return Found(_ipv6(match.group(), match.end()), match.end())
    return None


def _ipv4(match: re.Match[str]) -> str:
    """Dotted decimal; each part may be octal or hexadecimal, as SER has it."""
    parts = []
    for part in match.group().split("."):
        base = 16 if part[:2] in ("0x", "0X") else 8 if part[0] == "0" and len(part) > 1 else 10
        try:
            value = int(part, base) if len(part) < 20 else 256
        except ValueError:
            value = 256
        if value > 255:
            raise BadLiteral(f"{match.group()} is no IPv4 address", match.end())
        parts.append(str(value))
    return ".".join(parts)


def _ipv6(text: str, end: int) -> str:
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError:
        raise BadLiteral(f"{text} is no IPv6 address", end) from None
    mapped = address.ipv4_mapped  # as sockets write it, which not every Python's str() does
    return f"::ffff:{mapped}" if mapped else str(address)


def mask_at(text: str, address: Found) -> Found | None:
    """The network that `address` begins: /length or /mask behind it. Host bits are cleared."""
    slash = _MASK.match(text, address.end)
    if slash is None or text.startswith("/*", slash.start()):
        return None
    found: Found | None
    if match := _DIGITS.match(text, slash.end()):
        found = Found(match.group(), match.end())
    else:
        found = ip_at(text, slash.end())
    if found is None:
        raise BadLiteral('expected a mask or a number of bits behind "/"', slash.end())
    try:
        network = ipaddress.ip_network(f"{address.text}/{found.text}", strict=False)
    except ValueError:
        raise BadLiteral(f"{found.text} is no network mask for {address.text}", found.end) from None
    return Found(str(network), found.end)


def host_at(text: str, at: int) -> Found | None:
    """A host name, interface name or address."""
    if address := ip_at(text, at):
        return address
    match = _HOST.match(text, at)
    return Found(match.group(), match.end()) if match else None


class FoundAddress(NamedTuple):
    transport: str
    host: str
    port: int
    """-1: none was written."""
    end: int


def address_at(text: str, at: int, host: str = "") -> FoundAddress | None:
    """[proto:]host[:port]. `host` is given when it stands there as a quoted string, which ends
    at `at`."""
    transport = "*"
    if not host:
        if match := _TRANSPORT.match(text, at):
            transport = match.group(1).lower()
            at = _blanks(text, match.end())
        found = host_at(text, at)
        if found is None:
            return None
        host, at = found
    port = -1
    if match := _PORT.match(text, at):
        digits = match.group(1) or "0"
        if len(digits) > 5 or int(digits) > 65535:
            raise BadLiteral(f"{digits} is no port", match.end())
        port = int(digits)
        at = match.end()
    return FoundAddress(transport, host, port, at)


def transport_at(text: str, at: int) -> Found | None:
    """`udp:` and its like, before a quoted host."""
    match = _TRANSPORT.match(text, at)
    return Found(match.group(1).lower(), _blanks(text, match.end())) if match else None


def _blanks(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at
