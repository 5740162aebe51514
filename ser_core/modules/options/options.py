"""options_reply: what ser itself can do (RFC 3261 §11.2)."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from ser_core.errors import ParseError
from ser_core.modules.api import REQUEST, Module, command, param
from ser_core.sip.uri import parse_uri

if TYPE_CHECKING:
    from ser_core.script.runtime import ScriptMessage


class OptionsResult(enum.IntEnum):
    """What options_reply answers."""

    ANSWERED = 0
    """200 is sent; the route list ends here."""
    NOT_FOR_US = -1
    """The request isn't OPTIONS, its Request-URI names a user, or the reply could not be sent."""


class Options(Module):
    """Answers OPTIONS requests to the server itself."""

    name = "options"

    accept: str = param("*/*", "value of Accept: types of bodies")
    accept_encoding: str = param("", "value of Accept-Encoding")
    accept_language: str = param("en", "value of Accept-Language")
    support: str = param("", "value of Supported: extensions of SIP")

    def check(self) -> None:
        """Refuse what would break the reply."""
        for name in ("accept", "accept_encoding", "accept_language", "support"):
            value: str = getattr(self, name)
            if any(ord(character) < 0x20 or character == "\x7f" for character in value):
                raise ValueError(f"{name} is one line without control characters")
        self._headers = [
            f"{name}: {value}".rstrip().encode() + b"\r\n"
            for name, value in (
                ("Accept", self.accept),
                ("Accept-Encoding", self.accept_encoding),
                ("Accept-Language", self.accept_language),
                ("Supported", self.support),
            )
        ]

    @command(routes=REQUEST)
    def options_reply(self, msg: ScriptMessage) -> OptionsResult:
        """Answer an OPTIONS whose Request-URI names no user with 200."""
        if msg.message.method != b"OPTIONS" or _names_a_user(msg):
            return OptionsResult.NOT_FOR_US
        if not msg.core.reply(msg, 200, b"OK", headers=self._headers):
            return OptionsResult.NOT_FOR_US
        return OptionsResult.ANSWERED


def _names_a_user(msg: ScriptMessage) -> bool:
    try:
        uri = parse_uri(msg.uri)
    except ParseError as error:
        msg.core.complain("options_reply", f"options_reply: {error}", msg)
        return True
    return not uri.is_sip or uri.user is not None
