"""Finding the credentials that a request has for us among all that it has (RFC 3261 §22.3)."""

from __future__ import annotations

from typing import Final

import msgspec

from ser_core.errors import ParseError
from ser_core.modules.auth.nonces import Nonce, Nonces
from ser_core.sip.credentials import Credentials, credentials_of, digest_params
from ser_core.sip.message import Field
from ser_core.sip.names import AUTHORIZATION, PROXY_AUTHORIZATION
from ser_core.sip.uri import parse_uri, unescape

MAX_HEADERS: Final = 16
"""Headers with credentials in one request: one for each proxy on the way. More is an attack."""


class Kind(msgspec.Struct, frozen=True, gc=False):
    """Who asks for credentials: a server (§22.2) or a proxy (§22.3)."""

    credentials_header: bytes
    """Canonical."""
    challenge_header: bytes
    status: int
    reason: bytes


WWW: Final = Kind(AUTHORIZATION, b"WWW-Authenticate", 401, b"Unauthorized")
PROXY: Final = Kind(
    PROXY_AUTHORIZATION, b"Proxy-Authenticate", 407, b"Proxy Authentication Required"
)


class Presented(msgspec.Struct, frozen=True, gc=False):
    """Credentials for our realm."""

    credentials: Credentials
    header: Field
    nonce: Nonce | None
    """None: it isn't ours, or not any more."""


def find_presented(
    fields: list[Field], realm: bytes, nonces: Nonces, source: bytes, now: int
) -> Presented | None:
    """The credentials for this realm; None when there are none.

    Where a proxy behind us has the same realm there may be several: ours are those with our nonce.
    Raises ParseError when what is there can't be read.
    """
    if len(fields) > MAX_HEADERS:
        raise ParseError("too many credentials")
    best: Presented | None = None
    unreadable: ParseError | None = None
    for field in fields:
        try:
            params = digest_params(field[4])
            if params is None or params.get(b"realm") != realm:
                continue
            credentials = credentials_of(params)
        except ParseError as error:
            unreadable = error
            continue
        nonce = nonces.read(credentials.nonce, realm, source, now)
        if nonce is not None:
            return Presented(credentials, field, nonce)
        best = best or Presented(credentials, field, None)
    if best is None and unreadable is not None:
        raise unreadable
    return best


def is_for(uri: bytes, request_uri: bytes) -> bool:
    """Whether credentials with this `uri` are meant for a request with this Request-URI.

    RFC 7616 §3.4.6 wants them to be the same. Some phones leave the user out of one of them, or
    write ports and parameters otherwise; but another host, or another user, is another request.
    """
    if uri == request_uri:
        return True
    try:
        named, wanted = parse_uri(uri), parse_uri(request_uri)
    except ParseError:
        return False
    if not (named.is_sip and wanted.is_sip) or named.host.lower() != wanted.host.lower():
        return False
    if named.user is None or wanted.user is None:
        return True
    return unescape(named.user) == unescape(wanted.user)
