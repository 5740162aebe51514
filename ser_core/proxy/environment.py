"""What the stateful proxy asks of the process it runs in, and of the script.

`transport.driver` provides the one, `transport.running_script` the other.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from ser_core.modules.api import Counter
    from ser_core.proxy.replies import Replies
    from ser_core.proxy.response_context import ProxyBranch, ResponseContext
    from ser_core.script.runtime import ScriptMessage
    from ser_core.sip.hop import Hop, Listener, LocalAddresses
    from ser_core.sip.message import Response
    from ser_core.sip.uri import Uri


class Target(Protocol):
    """One answer of RFC 3263: where a request can be sent."""

    @property
    def transport(self) -> Any: ...
    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...


class Environment(Protocol):
    """Bytes out, names resolved, time, random ids."""

    local: LocalAddresses
    replies: Replies

    def monotonic(self) -> float:
        """Seconds on the clock of all timers."""

    def arm_timers(self) -> None:
        """Have new timers fire on time; needed only outside of a message's processing."""

    def unique(self) -> bytes:
        """16 hexadecimal digits that nobody can guess."""

    def send(
        self,
        data: bytes,
        hop: Hop,
        on_error: Callable[[Hop, OSError], None] | None = None,
        fallback: Hop | None = None,
    ) -> bool:
        """Send; False when it failed at once. Later failures are told to `on_error`.

        `fallback` is where to try when the connection that `hop` names is gone (§18.2.2).
        """

    def failed_lately(self, hop: Hop) -> bool:
        """True when a connection to that hop has just failed, so that trying it would only wait."""

    def resolve_now(self, uri: Uri, transport: Any = None) -> list[Any] | None:
        """Targets of a URI when no DNS query is needed, else None. Raises ParseError.

        `transport`, when given, takes the place of what the URI says.
        """

    def resolve(
        self, uri: Uri, found: Callable[[list[Any]], object], transport: Any = None
    ) -> None:
        """Ask the DNS; `found` is called later, with an empty list when there is nothing."""

    def listener_for(self, msg: ScriptMessage | None, transport: str, host: str) -> Listener | None:
        """Which of our listeners sends to that host."""


class Routes(Protocol):
    """The further routes of the script that a message began with."""

    def run_failure_route(self, name: str, msg: ScriptMessage) -> None: ...

    def run_reply_route(
        self, name: str, response: Response, hop: Hop, request: ScriptMessage | None
    ) -> None: ...


class Watcher(Protocol):
    """Is told how transactions go, for accounting; neither method raises nor waits."""

    def on_response_sent(self, context: ResponseContext, status: int, data: bytes) -> None:
        """A response goes upstream: each provisional one, the first final one, and the first 2xx
        to an INVITE behind another final one.

        `data` is the response; empty when none is sent, because it would come too late
        (RFC 4320 §4.2).
        """

    def on_branches_failed(self, context: ResponseContext, best: ProxyBranch) -> None:
        """All branches have failed; a failure_route may have its chance yet."""


class TransactionCounters(Protocol):
    """The numbers of `t_stats`."""

    total: Counter
    local: Counter
    finished: Counter
    waiting: Counter
    replied_locally: Counter
    completed_2xx: Counter
    completed_3xx: Counter
    completed_4xx: Counter
    completed_5xx: Counter
    completed_6xx: Counter
    late_responses: Counter
    unmatched_responses: Counter
