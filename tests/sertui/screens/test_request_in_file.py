"""Reading a request from a file, and writing one: the dialogs alone, on one app."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Input

from sertui.screens.request_in_file import open_request, write_request
from sertui.themes import ThemedApp
from tests.support.sertui_feed import text_of

TEXT = "OPTIONS sip:joe@a SIP/2.0\nSubject: [b]\n"


async def on_an_empty_screen(scene: Callable[[Pilot[None]], Awaitable[None]]) -> None:
    app = ThemedApp()
    async with app.run_test(size=(200, 24), notifications=True) as pilot:
        await scene(pilot)


async def answer(pilot: Pilot[None], line: Path | None, *keys: str) -> None:
    """Put a line into the dialog, press keys."""
    await pilot.pause()
    if line is not None:
        pilot.app.screen.query_one(Input).value = str(line)
    await pilot.press(*keys)
    await pilot.pause()


async def test_a_request_is_written_asked_about_replaced_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "x"

    async def scene(pilot: Pilot[None]) -> None:
        taken: list[str] = []
        write_request(pilot.app.screen, TEXT)
        await answer(pilot, path, "enter")
        assert path.read_text() == TEXT
        for key, text in (("n", TEXT), ("y", "other")):
            write_request(pilot.app.screen, "other")
            await answer(pilot, path, "enter")
            assert "already." in text_of(pilot.app)
            await answer(pilot, None, key)
            assert path.read_text() == text
        open_request(pilot.app.screen, taken.append)
        await answer(pilot, path, "enter")
        open_request(pilot.app.screen, taken.append)
        await answer(pilot, None, "escape")
        assert taken == ["other"]

    await on_an_empty_screen(scene)


async def test_what_cant_be_had_is_told(tmp_path: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        open_request(pilot.app.screen, lambda text: None)
        await answer(pilot, tmp_path / "no", "enter")
        assert "can't be read" in " ".join(note.message for note in pilot.app._notifications)
        write_request(pilot.app.screen, TEXT)
        await answer(pilot, tmp_path / "no" / "x", "enter")
        assert "can't be written" in " ".join(note.message for note in pilot.app._notifications)

    await on_an_empty_screen(scene)
