"""One look at ser after another: asks the FIFO commands and makes snapshots. No threads."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import PurePath

from ser_core.errors import SerError
from ser_core.fifo.client import Client
from ser_core.fifo.protocol import Reply
from sertui import replies
from sertui.meter import Meter
from sertui.snapshot import LogLine, Snapshot

TIMEOUT = 3.0
"""Seconds after which ser is taken not to answer."""
CONFIG_AGE = 3.0
"""Seconds that the answer of `config` holds: it changes with a reload only."""
FIRST_LINES = 1000
"""Of the log, when we begin; later whatever is new."""
LOG_LIMIT = 2000
"""Lines of one answer."""
LOG_TIME = 0.4
"""Seconds of a look in which we ask for ever more lines. Who can't keep up then goes on with the
newest ones, so that what is shown is what happens now."""
LOCATION = "location"
USERS = "ul_stats"
"""Only a ser with usrloc knows this one."""


class Poller:
    """Looks at one ser; begins anew with the next one when that is another."""

    def __init__(
        self,
        connect: Callable[[], Client],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._connect = connect
        self._clock = clock
        self._client: Client | None = None
        self._meter = Meter()
        self._last = Snapshot()
        self._configured_at = 0.0
        self._commands: frozenset[str] = frozenset()
        self._last_line: int | None = None
        self._is_behind = False
        """Lines come faster than we read them."""

    def look(self) -> Snapshot:
        """What ser is doing; what it was doing last, with the problem, when it can't be asked."""
        now = self._clock()
        try:
            self._last = self._ask(now)
        except (SerError, ValueError, OSError) as error:
            self.close()
            self._last = self._lost(str(error), self._clock())
        return self._last

    def close(self) -> None:
        """Let go of the connection; the next look makes a new one."""
        client, self._client = self._client, None
        self._configured_at = 0.0
        if client is not None:
            client.close()

    def _lost(self, problem: str, now: float) -> Snapshot:
        return replace(
            self._last,
            taken_at=now,
            connected=False,
            problem=problem,
            rates={},
            log=(),
            sequence=self._last.sequence + 1,
        )

    def _ask(self, now: float) -> Snapshot:
        if self._client is None:
            self._client = self._connect()
        client = self._client
        counters = replies.counters(_ok(client, "stats"))
        config = self._config(client, now)
        debug = replies.pairs(_ok(client, "debug"))
        return Snapshot(
            instance=PurePath(config.get("run_dir", "")).name,
            taken_at=now,
            seen_at=now,
            connected=True,
            version=config.get("version", ""),
            uptime=float(config.get("uptime", 0)) + now - self._configured_at,
            config=config,
            commands=self._commands,
            processes=self._meter.measured(replies.processes(_ok(client, "ps"))),
            counters=counters,
            rates=self._rates(counters, now),
            registrations=self._registrations(client),
            debug_level=_number(debug.get("level")),
            debug_until=_number(debug.get("until")),
            debug_back_to=_number(debug.get("back_to")),
            log=self._new_lines(client),
            sequence=self._last.sequence + 1,
        )

    def _config(self, client: Client, now: float) -> Mapping[str, str]:
        """Asked rarely; another pid means another ser, whose log begins anew."""
        last = self._last.config
        if self._configured_at and now - self._configured_at < CONFIG_AGE:
            return last
        config = replies.pairs(_ok(client, "config"))
        if config.get("pid") != last.get("pid"):
            self._last_line, self._is_behind = None, False
        if any(config.get(name) != last.get(name) for name in ("pid", "generation")):
            self._commands = frozenset(replies.lines(_ok(client, "which")))
        self._configured_at = now
        return config

    def _rates(self, counters: Mapping[str, int], now: float) -> dict[str, float]:
        before, seconds = self._last.counters, now - self._last.taken_at
        if not self._last.connected or seconds <= 0:
            return {}
        steps = {name: value - before[name] for name, value in counters.items() if name in before}
        if any(step < 0 for step in steps.values()) and _began_anew(before, counters):
            return {}
        return {name: step / seconds for name, step in steps.items()}

    def _registrations(self, client: Client) -> int | None:
        """None where ser.cfg loads no usrloc: then there is nobody to ask."""
        if USERS not in self._commands:
            return None
        return replies.registered(_ok(client, USERS)).get(LOCATION)

    def _new_lines(self, client: Client) -> tuple[LogLine, ...]:
        """All that are new, or as many as can be read in LOG_TIME."""
        found: list[LogLine] = []
        until = self._clock() + LOG_TIME
        while self._read_lines(client, found):
            if self._clock() >= until:
                self._is_behind = True
                break
        return tuple(found)

    def _read_lines(self, client: Client, found: list[LogLine]) -> bool:
        """Put some more lines behind those that are `found`; whether there may be others."""
        last = self._last_line
        begins = last is None or self._is_behind
        since, limit = ("-", FIRST_LINES) if begins else (str(last), LOG_LIMIT)
        reply = _ok(client, "log_tail", since, str(limit))
        lines = [line for line in replies.log_lines(reply) if last is None or line.seq > last]
        found += lines
        self._last_line = lines[-1].seq if lines else replies.noted(reply, "next")
        self._is_behind = False
        return not begins and len(lines) >= limit


def _began_anew(before: Mapping[str, int], after: Mapping[str, int]) -> bool:
    """The requests to the FIFO only ever grow, so that fewer mean another ser."""
    return after.get("fifo.requests", 0) < before.get("fifo.requests", 0)


def _ok(client: Client, command: str, *arguments: str) -> Reply:
    reply = client.ask(command, *arguments, timeout=TIMEOUT)
    if not reply.is_ok:
        raise ValueError(f"ser refuses {command}: {reply.code} {reply.text}")
    return reply


def _number(text: str | None) -> int | None:
    return int(text) if text else None
