"""The log screen and the debug level in a real terminal, on a real ser."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

import pytest

from ser_core.fifo.client import open_client
from ser_core.fifo.tables import read_table
from tests.real.test_serctl import CONFIG
from tests.support.daemon import Ser
from tests.support.serctl_process import environment
from tests.support.sip_peer import Peer
from tests.support.tmux import Tmux

pytestmark = [pytest.mark.real, pytest.mark.needs("tmux")]

SIZE = (120, 30)


@pytest.fixture
def ser() -> Iterator[Ser]:
    with Ser(CONFIG) as running:
        yield running


@pytest.fixture
def screen(ser: Ser) -> Iterator[Tmux]:
    """The log of that ser."""
    command = [sys.executable, "-m", "sertui", "--run-dir", str(ser.directory / "run")]
    width, height = SIZE
    with Tmux(command, environment(TERM="screen-256color"), width=width, height=height) as running:
        running.wait_for("● up")
        running.press("5")
        running.wait_for("following")
        yield running


def debug(ser: Ser) -> dict[str, str]:
    """What ser itself says of its level."""
    with open_client(ser.fifo) as client:
        _, rows = read_table(client.ask("debug").body)
    return dict(rows)


def shows(screen: Tmux, *texts: str) -> Callable[[], bool]:
    """Whether all of them stand in one line of the screen."""
    return lambda: any(all(text in line for text in texts) for line in screen.lines())


def test_the_level_is_raised_a_call_is_seen_and_the_level_goes_back(ser: Ser, screen: Tmux) -> None:
    before = int(debug(ser)["level"])
    screen.press("+", "+")
    screen.wait_until(shows(screen, "● up", f"debug {before + 2}"), "the level in the header")
    screen.wait_until(shows(screen, f"debug level {before + 2} instead of"), "the line about it")
    with Peer(f"127.0.0.1:{ser.port}", "joe") as peer:
        peer.register(call_id="this-very@192.0.2.9")
    screen.press("i")
    screen.wait_for("Empty it")
    screen.press("this-very", "Enter")
    screen.wait_until(shows(screen, "received from udp:", "REGISTER sip:"), "the line of that call")
    assert not shows(screen, "debug level", "instead of")()
    screen.press("a", "d", "7")
    screen.wait_for("Enter: level 7 for 10 minutes")
    screen.press("Enter")
    screen.wait_until(shows(screen, "● up", "debug 7"), "the level in the header")
    assert (debug(ser)["level"], debug(ser)["back_to"]) == ("7", str(before + 2))


def test_a_ser_that_ends_is_said_and_one_that_comes_is_found(ser: Ser, screen: Tmux) -> None:
    ser.stop()
    screen.wait_for("ser is out of reach")
    ser.start()
    screen.wait_for("ser was started anew")
    screen.wait_until(shows(screen, "NOTICE", "ready:"), "its first line")
    assert screen.lines()[0].count("● up") == 1
