"""How the responses that we make ourselves look and where they go (reference §8.2).

One `Replies` serves stateless and stateful answers alike, so that a script's settings hold for
both.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ser_core.errors import ParseError
from ser_core.sip.hop import DEFAULT_PORT, Hop, bracketed
from ser_core.sip.message import Request
from ser_core.sip.names import VIA
from ser_core.sip.reply import SERVER, build_response
from ser_core.sip.via import Via

if TYPE_CHECKING:
    from ser_core.script.runtime import ScriptMessage

MAX_WARNING = 256
"""Bytes of the Warning header; a longer one is left out, as in SER."""


class Replies:
    """Builds responses by the settings of ser.cfg."""

    def __init__(
        self, *, signature: bool = True, warning: bool = False, to_via: bool = False
    ) -> None:
        """`signature` is server_signature, `warning` sip_warning, `to_via` reply_to_via."""
        self._signature = SERVER if signature else b""
        self._warning = warning
        self.to_via = to_via

    def build(
        self,
        msg: ScriptMessage,
        status: int,
        reason: bytes,
        to_tag: bytes = b"",
        headers: Sequence[bytes] = (),
        body: bytes = b"",
    ) -> bytes:
        """The response to the request in hand; `headers` are whole lines with CRLF."""
        source = msg.source
        if msg.reply_headers:
            headers = [*msg.reply_headers, *headers]
        if self._warning:
            headers = [*headers, *_warning(msg)]
        return build_response(
            msg.message,
            status,
            reason,
            host=source.host,
            port=source.port,
            force_rport=msg.force_rport,
            to_tag=to_tag,
            headers=headers,
            body=body,
            signature=self._signature,
        )


def _warning(msg: ScriptMessage) -> list[bytes]:
    """SER's Warning 392, which tells a debugger where the request came from and went."""
    listener = msg.source.listener
    request: Request = msg.message
    line = (
        b'Warning: 392 %s:%d "Noisy feedback tells:  pid=%d req_src_ip=%s req_src_port=%d'
        b' in_uri=%s out_uri=%s via_cnt==%d"\r\n'
    ) % (
        bracketed(listener.host).encode(),
        listener.port,
        os.getpid(),
        msg.source.host.encode(),
        msg.source.port,
        _quotable(request.received_uri),
        _quotable(request.uri),
        len(request.all(VIA)),
    )
    return [line] if len(line) <= MAX_WARNING else []


def _quotable(text: bytes) -> bytes:
    return text.replace(b"\\", b"\\\\").replace(b'"', b'\\"')


def response_hop(msg: ScriptMessage) -> Hop:
    """Where responses to the request in hand go (RFC 3261 §18.2.2, RFC 3581 §4)."""
    source = msg.source
    if source.listener.reliable:
        return source
    try:
        via = msg.message.via
    except ParseError:  # an answer that says so can only go back to where it came from
        return source
    if via.rport is not None or msg.force_rport:
        return source
    if msg.core.replies.to_via:
        source = source._replace(host=_address_in(via) or source.host)
    port = via.port or DEFAULT_PORT
    return source if port == source.port else source._replace(port=port)


def _address_in(via: Via) -> str:
    """The address in the sent-by, when it is one: a name would have to be looked up first."""
    host = via.host.strip(b"[]").decode("ascii", "replace")
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return ""


def fallback_hop(msg: ScriptMessage) -> Hop:
    """Where a response goes when its connection is gone: the sent-by port, §18.2.2."""
    try:
        port = msg.message.via.port or DEFAULT_PORT
    except ParseError:
        port = DEFAULT_PORT
    return msg.source._replace(connection=0, port=port)
