"""Client transactions: what goes out, what comes back on it, and who is told (RFC 3261 §17.1).

Each has a transaction user: a branch of the proxy (`branches`, `response_processing`) or a request
of our own (`uac`). What is the same for both stands here; §17.1.3 finds the transaction that a
response is for, §9.1 cancels one.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from ser_core.proxy.environment import Environment, TransactionCounters
from ser_core.sip.hop import Hop
from ser_core.transaction.actions import Action, Actions
from ser_core.transaction.client import ClientTransaction, non_invite_client
from ser_core.transaction.hop_by_hop import build_cancel
from ser_core.transaction.inputs import Input, response_input
from ser_core.transaction.machine import State, fire, step
from ser_core.transaction.table import TransactionTable
from ser_core.transaction.timer_heap import TimerHeap
from ser_core.transaction.timers import NEVER

if TYPE_CHECKING:
    from ser_core.script.runtime import ScriptMessage
    from ser_core.sip.message import Response
    from ser_core.transaction.timers import Timers

MAX_UDP_REQUEST = 1300
"""Larger requests go by a congestion-controlled transport where the next hop has one (§18.1.1)."""


class ClientSide:
    """Runs the client transactions of one process."""

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

    def start(self, client: ClientTransaction, now: float) -> bool:
        """Send the request of a new transaction; False, and nothing is left, when that fails."""
        self._table.clients[client.key] = client
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

    def wait(self, client: ClientTransaction, now: float) -> None:
        """Let the time of a transaction run whose answer comes by another way; nothing is sent."""
        step(client, Input.START, now)
        client.retransmit_at = NEVER
        self._heap.arm(client)

    def _on_send_error(self, client: ClientTransaction, _hop: Hop, _error: OSError) -> None:
        now = self._environment.monotonic()
        self.perform(client, step(client, Input.TRANSPORT_ERROR, now), None, now)

    def receive(self, response: Response, now: float) -> bool:
        """Take a response; False when it matches no client transaction (§17.1.3)."""
        client = self._table.clients.get(response.via.branch + response.cseq_method)
        user = None if client is None else client.user
        if client is None or (user is not None and not user.takes(response)):
            self._counters.unmatched_responses.add()
            return False
        actions = step(client, response_input(response.status), now, response)
        self.perform(client, actions, response, now)
        return True

    def perform(
        self, client: ClientTransaction, actions: Actions, response: Response | None, now: float
    ) -> None:
        """Carry out what the transaction asks for."""
        user = client.user
        for action in actions:
            if action is Action.PASS_UP:
                if user is not None and response is not None:
                    user.on_response(client, response, now)
            elif action is Action.SEND_REQUEST:
                self._resend(client, now)
            elif action is Action.SEND_ACK:
                self._environment.send(client.ack, client.hop)
            elif action is Action.TERMINATED:
                self.forget(client)
            elif user is not None:
                user.on_no_response(client, 408 if action is Action.TIMED_OUT else 503, now)
        if client.deadline < client.armed_at:
            self._heap.arm(client)

    def run_timer(self, client: ClientTransaction, now: float) -> None:
        """Fire the timer that is due."""
        self.perform(client, fire(client, now), None, now)

    def _resend(self, client: ClientTransaction, now: float) -> None:
        if not self._environment.send(client.request, client.hop):
            self.perform(client, step(client, Input.TRANSPORT_ERROR, now), None, now)

    def cancel(self, client: ClientTransaction, now: float) -> None:
        """Send the CANCEL of an INVITE, which has had a provisional response (§9.1)."""
        key = client.key[: -len(b"INVITE")] + b"CANCEL"
        self.start(
            non_invite_client(key, build_cancel(client.request), client.hop, self.timers), now
        )
        if client.state is State.PROCEEDING:
            # §9.1: 64*T1 after the CANCEL the INVITE is over, whether its 487 comes or not
            client.start_timeout(Input.TIMER_B, now + 64 * self.timers.t1)
            self._heap.arm(client)

    def forget(self, client: ClientTransaction) -> None:
        """The transaction is over: nothing matches it any more."""
        if self._table.clients.get(client.key) is client:
            del self._table.clients[client.key]
        # else the transaction and what its user keeps would hold each other
        client.user = client.context = None


def next_hop(environment: Environment, targets: list[Any], msg: ScriptMessage | None) -> Hop | None:
    """Take targets off the list up to the first that one of our listeners reaches, and that hop."""
    while targets:
        target = targets.pop(0)
        listener = environment.listener_for(msg, target.transport, target.host)
        if listener is not None:
            return Hop(target.transport, target.host, target.port, listener)
    return None


def stream_instead(environment: Environment, hop: Hop, uri: bytes) -> Hop | None:
    """The way to `hop` for a request that is too large for UDP: by TCP (§18.1.1).

    None when there is none: the URI insists on UDP, we have no TCP, or it has just failed.
    """
    listener = environment.listener_for(None, "tcp", hop.host)
    if listener is None or b";transport=udp" in uri.lower():
        return None
    other = Hop("tcp", hop.host, hop.port, listener)
    return None if environment.failed_lately(other) else other
