"""Answered INVITEs whose ACK is still awaited, so that it is told of once (report_ack)."""

from __future__ import annotations

from ser_core.sip.message import Request

SECONDS = 32.0
"""64*T1: how long the 2xx is retransmitted while no ACK comes (RFC 3261 §13.3.1.4)."""
LIMIT = 100_000
"""More are forgotten, the oldest first."""

Key = tuple[bytes, bytes, int]
Answer = tuple[bytes, int]
"""The INVITE's status, and its message flags."""


class AwaitedAcks:
    """By Call-ID, From tag and CSeq number, which an ACK shares with its INVITE (§13.2.2.4)."""

    def __init__(self) -> None:
        self._answered: dict[Key, tuple[float, Answer]] = {}

    def __len__(self) -> int:
        return len(self._answered)

    def expect(self, invite: Request, answer: Answer, now: float) -> None:
        """The INVITE has been answered; `now` in monotonic seconds."""
        self._forget(now)
        self._answered[_key(invite)] = (now + SECONDS, answer)

    def take(self, ack: Request, now: float) -> Answer | None:
        """How the INVITE was answered that this is the first ACK for; None when there is none."""
        until, answer = self._answered.pop(_key(ack), (0.0, None))
        return answer if now < until else None

    def _forget(self, now: float) -> None:
        """What came first is first in the dict."""
        while self._answered:
            key, (until, _) = next(iter(self._answered.items()))
            if until > now and len(self._answered) < LIMIT:
                return
            del self._answered[key]


def _key(request: Request) -> Key:
    return request.call_id, request.from_tag, request.cseq_number
