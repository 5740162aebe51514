"""From a URI to the address-of-record that bindings are stored under (RFC 3261 §10.3 step 5)."""

from __future__ import annotations

from ser_core.registrar.rules import MAX_AOR, Rules, bad_request, server_error
from ser_core.sip.uri import Uri, unescape


def address_of_record(uri: Uri, rules: Rules) -> bytes:
    """The key that bindings are stored under: user, with use_domain user@host, in lower case.

    RFC 3261 §10.3 step 5 has escapes undone and parameters removed. A URI without a user gives an
    empty user, as in SER. Raises Refused: 400 for a scheme that has no user or escapes that aren't
    any, 500 for more than MAX_AOR bytes.
    """
    user = uri.user
    if user is None:
        user = _user_of_other(uri)
    elif b"%" in user:
        user = _unescaped(user)
    aor = user + b"@" + _realm_of(uri, rules.realm_prefix) if rules.use_domain else user
    if not rules.case_sensitive:
        aor = aor.lower()
    if len(aor) > MAX_AOR:
        raise server_error(b"Address Of Record too long")
    return aor


def _user_of_other(uri: Uri) -> bytes:
    """The user where none stands in front of an "@"."""
    if uri.is_sip:
        return b""
    if uri.scheme == b"tel":
        return _unescaped(uri.opaque.partition(b";")[0])
    raise bad_request(b"Error while parsing AOR")


def _unescaped(user: bytes) -> bytes:
    unescaped = unescape(user)
    # A zero byte stands for something else in the location table, so that user keeps its escapes.
    return user if b"\0" in unescaped else unescaped


def _realm_of(uri: Uri, realm_prefix: bytes) -> bytes:
    # example.com. is example.com (RFC 3261 §25.1, hostname).
    return uri.host.lower().removesuffix(b".").removeprefix(realm_prefix)
