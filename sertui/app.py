"""The application: modes, theme, connection; nothing else."""

from __future__ import annotations

import asyncio
import signal
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.command import Provider
from textual.events import Event, Key, Paste
from textual.reactive import reactive
from textual.screen import Screen

from ser_core.fifo.protocol import Sendable
from sertui.actions import EVERYWHERE, bindings_of
from sertui.feed import TIMEOUT, Answer, Post, Source, Take
from sertui.key_order import KeyOrder, Passed
from sertui.log_view import LogView
from sertui.messages import AddPing, SnapshotTaken, WriteRequest
from sertui.screens.base import ModeScreen
from sertui.snapshot import LogLine, Snapshot
from sertui.themes import DEFAULT, ThemedApp
from sertui.trends import Trends
from sertui.widgets.trouble_list import is_trouble

if TYPE_CHECKING:
    from sertui.calls import Calls
    from sertui.ping_list import PingListFile
    from sertui.pinger import Pinger

LOG_LINES = 10_000
"""As many as ser keeps."""
MASKED = 0.01
"""Seconds that a change of screen is held back, so that half of it isn't seen."""
TROUBLES = 200
"""Warnings and errors: more than any screen has room for."""
ENDING_SIGNALS = (signal.SIGHUP, signal.SIGTERM)
SCREENS = {
    "overview": "Overview",
    "registrations": "Registrations",
    "inject": "Inject",
    "pings": "Pings",
    "log": "Log",
}
"""Modes, each with the class in sertui.screens.MODE that shows it."""


def _screen_of(mode: str) -> Callable[[], Screen[None]]:
    """Imported when it is shown first: the one that is seen at once needn't wait for the others."""

    def make() -> Screen[None]:
        module = import_module(f"sertui.screens.{mode}")
        screen: Screen[None] = getattr(module, f"{SCREENS[mode]}Screen")()
        return screen

    return make


def palette() -> type[Provider]:
    """Imported when it is opened first."""
    from sertui.palette import SertuiProvider

    return SertuiProvider


class SertuiApp(ThemedApp):
    """The dashboard of one ser."""

    TITLE = "sertui"
    CSS_PATH = "sertui.tcss"
    BINDINGS = bindings_of(EVERYWHERE)
    MODES: ClassVar[dict[str, str | Callable[[], Screen[None]]]] = {
        mode: _screen_of(mode) for mode in SCREENS
    }
    DEFAULT_MODE = "overview"
    COMMANDS = {palette}  # noqa: RUF012  # Textual's way

    snapshot: reactive[Snapshot] = reactive(Snapshot)
    """The newest."""

    def __init__(
        self,
        make_feed: Callable[[Post], Source],
        theme: str = DEFAULT,
        clock: Callable[[], float] = time.time,
        state: Path | None = None,
    ) -> None:
        """`state`: the directory of what outlives the app; None: nothing does."""
        super().__init__(theme)
        self.feed = make_feed(self._post)
        self.clock = clock
        self.state = state
        self._is_leaving = False
        self.last_resort: Callable[[], None] = lambda: None
        """Called when a signal ends the app, before it leaves in good order."""
        self._ping_list: PingListFile | None = None
        """Of this ser, once it is known which one that is."""
        self.log_lines: deque[LogLine] = deque(maxlen=LOG_LINES)
        """All that has come from ser's log, for screens that open later."""
        self.log_view = LogView()
        self.debug_turn = asyncio.Lock()
        """Held while the debug level is changed."""
        self.troubles: deque[LogLine] = deque(maxlen=TROUBLES)
        """Warnings and what is worse."""
        self.trends = Trends()
        self._key_order = KeyOrder(self, super().on_event)

    def on_mount(self) -> None:
        """Begin to look once there is a screen to show it on."""
        for number in ENDING_SIGNALS:
            with suppress(ValueError):  # another thread than the first one can't take signals
                asyncio.get_running_loop().add_signal_handler(number, self._end)
        self.feed.start()

    def on_unmount(self) -> None:
        """Look no more."""
        for number in ENDING_SIGNALS:
            asyncio.get_running_loop().remove_signal_handler(number)
        self.feed.stop()

    def on_snapshot_taken(self, message: SnapshotTaken) -> None:
        """Keep what outlives a screen, then show it on the one that is seen."""
        snapshot = message.snapshot
        self.snapshot = snapshot
        self.log_lines.extend(snapshot.log)
        self.troubles.extend(filter(is_trouble, snapshot.log))
        self.log_view.watch(snapshot)
        self.trends.add(snapshot)
        if snapshot.connected and self.state is not None and self._ping_list is None:
            self._find_pings(self.state)
        lowest = self.screen_stack[:1]  # none any more while the app ends
        if lowest and isinstance(lowest[0], ModeScreen):
            lowest[0].show_snapshot(snapshot)

    def on_add_ping(self, message: AddPing) -> None:
        """From any screen."""
        self.pinger.add(message.target, message.user)

    async def on_write_request(self, message: WriteRequest) -> None:
        """From any screen: the inject mode takes over."""
        from sertui.screens.inject import InjectScreen

        await self.switch_mode("inject")
        if isinstance(self.mode_screen, InjectScreen):
            self.mode_screen.write_to(message.uri)

    @cached_property
    def pinger(self) -> Pinger:
        """Made when somebody is to be pinged; then it goes on in all modes."""
        from sertui.pinger import TICK, Pinger

        pinger = Pinger(self, lambda words: self.notify(words, markup=False), self._ping_list)
        self.set_interval(TICK, lambda: pinger.tick(is_connected=self.snapshot.connected))
        return pinger

    def _find_pings(self, state: Path) -> None:
        """Go on with those of the dashboard before."""
        from sertui.ping_list import PingListFile

        self._ping_list = PingListFile(state, self.snapshot.instance)
        if "pinger" in vars(self) or self._ping_list.path.exists():
            self.pinger.restore(self._ping_list)

    @cached_property
    def calls(self) -> Calls:
        """Requests that the user sends, with the INVITEs that ring."""
        from sertui.calls import Calls

        return Calls(self.ask)

    @property
    def mode_screen(self) -> Screen[object]:
        """The one below all dialogs."""
        return self.screen_stack[0]

    def request(
        self, command: str, *arguments: Sendable, take: Take, timeout: float = TIMEOUT
    ) -> None:
        """Run a FIFO command; `take` gets the answer in the app's thread."""
        self.feed.request(
            command,
            *arguments,
            take=lambda answer: _discard(self.call_later(take, answer)),
            timeout=timeout,
        )

    async def ask(self, command: str, *arguments: Sendable, timeout: float = TIMEOUT) -> Answer:
        """Run a FIFO command and wait for its answer, while the screen goes on."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Answer] = loop.create_future()

        def settle(answer: Answer) -> None:
            if not future.done():
                future.set_result(answer)

        def take(answer: Answer) -> None:
            with suppress(RuntimeError):  # the loop is closed: the user has quit
                loop.call_soon_threadsafe(settle, answer)

        self.feed.request(command, *arguments, take=take, timeout=timeout)
        return await future

    def delay_update(self, delay: float = MASKED) -> None:
        """Textual holds each new screen back for 50 ms: all the time that a key may take."""
        super().delay_update(min(delay, MASKED))

    async def on_event(self, event: Event) -> None:
        """Keys and pasted texts one after the other; all else as it comes."""
        if not isinstance(event, (Key, Paste)):
            await super().on_event(event)
        elif event.is_forwarded:  # it has come up from the focus
            await super().on_event(event)
            self._key_order.on_handled()
        else:
            await self._key_order.take(event)

    async def on_passed(self, message: Passed) -> None:
        """The next key may come."""
        await self._key_order.on_passed(message)

    async def action_mode(self, mode: str) -> None:
        """Show another screen."""
        await self.switch_mode(mode)

    def action_debug_level(self, step: int) -> None:
        """Raise or lower the debug level of ser."""
        from sertui.debug_level import change

        self.run_worker(change(self, step), group="debug level")

    def action_debug_dialog(self) -> None:
        """Ask for a debug level, and for how long."""
        from sertui.screens.debug_dialog import ask_for_level

        ask_for_level(self)

    def action_reload(self) -> None:
        """Have ser read its ser.cfg again."""
        from sertui.reloading import reload

        self.run_worker(reload(self), group="reload", exclusive=True)

    async def action_quit(self) -> None:
        """Leave, once no phone rings for us any more; a second time: at once."""
        self._leave()

    def _leave(self) -> None:
        """At once, unless a phone rings."""
        if "calls" in vars(self) and self.calls.last and not self._is_leaving:
            self._is_leaving = True
            self.notify("Ending the call that rings …", markup=False)
            self.run_worker(self._end_calls(), group="leaving")
        else:
            self.exit()

    def _end(self) -> None:
        """By a signal, such as when the terminal is closed."""
        self.last_resort()
        self._leave()

    async def _end_calls(self) -> None:
        await self.calls.end_all()
        self.exit()

    def action_help(self) -> None:
        """The keys of this place."""
        from sertui.screens.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(self.mode_screen))

    def _post(self, snapshot: Snapshot) -> None:
        """From the feed's thread."""
        self.post_message(SnapshotTaken(snapshot))


def _discard(_: object) -> None:
    """Makes a statement of an expression."""
