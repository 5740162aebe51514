"""Screens and dialogs of sertui as somebody sees them on a working day: for pictures and for looks.

async with opened("registrations") as pilot: ...
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from unittest.mock import patch

from textual.pilot import Pilot

from ser_core.fifo.protocol import Reply, Sendable
from ser_core.fifo.tables import table_body
from sertui.app import SertuiApp
from sertui.feed import Answer
from sertui.messages import AddPing, WriteRequest
from sertui.registrations import Registration
from sertui.snapshot import LogLine, Snapshot
from tests.support.sertui_feed import NOW, RecordedFeed, log_line, lost, snapshot
from tests.support.sertui_registrations import Location, registration

PHONES = (
    ("alice", "Linphone/5.1.2 (belle-sip/5.2)", "udp", "198.51.100.7", 3412, 7260),
    ("anna", "Grandstream GXP2170 1.0.11.64", "udp", "", 288, 86_500),
    ("bert", "Yealink SIP-T46U 108.86.0.90", "tcp", "", 1740, 4010),
    ("boris", "Zoiper v2.10.19.9", "udp", "203.0.113.40", 41, 190),
    ("carol", "snomD785/10.1.198.21", "tls", "", 3055, 604_900),
    ("dave", "Twinkle/1.10.3", "udp", "", 590, 12),
    ("doris", "baresip v3.9.0 (x86_64/linux)", "tcp", "", 599, 2),
    ("emil", "Asterisk PBX 20.6.0", "udp", "", 120, 2_600_000),
    ("frieda", "Cisco-CP8841/12.5.1", "tcp", "198.51.100.19", 2201, 51_000),
    ("gateway", "", "udp", "", 0, 5_200_000),
)
MORE = ("hugo", "ida", "jakob", "karla", "ludwig", "maria", "norbert", "olga", "paul", "renate",
        "sofia", "theo", "ulla", "viktor", "wanda", "xaver", "yvonne", "zoe")  # fmt: skip
JOE, ANN, BOB = "sip:joe@192.0.2.9:5062", "sip:ann@192.0.2.8", "sip:bob@192.0.2.7:5070"
OPTIONS_200 = (
    b"sip:joe@192.0.2.9:5062\n.\n.\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK3b1.7a0f5c21.0\r\n"
    b"From: <sip:ser@192.0.2.1>;tag=533cb9e91f4b999cf76861cbb9ed54ed\r\n"
    b"To: <sip:joe@192.0.2.9:5062>;tag=as6f11\r\nCall-ID: 29a4c1e2-1409@192.0.2.1\r\n"
    b"CSeq: 1 OPTIONS\r\nContact: <sip:joe@192.0.2.9:5062;transport=udp>\r\n"
    b"Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, MESSAGE\r\nAccept: application/sdp\r\n"
    b"User-Agent: Linphone/5.1.2 (belle-sip/5.2)\r\nContent-Length: 0\r\n\r\n\n"
)
HELP = table_body(
    ("command", "arguments", "changes", "help"),
    [
        ("uptime", "", "no", "How long ser has run."),
        ("ul_rm", "table aor", "yes", "Remove all contacts of a user."),
    ],
)
HOSTILE = "[bold red]x[/] \x1b[31m\x1b[2J \x07 ‮gnp ☎️ 📞 " + "y" * 2000

SETTLED = 4
"""Pauses until answers have come and are drawn."""


def people() -> list[Registration]:
    """A small office."""
    found = [
        registration(
            name,
            contact=f"{'sips' if over == 'tls' else 'sip'}:{name}@192.0.2.{number + 20}:5060"
            + (f";transport={over}" if over == "tcp" else ""),
            user_agent=agent,
            received=f"sip:{received}:{40_000 + number}" if received else "",
            expires=int(NOW) + left if left else 0,
            since=int(NOW) - age,
            q="0.5" if number % 3 else "1",
        )
        for number, (name, agent, over, received, left, age) in enumerate(PHONES)
    ]
    more = (registration(name, expires=int(NOW) + 600 + 97 * at) for at, name in enumerate(MORE))
    return [*found, *more]


def traffic(seconds: int = 420) -> list[Snapshot]:
    """Minutes of it, like waves on a slope."""
    return [_moment(second, seconds) for second in range(seconds)]


def _moment(second: int, seconds: int) -> Snapshot:
    usual = snapshot()
    wave = 0.55 + 0.3 * math.sin(second / 23) + 0.12 * math.sin(second / 5) * math.cos(second / 3)
    left = seconds - 1 - second
    return snapshot(
        rates={name: rate * wave for name, rate in usual.rates.items()},
        counters={
            name: count - int(left * usual.rates.get(name, 0.0) * wave)
            for name, count in usual.counters.items()
        },
        sequence=second + 1,
        registrations=217 - left % 3,
    )


LINES = (
    ("NOTICE", "ready: 4 receivers", ""),
    ("INFO", "received from udp:192.0.2.20:5060: REGISTER sip:192.0.2.1", "5fa1"),
    ("DBG4", "alice saved: 1 contact, expires in 3600 s", "5fa1"),
    ("INFO", "received from udp:192.0.2.20:5060: INVITE sip:bert@192.0.2.1", "c0d7"),
    ("DBG5", "transaction 41:2210 begun", "c0d7"),
    ("INFO", "relayed to tcp:192.0.2.22:5060: INVITE sip:bert@192.0.2.22:5060", "c0d7"),
    ("WARN", "UDP socket: 12 datagrams dropped, its buffer was full", ""),
    ("ERR", "no route to sip:[2001:db8::1]:5060: Network is unreachable", "77e2"),
    ("INFO", "received from tcp:192.0.2.22:5060: SIP/2.0 180 Ringing", "c0d7"),
    ("INFO", "received from tcp:192.0.2.22:5060: SIP/2.0 200 OK", "c0d7"),
)


def log(count: int = 80) -> tuple[LogLine, ...]:
    """The usual."""
    found = []
    for number in range(1, count + 1):
        level, text, call = LINES[(number - 1) % len(LINES)]
        call_id = f"{call}{number // len(LINES):02}@192.0.2.20" if call else ""
        found.append(log_line(number, level, text, call_id=call_id, age=(count - number) * 1.7))
    return tuple(found)


class Clock:
    """What the app asks for the time."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


@dataclass
class Stage:
    """A running app and what it is fed with."""

    pilot: Pilot[None]
    app: SertuiApp
    feed: RecordedFeed
    location: Location
    clock: Clock = field(default_factory=Clock)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.settle()

    async def play(self, *snapshots: Snapshot) -> None:
        await self.feed.play(self.pilot, *snapshots)

    async def settle(self) -> None:
        for _ in range(SETTLED):
            await self.pilot.pause()


Scene = Callable[[Stage], Awaitable[None]]


async def _overview(on: Stage) -> None:
    for moment in traffic()[:-2]:
        on.app.trends.add(moment)
    before, last = traffic()[-2:]
    await on.play(before, replace(last, log=log(12)))


async def _overview_lost(on: Stage) -> None:
    await _overview(on)
    await on.play(lost(taken_at=NOW + 30, sequence=1000))


async def _overview_empty(on: Stage) -> None:
    usual = snapshot()
    await on.play(
        snapshot(
            uptime=4.0,
            registrations=0,
            counters=dict.fromkeys(usual.counters, 0),
            rates=dict.fromkeys(usual.rates, 0.0),
            config={**usual.config, "loaded": str(int(NOW) - 4)},
        )
    )


async def _overview_hostile(on: Stage) -> None:
    config = {**snapshot().config, "path": HOSTILE, "listen": HOSTILE}
    line = log_line(1, "ERR", HOSTILE)
    await on.play(snapshot(version=HOSTILE, config=config, log=(line,), instance=HOSTILE))


async def _registrations(on: Stage) -> None:
    await on.play(snapshot(registrations=len(on.location.rows)))
    await on.press("2")
    gone = next(row for row in on.location.rows if row.aor == "boris")
    on.location.rows = [row for row in on.location.rows if row is not gone]
    on.location.rows.append(registration("carl", since=int(NOW) + 119, user_agent="MicroSIP/3.21"))
    await on.play(snapshot(sequence=3, taken_at=NOW + 120, registrations=28))
    await on.press("down", "down")


async def _registrations_empty(on: Stage) -> None:
    on.location.rows = []
    await on.play(snapshot(registrations=0))
    await on.press("2")


async def _registrations_hostile(on: Stage) -> None:
    on.location.rows = [registration(HOSTILE, contact=HOSTILE, user_agent=HOSTILE)]
    await on.play(snapshot())
    await on.press("2")


async def _registrations_lost(on: Stage) -> None:
    await _registrations(on)
    await on.play(lost(taken_at=NOW + 150, sequence=5))


async def _inject(on: Stage) -> None:
    await on.play(snapshot())
    await on.press("3")
    on.app.post_message(WriteRequest(JOE))
    await on.settle()
    await on.press("f5")


async def _inject_mistakes(on: Stage) -> None:
    await on.play(snapshot())
    await on.press("3", "e")
    await on.press("ctrl+end", *"Subject", "enter", *"To: ", "enter")


def _ping(_method: Sendable, uri: Sendable, *_: Sendable) -> Answer:
    """Joe answers, sometimes slowly; Ann is busy; Bob is silent."""
    _ping.asked += 1  # type: ignore[attr-defined]  # a number that belongs to it
    trip = 0.008 + 0.006 * (1 + math.sin(_ping.asked))  # type: ignore[attr-defined]  # the same
    if uri == JOE:
        return Answer(Reply(200, "OK", OPTIONS_200), "", trip)
    if uri == ANN:
        return Answer(Reply(486, "Busy Here", OPTIONS_200), "", 4 * trip)
    return Answer(Reply(408, "Request Timeout", b".\n.\n.\n"), "", 4.0)


async def _pings(on: Stage) -> None:
    _ping.asked = 0  # type: ignore[attr-defined]  # the same
    on.feed.replies["t_uac_dlg"] = _ping
    await on.play(snapshot())
    await on.press("4")
    for uri in (JOE, ANN, BOB):
        on.app.post_message(AddPing(uri))
    await on.settle()
    for _ in range(40):
        on.app.pinger.tick(is_connected=True)
        await on.pilot.pause()
        on.clock.now += on.app.pinger.board.interval
    await on.settle()


async def _pings_empty(on: Stage) -> None:
    await on.play(snapshot())
    await on.press("4")


async def _log(on: Stage) -> None:
    await on.play(snapshot(log=log()))
    await on.press("5")


async def _log_empty(on: Stage) -> None:
    await on.play(snapshot())
    await on.press("5")


def _after(scene: Scene, *keys: str) -> Scene:
    async def both(on: Stage) -> None:
        await scene(on)
        await on.press(*keys)

    return both


SCENES: dict[str, Scene] = {
    "overview": _overview,
    "overview_lost": _overview_lost,
    "overview_empty": _overview_empty,
    "overview_hostile": _overview_hostile,
    "overview_by_method": _after(_overview, "p"),
    "registrations": _registrations,
    "registrations_empty": _registrations_empty,
    "registrations_hostile": _registrations_hostile,
    "registrations_lost": _registrations_lost,
    "registrations_filtered": _after(_registrations, "slash", *"an", "enter"),
    "inject": _inject,
    "inject_mistakes": _inject_mistakes,
    "pings": _pings,
    "pings_empty": _pings_empty,
    "log": _log,
    "log_empty": _log_empty,
    "log_search": _after(_log, "s", *"invite", "enter", "up", "up"),
    "help": _after(_registrations, "question_mark"),
    "palette": _after(_overview, "ctrl+p", *"count"),
    "debug_dialog": _after(_log, "d"),
    "line_dialog": _after(_log, "up", "up", "enter"),
    "registration_dialog": _after(_registrations, "enter"),
    "registration_add_dialog": _after(_registrations, "a"),
    "confirm_dialog": _after(_registrations, "x"),
    "pick_one": _after(_inject, "f2"),
    "ask_line": _after(_inject, "f8"),
    "fifo_command": _after(_overview, "ctrl+p", *"fifo ul_rm", "enter"),
}


@asynccontextmanager
async def opened(name: str, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Pilot[Any]]:
    """The app with that scene on it."""
    location, clock = Location(people()), Clock()
    feed = location.feed()
    feed.replies.update(
        t_uac_dlg=Reply(200, "OK", OPTIONS_200), help=Reply(200, "ok", HELP), uptime=Reply()
    )
    app = feed.app()
    app.clock = clock
    with patch("sertui.screens.inject.default_sender", lambda: "sip:ser@192.0.2.1"):
        async with app.run_test(size=size) as pilot:
            await SCENES[name](Stage(pilot, app, feed, location, clock))
            yield pilot
