"""Response processing: RFC 3261 §16.7, what comes back on the branches and what goes upstream.

The steps, in the RFC's order: find the context (the client transaction has it), end or restart
Timer C, take our Via off, collect, choose, and forward. A 2xx goes up at once, as each one does; a
6xx ends the other branches; of the rest the best goes up when all branches are final, after the
failure_route had its chance. That nothing came (§16.8, §16.9) counts as a response, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ser_core.proxy.environment import Environment, TransactionCounters
from ser_core.proxy.error_replies import reply_for
from ser_core.proxy.forwarding import has_via_below, response_copy
from ser_core.proxy.response_context import ProxyBranch, ResponseContext
from ser_core.proxy.server_side import ServerSide
from ser_core.script.runtime import E_SEND

if TYPE_CHECKING:
    from ser_core.proxy.branches import Branches
    from ser_core.sip.message import Response
    from ser_core.transaction.client import ClientTransaction

REQUEST_TIMEOUT = 408
REQUEST_TERMINATED = 487
SERVICE_UNAVAILABLE = 503

_REASONS = {REQUEST_TIMEOUT: b"Request Timeout", REQUEST_TERMINATED: b"Request Terminated"}


class ResponseProcessing:
    """Takes the responses of all branches and sends the ones that the caller shall see.

    It is the transaction user of each branch; a client transaction's context is the response
    context, its index that of the branch.
    """

    branches: Branches
    """Set once both are made; each needs the other."""

    takes = staticmethod(has_via_below)

    def __init__(
        self, environment: Environment, servers: ServerSide, counters: TransactionCounters
    ) -> None:
        self._environment = environment
        self._servers = servers
        self._counters = counters

    # -- what comes back -------------------------------------------------------------------------

    def on_response(self, client: ClientTransaction, response: Response, now: float) -> None:
        """§16.7 steps 2 to 10 for a response that a client transaction passes up."""
        context: ResponseContext = client.context
        branch = context.branches[client.index]
        status = response.status
        if context.on_reply:
            context.routes.run_reply_route(context.on_reply, response, client.hop, context.msg)
        if status < 200:
            self._on_provisional(context, branch, response, now)
        elif status < 300:
            self._on_success(context, branch, response, now)
        elif branch.status:  # it counts as timed out already
            self._counters.late_responses.add()
        else:
            self._on_failure(context, branch, response, now)

    def _on_provisional(
        self, context: ResponseContext, branch: ProxyBranch, response: Response, now: float
    ) -> None:
        branch.provisional = True
        if branch.cancel_wanted:
            self.branches.cancel(branch, now)
        if response.status > 100 and not (context.final or context.replicated or branch.status):
            self._servers.respond(context.server, response.status, response_copy(response), now)

    def _on_success(
        self, context: ResponseContext, branch: ProxyBranch, response: Response, now: float
    ) -> None:
        """A 2xx goes upstream at once; to INVITE each one does, even after another final."""
        server = context.server
        branch.status = branch.status or response.status
        if context.replicated:
            self._servers.release(server, now)
        elif not context.final:
            context.final = response.status
            self._servers.respond(server, response.status, response_copy(response), now)
            self.cancel_branches(context, now)
            context.close()
        elif not server.is_invite:
            self._counters.late_responses.add()
        elif context.final < 300:
            self._servers.respond(server, response.status, response_copy(response), now)
        else:
            self._send_late(context, branch, response)

    def _send_late(self, context: ResponseContext, branch: ProxyBranch, response: Response) -> None:
        """A 2xx behind a final response that was none (§16.7 step 5): there is a call after all."""
        data = response_copy(response)
        self._servers.transmit(context.server, data)
        if context.watcher is not None and context.late_msg is not None:
            branch.status = response.status
            context.msg, context.late_msg = context.late_msg, None
            context.watcher.on_response_sent(context, response.status, data)
            context.msg = None

    def _on_failure(
        self, context: ResponseContext, branch: ProxyBranch, response: Response, now: float
    ) -> None:
        status = response.status
        if status == SERVICE_UNAVAILABLE and self._try_next(context, branch, now):
            return
        branch.status = status
        branch.response = response
        if status >= 600:
            self.cancel_branches(context, now)
        self.finish_if_complete(context, now)

    def on_no_response(self, client: ClientTransaction, status: int, now: float) -> None:
        """A client transaction timed out or couldn't send; its branch may have gone elsewhere."""
        context: ResponseContext = client.context
        branch = context.branches[client.index]
        if branch.client is client and not branch.status:
            self.fail(context, branch, status, now)

    def on_broken(self, client: ClientTransaction, now: float) -> None:
        """End what would wait for a transaction that is given up."""
        context: ResponseContext = client.context
        if context.is_complete:
            self._servers.release(context.server, now)

    def fail(self, context: ResponseContext, branch: ProxyBranch, status: int, now: float) -> None:
        """A branch timed out (408) or couldn't be sent (503); both count as that response."""
        is_invite = context.server.is_invite
        # Another try takes as long as this one did, and whoever sent a request other than INVITE
        # doesn't wait for that (RFC 4320 §4).
        in_time = is_invite or status != REQUEST_TIMEOUT
        if in_time and not branch.provisional and self._try_next(context, branch, now):
            return
        if branch.cancel_wanted:
            status = REQUEST_TERMINATED  # what the CANCEL was meant to bring
        elif branch.provisional and is_invite:
            self.branches.cancel(branch, now)  # Timer C (§16.8)
        branch.status = status
        self.finish_if_complete(context, now)

    def _try_next(self, context: ResponseContext, branch: ProxyBranch, now: float) -> bool:
        """RFC 3263 §4.3: the next target of the same URI, as a new client transaction."""
        if not branch.targets or context.final or context.msg is None or branch.cancel_wanted:
            return False
        branch.provisional = False
        return self.branches.start(context, branch, now)

    # -- what goes upstream ----------------------------------------------------------------------

    def answer(
        self,
        context: ResponseContext,
        status: int,
        reason: bytes,
        now: float,
        headers: Sequence[bytes] = (),
        body: bytes = b"",
    ) -> bool:
        """Answer by ourselves; a final answer ends what is pending. False when it is too late."""
        if not self._servers.reply(context, status, reason, now, headers, body):
            return False
        if status >= 200:
            self.cancel_branches(context, now)
            context.close()
        return True

    def cancel_branches(self, context: ResponseContext, now: float) -> None:
        """§16.7 step 10: cancel the pending branches of an INVITE."""
        if not context.server.is_invite:
            return
        for branch in context.branches:
            if branch.status:
                continue
            if branch.is_under_way:
                self.branches.cancel(branch, now)
            else:
                branch.status = REQUEST_TERMINATED

    def finish_if_complete(self, context: ResponseContext, now: float) -> None:
        """Once all branches are final: failure_route, then the best response goes upstream."""
        msg = context.msg
        if context.final or context.forwarding or msg is None or not context.is_complete:
            return
        if context.replicated:
            self._servers.release(context.server, now)
            return
        if context.watcher is not None:
            context.watcher.on_branches_failed(context, context.best())
        if context.on_failure:
            name, context.on_failure = context.on_failure, ""
            msg.status = context.best().status
            msg.now = now
            context.routes.run_failure_route(name, msg)
            if context.final or not context.is_complete:
                return
        self._send_best(context, context.best(), now)

    def _send_best(self, context: ResponseContext, best: ProxyBranch, now: float) -> None:
        response = best.response
        if response is None:
            self._send_assumed(context, best.status, now)
        elif best.status == SERVICE_UNAVAILABLE:
            # §16.7 step 6: a 503 says "I", and it isn't we who are overloaded
            self._servers.reply(context, 500, b"Service Unavailable Downstream", now)
        else:
            response.edits += context.challenges(best)
            context.final = best.status
            self._servers.respond(context.server, best.status, response_copy(response), now)
        context.close()

    def _send_assumed(self, context: ResponseContext, status: int, now: float) -> None:
        """A response that nobody sent: 408, 487, 503."""
        if status == REQUEST_TIMEOUT and not context.server.is_invite:
            context.final = status
            self._servers.release(context.server, now)  # RFC 4320 §4.2
            if context.watcher is not None:
                context.watcher.on_response_sent(context, status, b"")
        elif status in _REASONS:
            self._servers.reply(context, status, _REASONS[status], now)
        else:
            self._servers.reply(context, *reply_for(E_SEND, "TM"), now)
