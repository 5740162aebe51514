"""The user agent client: requests of our own (RFC 3261 §8.1, §9.1, §17.1).

Who has one sent hears of each provisional response and of the final one, or why there is none. A
request goes to the first of its targets that takes it, and to the next one (RFC 3263 §4.3) when
sending fails, nobody answers an INVITE, or the answer is 503.

`requests` holds those that wait for their final answer, and nothing else; afterwards only the
client transaction keeps what late responses need.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from ser_core.proxy.client_side import MAX_UDP_REQUEST, ClientSide, next_hop, stream_instead
from ser_core.proxy.environment import Environment, TransactionCounters
from ser_core.proxy.forwarding import has_via_below
from ser_core.proxy.uac_ack import Acknowledging, Done
from ser_core.proxy.uac_request import RequestUser, UacRequest
from ser_core.script.runtime import E_BAD_ADDRESS, E_NO_SOCKET, E_SEND
from ser_core.sip.hop import Hop
from ser_core.sip.request import Draft, build_request
from ser_core.sip.uri import Uri
from ser_core.transaction.client import ClientTransaction, invite_client, non_invite_client
from ser_core.transaction.table import MAGIC_COOKIE

if TYPE_CHECKING:
    from ser_core.sip.message import Response

REQUEST_TIMEOUT = 408
REQUEST_TERMINATED = 487
SERVICE_UNAVAILABLE = 503


class Uac:
    """Sends requests of our own; the transaction user of their client transactions."""

    def __init__(
        self,
        environment: Environment,
        clients: ClientSide,
        counters: TransactionCounters,
        signature: bytes,
    ) -> None:
        """`signature` is the User-Agent line, or empty."""
        self._environment = environment
        self._clients = clients
        self._counters = counters
        self._completed = (
            counters.completed_2xx,
            counters.completed_3xx,
            counters.completed_4xx,
            counters.completed_5xx,
            counters.completed_6xx,
        )
        self._signature = signature
        self._acknowledging = Acknowledging(environment, signature, self.send)
        self.requests: dict[tuple[bytes, bytes], UacRequest] = {}

    def sign_with(self, signature: bytes) -> None:
        """Put another User-Agent line into requests from now on."""
        self._signature = self._acknowledging.signature = signature

    # -- sending ---------------------------------------------------------------------------------

    def send_ack(self, draft: Draft, destination: Uri, done: Done) -> None:
        """Send an ACK, which has no transaction and no answer."""
        self._acknowledging.send(draft, destination, done)

    def send(self, request: UacRequest) -> None:
        """Send any other request; its user may hear of a failure before this returns."""
        self._counters.total.add()
        self._counters.local.add()
        self.requests[request.key] = request
        found = self._environment.resolve_now(request.destination)
        if found is None:
            self._environment.resolve(request.destination, partial(self._begin, request))
        else:
            self._begin(request, found)
        self._environment.arm_timers()

    def _begin(self, request: UacRequest, found: list[Any]) -> None:
        """The targets are known."""
        if request.status:  # cancelled in the meantime
            return
        request.targets = list(found)
        if self._try_targets(request, self._environment.monotonic()):
            return
        user = self._finish(request, SERVICE_UNAVAILABLE)
        if user is not None:
            failed = E_NO_SOCKET if request.client is None else E_SEND
            user.on_error(failed if found else E_BAD_ADDRESS)

    def _try_targets(self, request: UacRequest, now: float) -> bool:
        """Send to the first target that takes it; False when none does."""
        while (hop := next_hop(self._environment, request.targets, None)) is not None:
            if self._send(request, hop, now):
                return True
        return False

    def _send(self, request: UacRequest, hop: Hop, now: float) -> bool:
        draft = request.draft
        branch = MAGIC_COOKIE + self._environment.unique()
        data = build_request(draft, hop.listener, branch, self._signature)
        if len(data) > MAX_UDP_REQUEST and not hop.listener.reliable and not request.stream_tried:
            larger = stream_instead(self._environment, hop, request.destination.raw)
            if larger is not None:
                request.stream_tried = True
                request.targets.insert(0, hop)  # UDP to fall back on
                hop = larger
                data = build_request(draft, hop.listener, branch, self._signature)
        make = invite_client if request.is_invite else non_invite_client
        client = make(branch + draft.method, data, hop, self._clients.timers)
        client.user = self
        client.context = request
        request.client = client
        return self._clients.start(client, now)

    # -- cancelling ------------------------------------------------------------------------------

    def cancel(self, call_id: bytes, cseq: bytes) -> bool:
        """Cancel an INVITE (§9.1); False when none waits with this Call-ID and CSeq.

        The CANCEL leaves at once if a provisional response has come, else when the first one comes.
        """
        request = self.requests.get((call_id, cseq))
        if request is None or not request.is_invite:
            return False
        request.cancel_wanted = True
        if request.client is None:  # it waits for the DNS
            self._give_up(request, REQUEST_TERMINATED)
        else:
            self._cancel_once(request, self._environment.monotonic())
            self._environment.arm_timers()
        return True

    def _cancel_once(self, request: UacRequest, now: float) -> None:
        if request.provisional and not request.cancelled and request.client is not None:
            request.cancelled = True
            self._clients.cancel(request.client, now)

    # -- what comes back -------------------------------------------------------------------------

    def takes(self, response: Response) -> bool:
        """§8.1.3.3: a response with a further Via isn't for us."""
        return not has_via_below(response)

    def on_response(self, client: ClientTransaction, response: Response, now: float) -> None:
        """§8.1.3: tell the user, acknowledge, or try elsewhere."""
        request: UacRequest = client.context
        status = response.status
        if status < 200:
            self._on_provisional(request, response, now)
            return
        if status < 300 and request.is_invite:
            self._acknowledging.accept(request, response)
        if request.status:
            self._counters.late_responses.add()
        elif status != SERVICE_UNAVAILABLE or not self._try_next(request, now):
            self._count(status)
            user = self._finish(request, status)
            if user is not None:
                user.on_response(response)

    def _on_provisional(self, request: UacRequest, response: Response, now: float) -> None:
        request.provisional = True
        if request.cancel_wanted:
            self._cancel_once(request, now)
        if not request.status and request.user is not None:
            request.user.on_response(response)

    def on_no_response(self, client: ClientTransaction, status: int, now: float) -> None:
        """It timed out (408), or sending it again failed (503)."""
        request: UacRequest = client.context
        if request.status or client is not request.client:
            return
        # RFC 4320 §4: nobody waits for a second try of what isn't an INVITE
        in_time = request.is_invite or status != REQUEST_TIMEOUT
        if in_time and not request.provisional and self._try_next(request, now):
            return
        if request.is_invite:
            self._cancel_once(request, now)  # it rings, and nobody would answer it any more
        self._give_up(request, status)

    def on_broken(self, client: ClientTransaction, now: float) -> None:
        """Let nobody wait for a transaction that is given up."""
        request: UacRequest = client.context
        if not request.status and client is request.client:
            self._give_up(request, SERVICE_UNAVAILABLE)

    def _try_next(self, request: UacRequest, now: float) -> bool:
        if request.cancel_wanted:
            return False
        request.provisional = False
        return self._try_targets(request, now)

    # -- the end ---------------------------------------------------------------------------------

    def _give_up(self, request: UacRequest, status: int) -> None:
        self._count(status)
        user = self._finish(request, status)
        if user is not None:
            user.on_no_response(status)

    def _finish(self, request: UacRequest, status: int) -> RequestUser | None:
        """Note the end of a request; returns whom to tell."""
        request.status = status
        if self.requests.get(request.key) is request:
            del self.requests[request.key]
        self._counters.finished.add()
        user, request.user = request.user, None
        return user

    def _count(self, status: int) -> None:
        self._completed[status // 100 - 2].add()
