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
from ser_core.proxy.branches import Branches
from ser_core.proxy.client_side import ClientSide
from ser_core.proxy.environment import Environment, TransactionCounters
from ser_core.proxy.error_replies import reply_for
from ser_core.proxy.forwarding import destination, is_loop, loop_hash
from ser_core.proxy.response_context import ProxyBranch, ResponseContext
from ser_core.proxy.response_processing import ResponseProcessing
from ser_core.proxy.server_side import ServerSide
from ser_core.proxy.uac import Uac
from ser_core.script.runtime import (
    E_BAD_ADDRESS,
    E_BAD_TUPEL,
    E_BAD_URI,
    E_BAD_VIA,
    E_NO_SOCKET,
    E_OUT_OF_MEM,
    E_SCRIPT,
    E_SEND,
    E_TOO_MANY_BRANCHES,
    E_UNSUPPORTED_SCHEME,
)
from ser_core.sip.headers import parse_uint
from ser_core.sip.names import MAX_BREADTH
from ser_core.sip.request import SIGNATURE
from ser_core.transaction.client import ClientTransaction
from ser_core.transaction.machine import Transaction
from ser_core.transaction.server import ServerTransaction
from ser_core.transaction.table import TransactionTable
from ser_core.transaction.timer_heap import TimerHeap

if TYPE_CHECKING:
    from ser_core.script.runtime import ScriptMessage
    from ser_core.sip.message import Request
    from ser_core.transaction.timers import Timers

TRYING = b"trying -- your call is important to us"
CANCELING = b"canceling"
NOTHING_TO_CANCEL = b"ok -- no more pending branches"

DEFAULT_BREADTH = 60
"""Max-Breadth of a request that comes without one (RFC 5393 §5.3.3)."""

MAX_TRANSACTIONS = 200_000
"""Server transactions at once in one process, some 1 GB; more would be an attack."""

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
        max_transactions: int = MAX_TRANSACTIONS,
        signature: bytes = SIGNATURE,
    ) -> None:
        """`sent_bys` are what our Vias say. `max_breadth` is Max-Breadth (RFC 5393 §5.3.3) of
        requests that come without one. More requests than `max_transactions` at once are refused.
        `signature` is the User-Agent line of requests of our own, or empty.
        """
        self.environment = environment
        self.counters = counters
        self.table = TransactionTable()
        self.heap = TimerHeap()
        self.servers = ServerSide(environment, self.table, self.heap, timers, counters)
        self.clients = ClientSide(environment, self.table, self.heap, timers, counters)
        self.responses = ResponseProcessing(environment, self.servers, counters)
        self.branches = Branches(environment, self.clients, self.responses)
        self.responses.branches = self.branches
        self.uac = Uac(environment, self.clients, counters, signature)
        self._sent_bys = sent_bys
        self._loop_detection = loop_detection
        self._max_breadth = max_breadth
        self._max_transactions = max_transactions

    def configure(
        self,
        timers: Timers,
        *,
        loop_detection: bool,
        max_breadth: int,
        max_transactions: int,
        signature: bytes,
    ) -> None:
        """Change what the constructor was told. Transactions under way keep their timers."""
        self.servers.timers = self.clients.timers = timers
        self.uac.sign_with(signature)
        self._loop_detection = loop_detection
        self._max_breadth = max_breadth
        self._max_transactions = max_transactions

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
        if cancel_context is not None and context is not None and context.msg is not None:
            msg.flags = context.msg.flags  # the script, which would set them, doesn't see CANCELs
        pending = context is not None and not context.final and bool(context.pending())
        if cancel_context is not None:
            reason = CANCELING if pending else NOTHING_TO_CANCEL
            self.servers.reply(cancel_context, 200, reason, now)
            cancel_context.close()
        if context is None or context.final:
            return
        context.cancelled = True
        context.on_failure = ""  # the caller has gone: no further targets
        if pending:
            self.responses.cancel_branches(context, now)
            self.responses.finish_if_complete(context, now)

    # -- requests --------------------------------------------------------------------------------

    def new_transaction(self, msg: ScriptMessage) -> int:
        """t_newtran: a server transaction for the request; 1, or an error number.

        0: it is a retransmission that came while the script of the first one waited for something.
        """
        if msg.transaction is not None:
            return E_SCRIPT
        request: Request = msg.message
        if not (request.call_id and request.cseq_method):
            return E_BAD_TUPEL
        if len(self.table.servers) >= self._max_transactions:
            return E_OUT_OF_MEM
        try:
            context = self.servers.create(msg, msg.now)
        except ParseError:
            return E_BAD_VIA
        return ANSWERED if context is None else RELAYED

    def relay(self, msg: ScriptMessage, *, replicate: bool = False) -> int:
        """t_relay for a request without a transaction: make one and forward."""
        error = self.new_transaction(msg)
        if error <= 0:
            return error or RELAYED
        context: ResponseContext = msg.transaction.context
        context.replicated = replicate
        if msg.message.method == b"INVITE" and not replicate:
            self.servers.reply(context, 100, TRYING, msg.now)
        error = self.forward(context, msg)
        if error >= 0:
            return RELAYED
        return self._refuse(context, error, msg.now)

    def _refuse(self, context: ResponseContext, error: int, now: float) -> int:
        """The error reply that t_relay sends by itself; then the script stops."""
        self._turn_down(context, *reply_for(error, "TM"), now)
        return error if context.replicated else ANSWERED

    def _turn_down(self, context: ResponseContext, status: int, reason: bytes, now: float) -> None:
        """Answer a request that isn't forwarded; a replicated one only ends."""
        if context.replicated:
            self.servers.release(context.server, now)
        else:
            self.responses.answer(context, status, reason, now)

    def forward(self, context: ResponseContext, msg: ScriptMessage) -> int:
        """Add a branch for the Request-URI and each appended one; an error number if none goes."""
        if self._is_loop(context, msg):
            self._turn_down(context, 482, b"Loop Detected", msg.now)
            return RELAYED
        targets = [(msg.message.uri, msg.next_hop)]
        targets += [(branch.uri, branch.next_hop) for branch in msg.branches]
        msg.branches = []
        return self.add_branches(context, msg, targets)

    def _is_loop(self, context: ResponseContext, msg: ScriptMessage) -> bool:
        request: Request = msg.message
        own_hash = loop_hash(request)
        context.loop_mark = b".%08x" % own_hash
        if not self._loop_detection:
            return False
        return is_loop(request, self._sent_bys, own_hash)

    def add_branches(
        self,
        context: ResponseContext,
        msg: ScriptMessage,
        targets: list[tuple[bytes, bytes | None]],
    ) -> int:
        """Start a branch for each target; an error number when not one could be sent."""
        if context.cancelled:
            self._turn_down(context, 487, b"Request Terminated", msg.now)
            return RELAYED
        if len(context.branches) + len(targets) > msg.max_branches:
            return E_TOO_MANY_BRANCHES
        if not self._share_breadth(context, msg, len(targets)):
            return RELAYED
        error = RELAYED
        started = 0
        context.forwarding = True
        for uri, next_hop in targets:
            branch = context.new_branch(uri, next_hop, msg)
            outcome = self._start(context, branch, msg)
            if outcome >= 0:
                started += 1
            else:
                error = outcome
                branch.status = 503
        context.forwarding = False
        if not started:
            return error
        self.responses.finish_if_complete(context, msg.now)
        return RELAYED

    def _share_breadth(self, context: ResponseContext, msg: ScriptMessage, count: int) -> bool:
        """RFC 5393 §5.3.3: divide Max-Breadth among parallel branches; 440 when it is too small."""
        field = msg.message.first_fields.get(MAX_BREADTH)
        if field is None and count == 1:
            return True
        breadth = self._max_breadth
        if field is not None:
            breadth = parse_uint(field[4], 1 << 31)
        if breadth < count:
            self._turn_down(context, 440, b"Max-Breadth Exceeded", msg.now)
            return False
        context.breadth = breadth // count
        return True

    def _start(self, context: ResponseContext, branch: ProxyBranch, msg: ScriptMessage) -> int:
        try:
            uri = destination(branch.uri, branch.next_hop)
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
        if self.branches.start(context, branch, msg.now):
            return RELAYED
        first = found[0]
        has_listener = self.environment.listener_for(msg, first.transport, first.host)
        return E_SEND if has_listener is not None else E_NO_SOCKET

    def _on_resolved(self, context: ResponseContext, branch: ProxyBranch, found: list[Any]) -> None:
        """The DNS has answered for a branch that waits."""
        now = self.environment.monotonic()
        if branch.status or context.final or context.msg is None:
            return
        branch.targets = list(found)
        if self.branches.start(context, branch, now):
            return
        if len(context.branches) == 1 and not context.on_failure:
            branch.status = 503
            self._refuse(context, E_SEND if found else E_BAD_ADDRESS, now)
        else:
            self.responses.fail(context, branch, 503, now)

    # -- timers ----------------------------------------------------------------------------------

    def run_timers(self, now: float, limit: int = 1000) -> None:
        """Fire what is due, at most `limit` transactions at a time.

        Whatever one transaction raises ends that one only; the others get their turn with the next
        call.
        """
        for transaction in self.heap.due(now, limit):
            try:
                if isinstance(transaction, ServerTransaction):
                    self.servers.run_timer(transaction, now)
                elif isinstance(transaction, ClientTransaction):
                    self.clients.run_timer(transaction, now)
            except Exception:  # the caller's guard logs it
                self._give_up(transaction, now)
                raise

    def _give_up(self, transaction: Transaction, now: float) -> None:
        """Let no table keep what no timer would end any more."""
        if isinstance(transaction, ServerTransaction):
            self.servers.forget(transaction)
        elif isinstance(transaction, ClientTransaction):
            try:
                if transaction.user is not None:
                    transaction.user.on_broken(transaction, now)
            finally:
                self.clients.forget(transaction)
