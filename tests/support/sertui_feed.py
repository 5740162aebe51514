"""sertui without a daemon: a feed that a test plays, and the text of what is on the screen.

feed = RecordedFeed()
app = feed.app()
async with app.run_test(size=(80, 24)) as pilot:
    await feed.play(pilot, snapshot(registrations=3))
    feed.replies["uptime"] = Reply(body=b"...")
    assert "217 registered" in text_of(app)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from textual.app import App
from textual.pilot import Pilot

from ser_core.fifo.protocol import Reply, Sendable
from sertui.app import SertuiApp
from sertui.feed import TIMEOUT, Answer, Post, Take
from sertui.snapshot import LogLine, Process, Snapshot
from sertui.themes import DEFAULT

NOW = 1_800_000_000.0
"""What the clock says in tests."""

Replying = Reply | Answer | Callable[..., Reply | Answer]
"""A function gets the arguments of the request."""


class RecordedFeed:
    """Posts what it is given; answers from `replies`, 500 where they have nothing."""

    def __init__(self, replies: Mapping[str, Replying] | None = None) -> None:
        self.replies: dict[str, Replying] = dict(replies or {})
        self.requests: list[tuple[str, tuple[Sendable, ...]]] = []
        """All that was asked, in its order."""
        self.waiting: list[Callable[[], None]] = []
        """With `holds`: answers that a test lets out by calling them."""
        self.holds = False
        self.started = self.stopped = False
        self._post: Post | None = None

    def app(self, theme: str = DEFAULT) -> SertuiApp:
        """The dashboard on this feed; its clock stands still."""

        def make(post: Post) -> RecordedFeed:
            self._post = post
            return self

        return SertuiApp(make, theme=theme, clock=lambda: NOW)

    async def play(self, pilot: Pilot[Any], *snapshots: Snapshot) -> None:
        """Post them, each shown before the next one."""
        for each in snapshots:
            assert self._post is not None
            self._post(each)
            await pilot.pause()

    def start(self) -> None:
        self.started = True

    def stop(self) -> None:
        self.stopped = True

    def request(
        self, command: str, *arguments: Sendable, take: Take, timeout: float = TIMEOUT
    ) -> None:
        self.requests.append((command, arguments))
        found = self.replies.get(command, Reply(500, f"command '{command}' not available"))
        answer = found(*arguments) if callable(found) else found
        if isinstance(answer, Reply):
            answer = Answer(answer, "", 0.012)
        if self.holds:
            held = answer
            self.waiting.append(lambda: take(held))
        else:
            take(answer)


def snapshot(**changes: Any) -> Snapshot:
    """A ser at work; `changes` are fields of Snapshot."""
    return replace(_AT_WORK, **changes)


def lost(
    problem: str = "nobody reads /run/ser/ser_fifo: ser has ended", **changes: Any
) -> Snapshot:
    """The same, after it has ended."""
    return snapshot(connected=False, problem=problem, rates={}, log=(), **changes)


def log_line(seq: int, level: str, text: str, *, call_id: str = "", age: float = 0.0) -> LogLine:
    """One line of a receiver."""
    return LogLine(seq, NOW - age, level, "receiver 0", 4103, call_id, text)


def text_of(app: App[Any]) -> str:
    """What stands on the screen, blanks at the ends of lines left out."""
    # The compositor is Textual's own, but its SVG export and its tests get the screen from it, too.
    strips = app.screen._compositor.render_strips()
    return "".join(f"{strip.text.rstrip()}\n" for strip in strips)


def _processes(*descriptions: str) -> Sequence[Process]:
    return [
        Process(index, 4100 + index, description, 0.4 + 6.1 * index, 21_000_000 + 4_000_000 * index)
        for index, description in enumerate(descriptions)
    ]


_COUNTERS = {
    "core.requests": 1_234_567,
    "core.responses": 1_101_010,
    "core.failures": 0,
    "transport.udp_received": 2_300_000,
    "transport.udp_sent": 2_290_000,
    "transport.tcp_received": 35_577,
    "transport.tcp_sent": 35_577,
    "received.INVITE": 270_011,
    "received.ACK": 269_800,
    "received.BYE": 255_100,
    "received.CANCEL": 14_002,
    "received.REGISTER": 99_124,
    "received.OPTIONS": 326_530,
    "received.other": 0,
    "sent.1xx": 540_100,
    "sent.2xx": 820_003,
    "sent.3xx": 0,
    "sent.4xx": 32_206,
    "sent.5xx": 12,
    "sent.6xx": 933,
    "tm.total": 812_044,
    "tm.finished": 811_950,
    "tm.waiting": 61,
    "registrar.accepted": 99_120,
    "registrar.refused": 4,
    "fifo.requests": 5_000,
}
_RATES = {
    "core.requests": 1204.4,
    "core.responses": 1101.0,
    "core.failures": 0.0,
    "transport.udp_received": 2250.0,
    "transport.udp_sent": 2248.0,
    "transport.tcp_received": 55.4,
    "transport.tcp_sent": 55.0,
    "received.INVITE": 270.0,
    "received.ACK": 268.0,
    "received.BYE": 255.0,
    "received.CANCEL": 14.0,
    "received.REGISTER": 99.0,
    "received.OPTIONS": 298.4,
    "received.other": 0.0,
    "sent.1xx": 540.0,
    "sent.2xx": 820.0,
    "sent.3xx": 0.0,
    "sent.4xx": 32.2,
    "sent.5xx": 0.0,
    "sent.6xx": 0.9,
    "tm.total": 812.0,
    "tm.finished": 811.0,
    "registrar.accepted": 99.0,
    "registrar.refused": 0.0,
    "fifo.requests": 5.0,
}
_AT_WORK = Snapshot(
    instance="udp-192.0.2.1-5060",
    taken_at=NOW,
    seen_at=NOW,
    connected=True,
    version="0.1.0",
    uptime=273_120.0,
    config={
        "path": "/etc/ser/ser.cfg",
        "hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "loaded": "1799726880",
        "generation": "0",
        "version": "0.1.0",
        "pid": "4100",
        "uptime": "273120",
        "run_dir": "/run/ser/udp-192.0.2.1-5060",
        "fifo": "/run/ser/udp-192.0.2.1-5060/ser_fifo",
        "unix_sock": "",
        "listen": "udp:192.0.2.1:5060 tcp:192.0.2.1:5060",
        "debug": "3",
    },
    processes=tuple(
        _processes(
            "attendant",
            "fifo server",
            "receiver child=0 sock= 192.0.2.1:5060 +1",
            "receiver child=1 sock= 192.0.2.1:5060 +1",
            "receiver child=2 sock= 192.0.2.1:5060 +1",
            "receiver child=3 sock= 192.0.2.1:5060 +1",
        )
    ),
    counters=_COUNTERS,
    rates=_RATES,
    registrations=217,
    debug_level=3,
    sequence=2,
)
