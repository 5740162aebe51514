"""Response processing: RFC 3261 §16.7, what comes back on the branches and what goes upstream.

The steps, in the RFC's order: find the context (the client transaction has it), end or restart
Timer C, take our Via off, collect, choose, and forward. A 2xx goes up at once, as each one does; a
6xx ends the other branches; of the rest the best goes up when all branches are final, after the
failure_route had its chance.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ser_core.proxy.environment import Environment
from ser_core.proxy.error_replies import reply_for
from ser_core.proxy.forwarding import response_copy
from ser_core.proxy.response_context import ProxyBranch, ResponseContext
from ser_core.proxy.server_side import ServerSide
from ser_core.script.runtime import E_SEND

if TYPE_CHECKING:
    from ser_core.proxy.client_side import ClientSide
    from ser_core.sip.message import Response


class ResponseProcessing:
    """Takes the responses of all branches and sends the ones that the caller shall see."""

    clients: ClientSide
    """Set once both are made; each needs the other."""

    def __init__(self, environment: Environment, servers: ServerSide) -> None:
        self._environment = environment
        self._servers = servers

    def on_response(
        self, context: ResponseContext, branch: ProxyBranch, response: Response, now: float
    ) -> None:
        """§16.7 steps 2 to 10 for a response that a client transaction passes up."""
        status = response.status
        if context.on_reply and branch.client is not None:
            self._environment.run_reply_route(
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
                self.cancel_branches(context, now)
            self._finish_if_complete(context, now)

    def _on_provisional(
        self, context: ResponseContext, branch: ProxyBranch, response: Response, now: float
    ) -> None:
        branch.provisional = True
        if branch.cancel_wanted:
            self.clients.cancel(branch, now)
        if response.status > 100 and not context.final and not context.replicated:
            self._servers.respond(context.server, response.status, response_copy(response), now)

    def _on_success(
        self, context: ResponseContext, branch: ProxyBranch, response: Response, now: float
    ) -> None:
        """A 2xx goes upstream at once; to INVITE each one does, even after another final."""
        server = context.server
        first = not branch.status
        if first:
            branch.status = response.status
        if context.replicated:
            self._servers.release(server, now)
            return
        data = response_copy(response)
        if not context.final or 200 <= context.final < 300:
            if context.final and not server.is_invite:
                return
            context.final = response.status
            self._servers.respond(server, response.status, data, now)
            if server.is_invite and first:
                self.cancel_branches(context, now)
            context.msg = None
        elif server.is_invite:
            self._environment.send(data, server.hop)

    def on_no_response(
        self, context: ResponseContext, branch: ProxyBranch, status: int, now: float
    ) -> None:
        """A branch timed out (408) or couldn't be sent (503); both count as that response."""
        if branch.targets and not branch.provisional and self._try_next(context, branch, now):
            return
        if branch.cancel_wanted:
            status = 487  # what the CANCEL was meant to bring
        elif branch.provisional and context.server.is_invite:
            self.clients.cancel(branch, now)  # Timer C (§16.8)
        branch.status = status
        self._finish_if_complete(context, now)

    def _try_next(self, context: ResponseContext, branch: ProxyBranch, now: float) -> bool:
        """RFC 3263 §4.3: the next target of the same URI, as a new client transaction."""
        if context.msg is None or context.final or branch.cancel_wanted:
            return False
        branch.provisional = False
        return self.clients.start(context, branch, now)

    def cancel_branches(self, context: ResponseContext, now: float) -> None:
        if not context.server.is_invite:
            return
        for branch in context.branches:
            if not branch.status:
                self.clients.cancel(branch, now)

    def _finish_if_complete(self, context: ResponseContext, now: float) -> None:
        if not context.final and not context.forwarding and context.is_complete:
            self.finish(context, now)

    def finish(self, context: ResponseContext, now: float) -> None:
        """All branches are final: failure_route, then the best response goes upstream."""
        msg = context.msg
        if msg is None or context.final:
            return
        if context.replicated:
            self._servers.release(context.server, now)
            return
        best = context.best()
        if context.on_failure:
            name, context.on_failure = context.on_failure, ""
            msg.status = best.status
            msg.now = now
            self._environment.run_failure_route(name, msg)
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
            self._servers.reply(context, 500, b"Service Unavailable Downstream", now)
        else:
            response.edits += context.challenges(best)
            context.final = best.status
            self._servers.respond(server, best.status, response_copy(response), now)
        context.msg = None
        for branch in context.branches:
            branch.response = None

    def _send_assumed(self, context: ResponseContext, status: int, now: float) -> None:
        """A response that nobody sent: 408, 487, 503."""
        if status == 408 and not context.server.is_invite:
            context.final = status
            self._servers.release(context.server, now)  # RFC 4320 §4.2
            return
        reasons = {408: b"Request Timeout", 487: b"Request Terminated"}
        if status in reasons:
            self._servers.reply(context, status, reasons[status], now)
        else:
            self._servers.reply(context, *reply_for(E_SEND, "TM"), now)
