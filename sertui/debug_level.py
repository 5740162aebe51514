"""The debug level: what to ask ser for, and how what came of it is said."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Literal, NamedTuple, Protocol

from textual.screen import Screen

from ser_core.fifo.protocol import Sendable
from sertui.feed import TIMEOUT, Answer
from sertui.log_levels import HIGHEST
from sertui.plain_text import plain
from sertui.replies import pairs
from sertui.screens.base import ModeScreen
from sertui.snapshot import Snapshot


class Duration(NamedTuple):
    """How long a level lasts."""

    name: str
    seconds: int
    """0: for good."""


DURATIONS = (
    Duration("1 minute", 60),
    Duration("10 minutes", 600),
    Duration("1 hour", 3600),
    Duration("8 hours", 28_800),
    Duration("until it is changed", 0),
)
SHORTLY = 2.0
"""Seconds that a change is told in the corner; the header says it, too."""
USUAL = DURATIONS[1]
"""Nobody forgets a level that goes back by itself."""


def stepped(snapshot: Snapshot, step: int) -> tuple[str, ...]:
    """Arguments of `debug` for a level higher or lower; none when there is no such level.

    A time that runs goes on, so that a step doesn't make the raised level last for good.
    """
    level = snapshot.debug_level
    if level is None or not 0 <= level + step <= HIGHEST:
        return ()
    left = seconds_left(snapshot, snapshot.taken_at)
    return arguments(level + step, left)


def arguments(level: int, seconds: int) -> tuple[str, ...]:
    """Of `debug`, for that many seconds or (0) for good."""
    return (str(level), str(seconds)) if seconds else (str(level),)


def seconds_left(snapshot: Snapshot, now: float) -> int:
    """Until the level goes back; 0: it stays."""
    if snapshot.debug_until is None:
        return 0
    return max(round(snapshot.debug_until - now), 1)


def said(values: Mapping[str, str], now: float) -> str:
    """What ser answered to `debug`, as a sentence."""
    level = values.get("level", "?")
    until, back_to = values.get("until"), values.get("back_to")
    if not until or not back_to:
        return f"Debug level {level}"
    return f"Debug level {level} for {span(float(until) - now)}, then {back_to}"


def span(seconds: float) -> str:
    """A length of time in its greatest units: "55 s", "9:05 min", "1:00 h"."""
    left = max(round(seconds), 0)
    if left < 60:
        return f"{left} s"
    if left < 3600:
        return f"{left // 60}:{left % 60:02} min"
    return f"{left // 3600}:{left % 3600 // 60:02} h"


class Asks(Protocol):
    """What is needed of the app."""

    snapshot: Snapshot
    clock: Callable[[], float]
    debug_turn: asyncio.Lock

    @property
    def mode_screen(self) -> Screen[object]:
        """What is seen below all dialogs."""

    async def ask(self, command: str, *arguments: Sendable, timeout: float = TIMEOUT) -> Answer:
        """Run a FIFO command and wait for its answer."""

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: Literal["information", "warning", "error"] = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Say something in a corner of the screen."""


async def change(app: Asks, step: int) -> None:
    """A level higher or lower, from wherever the key was pressed.

    One step after the other: each begins where the one before it has ended.
    """
    async with app.debug_turn:
        wanted = stepped(app.snapshot, step)
        if wanted:
            await set_level(app, *wanted)
        elif app.snapshot.debug_level is None:
            app.notify("The debug level isn't known yet", severity="warning", markup=False)
        else:
            level = app.snapshot.debug_level
            app.notify(f"Debug level {level}: there is none beyond", markup=False)


async def set_level(app: Asks, *wanted: str) -> None:
    """Ask ser, show the new level at once, and say what came of it.

    The header needn't wait for the next look.
    """
    answer = await app.ask("debug", *wanted)
    if answer.reply is None or not answer.reply.is_ok:
        _refused(app, answer.words)
        return
    try:
        values = pairs(answer.reply)
        snapshot = changed(app.snapshot, values)
    except ValueError as error:
        _refused(app, str(error))
        return
    app.snapshot = snapshot
    if isinstance(app.mode_screen, ModeScreen):
        app.mode_screen.show_snapshot(snapshot)
    app.notify(said(values, app.clock()), timeout=SHORTLY, markup=False)


def _refused(app: Asks, words: str) -> None:
    app.notify(plain(words), title="The debug level stays", severity="error", markup=False)


def changed(snapshot: Snapshot, values: Mapping[str, str]) -> Snapshot:
    """The snapshot with what ser answered to `debug`."""
    until, back_to = values.get("until"), values.get("back_to")
    return replace(
        snapshot,
        debug_level=int(values["level"]) if "level" in values else snapshot.debug_level,
        debug_until=float(until) if until else None,
        debug_back_to=int(back_to) if back_to else None,
        log=(),
    )
