"""A request of our own and what becomes of it; `uac` sends it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from ser_core.sip.hop import Hop
from ser_core.sip.request import Draft
from ser_core.sip.uri import Uri

if TYPE_CHECKING:
    from ser_core.sip.message import Response
    from ser_core.transaction.client import ClientTransaction


class RequestUser(Protocol):
    """Who has a request sent. A final word comes in any case, by one of the three."""

    def on_response(self, response: Response) -> None:
        """A provisional response, or the final one."""

    def on_no_response(self, status: int) -> None:
        """There will be none: 408, 487 (cancelled before it was sent), or 503."""

    def on_error(self, error: int) -> None:
        """It could not be sent at all, for the reason of that error number of SER's."""


class Sent(NamedTuple):
    """A message that left, to send it again."""

    data: bytes
    hop: Hop


class UacRequest:
    """One request of ours."""

    __slots__ = (
        "acks",
        "cancel_wanted",
        "cancelled",
        "client",
        "destination",
        "draft",
        "provisional",
        "status",
        "stream_tried",
        "targets",
        "user",
    )

    def __init__(self, draft: Draft, destination: Uri, user: RequestUser | None) -> None:
        """`destination` says where it goes; `user` None: nobody cares what becomes of it."""
        self.draft = draft
        self.destination = destination
        self.user = user
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
        """That of the final response, or 408, 487, 503; 0 before."""
        self.acks: dict[bytes, Sent | None] = {}
        """The ACK to the 2xx of each dialog, by its To-tag; None while the DNS is asked."""

    @property
    def key(self) -> tuple[bytes, bytes]:
        """What t_uac_cancel finds it by: Call-ID, and CSeq as sent."""
        return self.draft.call_id, b"%d %b" % (self.draft.cseq, self.draft.method)

    @property
    def is_invite(self) -> bool:
        return self.draft.method == b"INVITE"
