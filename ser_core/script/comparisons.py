"""The comparisons that compiled code calls: those that are more than a look at the message.

A comparison whose operand can't be read (an unparsable URI, a broken From) is false whichever
operator it has, and is logged with the line of ser.cfg that it stands in.
"""

from __future__ import annotations

import functools
import ipaddress
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from ser_core.errors import ParseError
from ser_core.modules.api import ONREPLY
from ser_core.sip.uri import parse_uri

if TYPE_CHECKING:
    from ser_core.script.runtime import ScriptMessage


class NetworkMask(NamedTuple):
    """A network as numbers, to be compared with an address quickly."""

    version: int
    base: int
    mask: int


def network_of(text: str) -> NetworkMask:
    """From `10.0.0.0/8`."""
    network = ipaddress.ip_network(text)
    return NetworkMask(network.version, int(network.network_address), int(network.netmask))


@functools.lru_cache(4096)
def _address_number(text: str) -> tuple[int, int]:
    """Version and value; (0, 0) for what is no address, as of a peer on a Unix socket."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return 0, 0
    return address.version, int(address)


def address_in(address: str, network: NetworkMask, wanted: bool) -> bool:
    """`src_ip==10.0.0.0/8`; another family never matches."""
    version, number = _address_number(address)
    return (version == network.version and number & network.mask == network.base) is wanted


def address_matches(address: str, search: Callable[[bytes], object]) -> bool:
    """`src_ip=~"^10\\."`, on the text of the address."""
    return bool(search(address.encode()))


def method_of(msg: ScriptMessage) -> bytes:
    """The method in capitals; in an onreply_route SER has the response's first word there."""
    if msg.kind is ONREPLY:
        return b"SIP/2.0"
    method: bytes = msg.message.method
    return method.upper()


def uri_of(msg: ScriptMessage) -> bytes:
    """The Request-URI; in an onreply_route the three digits of the status."""
    if msg.kind is ONREPLY:
        return b"%d" % msg.message.status
    uri: bytes = msg.message.uri
    return uri


def uri_is_myself(msg: ScriptMessage, wanted: bool) -> bool:
    """`uri==myself`."""
    if msg.kind is ONREPLY:
        return not wanted
    try:
        uri = parse_uri(msg.message.uri)
    except ParseError as problem:
        return _unreadable(msg, "the Request-URI", problem)
    return msg.core.local.is_myself(uri.host, uri.port) is wanted


def from_uri_is_myself(msg: ScriptMessage, wanted: bool) -> bool:
    """`from_uri==myself`."""
    try:
        uri = parse_uri(msg.message.from_uri)
    except ParseError as problem:
        return _unreadable(msg, "From", problem)
    return msg.core.local.is_myself(uri.host, uri.port) is wanted


def to_uri_is_myself(msg: ScriptMessage, wanted: bool) -> bool:
    """`to_uri==myself`."""
    try:
        uri = parse_uri(msg.message.to_uri)
    except ParseError as problem:
        return _unreadable(msg, "To", problem)
    return msg.core.local.is_myself(uri.host, uri.port) is wanted


def source_is_myself(msg: ScriptMessage, wanted: bool) -> bool:
    """`src_ip==myself`, whatever the port."""
    return _is_local(msg, msg.source.host) is wanted


def destination_is_myself(msg: ScriptMessage, wanted: bool) -> bool:
    """`dst_ip==myself`."""
    return _is_local(msg, msg.source.listener.host) is wanted


def _is_local(msg: ScriptMessage, address: str) -> bool:
    local = msg.core.local
    return local.is_local_ip(address) or local.is_myself(address.encode())


def from_uri_equals(msg: ScriptMessage, literal: bytes, wanted: bool) -> bool:
    """`from_uri=="…"`; the literal is in small letters."""
    try:
        text: bytes = msg.message.from_uri
    except ParseError as problem:
        return _unreadable(msg, "From", problem)
    return (text.lower() == literal) is wanted


def to_uri_equals(msg: ScriptMessage, literal: bytes, wanted: bool) -> bool:
    """`to_uri=="…"`; the literal is in small letters."""
    try:
        text: bytes = msg.message.to_uri
    except ParseError as problem:
        return _unreadable(msg, "To", problem)
    return (text.lower() == literal) is wanted


def from_uri_matches(msg: ScriptMessage, search: Callable[[bytes], object]) -> bool:
    """`from_uri=~"…"`."""
    try:
        return bool(search(msg.message.from_uri))
    except ParseError as problem:
        return _unreadable(msg, "From", problem)


def to_uri_matches(msg: ScriptMessage, search: Callable[[bytes], object]) -> bool:
    """`to_uri=~"…"`."""
    try:
        return bool(search(msg.message.to_uri))
    except ParseError as problem:
        return _unreadable(msg, "To", problem)


def _unreadable(msg: ScriptMessage, what: str, problem: ParseError) -> bool:
    """Log that a comparison counts as false, with its place, which the calling frame knows: the
    code compiled from ser.cfg carries ser.cfg's own file and lines."""
    frame = sys._getframe(2)
    place = f"{frame.f_code.co_filename}:{frame.f_lineno}"
    text = f"{place}: {what} can't be read, so this is false: {problem.reason}"
    msg.core.complain(place, text, msg)
    return False
