"""SIP, SIPS, tel and other URIs (RFC 3261 §19.1), with the comparison of §19.1.4.

A `Uri` keeps the text it was read from. What is rarely asked for (a parameter) is looked up in that
text when somebody asks. The same few thousand URIs pass by again and again, so `parse_uri`
remembers what it has read lately; `read_uri` leaves no trace, for those that are each another, as
the addresses-of-record of all who register.
"""

from __future__ import annotations

import enum
import re
from ipaddress import IPv6Address
from typing import Final, Literal

import msgspec

from ser_core.errors import ParseError
from ser_core.sip.abnf import is_ipv6_reference, rule

_SIP_URI = rule(
    rb"""
    ([sS][iI][pP][sS]?): (?: ({USER}) (?: :({PASSWORD}) )? @ )? ({HOST}) (?: :({PORT}) )?
    ({URI_PARAMETERS}) ({URI_HEADERS})
    """
)
_OTHER_URI = rule(rb"({SCHEME}) : ({OPAQUE})")

_CACHE_ENTRIES = 4096
_CACHED_LENGTH = 256
"""Longer URIs aren't remembered, so that a flood of them costs no memory."""
_cache: dict[bytes, Uri] = {}


class Keep(enum.Enum):
    """Stands for "leave it as it is" in `Uri.replace`."""

    KEEP = 0


KEEP: Final = Keep.KEEP


class Uri(msgspec.Struct, frozen=True, gc=False):
    """A URI, taken apart. Of schemes other than sip and sips only `opaque` is known."""

    raw: bytes
    """The whole text."""
    scheme: bytes
    """Lower-case."""
    user: bytes | None
    """Still escaped; None when there is none."""
    password: bytes | None
    host: bytes
    """As written, IPv6 in brackets; empty unless sip or sips."""
    port: int
    """0 when absent."""
    params: bytes
    """From the first semicolon on, or empty."""
    headers: bytes
    """From the question mark on, or empty."""
    opaque: bytes = b""
    """What follows the colon, for schemes other than sip and sips."""
    transport: bytes | None = None
    """The transport parameter, lower-case; None when absent or empty."""
    is_loose_router: bool = False
    """True with an lr parameter (§19.1.1), whatever its value."""

    @property
    def is_sip(self) -> bool:
        """True for sip and sips."""
        return self.scheme == b"sip" or self.scheme == b"sips"

    @property
    def host_text(self) -> str:
        """The host for sockets and DNS: a str, IPv6 without its brackets."""
        host = self.host
        return _ipv6_text(host) if host[:1] == b"[" else host.decode("ascii")

    def param(self, name: bytes) -> bytes | None:
        """The value of a parameter; b"" without value, None when absent. `name` is lower-case."""
        params = self.params
        return _param(params, name) if params else None

    def replace(
        self,
        *,
        user: bytes | Literal[Keep.KEEP] | None = KEEP,
        password: bytes | Literal[Keep.KEEP] | None = KEEP,
        host: bytes | Literal[Keep.KEEP] = KEEP,
        port: int | Literal[Keep.KEEP] = KEEP,
    ) -> Uri:
        """The URI with other parts; None takes user or password out, port 0 the port.

        A password goes with its user. Raises ParseError when the result is no SIP URI.
        """
        if not self.is_sip:
            raise ParseError(f"a {self.scheme.decode()} URI has no user, host and port", 416)
        new_user = self.user if user is KEEP else user
        new_password = self.password if password is KEEP else password
        text = self.raw[: len(self.scheme) + 1]
        if new_user is not None:
            text += new_user + (b"" if new_password is None else b":" + new_password) + b"@"
        text += self.host if host is KEEP else host
        new_port = self.port if port is KEEP else port
        if new_port:
            text += b":%d" % new_port
        return parse_uri(text + self.params + self.headers)


def parse_uri(text: bytes) -> Uri:
    """Read a URI. Raises ParseError.

    Any scheme will do; whoever can only use sip and sips looks at `is_sip` and answers 416.
    """
    uri = _cache.get(text)
    if uri is None:
        uri = read_uri(text)
        if len(text) <= _CACHED_LENGTH:
            if len(_cache) >= _CACHE_ENTRIES:
                _cache.clear()
            _cache[text] = uri
    return uri


def read_uri(text: bytes) -> Uri:
    """As `parse_uri`, for a URI that isn't expected to pass by again soon."""
    found = _SIP_URI.fullmatch(text)
    return _other(text) if found is None else _sip(found)


def _sip(found: re.Match[bytes]) -> Uri:
    scheme, user, password, host, port_text, params, headers = found.groups()
    port = 0
    if port_text is not None:
        port = int(port_text)
        if not 0 < port < 65536:
            raise ParseError("a URI's port is not between 1 and 65535")
    if host[0] == 0x5B and not is_ipv6_reference(host):
        raise ParseError("a URI's IPv6 address can't be read")
    if len(host) > 255:
        raise ParseError("a URI's host is too long")
    transport, loose = _params_in(params) if params else (None, False)
    return Uri(
        found.string,
        scheme.lower(),
        user,
        password,
        host,
        port,
        params,
        headers,
        b"",
        transport,
        loose,
    )


def _params_in(params: bytes) -> tuple[bytes | None, bool]:
    """transport and lr, which every URI is asked for."""
    lower = params.lower()
    if b"%" in params:  # names may be escaped (RFC 4475, esc01)
        return _param(lower, b"transport") or None, _param(lower, b"lr") is not None
    transport = b""
    start = lower.find(b";transport=")
    if start >= 0:
        end = lower.find(b";", start + 11)
        transport = lower[start + 11 :] if end < 0 else lower[start + 11 : end]
    return transport or None, b";lr" in lower and _param(lower, b"lr") is not None


def _other(text: bytes) -> Uri:
    found = _OTHER_URI.fullmatch(text)
    if found is None:
        raise ParseError("the URI can't be read")
    scheme = found[1].lower()
    if scheme == b"sip" or scheme == b"sips":
        raise ParseError("the SIP URI can't be read")
    return Uri(text, scheme, None, None, b"", 0, b"", b"", found[2])


def _param(params: bytes, name: bytes) -> bytes | None:
    if b"%" not in params and name not in params.lower():
        return None
    for part in params[1:].split(b";"):
        key, _, value = part.partition(b"=")
        if key.lower() == name or (b"%" in key and unescape(key).lower() == name):
            return value
    return None


# -- escapes (§19.1.2) ---------------------------------------------------------------------------

_ESCAPED = re.compile(rb"%([0-9A-Fa-f]{2})")
# unreserved and user-unreserved of §25.1, without ";" and "?": legal in a user, but read otherwise
# by many.
_NOT_IN_USER = re.compile(rb"[^A-Za-z0-9\-_.!~*'()&=+$,/]")
_RESERVED = frozenset(b";/?:@&=+$,")


def _decoded(found: re.Match[bytes]) -> bytes:
    return bytes((int(found[1], 16),))


def unescape(text: bytes) -> bytes:
    """`text` with each %HH decoded; a "%" that escapes nothing stays."""
    return _ESCAPED.sub(_decoded, text) if b"%" in text else text


def _encoded(found: re.Match[bytes]) -> bytes:
    return b"%%%02X" % found[0][0]


def escape_user(text: bytes) -> bytes:
    """`text` (not escaped so far) as it may stand in the user part of a URI."""
    return _NOT_IN_USER.sub(_encoded, text)


# -- comparison (§19.1.4) ------------------------------------------------------------------------

_MUST_BE_IN_BOTH = frozenset((b"user", b"ttl", b"method", b"maddr", b"transport"))


def equal(a: Uri, b: Uri) -> bool:
    """True when both mean the same (§19.1.4). Not transitive, as the RFC notes."""
    if a.raw == b.raw:
        return True
    if a.scheme != b.scheme:
        return False
    if not a.is_sip:
        return _same_opaque(a, b)
    return (
        a.port == b.port
        and _same_text(a.user, b.user)
        and _same_text(a.password, b.password)
        and _same_host(a.host, b.host)
        and _same_params(a.params, b.params)
        and _headers(a.headers) == _headers(b.headers)
    )


def _same_text(a: bytes | None, b: bytes | None) -> bool:
    if a is None or b is None:
        return a is b
    return a == b or _normal(a) == _normal(b)


def _normal(text: bytes) -> bytes:
    """`text` without needless escapes: only reserved bytes differ from their escaped form."""
    return _ESCAPED.sub(_decoded_unless_reserved, text) if b"%" in text else text


def _decoded_unless_reserved(found: re.Match[bytes]) -> bytes:
    code = int(found[1], 16)
    return found[0].upper() if code in _RESERVED else bytes((code,))


def _same_host(a: bytes, b: bytes) -> bool:
    if a == b:
        return True
    if a[0] == b[0] == 0x5B:
        return IPv6Address(_ipv6_text(a)) == IPv6Address(_ipv6_text(b))
    return a.lower() == b.lower()


def _ipv6_text(reference: bytes) -> str:
    return reference[1:-1].replace(b":::", b"::").decode("ascii")  # RFC 5118 §4.10


def _params(params: bytes) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    for part in params.split(b";"):
        if part:
            key, _, value = _normal(part).lower().partition(b"=")
            found.setdefault(key, value)
    return found


def _same_params(a: bytes, b: bytes) -> bool:
    if a == b:
        return True
    left, right = _params(a), _params(b)
    if any((name in left) != (name in right) for name in _MUST_BE_IN_BOTH):
        return False
    return all(right.get(name, value) == value for name, value in left.items())


def _headers(headers: bytes) -> list[tuple[bytes, bytes]]:
    """Names without case, values as they are: what a header's own rules say isn't known here."""
    found = []
    for part in headers[1:].split(b"&") if headers else ():
        key, _, value = part.partition(b"=")
        found.append((_normal(key).lower(), _normal(value)))
    return sorted(found)


def _same_opaque(a: Uri, b: Uri) -> bool:
    if a.scheme != b"tel":
        return a.opaque == b.opaque
    return _telephone(a.opaque) == _telephone(b.opaque)


def _telephone(opaque: bytes) -> tuple[bytes, list[bytes]]:
    """A tel URI's number without visual separators, and its parameters (RFC 3966 §4)."""
    number, *params = opaque.lower().split(b";")
    return number.translate(None, b"-.()"), sorted(params)
