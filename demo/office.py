"""Simulated phones that come, call each other, and leave: in a process of their own.

`python -m demo.office PORT PHONES` runs until its stdin ends, so it never outlives who started it.
"""

from __future__ import annotations

import asyncio
import math
import random
import subprocess
import sys
from collections.abc import Awaitable
from contextlib import suppress
from types import TracebackType
from typing import Self

from demo.phone import HOST, Phone

NAMES = ("alice", "bob", "carol", "dave", "emma", "frank", "grace", "henry", "ida", "jack", "kate",
         "liam", "mary", "noah", "olga", "paul", "rosa", "sam", "tina", "umar", "vera", "will",
         "xenia", "yusuf", "zoe")  # fmt: skip
AGENTS = ("Linphone/5.1.2", "Yealink SIP-T46U 108.86", "snomD785/10.1.198", "baresip v3.9.0",
          "Grandstream GXP2170", "Zoiper v2.10.19", "Twinkle/1.10.3")  # fmt: skip
EXPIRES = 120
"""Seconds; a phone registers again after half of them."""
REST = 5.0
"""Seconds on average from one thing that somebody does to the next, when the office is calm."""
TIDE = 45.0
"""Seconds from one busy time to the next."""
STOP = 10.0


class Office:
    """The process, while the context lasts."""

    def __init__(self, port: int, phones: int) -> None:
        self._command = [sys.executable, "-m", "demo.office", str(port), str(phones)]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, start_new_session=True
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._process is not None
        try:
            self._process.communicate(timeout=STOP)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


async def run(port: int, count: int) -> None:
    """All phones, until stdin ends; then those that are registered log off."""
    chance = random.Random()
    phones = [
        Phone(f"{NAMES[at % len(NAMES)]}{at // len(NAMES) or ''}", AGENTS[at % len(AGENTS)],
              (HOST, port), chance)
        for at in range(count)
    ]  # fmt: skip
    workers = [asyncio.create_task(work(phone, phones, chance)) for phone in phones]
    end = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
    await asyncio.wait([end, *workers], return_when=asyncio.FIRST_COMPLETED)
    for worker in workers:
        if worker.done():
            worker.result()  # no phone ends by itself but by an error
        worker.cancel()
    await asyncio.gather(*workers, return_exceptions=True)
    await asyncio.gather(*(_try(phone.register(0)) for phone in phones))
    for phone in phones:
        phone.stop()


async def work(phone: Phone, others: list[Phone], chance: random.Random) -> None:
    """A day of one user: come, do this and that, go, come again."""
    await phone.start()
    await asyncio.sleep(chance.uniform(0, 2))
    while True:
        await _try(phone.register(EXPIRES))
        for _ in range(chance.randint(5, 12)):
            await asyncio.sleep(chance.expovariate(busyness() / REST))
            await _try(_something(phone, chance.choice(others), chance))
        if chance.random() < 0.3:
            await _try(phone.register(0))
            await asyncio.sleep(chance.uniform(5, 15))


def _something(phone: Phone, other: Phone, chance: random.Random) -> Awaitable[int]:
    dice = chance.random()
    if dice < 0.2:
        return phone.message(other.user, "Lunch?")
    if dice < 0.3:
        return phone.register(EXPIRES)
    if dice < 0.36:
        return phone.call("nobody", 1.0)
    patience = 0.5 if dice < 0.45 else 8.0
    return phone.call(other.user, chance.uniform(1, 5), patience=patience)


def busyness() -> float:
    """0.4 to 4, like a tide."""
    now = asyncio.get_running_loop().time()
    return 2.2 + 1.8 * math.sin(2 * math.pi * now / TIDE)


async def _try(what: Awaitable[int]) -> None:
    """A phone that gets no answer goes on, as people do."""
    with suppress(TimeoutError):
        await what


if __name__ == "__main__":
    asyncio.run(run(int(sys.argv[1]), int(sys.argv[2])))
