"""The dashboard on a real ser: what it shows, how it loses it and finds it, a real terminal."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from sertui.app import SertuiApp
from sertui.feed import Feed
from sertui.place import Place
from sertui.screens.fifo_command import FifoCommandScreen
from tests.real.test_serctl import CONFIG
from tests.support.daemon import Ser, wait_for
from tests.support.serctl_process import environment
from tests.support.sertui_feed import text_of
from tests.support.sip_peer import Peer
from tests.support.tmux import Tmux

pytestmark = pytest.mark.real

SIZE = (100, 40)
PATIENCE = 20.0


@pytest.fixture
def ser() -> Iterator[Ser]:
    with Ser(CONFIG, children=2) as running:
        yield running


async def shows(pilot: Pilot[Any], *texts: str) -> None:
    """Wait until one line of the screen has all of them."""
    deadline = time.monotonic() + PATIENCE
    while not any(all(text in line for text in texts) for line in text_of(pilot.app).split("\n")):
        assert time.monotonic() < deadline, f"{texts} are not on\n{text_of(pilot.app)}"
        await pilot.pause(0.05)


def run(directory: Path, steps: Callable[[Pilot[Any]], Awaitable[None]]) -> None:
    """The dashboard on the ser of that run directory, driven by `steps`."""

    async def drive() -> None:
        place = Place(run_dir=str(directory))
        app = SertuiApp(lambda post: Feed(place.connect, post, period=0.1))
        async with app.run_test(size=SIZE) as pilot:
            await steps(pilot)

    asyncio.run(drive())


def run_directory(ser: Ser) -> Path:
    return ser.directory / "run"


def test_the_overview_tells_what_ser_is_and_what_passes(ser: Ser) -> None:
    async def steps(pilot: Pilot[Any]) -> None:
        await shows(pilot, "● up", f"udp-127.0.0.1-{ser.port}", "0 registered", "debug 2")
        digest = hashlib.sha256(ser.config.read_bytes()).hexdigest()
        await shows(pilot, "hash", digest[:12])
        await shows(pilot, "listens", f"udp:127.0.0.1:{ser.port}")
        for process in ("attendant", "fifo server", "receiver 0", "receiver 1"):
            await shows(pilot, process, "%", "MB")
        with Peer(f"127.0.0.1:{ser.port}", "joe") as phone:
            phone.register()
            await shows(pilot, "● up", "1 registered")
            await shows(pilot, "requests", "/s", "1")
            await shows(pilot, "● 2xx", "1")

    run(run_directory(ser), steps)


def test_a_ser_that_is_lost_comes_back_by_itself(ser: Ser) -> None:
    async def steps(pilot: Pilot[Any]) -> None:
        await shows(pilot, "● up")
        ser.stop()
        await shows(pilot, "○ lost")
        await shows(pilot, "▲", "isn't running")
        ser.start()
        await shows(pilot, "● up")
        await shows(pilot, "receiver 1", "MB")

    run(run_directory(ser), steps)


def test_one_that_starts_later_is_found(tmp_path: Path) -> None:
    async def steps(pilot: Pilot[Any]) -> None:
        await shows(pilot, "ser isn't running: no FIFO in")
        with Ser(CONFIG, "--run-dir", str(tmp_path)) as late:
            await shows(pilot, "● up", f"udp-127.0.0.1-{late.port}")

    run(tmp_path, steps)


def test_one_that_answers_no_more_is_said_to_and_nothing_hangs(ser: Ser) -> None:
    async def steps(pilot: Pilot[Any]) -> None:
        await shows(pilot, "● up")
        os.kill(ser.fifo_server(), signal.SIGSTOP)
        try:
            await shows(pilot, "○ lost")
            await pilot.press("question_mark")
            await shows(pilot, "Leave sertui")
            await pilot.press("escape")
        finally:
            os.kill(ser.fifo_server(), signal.SIGCONT)
        await shows(pilot, "● up")

    run(run_directory(ser), steps)


def test_any_fifo_command_can_be_run_from_the_palette(ser: Ser) -> None:
    async def steps(pilot: Pilot[Any]) -> None:
        await shows(pilot, "● up")
        await pilot.press("ctrl+p", *"fifo version")
        await shows(pilot, "FIFO: version")
        await pilot.press("enter")
        await shows(pilot, "Server: Sip EXpress router")
        assert isinstance(pilot.app.screen, FifoCommandScreen)

    run(run_directory(ser), steps)


@pytest.mark.needs("tmux")
def test_in_a_terminal_it_opens_and_quits_and_leaves_nothing_behind(ser: Ser) -> None:
    command = [sys.executable, "-m", "sertui", "--run-dir", str(run_directory(ser))]
    with Tmux(command, environment(TERM="screen-256color"), width=80, height=24) as screen:
        screen.wait_for("● up")
        screen.press("2")
        screen.press("1")
        screen.wait_for("Warnings and errors")
        screen.press("q")
        screen.wait_for("ended with")
    instance = ser.fifo.parent
    wait_for(lambda: {path.name for path in instance.iterdir()} == {"ser_fifo", "tables"}, "quiet")
