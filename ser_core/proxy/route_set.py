"""Route and Record-Route: RFC 3261 §16.4 and §16.12, and §16.6 steps 4 and 6.

`follow_route` reads the Route headers of a request, takes out what is ours, and decides where the
request goes next, with loose routers and with the strict ones of RFC 2543 on either side.
`record_route_lines` writes the header that keeps us on the way of the dialog's later requests.

Routes are edited where they stand in the received bytes; what isn't taken out isn't touched.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from ser_core.errors import ParseError
from ser_core.sip.address import parse_address, split_comma
from ser_core.sip.hop import Listener, LocalAddresses
from ser_core.sip.names import ROUTE
from ser_core.sip.uri import Uri, parse_uri

if TYPE_CHECKING:
    from ser_core.script.runtime import RecordRoute, ScriptMessage
    from ser_core.sip.message import Field, Request

# One route alone in its header, without display name or parameters behind the bracket.
_SINGLE = re.compile(rb"[ \t]*<([^\x00-\x20\x7f<>\"]+)>[ \t]*\r?\n")
_METHOD_PARAM = re.compile(rb";method=[^;?]*", re.IGNORECASE)


class Route(NamedTuple):
    """One element of the Route headers."""

    uri: bytes
    start: int
    """Where the element begins in the message; blanks and commas round it don't belong to it."""
    end: int
    field: Field
    """The header line that it stands in."""


def read_routes(request: Request) -> list[Route]:
    """All elements of all Route headers, in order. Raises ParseError."""
    routes: list[Route] = []
    for field in request.fields:
        if field[0] != ROUTE:
            continue
        found = _SINGLE.fullmatch(request.buffer, field[2], field[3])
        if found is not None:
            routes.append(Route(found[1], found.start(1) - 1, found.end(1) + 1, field))
        else:
            routes += _read_field(request, field)
    return routes


def _read_field(request: Request, field: Field) -> list[Route]:
    value = request.buffer[field[2] : field[3]]
    routes = []
    for start, end in split_comma(value.rstrip()):
        element = value[start:end]
        if b"<" not in element:  # then it couldn't be told whose parameter `;lr` is
            raise ParseError("a Route has no angle brackets")
        uri = parse_address(element).uri
        routes.append(Route(uri, field[2] + start, field[2] + end, field))
    return routes


def remove_routes(request: Request, routes: list[Route], first: int, last: int = 0) -> None:
    """Take the `first` foremost and the `last` hindmost of `routes` out of the request.

    A header that loses all of its elements goes as a whole.
    """
    kept = range(first, len(routes) - last)
    if len(kept) == len(routes):
        return
    if len(routes) == 1:
        request.remove_field(routes[0].field)
        return
    for field in dict.fromkeys(route.field for route in routes):
        here = [i for i, route in enumerate(routes) if route.field is field]
        stay = [i for i in here if i in kept]
        if not stay:
            request.remove_field(field)
            continue
        if stay[0] > here[0]:
            request.delete(routes[here[0]].start, routes[stay[0]].start)
        if stay[-1] < here[-1]:
            request.delete(routes[stay[-1]].end, routes[here[-1]].end)


class RouteRules(NamedTuple):
    """What counts as our own route."""

    local: LocalAddresses
    double: bool = True
    """A URI of ours with r2, followed by another of ours with r2, is one hop through us."""
    ignored_user: bytes = b""
    """URIs with this user aren't ours, whatever their host; empty: all are looked at."""

    def is_own(self, uri: Uri) -> bool:
        """True when the URI leads to us."""
        if self.ignored_user and uri.user == self.ignored_user:
            return False
        return self.local.is_myself(uri.host, uri.port)

    def own_routes(self, routes: list[Route]) -> int:
        """How many of the foremost routes are one passage through us: 0, 1 or 2."""
        top = parse_uri(routes[0].uri)
        if not self.is_own(top):
            return 0
        if not self.double or len(routes) < 2 or top.param(b"r2") is None:
            return 1
        second = parse_uri(routes[1].uri)
        return 2 if second.param(b"r2") is not None and self.is_own(second) else 1


def follow_route(msg: ScriptMessage, rules: RouteRules) -> bool:
    """Route a request by its Route headers; True when they decide where it goes.

    Sets `msg.uri` and `msg.next_hop`. False: there is no Route, or ours was the only one in a
    request outside of a dialog, and the script has to find the way. Raises ParseError when a Route
    or the Request-URI can't be read.
    """
    request: Request = msg.message
    if ROUTE not in request.first_fields:
        return False
    routes = read_routes(request)
    in_dialog = bool(request.to_tag)
    if in_dialog and rules.is_own(parse_uri(request.uri)):
        return _after_strict_router(msg, request, routes, rules)
    return _after_loose_router(msg, request, routes, rules, in_dialog)


def _after_loose_router(
    msg: ScriptMessage, request: Request, routes: list[Route], rules: RouteRules, in_dialog: bool
) -> bool:
    """§16.4 last paragraph and §16.6 step 6: the Request-URI is the remote target."""
    own = rules.own_routes(routes)
    if own == len(routes):
        remove_routes(request, routes, own)
        return in_dialog
    following = parse_uri(routes[own].uri)
    if following.is_loose_router:
        remove_routes(request, routes, own)
        msg.next_hop = following.raw
        return True
    remove_routes(request, routes, own + 1)
    line = b"Route: <" + request.received_uri + b">\r\n"
    if all(data != line for _start, _end, data in request.edits):
        request.append_header(line)
    msg.uri = as_request_uri(following)
    return True


def _after_strict_router(
    msg: ScriptMessage, request: Request, routes: list[Route], rules: RouteRules
) -> bool:
    """§16.4: a strict router has put our URI into the Request-URI; the target is the last Route."""
    own = 1 if rules.is_own(parse_uri(routes[0].uri)) else 0
    if own == len(routes):
        remove_routes(request, routes, own)
        return False
    following = parse_uri(routes[own].uri)
    if own + 1 == len(routes) or not following.is_loose_router:
        remove_routes(request, routes, own + 1)
        msg.uri = as_request_uri(following)
        return True
    target = parse_uri(routes[-1].uri)
    remove_routes(request, routes, own, last=1)
    msg.uri = as_request_uri(target)
    msg.next_hop = following.raw
    return True


def as_request_uri(uri: Uri) -> bytes:
    """A URI of a Route as Request-URI: without headers and method parameter (§19.1.1)."""
    text = uri.raw
    if uri.headers:
        text = text[: len(text) - len(uri.headers)]
    if uri.params:
        text = _METHOD_PARAM.sub(b"", text)
    return text


_TRANSPORT_PARAMS = {"udp": b"", "tcp": b";transport=tcp", "tls": b";transport=tls"}


def record_route_lines(
    wanted: RecordRoute,
    received_on: Listener,
    sent_on: Listener,
    advertised_host: bytes | None = None,
    advertised_port: int = 0,
) -> bytes:
    """The Record-Route header of one branch (§16.6 step 4), whole lines.

    One line with the listener that the request came in on. When it leaves by another one, whose
    address or transport the next hop must be able to reach, two lines: the outgoing one on top,
    with the script's advertised address if there is one.
    """
    if wanted.preset:
        return b"Record-Route: <sip:%b%b%b>\r\n" % (wanted.user, wanted.preset, wanted.params)
    if received_on is sent_on or not wanted.double or _same_address(received_on, sent_on):
        return _line(wanted, received_on.sent_by, received_on, wanted.params)
    sent_by = sent_on.sent_by
    if advertised_host is not None or advertised_port:
        host = (advertised_host or b"").decode() or sent_on.advertised_host
        sent_by = sent_on.sent_by_with(host, advertised_port or sent_on.advertised_port)
    params = b";r2=on" + wanted.params
    return _line(wanted, sent_by, sent_on, params) + _line(
        wanted, received_on.sent_by, received_on, params
    )


def _line(wanted: RecordRoute, sent_by: bytes, listener: Listener, params: bytes) -> bytes:
    if not listener.reliable:
        return b"Record-Route: <sip:" + wanted.user + sent_by + params + b">\r\n"
    transport = _TRANSPORT_PARAMS[listener.transport]
    return b"Record-Route: <sip:" + wanted.user + sent_by + transport + params + b">\r\n"


def _same_address(a: Listener, b: Listener) -> bool:
    return a.transport == b.transport and a.port == b.port and a.host == b.host
