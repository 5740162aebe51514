from __future__ import annotations

import asyncio
from collections.abc import Awaitable

import pytest

from ser_core.fifo.protocol import Reply, Sendable
from ser_core.sip.request_text import SipRequest
from sertui.calls import Calls
from sertui.feed import Answer
from tests.sertui.test_delivery import HEADERS, INVITE, OK, OPTIONS

OTHER = SipRequest("INVITE", "sip:ann@a", (*HEADERS[:2], ("Call-ID", "z@y"), HEADERS[3]))
ENDED = Reply(487, "Request Terminated", OK.body)
DONE = Reply(200, "canceling")


class Ser:
    """INVITEs ring until they are cancelled; all else is answered at once."""

    def __init__(self, ending: Reply = ENDED) -> None:
        self.asked: list[tuple[str, Sendable]] = []
        self.ending: Reply | None = ending
        self.ringing: list[asyncio.Future[Answer]] = []

    def ask(self, command: str, *arguments: Sendable, timeout: float = 0) -> Awaitable[Answer]:
        self.asked.append((command, arguments[0]))
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        if arguments[0] == "INVITE":
            self.ringing.append(future)
            return future
        if command == "t_uac_cancel" and self.ending is not None:
            for each in self.ringing:
                if not each.done():
                    each.set_result(Answer(self.ending))
        future.set_result(Answer(DONE))
        return future


async def ringing(calls: Calls, *invites: SipRequest) -> list[asyncio.Task[object]]:
    tasks: list[asyncio.Task[object]] = [asyncio.create_task(calls.deliver(x)) for x in invites]
    await asyncio.sleep(0)
    return tasks


async def test_what_is_no_invite_is_never_under_way() -> None:
    calls = Calls(Ser().ask)
    await calls.deliver(OPTIONS)
    assert calls.last is None


async def test_the_last_invite_is_the_one_to_cancel_and_each_is_under_way_until_it_ends() -> None:
    ser = Ser()
    calls = Calls(ser.ask)
    tasks = await ringing(calls, INVITE, OTHER)
    assert calls.last is OTHER
    ser.ringing[1].set_result(Answer(ENDED))
    await tasks[1]
    assert calls.last is INVITE
    assert await calls.cancel(INVITE) == "200 canceling"
    await tasks[0]
    assert calls.last is None


async def test_who_leaves_cancels_all_that_ring() -> None:
    ser = Ser()
    calls = Calls(ser.ask)
    await ringing(calls, INVITE, OTHER)
    await calls.end_all()
    assert ser.asked[2:] == [("t_uac_cancel", "x@y"), ("t_uac_cancel", "z@y")]
    assert calls.last is None


async def test_a_call_that_is_answered_while_it_is_cancelled_is_ended_with_a_bye() -> None:
    ser = Ser(ending=OK)
    calls = Calls(ser.ask)
    await ringing(calls, INVITE)
    await calls.end_all()
    assert ser.asked[-1] == ("t_uac_dlg", "BYE")


async def test_nobody_waits_for_ever_for_a_call_to_end() -> None:
    ser = Ser()
    ser.ending = None
    calls = Calls(ser.ask)
    tasks = await ringing(calls, INVITE)
    await calls.end_all(patience=0.01)
    assert calls.last is INVITE
    tasks[0].cancel()
    with pytest.raises(asyncio.CancelledError):
        await tasks[0]
    assert calls.last is None
