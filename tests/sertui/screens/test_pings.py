from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from ser_core.fifo.protocol import Reply, Sendable
from ser_core.fifo.tables import table_body
from sertui.app import SertuiApp
from sertui.messages import AddPing
from sertui.ping_board import PingBoard
from sertui.screens.ask_line import AskLine
from sertui.screens.inject import InjectScreen
from sertui.screens.pings import state_of
from tests.support.sertui_feed import RecordedFeed, lost, snapshot, text_of
from tests.support.until import until
from tests.support.virtual_time import run

JOE, ANN, BOB = "sip:joe@10.0.0.9:5062", "sip:ann@10.0.0.8:5060", "sip:bob@10.0.0.7:5060"
OK = Reply(200, "OK", b".\n.\n.\nVia: SIP/2.0/UDP a\r\n\r\n\n")
BUSY = Reply(486, "Busy Here", OK.body)
SILENCE = Reply(408, "Request Timeout", b".\n.\n.\n")
"""Answers to pings."""


def answering(method: Sendable, uri: Sendable, *_: Sendable) -> Reply:
    """Joe answers, Ann is busy, Bob is silent."""
    return {JOE: OK, ANN: BUSY}.get(str(uri), SILENCE)


class World:
    """The ping mode on a recorded feed, with a clock that a test moves."""

    def __init__(self) -> None:
        self.feed = RecordedFeed({"t_uac_dlg": answering})
        self.app: SertuiApp = self.feed.app()
        self.now = 1000.0
        self.app.clock = lambda: self.now
        self.pilot: Pilot[None]

    @property
    def board(self) -> PingBoard:
        return self.app.pinger.board

    @property
    def shown(self) -> str:
        return text_of(self.app)

    async def begin(self, *uris: str) -> None:
        await self.feed.play(self.pilot, snapshot())
        await self.press("4")
        for uri in uris:
            self.app.post_message(AddPing(uri))
        await self.pilot.pause()
        await self.tick()

    async def tick(self, seconds: float = 0.0) -> None:
        self.now += seconds
        self.app.pinger.tick(is_connected=self.app.snapshot.connected)
        await self.pilot.pause()
        await self.pilot.pause()

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def sees(self, text: str) -> None:
        await until(self.pilot, lambda: text in self.shown)

    async def misses(self, text: str) -> None:
        await until(self.pilot, lambda: text not in self.shown)

    def pings(self) -> list[Sendable]:
        return [arguments[1] for command, arguments in self.feed.requests if command == "t_uac_dlg"]


Scene = Callable[[World], Awaitable[None]]


def play(scene: Scene, size: tuple[int, int] = (80, 24)) -> None:
    async def main() -> None:
        world = World()
        async with world.app.run_test(size=size, notifications=True) as world.pilot:
            await scene(world)

    run(main())


def test_an_empty_list_says_what_to_do() -> None:
    async def scene(world: World) -> None:
        await world.begin()
        await world.sees("Nobody is pinged. Press a")
        lines = world.shown.splitlines()
        assert "Nobody" in lines[len(lines) // 2]
        await world.press("x", "p", "P", "z", "y", "s")
        world.app.post_message(AddPing(JOE))
        await world.misses("Nobody is pinged")
        await world.press("x")
        await world.sees("Nobody is pinged")

    play(scene)


def test_a_uri_is_added_by_a_dialog() -> None:
    async def scene(world: World) -> None:
        await world.begin()
        await world.press("a", *"sip:joe@a", "enter")
        assert [target.uri for target in world.board] == ["sip:joe@a"]

    play(scene)


def test_a_user_is_completed_and_added_with_his_contacts() -> None:
    async def scene(world: World) -> None:
        await world.begin()
        world.feed.replies["ul_list"] = Reply(body=table_body(["aor", "contact"], [["joe", JOE]]))
        world.feed.replies["ul_show_contact"] = Reply(body=f"<{JOE}>;q=1;expires=9\n".encode())
        await world.press("a", "j")
        await world.pilot.pause()
        await world.press("right", "enter")
        await world.pilot.pause()
        assert [(target.user, target.uri) for target in world.board] == [("joe", JOE)]
        assert world.feed.requests[-1][0] in ("ul_show_contact", "t_uac_dlg")

    play(scene)


def test_a_dialog_can_be_left() -> None:
    async def scene(world: World) -> None:
        await world.begin()
        await world.press("a", "x", "escape")
        assert not isinstance(world.app.screen, AskLine)
        await world.press("a")
        assert world.app.screen.query_one(Input).value == ""
        await world.press("enter")
        assert len(world.board) == 0

    play(scene)


def test_the_chosen_one_is_removed() -> None:
    async def scene(world: World) -> None:
        await world.begin(JOE, ANN, BOB)
        await world.press("down", "x")
        assert [target.uri for target in world.board] == [JOE, BOB]
        await world.misses(ANN)
        await world.press("delete")
        assert len(world.board) == 1

    play(scene)


@pytest.mark.parametrize("key", ["p", "space"])
def test_the_chosen_one_rests(key: str) -> None:
    async def scene(world: World) -> None:
        await world.begin(JOE, ANN)
        await world.press(key)
        await world.tick(100)
        assert world.pings() == [JOE, ANN, ANN]
        await world.sees("‖ 1 paused")
        await world.press(key)
        await world.tick()
        assert world.pings()[-1] == JOE

    play(scene)


def test_all_rest_and_go_on() -> None:
    async def scene(world: World) -> None:
        await world.begin(JOE, ANN)
        await world.press("P")
        await world.tick(100)
        assert len(world.pings()) == 2
        await world.press("P")
        await world.tick()
        assert len(world.pings()) == 4

    play(scene)


def test_the_interval_is_changed() -> None:
    async def scene(world: World) -> None:
        await world.begin(JOE)
        await world.press("i")
        await world.sees("every 5 s")

    play(scene)


def test_figures_begin_anew() -> None:
    async def scene(world: World) -> None:
        await world.begin(BOB)
        await world.tick(2)
        await world.sees("2 sent, 0 answered")
        await world.press("z")
        await world.tick()
        await world.sees("1 sent, 0 answered")

    play(scene)


def test_a_request_is_written_for_the_chosen_one() -> None:
    async def scene(world: World) -> None:
        await world.begin(JOE)
        await world.press("s")
        assert isinstance(world.app.screen, InjectScreen)
        await world.sees(f"OPTIONS {JOE} SIP/2.0")

    play(scene)


def test_the_chosen_uri_is_copied() -> None:
    async def scene(world: World) -> None:
        await world.begin(JOE)
        await world.press("y")
        assert world.app.clipboard == JOE

    play(scene)


def test_pings_go_on_in_other_modes() -> None:
    async def scene(world: World) -> None:
        await world.begin(JOE)
        await world.press("1")
        await world.tick(2)
        assert len(world.pings()) == 2
        await world.press("4")
        await world.sees("2 sent, 2 answered")

    play(scene)


def test_a_ping_is_added_before_the_mode_was_ever_seen() -> None:
    async def scene(world: World) -> None:
        await world.feed.play(world.pilot, snapshot())
        world.app.post_message(AddPing(JOE, "joe"))
        await world.pilot.pause()
        await world.tick()
        await world.press("4")
        await world.sees("✓  joe@10.0.0.9:5062")

    play(scene)


def test_without_ser_all_is_on_hold_and_nothing_is_lost() -> None:
    async def scene(world: World) -> None:
        await world.begin(JOE)
        await world.feed.play(world.pilot, lost())
        await world.tick(10)
        assert len(world.pings()) == 1
        await world.sees("on hold: ser is away")
        await world.sees("✓ 1 answering")
        await world.feed.play(world.pilot, snapshot(sequence=4))
        await world.tick()
        assert len(world.pings()) == 2

    play(scene)


def test_a_slow_ser_holds_nothing_up() -> None:
    async def scene(world: World) -> None:
        world.feed.holds = True
        await world.begin(JOE, ANN)
        await world.tick(100)
        assert len(world.pings()) == 2
        await world.press("down", "i")
        await world.sees("every 5 s")
        for let in world.feed.waiting:
            let()
        await world.pilot.pause()
        await world.tick()
        assert len(world.pings()) == 4

    play(scene)


def test_hostile_texts_change_nothing_but_the_text() -> None:
    async def scene(world: World) -> None:
        evil = "[bold red]x[/] \x1b[2J\n" + "é" * 2000
        world.feed.replies["t_uac_dlg"] = Reply(480, evil, OK.body)
        await world.begin("sip:%5B@10.0.0.9;x=" + "y" * 2000)
        assert "\x1b" not in world.shown
        await world.sees("[bold red]x[/] \\x1b[2J")
        assert len(world.shown.splitlines()) == 24

    play(scene, (120, 24))


def test_a_refusal_to_add_is_told_as_it_is() -> None:
    async def scene(world: World) -> None:
        await world.begin()
        world.feed.replies["ul_show_contact"] = Reply(404, "[b]nobody[/b]")
        await world.press("a", *"joe", "enter")
        await world.sees("joe: 404 [b]nobody[/b]")

    play(scene)


def test_other_columns_for_another_width() -> None:
    async def scene(world: World) -> None:
        await world.begin(ANN)
        await world.sees("486 Busy Here")
        await world.pilot.resize_terminal(130, 24)
        await world.pilot.pause()
        await world.pilot.pause()
        await world.sees("answer")
        await until(world.pilot, lambda: world.shown.count("486 Busy Here") == 2)

    play(scene)


def test_the_state_in_words() -> None:
    assert state_of(PingBoard(1.0), is_connected=True) == "0 pinged every 1 s"


def test_a_user_who_isnt_registered_has_a_line_that_nothing_can_be_sent_to() -> None:
    async def scene(world: World) -> None:
        await world.begin()
        world.app.pinger.following.add("joe", world.now)
        world.app.pinger.board.add_away("joe", world.now)
        world.app.pinger.changed()
        await world.press("s", "y")
        assert world.app.current_mode == "pings"
        assert world.app.clipboard == ""
        await world.sees("joe isn't registered")
        await world.tick()
        assert "–  joe" in world.shown
        assert "– 1 not registered" in world.shown
        assert not [name for name, _ in world.feed.requests if name == "t_uac_dlg"]
        await world.press("x")
        assert list(world.app.pinger.following) == []
        assert "0 pinged" in world.shown

    play(scene)


@pytest.mark.parametrize(("height", "is_drawn"), [(24, False), (33, False), (36, True), (60, True)])
def test_where_there_is_room_the_chosen_one_is_drawn(height: int, is_drawn: bool) -> None:
    async def scene(world: World) -> None:
        await world.begin(JOE, ANN)
        await world.sees("200 OK   1 sent")
        assert (f"Round trips of {JOE}" in world.shown) == is_drawn
        await world.press("down")
        await world.sees("486 Busy Here   1 sent")
        assert (f"Round trips of {ANN}" in world.shown) == is_drawn

    play(scene, (100, height))
