from __future__ import annotations

import io
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ser_core.fifo.protocol import Reply
from ser_core.fifo.reach import CannotReach, Reach
from serctl import live_values
from serctl.cli import root
from serctl.environment import Environment
from serctl.live_values import KEPT, LiveReplies, LiveValues
from serctl.place import Place
from serctl.settings import Settings
from serctl.value_kinds import ValueKind
from tests.support.daemon import wait_for
from tests.support.serctl_runs import FakeSer

USERS = "200 ok total=2 matched=2\naor\tcontact\njane\tsip:jane@h\njoe\tsip:joe@h\n"
PATIENT = 10.0


class Clock:
    """Stands still."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine a thread may be slow to start."""
    monkeypatch.setattr(live_values, "PATIENCE", PATIENT)


def live(ser: FakeSer, clock: Callable[[], float] = time.monotonic) -> LiveValues:
    streams = io.StringIO(), io.StringIO(), io.StringIO()
    return LiveValues(Environment(*streams, connect=lambda _: ser), clock)


def values(source: LiveValues, kind: ValueKind, line: str = "", typed: str = "") -> list[str]:
    return source.values(kind, typed, Place.behind(root, line.split()))


def test_users_are_asked_for_by_what_has_been_typed() -> None:
    ser = FakeSer(ul_list=USERS)
    assert values(live(ser), ValueKind.USER, typed="j") == ["jane", "joe"]
    assert ser.requests == [
        ("ul_list", "table=location", "filter=j", "sort=aor", "limit=1000")
    ]  # fmt: skip


def test_aliases_are_in_their_own_table() -> None:
    ser = FakeSer(ul_list=USERS)
    assert values(live(ser), ValueKind.ALIAS) == ["jane", "joe"]
    assert ser.requests[0][1] == "table=aliases"


def test_contacts_are_those_of_the_user_in_the_line() -> None:
    reply = "200 OK\n<sip:joe@h:5062;x=y>;q=;expires=9\n<sip:joe@i>;q=0.5;expires=3\n"
    ser = FakeSer(ul_show_contact=reply)
    source = live(ser)
    assert values(source, ValueKind.CONTACT, "ul rm joe") == ["sip:joe@h:5062;x=y", "sip:joe@i"]
    assert ser.requests == [("ul_show_contact", "location", "joe")]
    assert values(source, ValueKind.CONTACT, "ul rm") == []
    assert values(source, ValueKind.CONTACT, "ul rm @") == []


def test_commands_of_the_fifo() -> None:
    assert values(live(FakeSer(which="200 ok\nps\nwhich\n")), ValueKind.COMMAND) == ["ps", "which"]


def test_instances_are_found_without_asking_any(tmp_path: Path) -> None:
    for name in ("udp-192.0.2.1-5060", "udp-192.0.2.1-5070", "other"):
        (tmp_path / name).mkdir()
        if name != "other":
            os.mkfifo(tmp_path / name / "ser_fifo")
    ser = FakeSer()
    line = f"--run-dir {tmp_path} --instance"
    found = values(live(ser), ValueKind.INSTANCE, line, "udp")
    assert found == ["udp-192.0.2.1-5060", "udp-192.0.2.1-5070"]
    assert ser.requests == []


def test_other_kinds_are_nothing_that_ser_knows() -> None:
    ser = FakeSer()
    assert values(live(ser), ValueKind.TEMPLATE) == []
    assert not ser.requests


def test_an_answer_holds_for_a_moment(clock: Clock) -> None:
    ser = FakeSer(which=["200 ok\nps\n", "200 ok\nps\nkill\n"])
    source = live(ser, clock)
    assert values(source, ValueKind.COMMAND) == values(source, ValueKind.COMMAND) == ["ps"]
    assert len(ser.requests) == 1
    clock.now += KEPT
    assert values(source, ValueKind.COMMAND) == ["ps", "kill"]


def test_a_ser_that_refuses_knows_none() -> None:
    assert values(live(FakeSer()), ValueKind.USER) == []


def test_a_ser_of_another_kind_knows_none() -> None:
    assert values(live(FakeSer(ul_list="200 ok\nwhat?\n")), ValueKind.USER) == []


def test_a_ser_that_is_gone_knows_none_and_is_not_asked_again_at_once(clock: Clock) -> None:
    ser = FakeSer(which=CannotReach(Reach.STALE, "gone"))
    source = live(ser, clock)
    assert values(source, ValueKind.COMMAND) == values(source, ValueKind.COMMAND) == []
    assert len(ser.requests) == 1


def test_a_ser_that_comes_back_is_found() -> None:
    made: list[FakeSer] = []

    def connect() -> FakeSer:
        made.append(FakeSer(which="200 ok\n" if made else CannotReach(Reach.STALE, "gone")))
        return made[-1]

    clock = Clock()
    replies = LiveReplies(connect, clock)
    assert replies.get("which") is None
    clock.now += KEPT
    assert replies.get("which") == Reply(200, "ok")
    assert len(made) == 2
    assert made[0].closed == 1
    replies.close()
    assert made[1].closed == 1


def test_what_a_terminal_must_not_see_is_left_out() -> None:
    users = "200 ok\naor\nj\\x1b[2J\nj\\noe\njoe\n"
    assert values(live(FakeSer(ul_list=users)), ValueKind.USER) == ["joe"]


def test_the_line_may_name_another_ser() -> None:
    asked: list[Settings] = []

    def connect(settings: Settings) -> FakeSer:
        asked.append(settings)
        return FakeSer(which="200 ok\nps\n")

    streams = io.StringIO(), io.StringIO(), io.StringIO()
    source = LiveValues(Environment(*streams, settings=Settings(instance="a"), connect=connect))
    assert values(source, ValueKind.COMMAND, "--instance b -F json fifo") == ["ps"]
    assert values(source, ValueKind.COMMAND, "fifo") == ["ps"]
    assert [settings.instance for settings in asked] == ["b", "a"]
    source.close()


@pytest.fixture
def slow() -> Iterator[tuple[FakeSer, threading.Event]]:
    go = threading.Event()

    def answer() -> str:
        assert go.wait(PATIENT)
        return "200 ok\nps\n"

    yield FakeSer(which=answer), go
    go.set()


def test_a_slow_answer_keeps_nobody_waiting_and_is_there_later(
    slow: tuple[FakeSer, threading.Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_values, "PATIENCE", 0.01)
    ser, go = slow
    source = live(ser)
    assert values(source, ValueKind.COMMAND) == values(source, ValueKind.COMMAND) == []
    go.set()
    wait_for(lambda: values(source, ValueKind.COMMAND) == ["ps"], "the answer")
    assert len(ser.requests) == 1
