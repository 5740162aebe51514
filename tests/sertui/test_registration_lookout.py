from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from ser_core.fifo.protocol import Reply, Sendable
from sertui.feed import Answer
from sertui.registration_lookout import (
    LONGEST,
    NO_USRLOC,
    REMEMBERED,
    SHARE,
    RegistrationLookout,
)
from sertui.registration_pages import RegistrationPages
from sertui.registrations import Listing, Query
from sertui.snapshot import Snapshot
from tests.support.sertui_registrations import answer, many

SEEN = Snapshot(connected=True, taken_at=100.0)


class World:
    """The table that the screen shows, and the ser that is asked."""

    def __init__(self) -> None:
        self.pages = RegistrationPages()
        self.in_view = (0, 9)
        self.lookout = RegistrationLookout(self.ask)
        self.asked: list[tuple[Sendable, ...]] = []
        self.reply = Answer(answer(many(3)), "", 0.01)
        self.held: asyncio.Future[None] | None = None

    def put(self, offset: int, limit: int, listing: Listing) -> None:
        self.pages.put(offset, limit, listing, 0.0)

    async def ask(self, command: str, *arguments: Sendable) -> Answer:
        self.asked.append(arguments)
        if self.held is not None:
            await self.held
        return self.reply

    async def look(self) -> bool:
        return await self.lookout.look(self, lambda: SEEN.taken_at)


@pytest.fixture
def world() -> World:
    return World()


async def test_what_is_in_view_is_asked_for_and_shown(world: World) -> None:
    assert world.lookout.is_due(SEEN)
    assert await world.look()
    assert (len(world.pages), world.lookout.problem) == (3, "")


async def test_after_a_slow_answer_it_is_not_due_for_a_while(world: World) -> None:
    for seconds, wait in ((0.05, SHARE * 0.05), (60.0, LONGEST)):
        world.reply = replace(world.reply, seconds=seconds)
        for _ in range(REMEMBERED):
            await world.look()
        assert not world.lookout.is_due(replace(SEEN, taken_at=100.0 + wait - 0.1))
        assert world.lookout.is_due(replace(SEEN, taken_at=100.0 + wait))


async def test_one_answer_that_had_to_wait_for_a_busy_machine_delays_nothing(world: World) -> None:
    await world.look()
    world.reply = replace(world.reply, seconds=5.0)
    await world.look()
    assert world.lookout.is_due(replace(SEEN, taken_at=100.0 + SHARE * 0.01))


async def test_a_change_of_ours_and_a_ser_that_was_lost_are_looked_at_at_once(
    world: World,
) -> None:
    await world.look()
    world.lookout.hurry()
    assert world.lookout.is_due(SEEN)
    await world.look()
    assert not world.lookout.is_due(SEEN)
    assert not world.lookout.is_due(replace(SEEN, connected=False))
    assert world.lookout.is_due(SEEN)


async def test_one_request_at_a_time_and_the_last_query_counts(world: World) -> None:
    world.held = asyncio.get_running_loop().create_future()
    first = asyncio.create_task(world.look())
    await asyncio.sleep(0)
    world.pages.set_query(Query(filter="joe"))
    assert await world.look() is False
    world.held.set_result(None)
    assert await first
    assert [("filter=joe" in asked) for asked in world.asked] == [False, True]


async def test_what_came_into_view_meanwhile_is_asked_for(world: World) -> None:
    rows = many(1000)
    world.reply = Answer(answer(rows[:200], total=1000))
    world.held = asyncio.get_running_loop().create_future()
    first = asyncio.create_task(world.look())
    await asyncio.sleep(0)
    world.in_view = (600, 609)
    world.reply = Answer(answer(rows[500:800], total=1000))
    world.held.set_result(None)
    await first
    assert len(world.asked) == 2
    assert "offset=500" in world.asked[1]


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Answer(Reply(500, "command 'ul_list' not available")), "ser.cfg loads no usrloc"),
        (Answer(None, "no answer in 10 s"), "no answer in 10 s"),
        (Answer(Reply(200, "ok", b"rubbish")), "ul_list: "),
    ],
)
async def test_what_is_wrong_is_told_until_it_is_right(
    world: World, reply: Answer, words: str
) -> None:
    good, world.reply = world.reply, reply
    await world.look()
    assert words in world.lookout.problem
    world.reply = good
    await world.look()
    assert world.lookout.problem == ""


async def test_a_ser_that_is_away_leaves_what_is_known(world: World) -> None:
    await world.look()
    world.reply = Answer(None, "nobody reads it")
    await world.look()
    assert (len(world.pages), world.lookout.problem) == (3, "")


def test_a_ser_without_usrloc_is_never_asked(world: World) -> None:
    assert not world.lookout.is_due(replace(SEEN, commands=frozenset({"stats"})))
    assert world.lookout.problem == NO_USRLOC
    assert world.lookout.is_due(replace(SEEN, commands=frozenset({"stats", "ul_list"})))
