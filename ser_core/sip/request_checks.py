"""What is wrong with a SIP request that somebody wrote, in words, before it is sent. No I/O.

`t_uac_dlg` would refuse most of it too, but in five words and one mistake at a time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ser_core.errors import ParseError
from ser_core.sip.abnf import is_token
from ser_core.sip.address import NameAddr, parse_address
from ser_core.sip.headers import parse_cseq
from ser_core.sip.request_text import SipRequest, plain_name
from ser_core.sip.uri import parse_uri

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")

BY_SER = {
    "ACK": "ser sends the ACK of an INVITE by itself",
    "CANCEL": "an INVITE under way is cancelled by t_uac_cancel",
}
"""Methods that nobody sends alone, and why."""

ONCE = frozenset(("from", "to", "call-id", "cseq", "max-forwards"))
"""Headers that no request has twice."""

IN_DIALOG = ("BYE", "PRACK", "UPDATE")
"""Methods that have a meaning only within a dialog."""


def complaints(request: SipRequest) -> list[str]:
    """Each mistake as a sentence; none when it can be sent."""
    return [
        *_about_method(request.method),
        *_about_uri("the Request-URI", request.uri),
        *(_about_uri("the next hop", request.next_hop) if request.next_hop else ()),
        *_about_header_lines(request),
        *_about_repetitions(request),
        *_about_addresses(request),
        *_about_cseq(request),
        *_about_body(request),
    ]


def _about_method(method: str) -> Iterator[str]:
    if method in BY_SER:
        yield f"{method} can't be sent: {BY_SER[method]}"
    elif not is_token(_bytes(method)):
        yield f"{method!r} is no method: it is one word, such as OPTIONS"
    elif method != method.upper():
        yield f"methods are told apart by case: {method.upper()}, not {method}"


def _about_uri(what: str, text: str) -> Iterator[str]:
    try:
        uri = parse_uri(_bytes(text))
    except ParseError:
        yield f"{what} {text!r} can't be read: it looks like sip:joe@example.com"
        return
    if not uri.is_sip and what == "the next hop":
        yield f"{what} {text!r} has to be a sip: or sips: URI"


def _about_header_lines(request: SipRequest) -> Iterator[str]:
    for name, value in request.headers:
        if not is_token(_bytes(name)):
            yield f"{name!r} is no name of a header"
        elif _CONTROL.search(value):
            yield f"{name} has a control character in it"
        elif not value:
            yield f"{name} is empty"


def _about_repetitions(request: SipRequest) -> Iterator[str]:
    names = [plain_name(name) for name, _ in request.headers]
    for name in sorted(ONCE & {name for name in names if names.count(name) > 1}):
        yield f"{name} may stand there once only"


def _about_addresses(request: SipRequest) -> Iterator[str]:
    for name in ("From", "To"):
        value = request.header(name.lower())
        if value is None:
            yield f"{name} is missing: it looks like {name}: <sip:joe@example.com>"
            continue
        address = _address(value)
        if address is None:
            yield f"{name}: {value!r} is no address: it looks like <sip:joe@example.com>"
        elif request.method in IN_DIALOG and not address.tag:
            yield f"{request.method} belongs to a dialog: {name} needs the ;tag= that it has there"
    if request.method in IN_DIALOG and not request.header("call-id"):
        yield f"{request.method} belongs to a dialog: it needs the Call-ID of that"


def _address(value: str) -> NameAddr | None:
    try:
        address = parse_address(_bytes(value))
        parse_uri(address.uri)
        address.tag  # noqa: B018  # reads it
    except ParseError:
        return None
    return address


def _about_cseq(request: SipRequest) -> Iterator[str]:
    value = request.header("cseq")
    if value is None:
        return
    try:
        _number, method = parse_cseq(_bytes(value))
    except ParseError:
        yield f"CSeq: {value!r} is no number and method, such as 10 {request.method}"
        return
    if method != _bytes(request.method):
        yield f"CSeq: {value!r} names another method than {request.method}"


def _about_body(request: SipRequest) -> Iterator[str]:
    if request.body and request.header("content-type") is None:
        yield "a body needs its type, such as Content-Type: text/plain"
    if any(line.rstrip() == "." for line in request.body):
        yield "a line of the body is a lone dot, which ends a body in SER's FIFO: indent it"


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
