"""Contact in a REGISTER and in its 200: what a phone asks for, and what it is told it has."""

from __future__ import annotations

from typing import Final

import msgspec

from ser_core.errors import ParseError
from ser_core.registrar.location import Binding
from ser_core.registrar.rules import (
    MAX_CONTACT_URI,
    MAX_RECEIVED,
    Refused,
    Rules,
    bad_request,
)
from ser_core.sip.address import NameAddr
from ser_core.sip.headers import MAX_SECONDS, parse_q, parse_uint
from ser_core.sip.params import unquote
from ser_core.sip.uri import parse_uri

MALFORMED_EXPIRES: Final = 3600
"""What a Contact's expires parameter counts as that can't be read (RFC 3261 §20.10)."""
ONE_HOUR: Final = 3600


class WantedContact(msgspec.Struct, frozen=True, gc=False):
    """What a REGISTER asks for one contact."""

    uri: bytes
    expires: int
    """Seconds, between the limits; 0 removes."""
    q: int
    received: bytes


def read_expires(value: bytes | None) -> int | None:
    """Seconds of an Expires header; None when there is none. Raises Refused (400)."""
    if value is None:
        return None
    try:
        return parse_uint(value, MAX_SECONDS)
    except ParseError as error:
        raise bad_request(b"Expires parse error") from error


def read_contact(contact: NameAddr, expires: int | None, rules: Rules) -> WantedContact:
    """What one Contact asks for; `expires` is that of the header. Raises Refused (400, 423)."""
    uri = contact.uri
    if len(uri) > MAX_CONTACT_URI:
        raise bad_request(b"Contact URI too long")
    if not contact.params:
        return WantedContact(uri, wanted_seconds(expires, rules), rules.default_q, b"")
    try:
        own_expires = contact.param(b"expires")
        q = contact.param(b"q")
        received = contact.param(rules.received_param)
    except ParseError as error:  # a parameter twice, with different values
        raise bad_request(b"Contact parse error") from error
    if own_expires is not None:
        expires = _seconds_of(own_expires)
    return WantedContact(
        uri, wanted_seconds(expires, rules), _q_of(q, rules), _received_of(received)
    )


def wanted_seconds(asked: int | None, rules: Rules) -> int:
    """How long the binding shall live (§10.3 step 7). Raises Refused (423) for too short a time.

    An interval is refused only when it is below one hour; what nobody asked for is never refused
    but made to fit.
    """
    if asked is None:
        asked = max(rules.default_expires, rules.min_expires)
    elif 0 < asked < rules.min_expires and asked < ONE_HOUR:
        raise Refused(
            423,
            b"Interval Too Brief",
            b"Interval too brief",
            (b"Min-Expires: %d\r\n" % rules.min_expires,),
        )
    if 0 < rules.max_expires < asked:
        return rules.max_expires
    return asked


def _seconds_of(parameter: bytes) -> int:
    try:
        return parse_uint(parameter, MAX_SECONDS)
    except ParseError:
        return MALFORMED_EXPIRES


def _q_of(parameter: bytes | None, rules: Rules) -> int:
    if parameter is None:
        return rules.default_q
    try:
        return parse_q(parameter)
    except ParseError as error:
        raise bad_request(b"Invalid q param in contact") from error


def _received_of(parameter: bytes | None) -> bytes:
    """The Contact's own `received`; it becomes a next hop, so it must be a SIP URI."""
    if parameter is None:
        return b""
    text = unquote(parameter)
    try:
        readable = len(text) <= MAX_RECEIVED and parse_uri(text).is_sip
    except ParseError:
        readable = False
    if not readable:
        raise bad_request(b"Contact parse error")
    return text


def contact_line(bindings: list[Binding], now: float, rules: Rules) -> bytes:
    """The Contact header, CRLF included, that lists every valid binding (§10.3 step 8).

    Empty when there are none. A permanent binding shows default_expires.
    """
    values = [_contact_value(binding, now, rules) for binding in bindings if binding.is_valid(now)]
    return b"Contact: " + b", ".join(values) + b"\r\n" if values else b""


def _contact_value(binding: Binding, now: float, rules: Rules) -> bytes:
    # Half a thousandth makes up for what the subtraction of floats may lose.
    left = int(binding.expires_at - now + 0.0005) if binding.expires_at else rules.default_expires
    if binding.q < 0 and not binding.received:
        return b"<%b>;expires=%d" % (binding.uri, left)
    text = b"<" + binding.uri + b">"
    if binding.q >= 0:
        text += b";q=" + q_text(binding.q)
    text += b";expires=%d" % left
    if binding.received:
        text += b";" + rules.received_param + b'="' + binding.received + b'"'
    return text


def q_text(q: int) -> bytes:
    """A q value as SER writes it: 1, 0, 0.5, 0.75. `q` is 0 to 1000."""
    whole, thousandths = divmod(q, 1000)
    if not thousandths:
        return b"%d" % whole
    return (b"%d.%03d" % (whole, thousandths)).rstrip(b"0")
