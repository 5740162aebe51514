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
from rich.cells import cell_len
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


def test_what_a_phone_calls_itself_changes_nothing_but_the_text(ser: Ser) -> None:
    hostile = (
        "[red]x[/] [@click=app.quit]q[/] \u202egnp \U0001f468\u200d\U0001f469 ☎\ufe0f " + "M" * 2000
    )

    async def steps(pilot: Pilot[Any]) -> None:
        await pilot.press("2")
        with Peer(f"127.0.0.1:{ser.port}", "joe") as joe, Peer(joe.proxy, "mal") as mal:
            joe.register()
            text = mal.request(
                "REGISTER",
                f"sip:{mal.proxy}",
                to=f"<sip:mal@{mal.proxy}>",
                headers=[f"Contact: <{mal.uri}>", f"User-Agent: {hostile}"],
            )
            mal.send(text)
            mal.response(200)
            await shows(pilot, "+ mal", "[red]x[/]")
            rows = [row for row in text_of(pilot.app).split("\n") if "@127" in row and "+" in row]
            assert [cell_len(row) for row in rows] == [cell_len(rows[0])] * 2
            await pilot.press("end", "enter")
            await shows(pilot, "[@click=app.quit]q[/]", "\\u202egnp", "\\u200d")
            await pilot.press("escape", "p", "4")
            await shows(pilot, "1 pinged every")
            await shows(pilot, "  mal@127.0.0.1:")

    run(run_directory(ser), steps)


@pytest.mark.needs("tmux")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_without_permission_it_says_whom_to_ask_and_goes_on_once_there_is_one(ser: Ser) -> None:
    stranger = 65_534
    instance = ser.fifo.parent
    # Without these two even root must ask.
    bounded = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    command = [*bounded, sys.executable, "-m", "sertui", "--run-dir", str(run_directory(ser))]
    for path in (instance, ser.fifo):
        os.chown(path, stranger, stranger)
    with Tmux(command, environment(TERM="screen-256color"), width=120, height=24) as screen:
        screen.wait_for("▲ no permission for")
        screen.wait_for("become a member")
        screen.press("4")
        screen.wait_for("Nobody is pinged")
        screen.press("a")
        screen.wait_for("Enter takes it")
        screen.press("joe", "Enter")
        screen.wait_for("joe: no permission for")
        for path in (instance, ser.fifo):
            os.chown(path, 0, 0)
        screen.wait_for("● up")
        screen.press("q")
        assert screen.wait_for_end() == 0


@pytest.mark.needs("tmux")
def test_a_terminal_that_is_closed_leaves_nothing_behind(ser: Ser) -> None:
    command = [sys.executable, "-m", "sertui", "--run-dir", str(run_directory(ser))]
    with Tmux(command, environment(TERM="screen-256color"), width=80, height=24) as screen:
        screen.wait_for("● up")
        pid = screen.pid
    wait_for(lambda: not Path(f"/proc/{pid}").exists(), "the end")
    instance = ser.fifo.parent
    wait_for(lambda: {path.name for path in instance.iterdir()} == {"ser_fifo", "tables"}, "quiet")


def test_from_level_4_on_our_own_questions_are_not_in_the_log(ser: Ser) -> None:
    async def steps(pilot: Pilot[Any]) -> None:
        await pilot.press("5", "o")
        await shows(pilot, "following")
        await pilot.press("plus", "plus", "plus")
        await shows(pilot, "DBG4", "command debug")  # that was us, who changed something
        looks = len(pilot.app.trends.last(("fifo.requests",), 600))  # type: ignore[attr-defined]
        while len(pilot.app.trends.last(("fifo.requests",), 600)) < looks + 3:  # type: ignore[attr-defined]
            await pilot.pause(0.05)
        said = {line.text for line in pilot.app.log_lines if line.text.startswith("command")}  # type: ignore[attr-defined]
        assert said == {"command debug"}

    run(run_directory(ser), steps)


def test_ser_cfg_is_reloaded_and_its_mistakes_are_shown(ser: Ser) -> None:
    good = ser.config.read_text()

    async def steps(pilot: Pilot[Any]) -> None:
        await shows(pilot, "● up")
        ser.config.write_text(good + "\nroute[9] { no_such_thing(); }\n")
        await pilot.press("R")
        await shows(pilot, "Not reloaded: 400")
        await shows(pilot, "no_such_thing")
        await pilot.press("escape")
        ser.config.write_text(good + "\nroute[9] { break; }\n")
        await pilot.press("R")
        await shows(pilot, "Reload", "ser.cfg?")
        await pilot.press("y")
        await shows(pilot, "loaded", "reloaded 1 ×")

    run(run_directory(ser), steps)
