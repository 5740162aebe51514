"""The proxy's client transactions: branches that go out, and what comes back on them.

RFC 3261 §16.6 steps 7 to 10 send a branch, §16.7 step 1 finds the one a response is for, §16.10
cancels. When a target can't be reached, the next one of RFC 3263 §4.3 is tried.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Protocol

from ser_core.proxy.environment import Environment, TransactionCounters
from ser_core.proxy.forwarding import has_via_below, request_copy
from ser_core.proxy.response_context import ProxyBranch, ResponseContext
from ser_core.sip.hop import Hop
from ser_core.transaction.actions import Action, Actions
from ser_core.transaction.client import ClientTransaction, invite_client, non_invite_client
from ser_core.transaction.hop_by_hop import build_cancel
from ser_core.transaction.inputs import Input, response_input
from ser_core.transaction.machine import State, fire, step
from ser_core.transaction.table import MAGIC_COOKIE, TransactionTable
from ser_core.transaction.timer_heap import TimerHeap

if TYPE_CHECKING:
    from ser_core.script.runtime import ScriptMessage
    from ser_core.sip.message import Response
    from ser_core.transaction.timers import Timers

MAX_UDP_REQUEST = 1300
"""Larger requests go by a congestion-controlled transport where the next hop has one (§18.1.1)."""


class BranchObserver(Protocol):
    """Who is told what happens on a branch."""

    def on_response(
        self, context: ResponseContext, branch: ProxyBranch, response: Response, now: float
    ) -> None: ...

    def on_no_response(
        self, context: ResponseContext, branch: ProxyBranch, status: int, now: float
    ) -> None: ...


class ClientSide:
    """Sends branches, matches responses to them, cancels them."""

    def __init__(
        self,
        environment: Environment,
        table: TransactionTable,
        heap: TimerHeap,
        timers: Timers,
        counters: TransactionCounters,
        observer: BranchObserver,
    ) -> None:
        self._environment = environment
        self._table = table
        self._heap = heap
        self.timers = timers
        self._counters = counters
        self._observer = observer

    def start(self, context: ResponseContext, branch: ProxyBranch, now: float) -> bool:
        """Send a branch to the first of its targets that takes it; False when none does."""
        msg = branch.msg
        assert msg is not None
        while branch.targets:
            target = branch.targets.pop(0)
            listener = self._environment.listener_for(msg, target.transport, target.host)
            if listener is None:
                continue
            hop = Hop(target.transport, target.host, target.port, listener)
            if self._send(context, branch, msg, hop, now):
                return True
        return False

    def _send(
        self,
        context: ResponseContext,
        branch: ProxyBranch,
        msg: ScriptMessage,
        hop: Hop,
        now: float,
    ) -> bool:
        method: bytes = msg.message.method
        via_branch = b"%s%s.%x%s" % (
            MAGIC_COOKIE,
            self._environment.unique(),
            branch.index,
            context.loop_mark,
        )
        data = request_copy(msg, branch.uri, hop.listener, via_branch, context.breadth)
        if len(data) > MAX_UDP_REQUEST and not hop.listener.reliable and not branch.stream_tried:
            larger = self._over_stream(msg, branch, hop, via_branch, context.breadth)
            if larger is not None:
                data, hop = larger
        make = invite_client if method == b"INVITE" else non_invite_client
        client = make(via_branch + method, data, hop, self.timers)
        client.context = context
        client.index = branch.index
        branch.client = client
        self._table.clients[client.key] = client
        return self._start_client(client, now)

    def _over_stream(
        self, msg: ScriptMessage, branch: ProxyBranch, hop: Hop, via_branch: bytes, breadth: int
    ) -> tuple[bytes, Hop] | None:
        """The request for TCP instead of UDP, with UDP to fall back on (§18.1.1)."""
        listener = self._environment.listener_for(None, "tcp", hop.host)
        if listener is None or b";transport=udp" in (branch.next_hop or branch.uri).lower():
            return None
        other = Hop("tcp", hop.host, hop.port, listener)
        if self._environment.failed_lately(other):
            return None
        branch.stream_tried = True
        branch.targets.insert(0, hop)
        return request_copy(msg, branch.uri, listener, via_branch, breadth), other

    def _start_client(self, client: ClientTransaction, now: float) -> bool:
        step(client, Input.START, now)
        if client.hop.listener.reliable:
            sent = self._environment.send(
                client.request, client.hop, partial(self._on_send_error, client)
            )
        else:
            sent = self._environment.send(client.request, client.hop)
        if not sent:
            step(client, Input.TRANSPORT_ERROR, now)
            self.forget(client)
            return False
        self._heap.arm(client)
        return True

    def _on_send_error(self, client: ClientTransaction, _hop: Hop, _error: OSError) -> None:
        now = self._environment.monotonic()
        self.perform(client, step(client, Input.TRANSPORT_ERROR, now), None, now)

    def receive(self, response: Response, now: float) -> bool:
        """Take a response; False when it matches no client transaction (§17.1.3)."""
        client = self._table.clients.get(response.via.branch + response.cseq_method)
        if client is None or (client.context is not None and not has_via_below(response)):
            self._counters.unmatched_responses.add()
            return False
        actions = step(client, response_input(response.status), now, response)
        self.perform(client, actions, response, now)
        return True

    def perform(
        self, client: ClientTransaction, actions: Actions, response: Response | None, now: float
    ) -> None:
        """Carry out what the transaction asks for."""
        for action in actions:
            if action is Action.PASS_UP:
                context = client.context
                if context is not None and response is not None:
                    branch = context.branches[client.index]
                    self._observer.on_response(context, branch, response, now)
            elif action is Action.SEND_REQUEST:
                self._resend(client, now)
            elif action is Action.SEND_ACK:
                self._environment.send(client.ack, client.hop)
            elif action is Action.TERMINATED:
                self.forget(client)
            else:
                self._on_no_response(client, action, now)
        if client.deadline < client.armed_at:
            self._heap.arm(client)

    def run_timer(self, client: ClientTransaction, now: float) -> None:
        """Fire the timer that is due."""
        self.perform(client, fire(client, now), None, now)

    def _resend(self, client: ClientTransaction, now: float) -> None:
        if not self._environment.send(client.request, client.hop):
            self.perform(client, step(client, Input.TRANSPORT_ERROR, now), None, now)

    def _on_no_response(self, client: ClientTransaction, action: Action, now: float) -> None:
        context = client.context
        if context is None:
            return
        branch = context.branches[client.index]
        if branch.client is client and not branch.status:
            status = 408 if action is Action.TIMED_OUT else 503
            self._observer.on_no_response(context, branch, status, now)

    def cancel(self, branch: ProxyBranch, now: float) -> None:
        """Cancel a pending INVITE branch; before its first 1xx that only is noted (§9.1)."""
        client = branch.client
        branch.cancel_wanted = True
        if client is None or branch.status or branch.cancelled or not branch.provisional:
            return
        branch.cancelled = True
        key = client.key[: -len(b"INVITE")] + b"CANCEL"
        cancel = non_invite_client(key, build_cancel(client.request), client.hop, self.timers)
        self._table.clients[key] = cancel
        self._start_client(cancel, now)
        if client.state is State.PROCEEDING:
            # §9.1: 64*T1 after the CANCEL the INVITE is over, whether its 487 comes or not
            client.start_timeout(Input.TIMER_B, now + 64 * self.timers.t1)
            self._heap.arm(client)

    def forget(self, client: ClientTransaction) -> None:
        """The transaction is over: nothing matches it any more."""
        if self._table.clients.get(client.key) is client:
            del self._table.clients[client.key]
        client.context = None  # else client, branch and context would keep each other alive
