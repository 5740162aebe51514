"""What the proxy does without a transaction: RFC 3261 §16.11, §8.2.7 and §18.2.

Requests forwarded here carry a branch that can be computed again from the request, and so from its
response too: a response whose branch isn't that one was never asked for and goes nowhere.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from ser_core.errors import ParseError
from ser_core.proxy.environment import Environment
from ser_core.proxy.forwarding import (
    destination,
    is_stateless_branch,
    request_copy,
    response_copy,
    stateless_branch,
)
from ser_core.proxy.replies import fallback_hop, response_hop
from ser_core.script.runtime import (
    E_BAD_ADDRESS,
    E_BAD_URI,
    E_NO_SOCKET,
    E_SEND,
    E_UNSUPPORTED_SCHEME,
)
from ser_core.sip.address import split_comma
from ser_core.sip.hop import DEFAULT_PORT, Hop
from ser_core.sip.message import Message, Response
from ser_core.sip.names import VIA
from ser_core.sip.stateless_tag import StatelessTag
from ser_core.sip.uri import parse_uri
from ser_core.sip.via import Via, parse_via

if TYPE_CHECKING:
    from ser_core.script.runtime import ScriptMessage

SENT = 1


class StatelessProxy:
    """Forwards and answers single messages."""

    def __init__(self, environment: Environment, tags: StatelessTag) -> None:
        self._environment = environment
        self._tags = tags

    def forward(self, msg: ScriptMessage, next_hop: bytes, transport: str | None) -> int:
        """Send the request on to a URI; 1, or an error number below 0."""
        try:
            uri = destination(msg.message.uri, next_hop)
        except ParseError:
            return E_BAD_URI
        if not uri.is_sip:
            return E_UNSUPPORTED_SCHEME
        targets = self._environment.resolve_now(uri, transport)
        if targets is None:
            found = partial(self._forward_to, msg, transport)
            self._environment.resolve(uri, found, transport)
            return SENT
        return self._forward_to(msg, transport, targets)

    def _forward_to(self, msg: ScriptMessage, transport: str | None, targets: list[Any]) -> int:
        if not targets:
            return E_BAD_ADDRESS
        environment = self._environment
        for target in targets:
            over = transport or target.transport
            listener = environment.listener_for(msg, over, target.host)
            if listener is None:
                continue
            data = request_copy(
                msg, msg.message.uri, listener, stateless_branch(msg.message, self._tags)
            )
            if environment.send(data, Hop(listener.transport, target.host, target.port, listener)):
                return SENT
            return E_SEND
        return E_NO_SOCKET

    def reply(
        self,
        msg: ScriptMessage,
        status: int,
        reason: bytes,
        to_tag: bytes,
        headers: list[bytes],
    ) -> bool:
        """Answer once and forget (§8.2.7); False when the reply can't be sent."""
        data = self._environment.replies.build(msg, status, reason, to_tag, headers)
        hop = response_hop(msg)
        if hop.listener.reliable:
            return self._environment.send(data, hop, None, fallback_hop(msg))
        return self._environment.send(data, hop)

    def forward_response(self, response: Response, *, any_branch: bool) -> bool:
        """Send a response on by its second Via (§16.11); False when it isn't ours to forward.

        `any_branch` forwards also what we can't have asked for, as SER does.
        """
        vias = via_values(response, 2)
        if len(vias) < 2:
            return False
        if not any_branch and not is_stateless_branch(
            vias[0].branch, vias[1], response, self._tags
        ):
            return False
        via = vias[1]
        transport: Any = via.transport.lower().decode()
        host = via.received or via.host
        if b":" in host and not host.startswith(b"["):
            host = b"[" + host + b"]"
        port = int(via.rport) if via.rport else via.port or DEFAULT_PORT
        uri = parse_uri(b"sip:%s:%d" % (host, port))
        targets = self._environment.resolve_now(uri, transport)
        if targets is None:
            found = partial(self._send_response, response, transport)
            self._environment.resolve(uri, found, transport)
            return True
        return self._send_response(response, transport, targets)

    def _send_response(self, response: Response, transport: str, targets: list[Any]) -> bool:
        for target in targets:
            listener = self._environment.listener_for(None, transport, target.host)
            if listener is not None:
                hop = Hop(listener.transport, target.host, target.port, listener)
                return self._environment.send(response_copy(response), hop)
        return False


def via_values(message: Message, limit: int) -> list[Via]:
    """The first `limit` Vias, wherever commas and lines divide them. Raises ParseError."""
    found: list[Via] = []
    for field in message.fields:
        if field[0] == VIA:
            value = field[4]
            for start, end in split_comma(value):
                found.append(parse_via(value[start:end].strip()))
                if len(found) == limit:
                    return found
    return found
