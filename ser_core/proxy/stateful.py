"""The stateful proxy: RFC 3261 §16, between server and client transactions.

A request comes in as a `ScriptMessage` when the script relays it. It gets a server transaction and
a response context (§16.2), a branch for each target (§16.6), and what comes back on the branches is
chosen from and sent upstream (§16.7). CANCEL (§16.10) and ACK are taken before the script, so that
they go where the INVITE went whatever the location table says by now.

`relay` yields what SER's t_relay yields: above 0 done, 0 answered by ourselves so that the script
stops, below 0 an error number.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from ser_core.errors import ParseError
from ser_core.proxy.client_side import ClientSide
from ser_core.proxy.environment import Environment, TransactionCounters
from ser_core.proxy.error_replies import reply_for
from ser_core.proxy.forwarding import is_loop, loop_hash, response_copy
from ser_core.proxy.response_context import ProxyBranch, ResponseContext
from ser_core.proxy.server_side import ServerSide
from ser_core.script.runtime import (
    E_BAD_ADDRESS,
    E_BAD_TUPEL,
    E_BAD_URI,
    E_BAD_VIA,
    E_NO_SOCKET,
    E_SCRIPT,
    E_SEND,
    E_TOO_MANY_BRANCHES,
    E_UNSUPPORTED_SCHEME,
)
from ser_core.sip.headers import parse_uint
from ser_core.sip.names import MAX_BREADTH
from ser_core.sip.uri import parse_uri
from ser_core.transaction.actions import Action
from ser_core.transaction.machine import fire
from ser_core.transaction.server import ServerTransaction
from ser_core.transaction.table import TransactionTable
from ser_core.transaction.timer_heap import TimerHeap

if TYPE_CHECKING:
    from ser_core.script.runtime import ScriptMessage
    from ser_core.sip.message import Request, Response
    from ser_core.transaction.client import ClientTransaction
    from ser_core.transaction.timers import Timers

TRYING = b"trying -- your call is important to us"
CANCELING = b"canceling"
NOTHING_TO_CANCEL = b"ok -- no more pending branches"

DEFAULT_BREADTH = 60
"""Max-Breadth of a request that comes without one (RFC 5393 §5.3.3)."""

RELAYED = 1
ANSWERED = 0


class StatefulProxy:
    """All transactions of one process and what the proxy does with them."""

    def __init__(
        self,
        environment: Environment,
        timers: Timers,
        counters: TransactionCounters,
        sent_bys: frozenset[bytes],
        *,
        loop_detection: bool = True,
        max_breadth: int = DEFAULT_BREADTH,
    ) -> None:
        """`sent_bys` are what our Vias say. `max_breadth` is Max-Breadth (RFC 5393 §5.3.3) of
        requests that come without one."""
        self.environment = environment
        self.counters = counters
        self.table = TransactionTable()
        self.heap = TimerHeap()
        self.servers = ServerSide(environment, self.table, self.heap, timers, counters)
        self.clients = ClientSide(environment, self.table, self.heap, timers, counters, self)
        self._sent_bys = sent_bys
        self._loop_detection = loop_detection
        self._max_breadth = max_breadth

    # -- before the script -----------------------------------------------------------------------

    def take(self, msg: ScriptMessage) -> bool:
        """Deal with a request that belongs to a transaction: True when the script isn't needed."""
        request: Request = msg.message
        server = self.table.server_for(request)
        if server is not None:
            return self.servers.absorb(server, request, msg.now)
        if request.method == b"CANCEL":
            invite = self.table.cancelled_by(request)
            if invite is not None:
                self._cancel(invite, msg)
                return True
        return False

    def _cancel(self, invite: ServerTransaction, msg: ScriptMessage) -> None:
        """§9.2 and §16.10: answer the CANCEL and cancel what is pending."""
        now = msg.now
        cancel_context = self.servers.create(msg, now)
        context: ResponseContext | None = invite.context
        pending = context.pending() if context is not None and not context.final else []
        reason = CANCELING if pending else NOTHING_TO_CANCEL
        self.servers.reply(cancel_context, 200, reason, now)
        cancel_context.msg = None
        if context is not None and pending:
            context.on_failure = ""  # the caller has gone: no further targets
            self._cancel_branches(context, now)

    # -- requests --------------------------------------------------------------------------------

    def new_transaction(self, msg: ScriptMessage) -> int:
        """t_newtran: a server transaction for the request; 1, or an error number."""
        if msg.transaction is not None:
            return E_SCRIPT
        request: Request = msg.message
        if not (request.call_id and request.cseq_method):
            return E_BAD_TUPEL
        try:
            self.servers.create(msg, msg.now)
        except ParseError:
            return E_BAD_VIA
        return RELAYED

    def relay(self, msg: ScriptMessage, fixed: Any = None, *, replicate: bool = False) -> int:
        """t_relay for a request without a transaction: make one and forward.

        `fixed` is the one target to send to, instead of what the URIs say.
        """
        error = self.new_transaction(msg)
        if error < 0:
            return error
        context: ResponseContext = msg.transaction.context
        context.replicated = replicate
        if msg.message.method == b"INVITE" and not replicate:
            self.servers.reply(context, 100, TRYING, msg.now)
        error = self.forward(context, msg, fixed)
        if error >= 0:
            return RELAYED
        return self._refuse(context, error, msg.now)

    def _refuse(self, context: ResponseContext, error: int, now: float) -> int:
        """The error reply that t_relay sends by itself; then the script stops."""
        if context.replicated:
            self.servers.release(context.server, now)
            return error
        status, reason = reply_for(error, "TM")
        if self.servers.reply(context, status, reason, now):
            context.msg = None
            return ANSWERED
        return error

    def forward(self, context: ResponseContext, msg: ScriptMessage, fixed: Any = None) -> int:
        """Add a branch for the Request-URI and each appended one; an error number if none goes."""
        if self._is_loop(context, msg):
            self.servers.reply(context, 482, b"Loop Detected", msg.now)
            context.msg = None
            return RELAYED
        targets = [(msg.message.uri, msg.next_hop)]
        targets += [(branch.uri, branch.next_hop) for branch in msg.branches]
        msg.branches = []
        return self.add_branches(context, msg, targets, fixed)

    def _is_loop(self, context: ResponseContext, msg: ScriptMessage) -> bool:
        request: Request = msg.message
        own_hash = loop_hash(request)
        context.loop_mark = b".%x" % own_hash
        if not self._loop_detection:
            return False
        return is_loop(request, self._sent_bys, own_hash)

    def add_branches(
        self,
        context: ResponseContext,
        msg: ScriptMessage,
        targets: list[tuple[bytes, bytes | None]],
        fixed: Any = None,
    ) -> int:
        """Start a branch for each target; an error number when not one could be sent."""
        if len(context.branches) + len(targets) > msg.max_branches:
            return E_TOO_MANY_BRANCHES
        if not self._share_breadth(context, msg, len(targets)):
            return RELAYED
        error = RELAYED
        started = 0
        context.forwarding = True
        for uri, next_hop in targets:
            branch = context.new_branch(uri, next_hop)
            outcome = self._start(context, branch, msg, fixed)
            if outcome >= 0:
                started += 1
            else:
                error = outcome
                branch.status = 503
        context.forwarding = False
        if not started:
            return error
        if context.is_complete:
            self._finish(context, msg.now)
        return RELAYED

    def _share_breadth(self, context: ResponseContext, msg: ScriptMessage, count: int) -> bool:
        """RFC 5393 §5.3.3: divide Max-Breadth among parallel branches; 440 when it is too small."""
        field = msg.message.first_fields.get(MAX_BREADTH)
        if field is None and count == 1:
            return True
        breadth = self._max_breadth
        if field is not None:
            breadth = parse_uint(msg.message.value(field), 1 << 31)
        if breadth < count:
            self.servers.reply(context, 440, b"Max-Breadth Exceeded", msg.now)
            context.msg = None
            return False
        context.breadth = breadth // count
        return True

    def _start(
        self, context: ResponseContext, branch: ProxyBranch, msg: ScriptMessage, fixed: Any
    ) -> int:
        if fixed is not None:
            found: list[Any] | None = [fixed]
        else:
            try:
                uri = parse_uri(branch.next_hop or branch.uri)
            except ParseError:
                return E_BAD_URI
            if not uri.is_sip:
                return E_UNSUPPORTED_SCHEME
            found = self.environment.resolve_now(uri)
            if found is None:
                self.environment.resolve(uri, partial(self._on_resolved, context, branch))
                return RELAYED
        if not found:
            return E_BAD_ADDRESS
        branch.targets = list(found)
        if self.clients.start(context, branch, msg.now):
            return RELAYED
        first = found[0]
        has_listener = self.environment.listener_for(msg, first.transport, first.host)
        return E_SEND if has_listener is not None else E_NO_SOCKET

    def _on_resolved(self, context: ResponseContext, branch: ProxyBranch, found: list[Any]) -> None:
        """The DNS has answered for a branch that waits."""
        now = self.environment.monotonic()
        if branch.status or context.msg is None:
            return
        if branch.cancel_wanted:
            self.on_no_response(context, branch, 487, now)
            return
        branch.targets = list(found)
        if self.clients.start(context, branch, now):
            return
        if len(context.branches) == 1 and not context.on_failure:
            branch.status = 478 if not found else 477
            self._refuse(context, E_SEND if found else E_BAD_ADDRESS, now)
        else:
            self.on_no_response(context, branch, 503, now)

    # -- responses (§16.7) -----------------------------------------------------------------------

    def on_response(
        self, context: ResponseContext, branch: ProxyBranch, response: Response, now: float
    ) -> None:
        """§16.7 steps 2 to 10 for a response that a client transaction passes up."""
        status = response.status
        if context.on_reply and branch.client is not None:
            self.environment.run_reply_route(
                context.on_reply, response, branch.client.hop, context.msg
            )
        if status < 200:
            self._on_provisional(context, branch, response, now)
        elif status < 300:
            self._on_success(context, branch, response, now)
        elif not branch.status:
            if status == 503 and branch.targets and self._try_next(context, branch, now):
                return
            branch.status = status
            branch.response = response
            if status >= 600:
                self._cancel_branches(context, now)
            self._finish_if_complete(context, now)

    def _on_provisional(
        self, context: ResponseContext, branch: ProxyBranch, response: Response, now: float
    ) -> None:
        branch.provisional = True
        if branch.cancel_wanted:
            self.clients.cancel(branch, now)
        if response.status > 100 and not context.final and not context.replicated:
            self.servers.respond(context.server, response.status, response_copy(response), now)

    def _on_success(
        self, context: ResponseContext, branch: ProxyBranch, response: Response, now: float
    ) -> None:
        """A 2xx goes upstream at once; to INVITE each one does, even after another final."""
        server = context.server
        first = not branch.status
        if first:
            branch.status = response.status
        if context.replicated:
            self.servers.release(server, now)
            return
        data = response_copy(response)
        if not context.final or 200 <= context.final < 300:
            if context.final and not server.is_invite:
                return
            context.final = response.status
            self.servers.respond(server, response.status, data, now)
            if server.is_invite and first:
                self._cancel_branches(context, now)
            context.msg = None
        elif server.is_invite:
            self.environment.send(data, server.hop)

    def on_no_response(
        self, context: ResponseContext, branch: ProxyBranch, status: int, now: float
    ) -> None:
        """A branch timed out (408) or couldn't be sent (503); both count as that response."""
        if branch.targets and not branch.provisional and self._try_next(context, branch, now):
            return
        if branch.provisional and context.server.is_invite and not branch.cancel_wanted:
            self.clients.cancel(branch, now)  # Timer C (§16.8)
        branch.status = 487 if branch.cancel_wanted and not branch.provisional else status
        self._finish_if_complete(context, now)

    def _try_next(self, context: ResponseContext, branch: ProxyBranch, now: float) -> bool:
        """RFC 3263 §4.3: the next target of the same URI, as a new client transaction."""
        if context.msg is None or context.final or branch.cancel_wanted:
            return False
        branch.provisional = False
        return self.clients.start(context, branch, now)

    def _cancel_branches(self, context: ResponseContext, now: float) -> None:
        if not context.server.is_invite:
            return
        for branch in context.branches:
            if not branch.status:
                self.clients.cancel(branch, now)

    def _finish_if_complete(self, context: ResponseContext, now: float) -> None:
        if not context.final and not context.forwarding and context.is_complete:
            self._finish(context, now)

    def _finish(self, context: ResponseContext, now: float) -> None:
        """All branches are final: failure_route, then the best response goes upstream."""
        msg = context.msg
        if msg is None or context.final:
            return
        if context.replicated:
            self.servers.release(context.server, now)
            return
        best = context.best()
        if context.on_failure:
            name, context.on_failure = context.on_failure, ""
            msg.status = best.status
            msg.now = now
            self.environment.run_failure_route(name, msg)
            if context.final or not context.is_complete:
                return
            best = context.best()
        self._send_best(context, best, now)

    def _send_best(self, context: ResponseContext, best: ProxyBranch, now: float) -> None:
        server = context.server
        response = best.response
        if response is None:
            self._send_assumed(context, best.status, now)
        elif best.status == 503:
            # §16.7 step 6: a 503 says "I", and it isn't we who are overloaded
            self.servers.reply(context, 500, b"Service Unavailable Downstream", now)
        else:
            response.edits += context.challenges(best)
            context.final = best.status
            self.servers.respond(server, best.status, response_copy(response), now)
        context.msg = None
        for branch in context.branches:
            branch.response = None

    def _send_assumed(self, context: ResponseContext, status: int, now: float) -> None:
        """A response that nobody sent: 408, 487, 503."""
        if status == 408 and not context.server.is_invite:
            context.final = status
            self.servers.release(context.server, now)  # RFC 4320 §4.2
            return
        reasons = {408: b"Request Timeout", 487: b"Request Terminated"}
        if status in reasons:
            self.servers.reply(context, status, reasons[status], now)
        else:
            self.servers.reply(context, *reply_for(E_SEND, "TM"), now)

    # -- timers ----------------------------------------------------------------------------------

    def run_timers(self, now: float, limit: int = 1000) -> None:
        """Fire what is due, at most `limit` transactions at a time."""
        for transaction in self.heap.due(now, limit):
            actions = fire(transaction, now)
            if isinstance(transaction, ServerTransaction):
                self.servers.perform(transaction, actions)
                if Action.TERMINATED not in actions:
                    self.heap.arm(transaction)
            else:
                client: ClientTransaction = transaction  # type: ignore[assignment]  # the other kind
                self.clients.perform(client, actions, None, now)
                if Action.TERMINATED not in actions:
                    self.heap.arm(client)
