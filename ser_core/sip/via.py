"""Via: transport, sent-by, branch, received and rport (RFC 3261 §20.42, RFC 3581)."""

from __future__ import annotations

import msgspec

from ser_core.errors import ParseError
from ser_core.sip import params as header_params
from ser_core.sip.abnf import is_ipv6_reference, rule, without_lws

# The form that practically every Via has: no blanks but one, parameters without quotes, and branch,
# perhaps with an empty rport, in front of what else there is.
_ORDINARY = rule(
    rb"""
    SIP/2\.0/([A-Z]+)[ ](({HOST})(?::({PORT}))?)
    ((;rport)?;branch=([A-Za-z0-9!%*_+`'~.\-]++)(;rport)?
     ((?:;[A-Za-z0-9_.\-]++(?:=[A-Za-z0-9!%*_+`'~.\-]++)?)*))
    """
)
# via-parm = sent-protocol LWS sent-by *( SEMI via-params ), with blanks where §25.1 allows them.
_ANY = rule(
    rb"""
    {SWS} {TOKEN} {SWS} / {SWS} {TOKEN} {SWS} / {SWS} ({TOKEN}) {LWS}
    ( ({HOST}) (?: {SWS} : {SWS} ({PORT}) )? ) {SWS} ({PARAMS}) {SWS}
    """
)
_FIRST = rule(rb"""[^",]*+(?:{QUOTED_STRING}[^",]*+)*""")
_RECEIVED = rule(rb"\[?[0-9A-Fa-f:.]++\]? | {HOSTNAME}")


class Via(msgspec.Struct, frozen=True, gc=False):
    """One via-parm."""

    transport: bytes
    """Upper-case."""
    host: bytes
    """As written, IPv6 in brackets."""
    port: int
    """0 when absent."""
    params: bytes
    """From the first semicolon on, or empty."""
    branch: bytes
    """Empty when there is none."""
    received: bytes | None
    rport: bytes | None
    """None when absent, empty without value: the client asks for one (RFC 3581 §3)."""
    sent_by: bytes
    """host[:port] as written, without blanks."""
    end_of_sent_by: int
    """Offset in the value behind host[:port]."""


def parse_via(value: bytes) -> Via:
    """Read one via-parm (`split_first` cuts it from a list). Raises ParseError."""
    found = _ORDINARY.fullmatch(value)
    if found is None:
        return _unusual(value)
    transport, sent_by, host, port_text, params, early, branch, late, others = found.groups()
    port = 0 if port_text is None and host[0] != 0x5B else _checked(host, port_text)
    received: bytes | None = None
    rport = b"" if early or late else None
    if others:  # what other UAs and proxies add, what stands twice, other cases
        branch, received, rport = _well_known(params)
    return Via(transport, host, port, params, branch, received, rport, sent_by, found.end(2))


def _unusual(value: bytes) -> Via:
    found = _ANY.fullmatch(value)
    if found is None:
        raise ParseError("Via can't be read")
    transport, sent_by, host, port_text, params = found.groups()
    port = _checked(host, port_text)
    branch, received, rport = _well_known(params)
    end = found.end(2)
    text = without_lws(sent_by)
    return Via(transport.upper(), host, port, params, branch, received, rport, text, end)


def _checked(host: bytes, port_text: bytes | None) -> int:
    """The port, once it and the host have been found possible."""
    if host[0] == 0x5B and not is_ipv6_reference(host):
        raise ParseError("the IPv6 address in Via can't be read")
    if port_text is None:
        return 0
    port = int(port_text)
    if not 0 < port < 65536:
        raise ParseError("the port in Via is not between 1 and 65535")
    return port


_WELL_KNOWN = frozenset((b"branch", b"received", b"rport"))


def _well_known(params: bytes) -> tuple[bytes, bytes | None, bytes | None]:
    """branch, received and rport, each checked."""
    found: dict[bytes, bytes] = {}
    for name, value in header_params.pairs(params):
        if name in _WELL_KNOWN and found.setdefault(name, value) != value:
            raise ParseError(f"Via has two different values of {name.decode()}")
    branch = found.get(b"branch", b"")
    if branch[:1] == b'"':
        raise ParseError("the branch in Via stands in quotes")
    received = found.get(b"received")
    if received is not None and not _RECEIVED.fullmatch(received):
        raise ParseError("received in Via is not an address")
    rport = found.get(b"rport")
    if rport and not (rport.isdigit() and len(rport) < 6 and 0 < int(rport) < 65536):
        raise ParseError("rport in Via is not between 1 and 65535")
    return branch, received, rport


def split_first(value: bytes) -> int:
    """Offset of the comma that ends the first via-parm, or the length of `value`."""
    comma = value.find(b",")
    if comma < 0:
        return len(value)
    if value.find(b'"', 0, comma) < 0:
        return comma
    found = _FIRST.match(value)
    return found.end() if found else comma
