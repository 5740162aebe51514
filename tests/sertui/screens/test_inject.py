from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from ser_core.fifo.protocol import Reply, Sendable
from ser_core.fifo.tables import table_body
from ser_core.sip import request_templates
from sertui.app import SertuiApp
from sertui.feed import Answer
from sertui.messages import WriteRequest
from sertui.request_history import RequestHistory
from sertui.screens.ask_line import AskLine
from sertui.screens.inject import InjectScreen
from sertui.screens.pick_one import PickOne
from sertui.widgets.reply_view import ReplyView
from sertui.widgets.sip_text import SipText
from tests.support.sertui_feed import RecordedFeed, lost, snapshot, text_of
from tests.support.until import until
from tests.support.virtual_time import run

JOE = "sip:joe@10.0.0.9:5062"
BODY = (
    b"sip:joe@10.0.0.9\n.\n.\nVia: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1\r\n"
    b"From: <sip:daemon@here>;tag=1\r\nTo: <sip:joe@a>;tag=2\r\n"
    b"Call-ID: x@y\r\nCSeq: 1 OPTIONS\r\nUser-Agent: phone\r\nContent-Length: 0\r\n\r\n\n"
)

OK, BUSY = Reply(200, "OK", BODY), Reply(486, "Busy Here", BODY)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A history, and a machine, of the test's own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr("sertui.screens.inject.default_sender", lambda: "sip:daemon@here")
    monkeypatch.setenv("TZ", "UTC")
    return tmp_path


class World:
    """The inject mode on a recorded feed."""

    def __init__(self) -> None:
        self.feed = RecordedFeed({"t_uac_dlg": OK})
        self.app: SertuiApp = self.feed.app()
        self.pilot: Pilot[None]

    @property
    def shown(self) -> str:
        return text_of(self.app)

    @property
    def screen(self) -> InjectScreen:
        screen = self.app.mode_screen
        assert isinstance(screen, InjectScreen)
        return screen

    @property
    def editor(self) -> SipText:
        return self.screen.query_one("#request", SipText)

    @property
    def reply(self) -> ReplyView:
        return self.screen.query_one(ReplyView)

    def sent(self) -> list[tuple[Sendable, ...]]:
        return [args for command, args in self.feed.requests if command == "t_uac_dlg"]

    async def begin(self, uri: str = JOE) -> None:
        await self.feed.play(self.pilot, snapshot())
        await self.press("3")
        if uri:
            self.app.post_message(WriteRequest(uri))
            await self.pilot.pause()
            await self.pilot.pause()

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def sees(self, text: str) -> None:
        await until(self.pilot, lambda: text in self.shown)

    async def misses(self, text: str) -> None:
        await until(self.pilot, lambda: text not in self.shown)


def play(scene: Callable[[World], Awaitable[None]], size: tuple[int, int] = (80, 24)) -> None:
    async def main() -> None:
        world = World()
        async with world.app.run_test(size=size, notifications=True) as world.pilot:
            await scene(world)

    run(main())


def test_it_begins_with_a_template_that_goes_to_nobody() -> None:
    async def scene(world: World) -> None:
        await world.begin("")
        await world.sees("✗ nobody is chosen")
        await world.press("f5")
        await world.sees("Not sent: nobody is chosen")
        assert world.sent() == []

    play(scene)


@pytest.mark.parametrize("key", ["f5", "ctrl+s", "s"])
def test_a_request_is_sent_and_its_reply_shown_with_its_time(key: str) -> None:
    async def scene(world: World) -> None:
        await world.begin()
        await world.press(*(["escape"] if key == "s" else []), key)
        await world.sees("✓ 200 OK after 12.0 ms")
        await world.sees("User-Agent: phone")
        [(method, ruri, next_hop, *_)] = world.sent()
        assert (method, ruri, next_hop) == ("OPTIONS", JOE, ".")

    play(scene)


def test_mistakes_are_told_while_it_is_typed() -> None:
    async def scene(world: World) -> None:
        await world.begin()
        await world.sees("✓ can be sent")
        world.editor.text = f"OPTIONS {JOE} SIP/2.0\nTo: <{JOE}>\n"
        await world.sees("✗ From is missing")
        await world.press("f5")
        assert world.sent() == []
        world.editor.text = f"OPTIONS {JOE} SIP/2.0\nTo: <{JOE}>\nFrom: <{JOE}>\nVia: x\n"
        await world.sees("✓ can be sent; ser sets Via itself")

    play(scene)


@pytest.mark.parametrize("key", ["f2", "ctrl+t"])
def test_each_template_can_be_chosen(key: str) -> None:
    async def scene(world: World) -> None:
        await world.begin()
        for place, name in enumerate(request_templates.names()):
            await world.press(key, *["down"] * place, "enter")
            first = world.editor.text.splitlines()[0]
            assert first == f"# {request_templates.purpose(name)}".replace("$uri", JOE)
            assert JOE in world.editor.text

    play(scene)


@pytest.mark.parametrize(("typed", "uri"), [("joe", "sip:joe@192.0.2.1"), ("sip:a@b", "sip:a@b")])
def test_somebody_is_chosen_by_a_dialog(typed: str, uri: str) -> None:
    async def scene(world: World) -> None:
        await world.begin("")
        world.feed.replies["ul_list"] = Reply(body=table_body(["aor", "contact"], [["joe", JOE]]))
        await world.press("f8", *typed, "enter")
        await world.sees(f"OPTIONS {uri} SIP/2.0")

    play(scene)


def test_somebody_who_isnt_registered_is_told() -> None:
    async def scene(world: World) -> None:
        await world.begin()
        world.feed.replies["ul_list"] = Reply(body=table_body(["aor", "contact"], []))
        await world.press("escape", "u", *"ann", "enter")
        await world.sees("ann isn't registered")
        assert JOE in world.editor.text

    play(scene)


def test_registered_users_complete_what_is_typed() -> None:
    async def scene(world: World) -> None:
        await world.begin()
        world.feed.replies["ul_list"] = Reply(body=table_body(["aor", "contact"], [["joe", JOE]]))
        world.editor.text = "OPTIONS "
        world.editor.focus()
        world.editor.move_cursor((0, 8))
        await world.press(*"sip:joe")
        await until(world.pilot, lambda: world.editor.suggestion == "@192.0.2.1")
        await world.press("right")
        assert world.editor.text == "OPTIONS sip:joe@192.0.2.1"

    play(scene)


@pytest.mark.parametrize("key", ["f4", "g"])
def test_the_last_one_is_sent_again_with_a_new_call_id(key: str) -> None:
    async def scene(world: World) -> None:
        await world.begin()
        await world.press("f5", "escape")
        await world.press(key)
        await until(world.pilot, lambda: len(world.sent()) == 2)
        first, second = world.sent()
        assert first[:3] == second[:3]
        assert first[3] != second[3]

    play(scene)


def test_nothing_was_sent_before() -> None:
    async def scene(world: World) -> None:
        await world.begin()
        await world.press("f4")
        await world.sees("Nothing was sent before")
        await world.press("f3")
        assert not isinstance(world.app.screen, PickOne)

    play(scene)


@pytest.mark.parametrize("key", ["f3", "ctrl+r"])
def test_what_was_sent_is_written_again(key: str) -> None:
    async def scene(world: World) -> None:
        await world.begin()
        await world.press("f5")
        await world.sees("✓ 200 OK")
        world.editor.text = "something else"
        await world.press(key)
        await world.sees(f"✓ 200  OPTIONS {JOE}")
        await world.press("enter")
        assert world.editor.text.startswith("# Ask what")
        assert len(world.sent()) == 1

    play(scene)


def test_what_was_sent_is_there_in_the_next_dashboard_and_sent_at_once() -> None:
    async def first(world: World) -> None:
        await world.begin()
        await world.press("f5")
        await world.sees("✓ 200 OK")

    async def second(world: World) -> None:
        await world.begin("")
        await world.press("escape", "h", "down", "g")
        await until(world.pilot, world.sent)
        assert world.sent()[0][1] == JOE

    play(first)
    play(second)


def test_an_invite_is_cancelled_while_it_rings() -> None:
    async def scene(world: World) -> None:
        await world.begin()
        await world.press("escape", "t", *["down"] * request_templates.names().index("invite"))
        await world.press("enter")
        world.feed.holds = True
        await world.press("f5")
        await world.sees("waiting 0 s; c cancels")
        world.feed.holds = False
        world.feed.replies["t_uac_cancel"] = Reply(200, "fifo_uac_cancel succeeded")
        await world.press("escape", "c")
        await world.sees("CANCEL: 200")
        command, arguments = world.feed.requests[-1]
        assert (command, arguments[1]) == ("t_uac_cancel", "1 INVITE")
        world.feed.waiting[0]()
        await world.sees("the call was answered, and ended with a BYE")
        assert world.sent()[-1][0] == "BYE"

    play(scene)


def test_without_an_invite_nothing_is_cancelled() -> None:
    async def scene(world: World) -> None:
        await world.begin()
        await world.press("escape", "c")
        await world.sees("No INVITE is under way")

    play(scene)


def test_it_goes_by_another_hop() -> None:
    async def scene(world: World) -> None:
        await world.begin()
        await world.press("escape", "n", *"sip:10.0.0.1", "enter")
        await world.sees("next hop sip:10.0.0.1")
        await world.press("f5")
        await until(world.pilot, world.sent)
        assert world.sent()[0][2] == "sip:10.0.0.1"
        await world.press("escape", "n", *["backspace"] * 12, "enter")
        await world.misses("next hop")

    play(scene)


def test_a_request_is_written_to_a_file_and_read_again(home: Path) -> None:
    async def scene(world: World) -> None:
        name = str(home / "a.sip")
        await world.begin()
        text = world.editor.text
        await world.press("escape", "w", *name, "enter")
        assert Path(name).read_text() == text
        world.editor.text = "x"
        await world.press("escape", "w", *name, "enter", "n")
        assert Path(name).read_text() == text
        await world.press("escape", "o", *name, "enter")
        assert world.editor.text == text
        world.editor.text = "x"
        await world.press("escape", "w", *name, "enter", "y")
        assert Path(name).read_text() == "x"

    play(scene)


def test_files_that_cant_be_had_are_told() -> None:
    async def scene(world: World) -> None:
        await world.begin()
        await world.press("ctrl+o", *"/nowhere/x", "enter")
        await world.sees("/nowhere/x can't be read")
        await world.press("escape", "w", *"/nowhere/x", "enter")
        await world.sees("/nowhere/x can't be written")
        await world.press("escape", "o", "escape")
        assert not isinstance(world.app.screen, AskLine)

    play(scene)


@pytest.mark.parametrize("key", ["e", "enter"])
def test_writing_goes_on_after_leaving_the_text(key: str) -> None:
    async def scene(world: World) -> None:
        await world.begin()
        assert world.reply.has_focus
        await world.press(key)
        assert world.editor.has_focus
        await world.press("escape")
        assert world.reply.has_focus

    play(scene)


def test_other_modes_are_reached_at_once() -> None:
    async def scene(world: World) -> None:
        await world.begin()
        text = world.editor.text
        await world.press("4")
        assert world.app.current_mode == "pings"
        await world.press("3")
        assert world.editor.text == text

    play(scene)


def test_the_reply_is_copied() -> None:
    async def scene(world: World) -> None:
        await world.begin()
        await world.press("f5")
        await world.sees("✓ 200 OK")
        await world.press("escape", "y")
        assert world.app.clipboard.startswith("SIP/2.0 200 OK\nVia:")

    play(scene)


def test_a_refusal_has_another_sign() -> None:
    async def scene(world: World) -> None:
        world.feed.replies["t_uac_dlg"] = BUSY
        await world.begin()
        await world.press("f5")
        await world.sees("✗ 486 Busy Here after")

    play(scene)


def test_a_slow_ser_leaves_the_text_to_be_written() -> None:
    async def scene(world: World) -> None:
        world.feed.holds = True
        await world.begin()
        await world.press("f5")
        await world.sees("Reply: waiting")
        await world.press("e", "end", "x")
        assert "x" in world.editor.text.splitlines()[0]
        world.feed.waiting[0]()
        await world.sees("✓ 200 OK")

    play(scene)


def test_only_the_last_request_has_its_reply_shown() -> None:
    async def scene(world: World) -> None:
        world.feed.holds = True
        await world.begin()
        await world.press("f5")
        world.feed.replies["t_uac_dlg"] = BUSY
        await world.press("f5")
        for let in world.feed.waiting[::-1]:
            let()
        await world.sees("✗ 486 Busy Here")
        await until(world.pilot, lambda: len(world.screen.history.entries) == 2)
        await world.misses("200 OK")

    play(scene)


def test_a_request_is_in_the_history_before_its_answer_comes(home: Path) -> None:
    async def scene(world: World) -> None:
        world.feed.holds = True
        await world.begin()
        await world.press("f5", "f3")
        await world.sees("… ---  OPTIONS")
        await world.press("escape")
        world.feed.waiting[0]()
        await world.sees("✓ 200 OK")
        await world.press("f3")
        await world.sees("✓ 200  OPTIONS")
        assert len(RequestHistory(home / "state/ser/sertui_requests").entries) == 1

    play(scene)


def test_without_ser_it_is_said_plainly() -> None:
    async def scene(world: World) -> None:
        await world.begin()
        world.feed.replies["t_uac_dlg"] = Answer(None, "nobody reads ser_fifo: start ser again")
        await world.feed.play(world.pilot, lost())
        await world.press("f5")
        await world.sees("✗ nobody reads ser_fifo: start ser again")

    play(scene)


def test_hostile_texts_change_nothing_but_the_text() -> None:
    async def scene(world: World) -> None:
        evil = "[bold]x[/] \x1b[2J" + "ü" * 2000
        body = b".\n.\n.\nVia: a\r\nUser-Agent: " + evil.encode() + b"\r\n\r\n\x1b]0;x\x07\n"
        world.feed.replies["t_uac_dlg"] = Reply(200, "[b]Fine \x1b[1m", body)
        await world.begin()
        world.editor.text += "Subject: [red]\x1b[2J\n"
        await world.press("f5")
        await world.sees("✗ Subject has a control character")
        world.editor.text = world.editor.text.replace("\x1b", "")
        await world.press("f5")
        await world.sees("✓ 200 [b]Fine \\x1b[1m")
        await world.sees("User-Agent: [bold]x[/]")
        assert "\\x1b[2J" in world.reply.text
        assert "\x1b" not in world.shown
        await world.press("f3")
        await world.sees("✓ 200  OPTIONS")

    play(scene)


def test_without_a_place_for_it_there_is_no_history(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/proc/none")

    async def scene(world: World) -> None:
        await world.begin()
        await world.press("f5")
        await world.sees("✓ 200 OK")
        assert len(world.screen.history.entries) == 1

    play(scene)
