from __future__ import annotations

import pytest
from textual.command import CommandPalette

from ser_core.fifo.protocol import Reply
from ser_core.fifo.tables import table_body
from sertui.actions import ACTIONS, EVERYWHERE, actions_of
from sertui.app import SCREENS, SertuiApp
from sertui.palette import SertuiProvider
from sertui.screens.fifo_command import FifoCommandScreen
from sertui.widgets.mode_bar import LABELS
from tests.support.sertui_feed import RecordedFeed, snapshot
from tests.support.until import until

HELP = Reply(
    200,
    "ok",
    table_body(
        ("command", "arguments", "changes", "help"),
        [("uptime", "", "no", "The time."), ("ul_rm", "table aor", "yes", "Remove [bold]a user.")],
    ),
)


async def names_of(app: SertuiApp, query: str) -> list[str]:
    provider = SertuiProvider(app.screen)
    await provider.startup()
    return [str(hit.text or hit.prompt) async for hit in provider.search(query)]


@pytest.mark.parametrize("mode", SCREENS)
async def test_every_action_of_the_place_can_be_found(mode: str) -> None:
    app = RecordedFeed({"help": HELP}).app()
    async with app.run_test():
        await app.action_mode(mode)
        for action in (*actions_of(mode), *actions_of(EVERYWHERE)):
            if action.name != "command_palette":
                assert action.label in await names_of(app, action.label)


async def test_an_action_is_shown_with_its_keys() -> None:
    app = RecordedFeed({"help": HELP}).app()
    async with app.run_test():
        provider = SertuiProvider(app.screen)
        await provider.startup()
        assert "Debug level  d F9" in [str(x.prompt) async for x in provider.search("debug level")]
        [hit] = [hit async for hit in provider.discover() if hit.text == "Next plot"]
        assert str(hit.prompt) == "Next plot  p"


async def test_every_action_of_the_other_places_can_be_found_and_done_there() -> None:
    feed = RecordedFeed({"help": HELP})
    app = feed.app()
    async with app.run_test(size=(100, 30)) as pilot:
        await feed.play(pilot, snapshot())
        found = await names_of(app, ": ")
        for mode, title in LABELS:
            for action in actions_of(mode):
                assert (f"{title}: {action.label}" in found) == (mode != "overview")
        provider = SertuiProvider(app.screen)
        await provider.startup()
        hits = [hit async for hit in provider.search("5 Log: Pause")]
        hits[0].command()
        await until(pilot, lambda: app.current_mode == "log" and app.log_view.is_paused)


async def test_every_fifo_command_can_be_found() -> None:
    app = RecordedFeed({"help": HELP}).app()
    async with app.run_test():
        assert await names_of(app, "fifo: u") == ["FIFO: ul_rm", "FIFO: uptime"]


async def test_a_ser_that_is_lost_has_no_commands() -> None:
    app = RecordedFeed().app()
    async with app.run_test():
        assert await names_of(app, "FIFO:") == []


async def test_an_action_is_done_as_by_its_key() -> None:
    feed = RecordedFeed({"help": HELP})
    app = feed.app()
    async with app.run_test(size=(100, 30)) as pilot:
        await feed.play(pilot, snapshot())
        await pilot.press("ctrl+p")
        assert isinstance(app.screen, CommandPalette)
        await pilot.press(*"count from")
        await app.workers.wait_for_complete()
        await pilot.pause(0.2)
        await pilot.press("enter")
        await pilot.pause()
        assert app.screen.query_one("#traffic").border_subtitle == "since z"


async def test_a_command_opens_its_dialog() -> None:
    app = RecordedFeed({"help": HELP, "uptime": Reply()}).app()
    async with app.run_test(size=(100, 30)) as pilot:
        provider = SertuiProvider(app.screen)
        await provider.startup()
        [hit] = [each async for each in provider.search("uptime")]
        hit.command()
        await pilot.pause()
        assert isinstance(app.screen, FifoCommandScreen)


async def test_before_anything_is_typed_there_are_actions() -> None:
    app = RecordedFeed().app()
    async with app.run_test():
        provider = SertuiProvider(app.screen)
        found = [str(hit.text or hit.prompt) async for hit in provider.discover()]
        assert {"Count from now", "Quit", "Theme"} <= set(found)
        assert len(found) < len(ACTIONS)
