"""The registrations screen on a location table that a test can change."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from textual.pilot import Pilot

from sertui.app import SertuiApp
from sertui.registrations import Registration
from sertui.screens.registrations import RegistrationsScreen
from sertui.themes import DEFAULT
from tests.support.sertui_feed import NOW, RecordedFeed, snapshot, text_of
from tests.support.sertui_registrations import Location, Ticks, registration


@dataclass
class Stage:
    """What a test needs of a running screen."""

    location: Location
    feed: RecordedFeed
    app: SertuiApp
    pilot: Pilot[None]
    ticks: Ticks = field(default_factory=Ticks)

    @property
    def screen(self) -> RegistrationsScreen:
        screen = self.app.mode_screen
        assert isinstance(screen, RegistrationsScreen)
        return screen

    @property
    def text(self) -> str:
        return text_of(self.app)

    @property
    def asked(self) -> list[str]:
        """The options of the last ul_list."""
        found = [arguments for command, arguments in self.feed.requests if command == "ul_list"]
        return [str(option) for option in found[-1]]

    @property
    def chosen(self) -> str:
        chosen = self.screen.table.chosen
        assert isinstance(chosen, Registration)
        return chosen.aor

    @property
    def notices(self) -> list[str]:
        return [notice.message for notice in self.app._notifications]

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.settle()

    async def settle(self) -> None:
        """Answers have come and are drawn."""
        for _ in range(3):
            await self.pilot.pause()

    async def tick(self) -> None:
        """It is time to look again."""
        await self.feed.play(self.pilot, self.ticks.next())
        await self.settle()


@asynccontextmanager
async def stage(
    rows: list[Registration], size: tuple[int, int] = (80, 24), theme: str = DEFAULT
) -> AsyncIterator[Stage]:
    location = Location(rows)
    feed = location.feed()
    app = feed.app(theme)
    async with app.run_test(size=size) as pilot:
        made = Stage(location, feed, app, pilot)
        await feed.play(pilot, snapshot())
        await made.press("2")
        yield made


def crew() -> list[Registration]:
    """One of each kind."""
    now = int(NOW)
    return [
        registration("alice", expires=now + 42, received="sip:198.51.100.7:40112"),
        registration("bob", since=now - 3, q="1", user_agent="Twinkle [bold]1.10[/]"),
        registration("carol", contact="sips:carol@192.0.2.77", expires=0, flags=128),
        registration("dave", expires=now - 2, user_agent="\x1b[31mred"),
    ]
