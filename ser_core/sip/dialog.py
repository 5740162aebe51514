"""Where the requests of a dialog go, read from the message that made it (RFC 3261 §12.1, §12.2).

That message comes from anybody. What can't be read of it is left out, so that the rest is of use;
and no URI that was read holds a blank, a line end or a bracket.
"""

from __future__ import annotations

from typing import NamedTuple

from ser_core.errors import ParseError
from ser_core.sip.address import parse_address, split_comma
from ser_core.sip.headers import STAR, parse_contacts
from ser_core.sip.message import Message, Request, Response
from ser_core.sip.names import CONTACT, RECORD_ROUTE
from ser_core.sip.uri import parse_uri


class Dialog(NamedTuple):
    """Where the requests of a dialog go."""

    remote_target: bytes
    """The URI of the peer's Contact; empty when there is none that can be read."""
    route_set: tuple[bytes, ...]
    """URIs of the Record-Routes, the nearest proxy first."""

    @property
    def is_strict(self) -> bool:
        """True when the first proxy is a strict router of RFC 2543."""
        return bool(self.route_set) and not _is_loose(self.route_set[0])

    @property
    def request_uri(self) -> bytes:
        """The Request-URI of a request in the dialog; empty when nothing tells."""
        return self.route_set[0] if self.is_strict else self.remote_target

    @property
    def next_hop(self) -> bytes:
        """Where it is sent."""
        return self.route_set[0] if self.route_set else self.remote_target

    @property
    def routes(self) -> tuple[bytes, ...]:
        """What stands in its Route headers."""
        if self.is_strict:
            return (*self.route_set[1:], self.remote_target)
        return self.route_set


def uac_dialog(response: Response) -> Dialog:
    """The caller's side of the dialog that a response makes (§12.1.2); never raises."""
    return Dialog(_remote_target(response), _record_routes(response)[::-1])


def uas_dialog(request: Request) -> Dialog:
    """The callee's side of the dialog that a request may make (§12.1.1); never raises."""
    return Dialog(_remote_target(request), _record_routes(request))


def _remote_target(message: Message) -> bytes:
    try:
        contacts = parse_contacts(message.headers(CONTACT)[:1])
    except ParseError:
        return b""
    if contacts is STAR or not contacts:
        return b""
    return contacts[0].uri


def _record_routes(message: Message) -> tuple[bytes, ...]:
    uris: list[bytes] = []
    try:
        for value in message.headers(RECORD_ROUTE):
            for start, end in split_comma(value):
                uris.append(parse_address(value[start:end]).uri)
    except ParseError:
        return ()  # half a route leads nowhere
    return tuple(uris)


def _is_loose(uri: bytes) -> bool:
    try:
        return parse_uri(uri).is_loose_router
    except ParseError:
        return False
