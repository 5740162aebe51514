"""Keys one after the other, however fast they come.

Textual gives a key to whatever has the focus, and the next key at once to whatever has it then: of
keys that are pasted, or typed while the machine is busy, those behind one that opens a dialog would
go to the screen below it. Here a key waits until all that the one before it has set off is over.
That is so once a message has come up from the focus to the app, behind everything that was under
way there, and what has the focus is still the same.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from textual.app import App
from textual.events import Event
from textual.message import Message
from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget

ROUNDS = 2, 6
"""Messages that come up before the next key goes: at least, and at most while the focus moves."""
PATIENCE = 0.1
"""Seconds after which such a message is taken to be lost, with the dialog that it began in."""


class Passed(Message):
    """It comes up from the focus to the app."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


class KeyOrder:
    """What is typed and pasted, on its way into an app."""

    def __init__(self, app: App[Any], hand_over: Callable[[Event], Awaitable[None]]) -> None:
        self._app = app
        self._hand_over = hand_over
        self._waiting: deque[Event] = deque()
        self._number = 0
        """Of the message that is awaited."""
        self._rounds = 0
        """Messages that have come up since the last key; 0 at rest."""
        self._focus: Widget | None = None
        self._screen: Screen[Any] | None = None
        """Where it began."""
        self._timer: Timer | None = None

    async def take(self, event: Event) -> None:
        """Something was typed."""
        if not self._rounds:
            await self._begin(event)
            return
        self._waiting.append(event)
        if self._is_elsewhere:
            self._send()
        self._wait()

    async def on_passed(self, message: Passed) -> None:
        """It has come up."""
        if message.number == self._number:
            await self._go_on()

    def on_handled(self) -> None:
        """A key has come back to the app and done its work: its dialog may have gone."""
        if self._rounds:
            self._send()

    async def _begin(self, event: Event) -> None:
        self._rounds = 1
        await self._hand_over(event)
        self._send()

    def _send(self) -> None:
        if not self._app.is_running or not self._app.screen_stack:
            return
        self._number += 1
        self._screen = self._app.screen
        self._focus = self._app.focused or self._screen
        self._focus.post_message(Passed(self._number))

    @property
    def _is_elsewhere(self) -> bool:
        """Another screen is seen: the message may have gone with the one that it began in."""
        return self._screen is not self._app.screen

    async def _go_on(self) -> None:
        least, most = ROUNDS
        moved = (self._app.focused or self._app.screen) is not self._focus
        if self._rounds < least or (moved and self._rounds < most):
            self._rounds += 1
            self._send()
            return
        self._rounds = 0
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if self._waiting:
            await self._begin(self._waiting.popleft())
        if self._waiting:
            self._wait()

    def _wait(self) -> None:
        if self._timer is None:
            self._timer = self._app.set_timer(PATIENCE, self._give_up)

    async def _give_up(self) -> None:
        self._timer = None
        if self._is_elsewhere:
            self._send()
            self._wait()
        else:
            self._rounds = ROUNDS[1]
            await self._go_on()
