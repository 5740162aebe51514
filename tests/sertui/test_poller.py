from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from ser_core.fifo.protocol import Reply, Sendable
from ser_core.fifo.reach import CannotReach, NoReply, Reach
from ser_core.fifo.tables import table_body
from sertui.poller import CONFIG_AGE, FIRST_LINES, LOG_LIMIT, LOG_TIME, Poller

LOG = ("seq", "time", "level", "process", "pid", "call_id", "text")


def pairs(*rows: tuple[str, str]) -> bytes:
    return table_body(("name", "value"), rows)


class FakeSer:
    """Answers as ser does; a test changes what it knows."""

    def __init__(self) -> None:
        self.stats = {"core.requests": 100, "fifo.requests": 1}
        self.pid = os.getpid()
        self.uptime = 50
        self.log: list[str] = ["one", "two"]
        self.users: Reply | None = None
        self.commands = ["stats", "ul_stats", "which"]
        self.generation = 0
        self.debug = pairs(("level", "4"), ("until", "1000"), ("back_to", "2"))
        self.asked: list[tuple[Sendable, ...]] = []
        self.error: Exception | None = None
        self.closed = 0

    def connect(self) -> FakeSer:
        return self

    def close(self) -> None:
        self.closed += 1

    def ask(self, command: str, *arguments: Sendable, timeout: float | None = None) -> Reply:
        if self.error is not None:
            raise self.error
        self.asked.append((command, *arguments))
        answers: dict[str, Callable[[], Reply]] = {
            "stats": lambda: Reply(200, "ok", pairs(*((k, str(v)) for k, v in self.stats.items()))),
            "config": self.config,
            "ps": lambda: Reply(200, "ok", f"0\t{self.pid}\tattendant\n".encode()),
            "debug": lambda: Reply(200, "ok", self.debug),
            "ul_stats": lambda: self.users or Reply(200, "ok", b"'location' 7 0\n"),
            "which": lambda: Reply(200, "ok", "".join(f"{x}\n" for x in self.commands).encode()),
            "log_tail": lambda: self.log_tail(str(arguments[0]), int(str(arguments[1]))),
        }
        return answers[command]()

    def config(self) -> Reply:
        rows = [("pid", str(self.pid)), ("uptime", str(self.uptime)), ("version", "0.1.0")]
        rows += [("generation", str(self.generation))]
        rows += [("run_dir", "/run/ser/udp-1"), ("listen", "udp:a"), ("listen", "tcp:a")]
        return Reply(200, "ok", pairs(*rows))

    def log_tail(self, since: str, limit: int) -> Reply:
        begin = max(len(self.log) - limit, 0) if since == "-" else int(since)
        found = [
            (str(begin + index + 1), "1.5", "WARN", "receiver 0", "9", "", text)
            for index, text in enumerate(self.log[begin:][:limit])
        ]
        return Reply(200, f"ok next={len(self.log)} first=1", table_body(LOG, found))


class Clock:
    def __init__(self) -> None:
        self.now = 500.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def ser() -> FakeSer:
    return FakeSer()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def poller(ser: FakeSer, clock: Clock) -> Poller:
    return Poller(ser.connect, clock)


def test_a_look_has_all_that_ser_says(poller: Poller) -> None:
    seen = poller.look()
    assert (seen.connected, seen.problem, seen.sequence) == (True, "", 1)
    assert (seen.instance, seen.version, seen.uptime) == ("udp-1", "0.1.0", 50)
    assert (seen.debug_level, seen.debug_until, seen.debug_back_to) == (4, 1000, 2)
    assert seen.config["listen"] == "udp:a tcp:a"
    assert seen.registrations == 7
    assert [process.description for process in seen.processes] == ["attendant"]
    assert [line.text for line in seen.log] == ["one", "two"]
    assert seen.rates == {}


def test_rates_are_differences_by_the_time_between(
    poller: Poller, ser: FakeSer, clock: Clock
) -> None:
    poller.look()
    ser.stats["core.requests"] = 150
    clock.now += 2
    assert poller.look().rates == {"core.requests": 25.0, "fifo.requests": 0.0}


def test_only_new_lines_of_the_log_come(poller: Poller, ser: FakeSer) -> None:
    poller.look()
    assert poller.look().log == ()
    ser.log.append("three")
    assert [line.text for line in poller.look().log] == ["three"]
    assert poller.look().log == ()


def test_config_is_asked_rarely_and_the_uptime_goes_on(
    poller: Poller, ser: FakeSer, clock: Clock
) -> None:
    poller.look()
    clock.now += CONFIG_AGE / 2
    assert poller.look().uptime == 50 + CONFIG_AGE / 2
    clock.now += CONFIG_AGE
    ser.uptime = 65
    assert poller.look().uptime == 65
    assert ser.asked.count(("config",)) == 2


def test_a_lost_ser_leaves_what_was_known_with_the_problem(
    poller: Poller, ser: FakeSer, clock: Clock
) -> None:
    poller.look()
    ser.error = CannotReach(Reach.STALE, "nobody reads it")
    clock.now += 30
    seen = poller.look()
    assert (seen.connected, seen.problem) == (False, "nobody reads it")
    assert (seen.registrations, seen.log, seen.rates) == (7, (), {})
    assert (seen.taken_at, seen.seen_at) == (530, 500)
    assert ser.closed == 1


def test_it_comes_back_by_itself_without_rates_across_the_gap(
    poller: Poller, ser: FakeSer, clock: Clock
) -> None:
    poller.look()
    ser.error = NoReply("no answer within 3 s")
    poller.look()
    ser.error = None
    clock.now += 5
    seen = poller.look()
    assert (seen.connected, seen.rates, seen.log) == (True, {}, ())


def test_the_log_of_another_ser_begins_anew(poller: Poller, ser: FakeSer) -> None:
    poller.look()
    ser.error = NoReply("gone")
    poller.look()
    ser.error, ser.pid, ser.log = None, os.getppid(), ["ready"]
    assert [line.text for line in poller.look().log] == ["ready"]


def test_a_ser_that_was_restarted_between_two_looks_has_no_rates_below_nought(
    poller: Poller, ser: FakeSer, clock: Clock
) -> None:
    ser.stats["fifo.requests"] = 90
    poller.look()
    ser.stats = {"core.requests": 0, "fifo.requests": 2}
    clock.now += 1
    assert poller.look().rates == {}


def test_a_ser_without_usrloc_is_asked_once_what_it_knows_and_never_who_is_registered(
    poller: Poller, ser: FakeSer, clock: Clock
) -> None:
    ser.commands.remove("ul_stats")
    poller.look()
    clock.now += CONFIG_AGE + 1
    seen = poller.look()
    assert (seen.connected, seen.registrations) == (True, None)
    assert "ul_stats" not in seen.commands
    assert "stats" in seen.commands
    assert ser.asked.count(("which",)) == 1
    assert ("ul_stats",) not in ser.asked


def test_after_a_reload_it_is_asked_again_what_it_knows(
    poller: Poller, ser: FakeSer, clock: Clock
) -> None:
    ser.commands.remove("ul_stats")
    poller.look()
    ser.commands.append("ul_stats")
    ser.generation += 1
    clock.now += CONFIG_AGE + 1
    assert poller.look().registrations == 7


def test_a_reply_that_makes_no_sense_is_a_problem_in_words(poller: Poller, ser: FakeSer) -> None:
    ser.debug = b"rubbish"
    seen = poller.look()
    assert not seen.connected
    assert "table" in seen.problem


def test_a_ser_that_refuses_is_a_problem_in_words(poller: Poller, ser: FakeSer) -> None:
    ser.log_tail = lambda *_: Reply(500, "the log is gone")  # type: ignore[method-assign]  # one reply only
    assert poller.look().problem == "ser refuses log_tail: 500 the log is gone"


def test_a_log_that_is_empty_at_first_is_read_from_its_beginning(
    poller: Poller, ser: FakeSer
) -> None:
    ser.log = []
    assert poller.look().log == ()
    ser.log = ["ready"]
    assert [line.text for line in poller.look().log] == ["ready"]


def test_however_many_lines_come_all_are_read_in_one_look(poller: Poller, ser: FakeSer) -> None:
    poller.look()
    ser.log += [str(number) for number in range(3 * LOG_LIMIT)]
    assert len(poller.look().log) == 3 * LOG_LIMIT
    assert poller.look().log == ()


def test_who_cannot_keep_up_goes_on_with_the_newest_lines_and_shows_none_twice(
    poller: Poller, ser: FakeSer, clock: Clock
) -> None:
    def slow(since: str, limit: int) -> Reply:
        clock.now += LOG_TIME
        return FakeSer.log_tail(ser, since, limit)

    poller.look()
    ser.log_tail = slow  # type: ignore[method-assign]  # in this test only
    ser.log += [str(number) for number in range(3 * LOG_LIMIT)]
    assert len(poller.look().log) == LOG_LIMIT
    newest = poller.look().log
    assert [line.seq for line in newest] == list(
        range(3 * LOG_LIMIT + 3 - FIRST_LINES, 3 * LOG_LIMIT + 3)
    )
    ser.log.append("one more")
    assert [line.text for line in poller.look().log] == ["one more"]
