"""What is known of a request whose credentials have been checked, for the rest of the script."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from ser_core.modules.uri.uri import AUTHORIZED_USER

if TYPE_CHECKING:
    from ser_core.script.runtime import ScriptMessage
    from ser_core.sip.credentials import Credentials
    from ser_core.sip.message import Field

AVPS = "avps"
"""Key in `ScriptMessage.state` of the attributes of the user, by their names."""
_AUTHORIZED = "authorized"


class Authorized(msgspec.Struct, frozen=True, gc=False):
    """Whose credentials they were."""

    user: bytes
    """The user part of the username."""
    domain: bytes
    """What stood behind "@" in it, or nothing."""
    realm: bytes
    headers: tuple[Field, ...]
    """The header fields with the credentials: more than one when several functions said yes."""


def state_of(msg: ScriptMessage) -> dict[str, Any]:  # Any: each module keeps what it likes
    """The dict in which modules keep things for this message."""
    if msg.state is None:
        msg.state = {}
    state: dict[str, Any] = msg.state
    return state


def authorized(msg: ScriptMessage) -> Authorized | None:
    """The user whose credentials were found right last; None: nobody's were."""
    found: Authorized | None = msg.state.get(_AUTHORIZED) if msg.state else None
    return found


def set_authorized(msg: ScriptMessage, credentials: Credentials, header: Field) -> None:
    """Credentials have been found right."""
    before = authorized(msg)
    headers = (*before.headers, header) if before is not None else (header,)
    state = state_of(msg)
    state[_AUTHORIZED] = Authorized(
        credentials.user, credentials.domain, credentials.realm, headers
    )
    state[AUTHORIZED_USER] = credentials.user


def avp(msg: ScriptMessage, name: str) -> bytes:
    """An attribute that has a text; empty when the user has none of that name."""
    value = msg.state.get(AVPS, {}).get(name) if msg.state else None
    return value if isinstance(value, bytes) else b""
