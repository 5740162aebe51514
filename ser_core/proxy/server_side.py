"""The proxy's server transactions: requests that came in, and the responses that go back.

RFC 3261 §16.2: a stateful proxy creates a server transaction for each new request; §17.2 runs it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ser_core.proxy.environment import Environment, TransactionCounters
from ser_core.proxy.replies import fallback_hop, response_hop
from ser_core.proxy.response_context import ResponseContext
from ser_core.sip.message import Request
from ser_core.transaction.actions import Action, Actions
from ser_core.transaction.inputs import Input, respond_input
from ser_core.transaction.machine import State, fire, step
from ser_core.transaction.server import ServerTransaction, invite_server, non_invite_server
from ser_core.transaction.table import TransactionTable, server_key
from ser_core.transaction.timer_heap import TimerHeap

if TYPE_CHECKING:
    from ser_core.script.runtime import ScriptMessage
    from ser_core.transaction.timers import Timers


class ServerSide:
    """Makes server transactions, matches requests to them, and answers through them."""

    def __init__(
        self,
        environment: Environment,
        table: TransactionTable,
        heap: TimerHeap,
        timers: Timers,
        counters: TransactionCounters,
    ) -> None:
        self._environment = environment
        self._table = table
        self._heap = heap
        self.timers = timers
        self._counters = counters

    def create(self, msg: ScriptMessage, now: float) -> ResponseContext | None:
        """A server transaction for a new request, with its response context.

        None: there is one already, which has taken the request as a retransmission. Raises
        ParseError when the topmost Via can't be read.
        """
        request: Request = msg.message
        method = request.method
        key = server_key(request, method)
        known = self._table.servers.get(key)
        if known is not None:
            self.absorb(known, request, now)
            return None
        make = invite_server if method == b"INVITE" else non_invite_server
        server = make(key, response_hop(msg), self.timers)
        context = ResponseContext(server, msg)
        server.context = context
        if server.hop.listener.reliable:
            server.fallback = fallback_hop(msg)
        context.on_failure = msg.on_failure
        context.on_reply = msg.on_reply
        context.watcher = msg.core.watcher
        msg.transaction = server
        self._table.servers[key] = server
        self._counters.total.add()
        return context

    def absorb(self, server: ServerTransaction, request: Request, now: float) -> bool:
        """Take a retransmission or an ACK; False when the request isn't for the transaction.

        An ACK to a 2xx has a branch of its own; one that carries the INVITE's (a peer of RFC 2543)
        isn't absorbed either, since it must reach the callee.
        """
        if request.method != b"ACK":
            self.perform(server, step(server, Input.REQUEST, now))
            return True
        if server.state in (State.COMPLETED, State.CONFIRMED):
            self.perform(server, step(server, Input.ACK, now))
            return True
        return server.state is State.PROCEEDING

    def respond(self, server: ServerTransaction, status: int, data: bytes, now: float) -> bool:
        """Send a response through the transaction; False when it is too late for that one."""
        previous = server.response, server.status
        context = server.context
        server.response, server.status = data, status
        actions = step(server, respond_input(status), now)
        if not actions:
            server.response, server.status = previous
            return False
        if status >= 200 > previous[1]:
            self._count(status)
        self.perform(server, actions)
        if server.is_invite and 200 <= status < 300:
            server.response = b""  # RFC 6026 §7.1: the UAS retransmits its 2xx, not we
        if previous[1] < 200 and context is not None and context.watcher is not None:
            context.watcher.on_response_sent(context, status, data)
        return True

    def reply(
        self,
        context: ResponseContext,
        status: int,
        reason: bytes,
        now: float,
        headers: Sequence[bytes] = (),
        body: bytes = b"",
    ) -> bool:
        """Answer with a response of our own; False when a final one has been sent already."""
        msg = context.msg
        if msg is None or context.final:
            return False
        to_tag = b""
        if status > 100:
            to_tag = context.to_tag = context.to_tag or self._environment.unique()
        data = self._environment.replies.build(msg, status, reason, to_tag, headers, body)
        if not self.respond(context.server, status, data, now):
            return False
        if status >= 200:
            context.final = status
            self._counters.replied_locally.add()
        return True

    def perform(self, server: ServerTransaction, actions: Actions) -> None:
        """Carry out what the transaction asks for."""
        for action in actions:
            if action is Action.SEND_RESPONSE:
                self.transmit(server, server.response)
            elif action is Action.TERMINATED:
                self.forget(server)
                return
        if server.deadline < server.armed_at:
            self._heap.arm(server)

    def run_timer(self, server: ServerTransaction, now: float) -> None:
        """Fire the timer that is due."""
        self.perform(server, fire(server, now))

    def transmit(self, server: ServerTransaction, data: bytes) -> bool:
        """Send to where the request came from, past the transaction; False when that failed."""
        if server.fallback is None:
            return self._environment.send(data, server.hop)
        return self._environment.send(data, server.hop, None, server.fallback)

    def release(self, server: ServerTransaction, now: float) -> None:
        """End a transaction that gets no final response from us (t_release, RFC 4320 §4.2)."""
        self.perform(server, step(server, Input.GIVE_UP, now))

    def forget(self, server: ServerTransaction) -> None:
        """The transaction is over: nothing matches it any more."""
        if self._table.servers.get(server.key) is server:
            del self._table.servers[server.key]
            self._counters.finished.add()
            if server.status >= 200:
                self._counters.waiting.add(-1)
        server.context = None

    def _count(self, status: int) -> None:
        counters = self._counters
        counters.waiting.add()
        if status < 300:
            counters.completed_2xx.add()
        elif status < 400:
            counters.completed_3xx.add()
        elif status < 500:
            counters.completed_4xx.add()
        elif status < 600:
            counters.completed_5xx.add()
        else:
            counters.completed_6xx.add()
