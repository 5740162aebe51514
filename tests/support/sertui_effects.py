"""What each action of sertui brings about, and screens on which it can be seen to.

`EFFECTS` has a condition for each action of the one table; it doesn't hold before, and does after.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, cast

from textual.command import CommandPalette
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input

from ser_core.fifo.protocol import Reply
from ser_core.fifo.tables import table_body
from sertui.actions import EVERYWHERE
from sertui.app import SCREENS, SertuiApp
from sertui.log_view import Filter
from sertui.ping_board import Target
from sertui.registrations import Query
from sertui.request_history import SentRequest
from sertui.screens.ask_line import AskLine
from sertui.screens.confirm_dialog import ConfirmDialog
from sertui.screens.debug_dialog import DebugDialog
from sertui.screens.help import HelpScreen
from sertui.screens.inject import InjectScreen
from sertui.screens.line_dialog import LineDialog
from sertui.screens.log import LogScreen
from sertui.screens.overview import OverviewScreen
from sertui.screens.pick_one import PickOne
from sertui.screens.registration_add_dialog import RegistrationAddDialog
from sertui.screens.registration_dialog import RegistrationDialog
from sertui.screens.registrations import RegistrationsScreen
from sertui.widgets.log_bar import CALL_ID, LogBar
from sertui.widgets.registration_bar import RegistrationBar
from tests.sertui.test_delivery import INVITE
from tests.support.sertui_feed import RecordedFeed, log_line, snapshot, text_of
from tests.support.sertui_registrations import Location, many
from tests.support.until import until

URI = "sip:joe@192.0.2.9"
OPTIONS = f"OPTIONS {URI} SIP/2.0\nFrom: <sip:me@a>\nTo: <{URI}>\n"
REPLY = b"sip:a\n.\n.\nVia: SIP/2.0/UDP a\r\nCSeq: 1 OPTIONS\r\n\r\n\n"
LINES = tuple(
    log_line(number, "WARN", f"line {number} found", call_id=f"call-{number}@a")
    for number in range(1, 6)
)
WORKING = snapshot(log=LINES, commands=frozenset({"reload", "ul_list", "ul_stats"}))
HELP = table_body(("command", "arguments", "changes", "help"), [("uptime", "", "no", "The time.")])


class Stage:
    """One screen with something on it, brought back to that after each key."""

    def __init__(self, mode: str, pilot: Pilot[None], feed: RecordedFeed) -> None:
        self.mode = mode
        self.pilot = pilot
        self.feed = feed
        self.left = 0
        """How often the user wanted to leave."""
        self.kept: Target | None = None
        """Who is pinged before the key."""

    @property
    def app(self) -> SertuiApp:
        return cast("SertuiApp", self.pilot.app)

    @property
    def registrations(self) -> RegistrationsScreen:
        return cast("RegistrationsScreen", self.app.mode_screen)

    @property
    def inject(self) -> InjectScreen:
        return cast("InjectScreen", self.app.mode_screen)

    @property
    def log(self) -> LogScreen:
        return cast("LogScreen", self.app.mode_screen)

    @property
    def target(self) -> Target | None:
        return self.app.pinger.board.get(URI)

    def asked(self, *request: Any) -> bool:
        return request in [(command, *arguments) for command, arguments in self.feed.requests]

    def top(self, kind: type[Screen[Any]]) -> bool:
        return isinstance(self.app.screen, kind)

    def focused(self, id: str) -> bool:
        return self.app.focused is not None and self.app.focused.id == id

    async def set(self) -> None:
        """As each key finds it."""
        while len(self.app.screen_stack) > 1:
            self.app.pop_screen()
        if self.app.current_mode != self.mode:
            await self.app.action_mode(self.mode)
        if self.app.snapshot.debug_level != WORKING.debug_level:
            await self.feed.play(self.pilot, replace(WORKING, log=()))
        self.feed.requests.clear()
        self.feed.holds = False
        self.app._clipboard = ""
        self.app.pinger.board.interval = 2.0
        self.left = 0
        await SETS.get(self.mode, _nothing)(self)
        await self.pilot.pause()


async def _nothing(stage: Stage) -> None:
    pass


async def _overview(stage: Stage) -> None:
    screen = cast("OverviewScreen", stage.app.mode_screen)
    if screen._zero:
        screen.action_zero()
    while plotted(stage) != "Messages/s":
        screen.action_plot()


async def _registrations(stage: Stage) -> None:
    screen = stage.registrations
    screen.query_one(RegistrationBar).clear()
    screen._change(Query())
    screen.table.focus()
    await until(stage.pilot, lambda: screen.row)
    stage.app.pinger.board.remove(screen.table.chosen.contact)  # type: ignore[union-attr]  # a row


async def _inject(stage: Stage) -> None:
    screen = stage.inject
    for _, is_over in stage.app.calls._ringing:
        is_over.set()
    screen._set_text(OPTIONS, URI)
    screen.history.entries = [SentRequest(OPTIONS)]
    screen._reply.text, screen._reply.border_title = "the reply", ""
    screen._reply.focus()


async def _pings(stage: Stage) -> None:
    stage.app.pinger.board.remove(URI)
    stage.app.pinger.add(URI)
    stage.kept = stage.target


async def _log(stage: Stage) -> None:
    stage.log.query_one(LogBar).put(CALL_ID, "")
    stage.log.query_one(LogBar).put("search", "")
    await stage.pilot.pause()
    stage.log.view.resume()
    stage.log._filter(Filter(level=4))
    stage.log.lines.focus()
    stage.log.lines.go_to(1)


SETS: dict[str, Callable[[Stage], Awaitable[None]]] = {
    "overview": _overview,
    "registrations": _registrations,
    "inject": _inject,
    "pings": _pings,
    "log": _log,
}

Seen = Callable[[Stage], object]


@dataclass(frozen=True)
class Effect:
    """What a key brings about."""

    seen: Seen
    before: Callable[[Stage], Awaitable[None]] = _nothing


def dialog(kind: type[Screen[Any]]) -> Effect:
    return Effect(lambda stage: stage.top(kind))


def mode(name: str) -> Effect:
    async def elsewhere(stage: Stage) -> None:
        if stage.mode == name:
            await stage.app.action_mode("overview" if name != "overview" else "log")

    return Effect(lambda stage: stage.app.current_mode == name, elsewhere)


def copied(text: str) -> Effect:
    return Effect(lambda stage: text in stage.app.clipboard)


def plotted(stage: Stage) -> str:
    return str(stage.app.mode_screen.query_one("#plot").border_title).partition(",")[0]


async def to_the_text(stage: Stage) -> None:
    stage.inject._editor.focus()
    await stage.pilot.pause()


async def filtered(stage: Stage) -> None:
    stage.registrations.query_one(RegistrationBar).query_one(Input).value = "user00001"
    await until(stage.pilot, lambda: stage.registrations.table.pages.query.filter)


async def ringing(stage: Stage) -> None:
    stage.feed.holds = True
    stage.inject._deliver(INVITE, "", "")
    await until(stage.pilot, lambda: stage.app.calls.last)


async def searched(stage: Stage) -> None:
    stage.log.lines.search = "found"


async def narrowed(stage: Stage) -> None:
    stage.log._filter(Filter(text="nothing has this"))


def at_line(number: int) -> Seen:
    def seen(stage: Stage) -> bool:
        row = stage.log.lines.row
        return row is not None and row.line is not None and row.line.seq == number

    return seen


EFFECTS: dict[tuple[str, str], Effect] = {
    **{(EVERYWHERE, f"mode('{name}')"): mode(name) for name in SCREENS},
    (EVERYWHERE, "debug_level(1)"): Effect(lambda stage: stage.asked("debug", "4")),
    (EVERYWHERE, "debug_level(-1)"): Effect(lambda stage: stage.asked("debug", "2")),
    (EVERYWHERE, "debug_dialog"): dialog(DebugDialog),
    (EVERYWHERE, "reload"): dialog(ConfirmDialog),
    (EVERYWHERE, "help"): dialog(HelpScreen),
    (EVERYWHERE, "command_palette"): dialog(CommandPalette),
    (EVERYWHERE, "quit"): Effect(lambda stage: stage.left),
    ("overview", "plot"): Effect(lambda stage: plotted(stage) == "Requests/s by method"),
    ("overview", "zero"): Effect(lambda stage: "since z" in text_of(stage.app)),
    ("registrations", "open"): dialog(RegistrationDialog),
    ("registrations", "filter"): Effect(lambda stage: isinstance(stage.app.focused, Input)),
    ("registrations", "sort(1)"): Effect(
        lambda stage: stage.registrations.table.pages.query.sort == "contact"
    ),
    ("registrations", "sort(-1)"): Effect(
        lambda stage: stage.registrations.table.pages.query.sort == "since"
    ),
    ("registrations", "turn"): Effect(
        lambda stage: stage.registrations.table.pages.query.descending
    ),
    ("registrations", "ping"): Effect(
        lambda stage: [x for x in stage.app.pinger.board if x.user == "user00000"]
    ),
    ("registrations", "send"): mode("inject"),
    ("registrations", "add"): dialog(RegistrationAddDialog),
    ("registrations", "remove"): dialog(ConfirmDialog),
    ("registrations", "copy"): copied("sip:user00000@"),
    ("registrations", "all"): Effect(
        lambda stage: not stage.registrations.table.pages.query.filter, filtered
    ),
    ("registrations", "table"): Effect(
        lambda stage: stage.registrations.table.pages.query.table == "aliases"
    ),
    ("inject", "send"): Effect(lambda stage: "✓ 200 OK after" in text_of(stage.app)),
    ("inject", "template"): dialog(PickOne),
    ("inject", "target"): dialog(AskLine),
    ("inject", "history"): dialog(PickOne),
    ("inject", "send_again"): Effect(lambda stage: "✓ 200 OK after" in text_of(stage.app)),
    ("inject", "edit"): Effect(lambda stage: stage.focused("request")),
    ("inject", "leave"): Effect(lambda stage: stage.focused("reply"), to_the_text),
    ("inject", "hang_up"): Effect(
        lambda stage: stage.asked("t_uac_cancel", "x@y", "1 INVITE"), ringing
    ),
    ("inject", "next_hop"): dialog(AskLine),
    ("inject", "open_file"): dialog(AskLine),
    ("inject", "write_file"): dialog(AskLine),
    ("inject", "copy_reply"): copied("the reply"),
    ("pings", "add"): dialog(AskLine),
    ("pings", "remove"): Effect(lambda stage: stage.target is None),
    ("pings", "pause"): Effect(lambda stage: stage.target and stage.target.is_paused),
    ("pings", "pause_all"): Effect(lambda stage: stage.app.pinger.board.all_paused),
    ("pings", "interval"): Effect(lambda stage: "every 5 s" in text_of(stage.app)),
    ("pings", "zero"): Effect(lambda stage: stage.target is not stage.kept),
    ("pings", "write"): mode("inject"),
    ("pings", "copy"): copied(URI),
    ("log", "filter('text')"): Effect(lambda stage: stage.focused("text")),
    ("log", "filter('call-id')"): Effect(lambda stage: stage.focused("call-id")),
    ("log", "filter('search')"): Effect(lambda stage: stage.focused("search")),
    ("log", "this_call"): Effect(lambda stage: stage.log.view.filter.call_id == "call-2@a"),
    ("log", "level(-1)"): Effect(lambda stage: stage.log.view.filter.level == 3),
    ("log", "level(1)"): Effect(lambda stage: stage.log.view.filter.level == 5),
    ("log", "pause"): Effect(lambda stage: stage.log.view.is_paused),
    ("log", "follow"): Effect(lambda stage: stage.log.lines.follows),
    ("log", "found(1)"): Effect(at_line(3), searched),
    ("log", "found(-1)"): Effect(at_line(1), searched),
    ("log", "open"): dialog(LineDialog),
    ("log", "copy"): copied("line 2 found"),
    ("log", "copy_shown"): copied("line 5 found"),
    ("log", "commands"): Effect(lambda stage: stage.log.view.filter.commands),
    ("log", "all"): Effect(lambda stage: not stage.log.view.filter.text, narrowed),
}


def answering() -> RecordedFeed:
    """A ser that has all that is asked for."""
    feed = Location(many(5)).feed()
    feed.replies |= {
        "t_uac_dlg": Reply(200, "OK", REPLY),
        "t_uac_cancel": Reply(200, "canceling"),
        "ul_stats": Reply(200, "ok", b"'location' 5 0\n'aliases' 0 0\n"),
        "debug": Reply(200, "ok", table_body(("name", "value"), [("level", "4")])),
        "help": Reply(200, "ok", HELP),
        "reload": Reply(200, "ok changes=0 restart=0", b""),
    }
    return feed


async def came(stage: Stage, seen: Seen) -> bool:
    """Whether what a key is to bring about has come."""
    try:
        await until(stage.pilot, lambda: seen(stage), timeout=1.0)
    except TimeoutError:
        return False
    return True
