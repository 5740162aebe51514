"""The ACKs of our own: requests without a transaction (RFC 3261 §13.2.2.4, §17.1).

The 2xx to an INVITE may come again, or from several phones, and gets an ACK each time. One that
nobody waits for any more would leave a phone off the hook for ever: it is hung up, too.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from ser_core.errors import ParseError
from ser_core.proxy.client_side import next_hop
from ser_core.proxy.environment import Environment
from ser_core.proxy.route_set import as_request_uri
from ser_core.proxy.uac_request import Sent, UacRequest
from ser_core.script.runtime import E_BAD_ADDRESS, E_NO_SOCKET, E_SEND
from ser_core.sip.dialog import uac_dialog
from ser_core.sip.names import AUTHORIZATION, PROXY_AUTHORIZATION, ROUTE, TO
from ser_core.sip.request import Draft, Header, build_request
from ser_core.sip.uri import Uri, parse_uri
from ser_core.transaction.table import MAGIC_COOKIE

if TYPE_CHECKING:
    from ser_core.sip.message import Response

MAX_DIALOGS = 12
"""Phones that may accept one INVITE. 2xx from further ones are ignored, since whoever makes them up
would have us send to wherever they say."""

Done = Callable[[Sent | int], object]
"""Gets what was sent where, or the number of the error."""

_CREDENTIALS = frozenset((AUTHORIZATION, PROXY_AUTHORIZATION))


class Acknowledging:
    """Sends ACKs, and BYEs to those who accept too late."""

    def __init__(
        self,
        environment: Environment,
        signature: bytes,
        send: Callable[[UacRequest], object],
    ) -> None:
        """`signature` is the User-Agent line, or empty; `send` sends any other request."""
        self._environment = environment
        self.signature = signature
        self._send = send

    def send(self, draft: Draft, destination: Uri, done: Done) -> None:
        """Send an ACK to the first target that takes it."""
        found = self._environment.resolve_now(destination)
        if found is None:
            self._environment.resolve(destination, partial(self._send_to_one, draft, done))
        else:
            self._send_to_one(draft, done, found)

    def _send_to_one(self, draft: Draft, done: Done, found: list[Any]) -> None:
        targets = list(found)
        error = E_NO_SOCKET if found else E_BAD_ADDRESS
        branch = MAGIC_COOKIE + self._environment.unique()
        while (hop := next_hop(self._environment, targets, None)) is not None:
            data = build_request(draft, hop.listener, branch, self.signature)
            if self._environment.send(data, hop):
                done(Sent(data, hop))
                return
            error = E_SEND
        done(error)

    def accept(self, request: UacRequest, response: Response) -> None:
        """Acknowledge a 2xx, whether it is the first one or not."""
        tag = _tag_of(response)
        if tag not in request.acks:
            if len(request.acks) < MAX_DIALOGS:
                self._accept_first(request, response, tag)
            return
        ack = request.acks[tag]
        if ack is not None:
            self._environment.send(ack.data, ack.hop)

    def _accept_first(self, request: UacRequest, response: Response, tag: bytes) -> None:
        """The first 2xx of a dialog; when it isn't the one that was waited for, hang up."""
        request.acks[tag] = None
        ack = _in_dialog(request, response, b"ACK", request.draft.cseq)
        if ack is not None:
            self.send(*ack, partial(_keep_ack, request, tag))
        if not request.status:
            return
        bye = _in_dialog(request, response, b"BYE", request.draft.cseq + 1)
        if bye is not None:
            self._send(UacRequest(*bye, None))


def _keep_ack(request: UacRequest, tag: bytes, outcome: Sent | int) -> None:
    if isinstance(outcome, Sent):
        request.acks[tag] = outcome


def _tag_of(response: Response) -> bytes:
    try:
        return response.to_tag
    except ParseError:
        return b""


def _in_dialog(
    request: UacRequest, response: Response, method: bytes, cseq: int
) -> tuple[Draft, Uri] | None:
    """A request in the dialog that a 2xx has made, and where it goes (§12.2.1.1).

    None when the response names no place that can be read. The credentials are those of the INVITE,
    as §13.2.2.4 wants it.
    """
    invite = request.draft
    dialog = uac_dialog(response)
    if not dialog.remote_target:
        dialog = dialog._replace(remote_target=invite.uri)
    try:
        destination = parse_uri(dialog.next_hop)
        uri = as_request_uri(parse_uri(dialog.request_uri))
    except ParseError:
        return None
    routes = [Header(ROUTE, b"Route: <%b>\r\n" % route) for route in dialog.routes]
    credentials = [header for header in invite.headers if header.name in _CREDENTIALS]
    to = response.header(TO) or invite.to
    headers = (*routes, *credentials)
    draft = Draft(method, uri, to, invite.sender, invite.call_id, cseq, headers)
    return draft, destination
