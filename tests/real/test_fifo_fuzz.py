"""Ten thousand random requests, always the same ones; ser answers as before after each hundred."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator

import pytest

from ser_core.fifo.client import FifoClient
from tests.real.conftest import CONFIG
from tests.support.daemon import Ser, wait_for
from tests.support.raw_fifo import assert_served_at_once, write

REQUESTS = 10_000
BATCH = 100
SEED = 2004
LEFT_OUT = {b"kill", b"debug"}
"""What would end the test, or make it slow."""

WORDS = (
    b"", b".", b":", b"::", b"location", b"joe", b"joe@example.com", b"sip:joe@127.0.0.1:9",
    b"OPTIONS", b"INVITE", b"0", b"1.00", b"3600", b"-1", b"4294967296", b"limit=5", b"sort=-aor",
    b"From: <sip:joe@127.0.0.1>;tag=1", b"To: <sip:bob@127.0.0.1>", b"Contact: <sip:a@!!>",
    b"CSeq: 1 OPTIONS", b":uptime:fuzz", b"\xff\xfe", b"\x00", b"\t \r", b"%s%n", b"x" * 300,
)  # fmt: skip
NAMES = (b"", b"fuzz", b"fuzz", b"nobody", b"../fuzz", b"a\xffb", b"x" * 300)


@pytest.fixture
def ser() -> Iterator[Ser]:
    with Ser(CONFIG) as started:
        yield started


class Requests:
    """Well-formed ones, and each of them spoilt in some way now and then."""

    def __init__(self, commands: list[bytes]) -> None:
        self._commands = [*commands, b"nonsense", b"", b"UPTIME"]
        self._random = random.Random(SEED)

    def next(self) -> bytes:
        choose = self._random
        lines = [b":%s:%s" % (choose.choice(self._commands), choose.choice(NAMES))]
        lines += [choose.choice(WORDS) for _ in range(choose.choice((0, 0, 1, 2, 3, 5, 7, 20)))]
        return self._spoilt(b"\n".join([*lines, b"", b""]))

    def _spoilt(self, request: bytes) -> bytes:
        choose = self._random
        place = choose.randrange(len(request))
        match choose.randrange(12):
            case 0:
                return request[:place]
            case 1:
                return request[:place] + choose.randbytes(choose.randrange(1, 50)) + request[place:]
            case 2:
                return request.replace(b"\n", b"\r\n")
            case 3:
                return request[:place] + b"x" * choose.choice((1000, 70_000)) + request[place:]
        return request


def test_it_answers_after_each_hundred(ser: Ser) -> None:
    with FifoClient(ser.fifo) as client:
        commands = [x for x in client.ask("which").body.split() if x not in LEFT_OUT]
    assert b"ul_add" in commands
    processes = (ser.fifo_server(), *ser.receivers())
    requests = Requests(commands)
    place = ser.fifo.with_name("fuzz")
    os.mkfifo(place, 0o600)
    replies = os.open(place, os.O_RDWR | os.O_NONBLOCK)
    answered = 0
    for _ in range(REQUESTS // BATCH):
        write(ser.fifo, b"".join(requests.next() for _ in range(BATCH)))
        assert_served_at_once(ser)
        answered += drain(replies)
    os.close(replies)
    assert answered > 100_000, "bytes of replies"
    assert (ser.fifo_server(), *ser.receivers()) == processes
    assert_nothing_failed(ser)


def drain(pipe: int) -> int:
    """Read what is there; how much it was."""
    total = 0
    while True:
        try:
            total += len(os.read(pipe, 1 << 20))
        except BlockingIOError:
            return total


def assert_nothing_failed(ser: Ser) -> None:
    with FifoClient(ser.fifo) as client:
        wait_for(lambda: client.ask("stats", "fifo.failures").is_ok, "an answer")
        rows = client.ask("stats", "fifo").body.decode().splitlines()
    counted = dict(row.split("\t")[:2] for row in rows[1:])
    assert counted["fifo.failures"] == "0"
    assert int(counted["fifo.requests"]) > REQUESTS // 10
    assert int(counted["fifo.bad_requests"]) > REQUESTS // 10
    assert "Traceback" not in ser.log_text()
