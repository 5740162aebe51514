"""The proxy's branches on their way out: RFC 3261 §16.6 steps 7 to 10, and §16.10.

A branch is sent to the first of its targets that takes it; when one can't be reached, the next one
of RFC 3263 §4.3 is tried. What comes back is the matter of `response_processing`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ser_core.proxy.client_side import MAX_UDP_REQUEST, ClientSide, next_hop, stream_instead
from ser_core.proxy.environment import Environment
from ser_core.proxy.forwarding import request_copy
from ser_core.proxy.response_context import ProxyBranch, ResponseContext
from ser_core.sip.hop import Hop
from ser_core.transaction.client import TransactionUser, invite_client, non_invite_client
from ser_core.transaction.table import MAGIC_COOKIE

if TYPE_CHECKING:
    from ser_core.script.runtime import ScriptMessage


class Branches:
    """Sends branches, each as a client transaction, and cancels them."""

    def __init__(
        self, environment: Environment, clients: ClientSide, user: TransactionUser
    ) -> None:
        """`user` is told what comes back."""
        self._environment = environment
        self._clients = clients
        self._user = user

    def start(self, context: ResponseContext, branch: ProxyBranch, now: float) -> bool:
        """Send a branch to the first of its targets that takes it; False when none does."""
        msg = branch.msg
        assert msg is not None
        while (hop := next_hop(self._environment, branch.targets, msg)) is not None:
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
            larger = stream_instead(self._environment, hop, branch.next_hop or branch.uri)
            if larger is not None:
                branch.stream_tried = True
                branch.targets.insert(0, hop)  # UDP to fall back on
                hop = larger
                data = request_copy(msg, branch.uri, hop.listener, via_branch, context.breadth)
        make = invite_client if method == b"INVITE" else non_invite_client
        client = make(via_branch + method, data, hop, self._clients.timers)
        client.user = self._user
        client.context = context
        client.index = branch.index
        branch.client = client
        return self._clients.start(client, now)

    def wait(self, context: ResponseContext, msg: ScriptMessage, now: float) -> None:
        """Add a branch for another program, which has been told of the request and will answer it.

        It has as much time as the target of any branch (fr_timer).
        """
        branch = context.new_branch(msg.uri, None, msg)
        client = non_invite_client(b"", b"", context.server.hop, self._clients.timers)
        client.user = self._user
        client.context = context
        client.index = branch.index
        branch.client = client
        self._clients.wait(client, now)

    def cancel(self, branch: ProxyBranch, now: float) -> None:
        """Cancel a pending INVITE branch; before its first 1xx that only is noted (§9.1)."""
        client = branch.client
        branch.cancel_wanted = True
        if client is None or branch.status or branch.cancelled or not branch.provisional:
            return
        branch.cancelled = True
        self._clients.cancel(client, now)
