"""Record-Route and loose routing for the script; the rules stand in `proxy.route_set`."""

from __future__ import annotations

import enum
import re
from typing import TYPE_CHECKING

from ser_core.errors import ParseError
from ser_core.modules.api import REQUEST, Core, Module, command, param
from ser_core.proxy.route_set import RouteRules, follow_route
from ser_core.script.runtime import RecordRoute
from ser_core.sip.names import ROUTE
from ser_core.sip.uri import parse_uri

if TYPE_CHECKING:
    from ser_core.script.runtime import ScriptMessage

# Tokens that aren't a URI parameter as they stand (RFC 3261 §25.1, paramchar) get no ftag.
_PARAM_VALUE = re.compile(rb"[A-Za-z0-9\-_.!~*'+]+")


class RecordRouteResult(enum.IntEnum):
    """What record_route answers."""

    RECORDED = 1
    """the header is written when the request is sent"""
    ALREADY_RECORDED = -1
    """called before for this request"""
    UNREADABLE = -3
    """add_username is set and the Request-URI can't be read"""


RECORDED = RecordRouteResult.RECORDED
ALREADY_RECORDED = RecordRouteResult.ALREADY_RECORDED
UNREADABLE = RecordRouteResult.UNREADABLE


class Preset(bytes):
    """`host[:port][;params]`, as it is to stand in a Record-Route."""

    @classmethod
    def from_script(cls, text: str) -> Preset:
        """Raises ValueError when that is no address."""
        preset = text.encode()
        try:
            uri = parse_uri(b"sip:" + preset)
        except ParseError as error:
            raise ValueError(f'"{text}" is not host[:port][;parameters]: {error}') from None
        if uri.user is not None or uri.headers:
            raise ValueError(f'"{text}" is not host[:port][;parameters]')
        return cls(preset)


class Rr(Module):
    """Keeps the proxy on the way of a dialog, and sends requests along it (RFC 3261 §16.12)."""

    name = "rr"

    append_fromtag: int = param(
        1, "1: put the From tag into the Record-Route, as ;ftag=", minimum=0, maximum=1
    )
    enable_double_rr: int = param(
        1,
        "1: two headers when the request leaves by another listener than it came in on",
        minimum=0,
        maximum=1,
    )
    enable_full_lr: int = param(
        0, "1: write ;lr=on instead of ;lr, for those who lose a bare lr", minimum=0, maximum=1
    )
    add_username: int = param(
        0, "1: put the user of the Request-URI in front of our address", minimum=0, maximum=1
    )
    ignore_user: str = param("", "URIs with this user aren't taken for ours; empty: all are")

    def start(self, core: Core) -> None:
        self._lr = b";lr=on" if self.enable_full_lr else b";lr"
        self._double = bool(self.enable_double_rr)
        self._rules = RouteRules(core.local, self._double, self.ignore_user.encode())

    # -- Record-Route ----------------------------------------------------------------------------

    @command(routes=REQUEST)
    def record_route(self, msg: ScriptMessage) -> RecordRouteResult:
        """Have the requests that follow in the dialog come by us, too."""
        if msg.record_route is not None:
            msg.core.complain("record_route", "record_route(): Double attempt to record-route", msg)
            return ALREADY_RECORDED
        user = b""
        if self.add_username:
            try:
                user = self._user(msg)
            except ParseError:
                return UNREADABLE
        msg.record_route = RecordRoute(user, self._params(msg), b"", self._double)
        return RECORDED

    @command(routes=REQUEST)
    def record_route_preset(self, msg: ScriptMessage, address: Preset) -> RecordRouteResult:
        """As record_route, with a given address instead of that of our listener."""
        try:
            user = self._user(msg)
        except ParseError:
            return UNREADABLE
        msg.record_route = RecordRoute(user, self._params(msg), address, False)
        return RECORDED

    def _params(self, msg: ScriptMessage) -> bytes:
        if self.append_fromtag:
            tag: bytes = msg.message.from_tag
            if tag and (tag.isalnum() or _PARAM_VALUE.fullmatch(tag)):
                return b";ftag=" + tag + self._lr
        return self._lr

    @staticmethod
    def _user(msg: ScriptMessage) -> bytes:
        """`user@` from the Request-URI as it came, else as it now is."""
        for text in (msg.received_uri, msg.uri):
            user = parse_uri(text).user
            if user:
                return user + b"@"
        return b""

    # -- Route -----------------------------------------------------------------------------------

    @command(routes=REQUEST)
    def loose_route(self, msg: ScriptMessage) -> bool:
        """Follow the Route headers; true when they say where the request goes next."""
        if ROUTE not in msg.message.first_fields:
            return False
        try:
            return follow_route(msg, self._rules)
        except ParseError as error:
            msg.core.complain("loose_route", f"loose_route: {error}", msg)
            return False
