"""A quarter of an hour of an operator, in a real terminal, with a real ser and a real phone."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ser_core.fifo.client import open_client
from ser_core.sip import request_templates
from tests.real.conftest import CONFIG, RECEIVERS
from tests.support.daemon import Ser
from tests.support.phone import Phone
from tests.support.serctl_process import environment
from tests.support.tmux import Tmux

pytestmark = [pytest.mark.real, pytest.mark.needs("tmux"), pytest.mark.needs("pjsua2")]


@pytest.fixture
def ser() -> Iterator[Ser]:
    with Ser(CONFIG, children=RECEIVERS) as running:
        yield running


def opened(ser: Ser, home: Path) -> Tmux:
    """The dashboard on that ser."""
    command = [sys.executable, "-m", "sertui", "--run-dir", str(ser.directory / "run")]
    variables = environment(TERM="screen-256color", XDG_STATE_HOME=str(home))
    return Tmux(command, variables, width=120, height=36)


def line(screen: Tmux, *texts: str) -> Callable[[], bool]:
    """Whether all of them stand in one line of the screen."""
    return lambda: any(all(text in each for text in texts) for each in screen.lines())


def registered(ser: Ser) -> bytes:
    with open_client(ser.fifo) as client:
        return client.ask("ul_list").body


def test_a_phone_is_seen_pinged_written_to_logged_and_removed(ser: Ser, tmp_path: Path) -> None:
    with opened(ser, tmp_path) as screen, Phone("joe", f"{ser.host}:{ser.port}", tmp_path) as joe:
        screen.wait_until(line(screen, "● up", "0 registered"), "an empty ser")
        screen.press("2")
        screen.wait_for("Nobody is registered.")
        joe.register()
        screen.wait_until(line(screen, "›+ joe", "joe@127", "udp"), "the phone")
        screen.wait_until(line(screen, "● up", "1 registered"), "the number in the header")

        screen.press("p")
        screen.wait_for("joe is pinged")
        screen.press("4")
        screen.wait_until(line(screen, "✓", "  joe@127.0.0.1:", "0.0%", "200 OK"), "its answers")

        screen.press("2", "s")
        screen.wait_until(line(screen, "OPTIONS sip:joe@"), "a request for it")
        screen.press("t")
        screen.wait_for("Enter takes it")
        screen.press(*["Down"] * request_templates.names().index("message"), "Enter")
        screen.wait_until(line(screen, "MESSAGE sip:joe@"), "a MESSAGE for it")
        screen.press("F5")
        screen.wait_until(line(screen, "✓ 200 OK after"), "the reply")
        assert "Hello" in joe.wait_for("message")["text"]

        screen.press("5", "+")
        screen.wait_until(line(screen, "● up", "debug 4"), "the level in the header")
        screen.press("/")
        screen.wait_for("Empty it")
        screen.press("REGISTER", "Enter")
        joe.register()
        screen.wait_until(line(screen, "DBG4", "REGISTER sip:127.0.0.1"), "the line of the log")
        screen.press("-")
        screen.wait_until(line(screen, "● up", "debug 3"), "the level as before")

        screen.press("2", "x")
        screen.wait_for("Remove the contact sip:joe@")
        assert b"sip:joe@" in registered(ser)
        screen.press("y")
        screen.wait_until(line(screen, "›− joe"), "it goes")
        assert b"sip:joe@" not in registered(ser)
        screen.wait_until(line(screen, "● up", "0 registered"), "nobody left")
        screen.press("q")
        assert screen.wait_for_end() == 0
    with opened(ser, tmp_path) as screen:
        screen.wait_until(line(screen, "● up"), "ser")
        screen.press("4")
        screen.wait_until(line(screen, "  joe@127.0.0.1:"), "who was pinged before")
