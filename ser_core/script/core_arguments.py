"""Arguments of core commands: what may be written, and what the command gets."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ser_core.errors import ParseError
from ser_core.script import nodes
from ser_core.script.literals import BadLiteral, address_at, ip_at
from ser_core.sip.headers import parse_q
from ser_core.sip.hop import DEFAULT_PORT, Listener, bracketed
from ser_core.sip.uri import parse_uri

if TYPE_CHECKING:
    from ser_core.sip.hop import LocalAddresses

MAX_FLAG = 31
MAX_LOG_LEVEL = 9
MAX_LENGTH = 1024
"""Longest user that strip() could have to do with."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One kind of argument."""

    description: str
    """As in "takes …"."""
    convert: Callable[[nodes.Value], object]
    """What the command gets. Raises WrongKind, or ValueError with a sentence for the user."""


class WrongKind(Exception):
    """Something else was written than an argument of this kind."""


class UriPart(enum.Enum):
    """`uri:host` and `uri:port` as arguments."""

    HOST = "host"
    PORT = "port"


class SendSocket:
    """The socket that force_send_socket names, found among the listeners when it is first used."""

    __slots__ = ("_found", "_local", "host", "port", "transport")

    def __init__(self, transport: str, host: str, port: int) -> None:
        self.transport = transport
        self.host = host
        self.port = port
        self._local: LocalAddresses | None = None
        self._found: Listener | None = None

    def among(self, local: LocalAddresses) -> Listener | None:
        """The listener of that name; None when there is none."""
        if local is not self._local:
            self._found = next((x for x in local.listeners if self._is(x)), None)
            self._local = local
        return self._found

    def _is(self, listener: Listener) -> bool:
        return (
            self.transport in ("*", listener.transport)
            and self.host.lower() in (listener.host, listener.name.lower())
            and listener.port == self.port
        )

    def __str__(self) -> str:
        proto = "" if self.transport == "*" else f"{self.transport}:"
        return f"{proto}{bracketed(self.host)}:{self.port}"

    def __repr__(self) -> str:
        return str(self)


def encoded(text: str) -> bytes:
    """The bytes that stand in ser.cfg; ser reads it as UTF-8 and keeps what isn't."""
    return text.encode("utf-8", "surrogateescape")


def _string(value: nodes.Value) -> str:
    if not isinstance(value, nodes.String):
        raise WrongKind
    return value.value


def _number(value: nodes.Value) -> int:
    if not isinstance(value, nodes.Number):
        raise WrongKind
    return value.value


def _in_range(value: nodes.Value, minimum: int, maximum: int, what: str) -> int:
    number = _number(value)
    if not minimum <= number <= maximum:
        raise ValueError(f"{what} is a number from {minimum} to {maximum}")
    return number


def _host_text(text: str) -> bytes:
    """A host for a URI, checked by reading one: IPv6 gets its brackets."""
    try:
        address = ip_at(text, 0)
    except BadLiteral as bad:
        raise ValueError(str(bad)) from None
    host = bracketed(address.text) if address and address.end == len(text) else text
    try:
        parsed = parse_uri(b"sip:" + encoded(host))
    except ParseError:
        raise ValueError(f'"{text}" is no host') from None
    if parsed.host != encoded(host):
        raise ValueError(f'"{text}" is no host')
    return parsed.host


def _host(value: nodes.Value) -> bytes:
    if isinstance(value, nodes.String):
        return _host_text(value.value)
    if isinstance(value, nodes.Word | nodes.Ip):
        return _host_text(value.text)
    raise WrongKind


def _port(value: nodes.Value) -> int:
    return _in_range(value, 1, 65535, "a port")


def _destination(value: nodes.Value) -> bytes | UriPart:
    if isinstance(value, nodes.UriPart):
        if value.part != "host":
            raise ValueError('write "uri:host" first')
        return UriPart.HOST
    return _host(value)


def _destination_port(value: nodes.Value) -> int | UriPart:
    if isinstance(value, nodes.UriPart):
        if value.part != "port":
            raise ValueError('behind "uri:host" write "uri:port", a number, or nothing')
        return UriPart.PORT
    return _port(value)


def _level_or_text(value: nodes.Value) -> int | str:
    if isinstance(value, nodes.Number):
        return _in_range(value, 0, MAX_LOG_LEVEL, "a level")
    return _string(value)


def _host_port(value: nodes.Value) -> tuple[bytes, int]:
    text = _string(value)
    try:
        found = address_at(text, 0)
    except BadLiteral as bad:
        raise ValueError(str(bad)) from None
    if found is None or found.end != len(text) or found.transport != "*":
        raise ValueError(f'"{text}" is not host or host:port')
    return _host_text(found.host), max(found.port, 0)


def _port_text(value: nodes.Value) -> int:
    text = _string(value)
    if not text:
        return 0
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and 1 <= int(text) <= 65535):
        raise ValueError(f'"{text}" is no port, a number from 1 to 65535')
    return int(text)


def _uri(value: nodes.Value) -> bytes:
    text = _string(value)
    try:
        return parse_uri(encoded(text)).raw
    except ParseError:
        raise ValueError(f'"{text}" is no URI') from None


def _q(value: nodes.Value) -> int:
    text = _string(value)
    try:
        return parse_q(encoded(text))
    except ParseError:
        raise ValueError(f'"{text}" is no q value, 0 to 1 with at most three decimals') from None


def _socket(value: nodes.Value) -> SendSocket:
    if isinstance(value, nodes.SocketName):
        address = value.address
        port = address.port if address.port > 0 else DEFAULT_PORT
        return SendSocket(address.transport, address.host, port)
    if isinstance(value, nodes.String):
        return SendSocket("*", value.value, DEFAULT_PORT)
    if isinstance(value, nodes.Word | nodes.Ip):
        return SendSocket("*", value.text, DEFAULT_PORT)
    raise WrongKind


TEXT = Argument("a string in quotes", _string)
BYTES = Argument("a string in quotes", lambda value: encoded(_string(value)))
LEVEL_OR_TEXT = Argument("a level or a string in quotes", _level_or_text)
FLAG = Argument(f"a flag, 1 to {MAX_FLAG}", lambda value: _in_range(value, 1, MAX_FLAG, "a flag"))
COUNT = Argument("a number", lambda value: _in_range(value, 0, MAX_LENGTH, "a count"))
HOST = Argument("a host", _host)
HOST_TEXT = Argument("a host in quotes", lambda value: _host_text(_string(value)))
HOST_PORT_TEXT = Argument("host or host:port in quotes", _host_port)
PORT = Argument("a port", _port)
PORT_TEXT = Argument("a port in quotes", _port_text)
DESTINATION = Argument("a host or uri:host", _destination)
DESTINATION_PORT = Argument("a port or uri:port", _destination_port)
URI = Argument("a URI in quotes", _uri)
Q = Argument("a q value in quotes", _q)
SOCKET = Argument("[proto:]host[:port]", _socket)
