"""Names of header fields: one canonical spelling each, full and lower-case (RFC 3261 §7.3.3, §20).

A name is looked up as it stands on the wire in `KNOWN`, which finds nearly all of them; `canonical`
reads the rest: other cases and headers nobody has heard of.
"""

from __future__ import annotations

from typing import Final

from ser_core.errors import ParseError
from ser_core.sip.abnf import is_token

ACCEPT: Final = b"accept"
ACCEPT_CONTACT: Final = b"accept-contact"
ACCEPT_ENCODING: Final = b"accept-encoding"
ACCEPT_LANGUAGE: Final = b"accept-language"
ALERT_INFO: Final = b"alert-info"
ALLOW: Final = b"allow"
ALLOW_EVENTS: Final = b"allow-events"
AUTHENTICATION_INFO: Final = b"authentication-info"
AUTHORIZATION: Final = b"authorization"
CALL_ID: Final = b"call-id"
CALL_INFO: Final = b"call-info"
CONTACT: Final = b"contact"
CONTENT_DISPOSITION: Final = b"content-disposition"
CONTENT_ENCODING: Final = b"content-encoding"
CONTENT_LANGUAGE: Final = b"content-language"
CONTENT_LENGTH: Final = b"content-length"
CONTENT_TYPE: Final = b"content-type"
CSEQ: Final = b"cseq"
DATE: Final = b"date"
DIVERSION: Final = b"diversion"
ERROR_INFO: Final = b"error-info"
EVENT: Final = b"event"
EXPIRES: Final = b"expires"
FROM: Final = b"from"
IDENTITY: Final = b"identity"
IDENTITY_INFO: Final = b"identity-info"
IN_REPLY_TO: Final = b"in-reply-to"
MAX_BREADTH: Final = b"max-breadth"
MAX_FORWARDS: Final = b"max-forwards"
MIME_VERSION: Final = b"mime-version"
MIN_EXPIRES: Final = b"min-expires"
MIN_SE: Final = b"min-se"
ORGANIZATION: Final = b"organization"
P_ASSERTED_IDENTITY: Final = b"p-asserted-identity"
P_PREFERRED_IDENTITY: Final = b"p-preferred-identity"
PATH: Final = b"path"
PRIORITY: Final = b"priority"
PRIVACY: Final = b"privacy"
PROXY_AUTHENTICATE: Final = b"proxy-authenticate"
PROXY_AUTHORIZATION: Final = b"proxy-authorization"
PROXY_REQUIRE: Final = b"proxy-require"
RACK: Final = b"rack"
REASON: Final = b"reason"
RECORD_ROUTE: Final = b"record-route"
REFER_TO: Final = b"refer-to"
REFERRED_BY: Final = b"referred-by"
REJECT_CONTACT: Final = b"reject-contact"
REMOTE_PARTY_ID: Final = b"remote-party-id"
REPLACES: Final = b"replaces"
REPLY_TO: Final = b"reply-to"
REQUEST_DISPOSITION: Final = b"request-disposition"
REQUIRE: Final = b"require"
RETRY_AFTER: Final = b"retry-after"
ROUTE: Final = b"route"
RSEQ: Final = b"rseq"
SERVER: Final = b"server"
SERVICE_ROUTE: Final = b"service-route"
SESSION_EXPIRES: Final = b"session-expires"
SUBJECT: Final = b"subject"
SUBSCRIPTION_STATE: Final = b"subscription-state"
SUPPORTED: Final = b"supported"
TIMESTAMP: Final = b"timestamp"
TO: Final = b"to"
UNSUPPORTED: Final = b"unsupported"
USER_AGENT: Final = b"user-agent"
VIA: Final = b"via"
WARNING: Final = b"warning"
WWW_AUTHENTICATE: Final = b"www-authenticate"

COMPACT: Final[dict[bytes, bytes]] = {
    b"a": ACCEPT_CONTACT,  # RFC 3841
    b"b": REFERRED_BY,  # RFC 3892
    b"c": CONTENT_TYPE,
    b"d": REQUEST_DISPOSITION,  # RFC 3841
    b"e": CONTENT_ENCODING,
    b"f": FROM,
    b"i": CALL_ID,
    b"j": REJECT_CONTACT,  # RFC 3841
    b"k": SUPPORTED,
    b"l": CONTENT_LENGTH,
    b"m": CONTACT,
    b"n": IDENTITY_INFO,  # RFC 4474
    b"o": EVENT,  # RFC 6665
    b"r": REFER_TO,  # RFC 3515
    b"s": SUBJECT,
    b"t": TO,
    b"u": ALLOW_EVENTS,  # RFC 6665
    b"v": VIA,
    b"x": SESSION_EXPIRES,  # RFC 4028
    b"y": IDENTITY,  # RFC 8224
}
"""Compact form (RFC 3261 §7.3.3 and the IANA registry) to canonical name."""

SINGLE: Final = frozenset((FROM, TO, CALL_ID, CSEQ, CONTENT_LENGTH, MAX_FORWARDS))
"""Headers that decide where a message belongs and how long it is: repeated, it is refused."""

_UNUSUAL_CAPITALS: Final[dict[bytes, bytes]] = {
    CALL_ID: b"Call-ID",
    CSEQ: b"CSeq",
    MIME_VERSION: b"MIME-Version",
    MIN_SE: b"Min-SE",
    RACK: b"RAck",
    REMOTE_PARTY_ID: b"Remote-Party-ID",
    RSEQ: b"RSeq",
    WWW_AUTHENTICATE: b"WWW-Authenticate",
}
"""Where the RFCs' spelling isn't a capital at the start of each word."""

_FULL_NAMES: Final = tuple(
    value for name, value in list(globals().items()) if name[0] != "_" and type(value) is bytes
)


def _usual_spellings() -> dict[bytes, bytes]:
    spellings: dict[bytes, bytes] = {}
    for name in _FULL_NAMES:
        for spelling in (name, name.title(), name.upper(), name.capitalize()):
            spellings[spelling] = name
        spellings[_UNUSUAL_CAPITALS.get(name, name)] = name
    for letter, name in COMPACT.items():
        spellings[letter] = spellings[letter.upper()] = name
    return spellings


KNOWN: Final[dict[bytes, bytes]] = _usual_spellings()
"""The usual spellings as they stand on the wire, compact ones too, to canonical names."""


def canonical(name: bytes) -> bytes:
    """The canonical name for any spelling. Raises ParseError when `name` isn't a token."""
    known = KNOWN.get(name)
    if known is not None:
        return known
    lower = name.lower()
    known = KNOWN.get(lower)
    if known is not None:
        return known
    if not is_token(name):
        raise ParseError("a header's name is not a token")
    return lower
