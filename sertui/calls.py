"""The INVITEs that are under way, so that no phone rings on for somebody who has left."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from ser_core.sip.request_text import SipRequest
from sertui.delivery import Ask, Ending, cancel, deliver

PATIENCE = 2.0
"""Seconds for all calls to end when the user quits."""


class Calls:
    """Sends requests, and remembers the INVITEs among them until they have ended."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._ringing: list[tuple[SipRequest, asyncio.Event]] = []

    @property
    def last(self) -> SipRequest | None:
        """The INVITE that was sent last of those that ring."""
        return self._ringing[-1][0] if self._ringing else None

    async def deliver(self, request: SipRequest) -> Ending:
        """Send it and wait for the final response."""
        if request.method != "INVITE":
            return await deliver(self._ask, request)
        call = (request, asyncio.Event())
        self._ringing.append(call)
        try:
            return await deliver(self._ask, request)
        finally:
            self._ringing.remove(call)
            call[1].set()

    async def cancel(self, invite: SipRequest) -> str:
        """End it; what ser says to that."""
        return await cancel(self._ask, invite)

    async def end_all(self, patience: float = PATIENCE) -> None:
        """Cancel each, and wait until it is over: one that is answered this moment gets its BYE."""
        calls = list(self._ringing)
        with suppress(TimeoutError):  # then ser's own timer ends them (fr_inv_timer)
            async with asyncio.timeout(patience):
                await asyncio.gather(*(self.cancel(invite) for invite, _ in calls))
                await asyncio.gather(*(is_over.wait() for _, is_over in calls))
