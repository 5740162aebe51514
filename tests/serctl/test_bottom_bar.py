from __future__ import annotations

import io
import threading

import pytest

from ser_core.fifo.reach import CannotReach, NoReply, Reach
from serctl import bottom_bar
from serctl.bottom_bar import TIMEOUT, BottomBar, bar_text, why_not
from serctl.environment import Environment
from serctl.exit_status import Failure
from serctl.server_status import Status
from serctl.settings import Settings
from tests.serctl.test_server_status import CONFIG, USERS, stats
from tests.support.daemon import wait_for
from tests.support.serctl_runs import FakeSer

GONE = CannotReach(Reach.STALE, "nobody reads /run/ser/x; start ser again")
FULL = Status("udp-192.0.2.1-5060", 95, 1204, 35.24, 2)


def test_all_of_it() -> None:
    text = " udp-192.0.2.1-5060   up 1 min   1,204 registered   35.2 msg/s   debug 2"
    assert bar_text(FULL, 80) == text


def test_what_is_not_known_is_left_out() -> None:
    assert bar_text(Status(), 80) == " "
    assert bar_text(Status(debug=0, registered=0, per_second=0.0), 80) == (
        " 0 registered   0 msg/s   debug 0"
    )


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "up 0 s"),
        (59, "up 59 s"),
        (61, "up 1 min"),
        (3725, "up 1 h 2 min"),
        (90061, "up 1 d 1 h"),
    ],
)
def test_uptime_doesnt_run_once_there_are_minutes(seconds: int, text: str) -> None:
    assert bar_text(Status(uptime=seconds), 80) == f" {text}"


def test_a_narrow_terminal_cuts_it() -> None:
    assert bar_text(FULL, 20) == " udp-192.0.2.1-5060…"
    assert len(bar_text(FULL, 40)) == 40
    assert bar_text(FULL, 1) == bar_text(FULL, 0) == "…"


def test_why_ser_cannot_be_asked() -> None:
    assert why_not(GONE) == "nobody reads /run/ser/x"
    assert why_not(Failure("several ser run: choose one")) == "several ser run: choose one"
    assert bar_text("\x1b[2Jgone", 80) == " \\x1b[2Jgone"


class World:
    """A ser that can go and come back, and a bar that looks at it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, period: float = 0.001) -> None:
        monkeypatch.setattr(bottom_bar, "PERIOD", period)
        self.made: list[FakeSer] = []
        self.answer: str | Exception = CONFIG
        self.changed = threading.Event()
        streams = io.StringIO(), io.StringIO(), io.StringIO()
        settings = Settings(timeout=5.0)
        environment = Environment(*streams, settings=settings, connect=self._connect)
        self.bar = BottomBar(environment, lambda: 100.0)
        self.bar.on_change = self.changed.set

    def _connect(self, _: Settings) -> FakeSer:
        self.made.append(FakeSer(config=lambda: self.answer, stats=stats(1), ul_stats=USERS))
        return self.made[-1]

    @property
    def looks(self) -> int:
        return sum(ser.requests.count(("config",)) for ser in self.made)


def test_it_is_kept_true_while_it_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch)
    bar = world.bar
    with bar.seen():
        wait_for(lambda: bar.status == Status("udp-192.0.2.1-5060", 95, 1204, None, 2), "a look")
        world.answer = GONE
        wait_for(lambda: bar.status == "nobody reads /run/ser/x", "the loss")
        world.answer = CONFIG
        wait_for(lambda: isinstance(bar.status, Status), "the return")
    bar.close()
    assert all(ser.closed == 1 for ser in world.made)
    assert len(world.made) > 1
    assert set(world.made[0].timeouts) == {TIMEOUT}


def test_only_what_is_new_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch)
    with world.bar.seen():
        assert world.changed.wait(10)
        world.changed.clear()
        before = world.looks
        wait_for(lambda: world.looks > before + 3, "more looks")
        assert not world.changed.is_set()
        world.answer = NoReply("no reply within 2 s")
        assert world.changed.wait(10)
    world.bar.close()


def test_back_at_the_prompt_it_is_made_true_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, period=100.0)
    with world.bar.seen():
        wait_for(lambda: world.looks == 1, "a look")
    with world.bar.seen():
        wait_for(lambda: world.looks == 2, "a look at once")
    world.bar.close()
    assert world.looks == 2


def test_one_that_was_never_seen_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch)
    world.bar.close()
    assert not world.made


def test_leaving_doesnt_wait_for_a_ser_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bottom_bar, "FAREWELL", 0.01)
    go, asked = threading.Event(), threading.Event()

    def hang() -> str:
        asked.set()
        assert go.wait(10)
        return CONFIG

    streams = io.StringIO(), io.StringIO(), io.StringIO()
    bar = BottomBar(Environment(*streams, connect=lambda _: FakeSer(config=hang)))
    with bar.seen():
        assert asked.wait(10)
    bar.close()
    assert not go.is_set()
    go.set()
