"""The script's questions about URIs and users that need no database."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ser_core.errors import ParseError
from ser_core.modules.api import REQUEST, Module, command
from ser_core.sip.uri import Uri, parse_uri

if TYPE_CHECKING:
    from ser_core.script.runtime import ScriptMessage

AUTHORIZED_USER = "authorized_user"
"""Key in `ScriptMessage.state` where an authentication module leaves the user (bytes) whose
credentials it has checked."""

_VISUAL_SEPARATORS = b"-.()"  # RFC 3966 §3
_SUBSCRIBER = re.compile(rb"\+?[0-9A-Fa-f*#]+(?:;[A-Za-z0-9\-_.!~*'()%\[\]/:&+$=]+)*")


class UriParam(bytes):
    """`name=value` or `name`, to be added to a URI."""

    @classmethod
    def from_script(cls, text: str) -> UriParam:
        """Raises ValueError when that is no URI parameter; an empty one is let pass, as in SER."""
        param = text.removeprefix(";").encode()
        if param and not _is_param(param):
            raise ValueError(f'"{text}" is not a URI parameter, name=value')
        return cls(param)


def _is_param(text: bytes) -> bool:
    try:
        uri = parse_uri(b"sip:user@host;" + text)
    except ParseError:
        return False
    return uri.params == b";" + text and text[:1] != b"="


class UriModule(Module):
    """Looks at the Request-URI, the To tag and the authorized user."""

    name = "uri"

    @command(routes=REQUEST)
    def is_user(self, msg: ScriptMessage, user: bytes) -> bool:
        """True when the credentials that were checked for this request are those of `user`."""
        authorized = msg.state.get(AUTHORIZED_USER) if isinstance(msg.state, dict) else None
        if authorized is None:
            msg.core.complain("is_user", "is_user: no credentials have been checked", msg)
            return False
        return bool(authorized == user)

    @command(routes=REQUEST)
    def has_totag(self, msg: ScriptMessage) -> bool:
        """True when To has a tag: the request belongs to a dialog."""
        return bool(msg.message.to_tag)

    @command(routes=REQUEST)
    def uri_param(self, msg: ScriptMessage, param: bytes, value: bytes = b"") -> bool:
        """True when the Request-URI has this parameter with this value; without `value`, when it
        has the parameter without one."""
        uri = _sip_uri(msg)
        return uri is not None and uri.param(param.lower()) == value

    @command(routes=REQUEST)
    def add_uri_param(self, msg: ScriptMessage, param: UriParam) -> bool:
        """Add a parameter to the Request-URI; false when that is no SIP URI."""
        uri = _sip_uri(msg)
        if uri is None:
            return False
        if param:
            end = len(uri.raw) - len(uri.headers)
            msg.uri = uri.raw[:end] + b";" + param + uri.headers
        return True

    @command(routes=REQUEST)
    def tel2sip(self, msg: ScriptMessage) -> bool:
        """Turn a tel Request-URI into a SIP one at From's host (RFC 3261 §19.1.6).

        True as well when the Request-URI isn't tel; false when it can't be turned.
        """
        try:
            uri = parse_uri(msg.uri)
            if uri.scheme != b"tel":
                return True
            host = _host_and_port(parse_uri(msg.message.from_uri))
        except ParseError as error:
            msg.core.complain("tel2sip", f"tel2sip: {error}", msg)
            return False
        number, semicolon, params = uri.opaque.partition(b";")
        subscriber = number.translate(None, _VISUAL_SEPARATORS) + semicolon + params
        if not host or not _SUBSCRIBER.fullmatch(subscriber):
            return False
        user = subscriber.replace(b"#", b"%23")  # "#" can't stand in a user part (§25.1)
        msg.uri = b"sip:" + user + b"@" + host + b";user=phone"
        return True


def _sip_uri(msg: ScriptMessage) -> Uri | None:
    """The Request-URI, when it is a SIP or SIPS URI that can be read."""
    try:
        uri = parse_uri(msg.uri)
    except ParseError as error:
        msg.core.complain("bad uri", f"bad Request-URI: {error}", msg)
        return None
    return uri if uri.is_sip else None


def _host_and_port(uri: Uri) -> bytes:
    return uri.host + b":%d" % uri.port if uri.port else uri.host
