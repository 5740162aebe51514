"""The response context of a forked request: RFC 3261 §16.7.

It knows the branches and their responses, and chooses; it sends nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ser_core.sip.message import Edit, Response
from ser_core.sip.names import PROXY_AUTHENTICATE, WWW_AUTHENTICATE

if TYPE_CHECKING:
    from ser_core.proxy.environment import Routes, Watcher
    from ser_core.script.runtime import ScriptMessage
    from ser_core.transaction.client import ClientTransaction
    from ser_core.transaction.server import ServerTransaction

# §16.7 step 6: 4xx responses that tell the caller how to try again come before the others.
_HELPFUL = {401: 0, 407: 0, 415: 1, 420: 1, 484: 1}


class ProxyBranch:
    """One target of the request, with the client transaction that is trying it."""

    __slots__ = (
        "cancel_wanted",
        "cancelled",
        "client",
        "index",
        "msg",
        "next_hop",
        "provisional",
        "response",
        "status",
        "stream_tried",
        "targets",
        "uri",
    )

    def __init__(self, index: int, uri: bytes, next_hop: bytes | None, msg: ScriptMessage) -> None:
        self.index = index
        self.msg: ScriptMessage | None = msg
        """The request with the decisions and edits of the route that added the branch, until a
        final response has gone upstream."""
        self.uri = uri
        self.next_hop = next_hop
        self.targets: list[Any] = []
        """Where to try next (RFC 3263 §4.3), the present one not among them."""
        self.stream_tried = False
        """It was too large for UDP, so TCP came first (§18.1.1)."""
        self.client: ClientTransaction | None = None
        self.provisional = False
        """A 1xx has come, so a CANCEL may be sent (§9.1)."""
        self.cancel_wanted = False
        self.cancelled = False
        self.status = 0
        """Final status; 0 while it is pending."""
        self.response: Response | None = None
        """The final response; None for one that is only assumed (408 at a timeout)."""

    @property
    def is_under_way(self) -> bool:
        """True when a request has left that a CANCEL could follow.

        None has while the DNS is asked, or when another program is to answer.
        """
        return self.client is not None and bool(self.client.request)


class ResponseContext:
    """All branches of one request, from its first forwarding to the final response."""

    __slots__ = (
        "branches",
        "breadth",
        "cancelled",
        "final",
        "forwarding",
        "late_msg",
        "loop_mark",
        "msg",
        "on_failure",
        "on_reply",
        "replicated",
        "routes",
        "server",
        "to_tag",
        "watcher",
    )

    def __init__(self, server: ServerTransaction, msg: ScriptMessage) -> None:
        self.server = server
        self.msg: ScriptMessage | None = msg
        """The request with the script's decisions, until a final response has gone upstream."""
        self.routes: Routes = msg.core
        """Those of the script that the request came through, whatever has taken effect since."""
        self.branches: list[ProxyBranch] = []
        self.final = 0
        """Status of the final response sent upstream; 0 before."""
        self.forwarding = False
        """Branches are being added; the choice waits until all are there."""
        self.cancelled = False
        """The caller has cancelled it: nothing is forwarded any more."""
        self.on_failure = ""
        self.on_reply = ""
        self.replicated = False
        """Responses are consumed (t_replicate)."""
        self.to_tag = b""
        """Of the responses that we make ourselves."""
        self.loop_mark = b""
        self.breadth = 0
        self.watcher: Watcher | None = None
        """Who is told how it goes; the modules of the script that the request came to."""
        self.late_msg: ScriptMessage | None = None
        """An INVITE that failed, while a branch that never answered could still bring a 2xx, which
        goes upstream even then (§16.7 step 5): whoever looks on wants to know whose it is."""

    def new_branch(self, uri: bytes, next_hop: bytes | None, msg: ScriptMessage) -> ProxyBranch:
        """Add a branch; its index is the last part of its Via branch."""
        branch = ProxyBranch(len(self.branches), uri, next_hop, msg)
        self.branches.append(branch)
        return branch

    def close(self) -> None:
        """A final response has gone upstream: let go of what only mattered before."""
        if self.watcher is not None and self.final >= 300 and self.server.is_invite:
            may_answer = any(x.response is None and x.is_under_way for x in self.branches)
            self.late_msg = self.msg if may_answer else None
        self.msg = None
        for branch in self.branches:
            branch.msg = branch.response = None

    @property
    def is_complete(self) -> bool:
        """True when no branch is pending."""
        return all(branch.status for branch in self.branches)

    def pending(self) -> list[ProxyBranch]:
        return [branch for branch in self.branches if not branch.status]

    def best(self) -> ProxyBranch:
        """The branch whose final response goes upstream (§16.7 step 6)."""
        return min(self.branches, key=_preference)

    def challenges(self, chosen: ProxyBranch) -> list[Edit]:
        """Edits that add the other branches' challenges to a 401 or 407 (§16.7 step 7)."""
        if chosen.status not in (401, 407) or chosen.response is None:
            return []
        lines = b"".join(
            branch.response.buffer[field[1] : field[3]]
            for branch in self.branches
            if branch is not chosen and branch.response and branch.status in (401, 407)
            for field in branch.response.fields
            if field[0] in (WWW_AUTHENTICATE, PROXY_AUTHENTICATE)
        )
        end = chosen.response.fields[-1][3]
        return [(end, end, lines)] if lines else []


def _preference(branch: ProxyBranch) -> tuple[int, int, int]:
    """6xx first, then the lowest class, then what helps; a real response before an assumed one."""
    status = branch.status
    if status >= 600:
        return (0, 0, status)
    return (
        status // 100,
        _HELPFUL.get(status, 2) if status // 100 == 4 else 0,
        status if branch.response is not None else status + 100,
    )
