"""Remote-Party-ID, by which a proxy tells the next one who is calling (draft-ietf-sip-privacy)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ser_core.errors import ParseError
from ser_core.log import ERROR
from ser_core.modules.api import REQUEST, Module, command, param
from ser_core.modules.auth.arguments import OneLine
from ser_core.modules.auth.authorized import avp
from ser_core.sip.address import parse_address
from ser_core.sip.uri import parse_uri, unescape

if TYPE_CHECKING:
    from ser_core.script.runtime import ScriptMessage

# E.164: a plus and up to fifteen digits.
_NUMBER: Final = re.compile(rb"\+[0-9]{1,15}")
_CONTROL: Final = re.compile(rb"[\x00-\x1f\x7f]")
_AVP: Final = "rpid"


class RemotePartyId(Module):
    """What auth does with the Remote-Party-ID of the user whose credentials were right."""

    rpid_prefix: str = param("", "stands in front of a Remote-Party-ID")
    rpid_suffix: str = param(
        ";party=calling;id-type=subscriber;screen=yes", "stands behind a Remote-Party-ID"
    )

    def check(self) -> None:
        """Refuse what would break the header."""
        OneLine.from_script(self.rpid_prefix)
        OneLine.from_script(self.rpid_suffix)

    @command(routes=REQUEST)
    def is_rpid_user_e164(self, msg: ScriptMessage) -> bool:
        """True when the user has a Remote-Party-ID that is a telephone number like +431234."""
        return is_e164(avp(msg, _AVP))

    @command(routes=REQUEST)
    def append_rpid_hf(
        self, msg: ScriptMessage, prefix: OneLine | None = None, suffix: OneLine | None = None
    ) -> bool:
        """Add the user's Remote-Party-ID to the request; false when there is none.

        Without arguments it stands between `rpid_prefix` and `rpid_suffix`.
        """
        rpid = avp(msg, _AVP)
        if not rpid:
            return False
        if _CONTROL.search(rpid):
            text = "append_rpid_hf: the Remote-Party-ID of the user has control characters"
            msg.core.complain("rpid", text, msg, ERROR)
            return False
        before = self.rpid_prefix.encode() if prefix is None else prefix
        behind = self.rpid_suffix.encode() if suffix is None else suffix
        msg.message.append_header(b"Remote-Party-ID: %b%b%b\r\n" % (before, rpid, behind))
        return True


def is_e164(rpid: bytes) -> bool:
    """True when the user of the URI in `rpid` is a telephone number in the form of E.164."""
    try:
        uri = parse_uri(parse_address(rpid).uri)
    except ParseError:
        return False
    user = uri.opaque.partition(b";")[0] if uri.scheme == b"tel" else uri.user
    return user is not None and _NUMBER.fullmatch(unescape(user)) is not None
