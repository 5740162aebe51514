"""Waiting for what a screen shows only after some turns of its event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from textual.pilot import Pilot

PAUSE = 0.01


async def until(pilot: Pilot[Any], condition: Callable[[], object], timeout: float = 5.0) -> None:
    """Let the app run until the condition holds. Raises TimeoutError."""
    clock = asyncio.get_running_loop().time
    deadline = clock() + timeout
    while not condition():
        if clock() > deadline:
            raise TimeoutError("what the screen should have come to didn't come")
        await pilot.pause(PAUSE)
