"""Random requests at the FIFO and the socket: whatever comes in, ser goes on answering."""

from __future__ import annotations

import os
import random
import re
import socket
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ser_core.fifo.client import FifoClient, UnixClient
from ser_core.fifo.commands import CoreCommands
from ser_core.fifo.datagrams import read_datagram
from ser_core.fifo.declarations import Argument, FifoCommand, Shape, fifo_commands_of
from ser_core.fifo.log_commands import LogCommands
from ser_core.fifo.reload_commands import ReloadCommands
from ser_core.fifo.requests import BadRequest, Request, RequestReader
from ser_core.fifo.tables import read_table
from ser_core.modules.registry import built_in, find_module
from tests.conformance.proxy import CONFIG
from tests.support.daemon import Ser

REQUESTS = 10_000
DATAGRAMS = 1_000
BATCH = 500
"""Requests between two questions whether ser still answers."""
END_OF_ALL = b"\n" + b".\n\n" * 4
"""Ends whatever argument somebody has begun."""

OWNERS: list[type] = [
    *(CoreCommands, ReloadCommands, LogCommands),
    *(find_module(name) for name in built_in()),
]
COMMANDS = {
    command.name.lower(): command for owner in OWNERS for command in fifo_commands_of(owner)
}
HARMLESS = [command for name, command in sorted(COMMANDS.items()) if name not in ("kill", "t_hash")]
"""All but one that would end it, and one whose reply is a megabyte."""

URI = b"sip:joe@127.0.0.1:9"
"""Nobody is there."""
WORDS = (
    b"", b".", b"0", b"1", b"-1", b"128", b"3600", b"1.00", b"0.5", b"9" * 30, b"location",
    b"aliases", b"nowhere", b"joe", b"joe@example.com", b"@", URI, b"<" + URI + b">", b"*",
    b"OPTIONS", b"INVITE", b"CANCEL", b"a b", b"1:2", b"1 INVITE", b"limit=5", b"sort=-expires",
    b"filter=\xff", b":uptime:x", b"\xe2\x80\xa8", b"\0", b"\x1b[2J", b"'; DROP TABLE", b"x" * 300,
)  # fmt: skip
HEADERS = (
    b"From: <" + URI + b">;tag=1", b"To: <" + URI + b">", b"CSeq: 1 OPTIONS", b"Call-ID: fuzz",
    b"Contact: <sip:me@!!>", b"Content-Type: text/plain", b"Content-Length: 3", b"no colon",
    b": empty", b"X: \0", b"Via: SIP/2.0/UDP x", b"Route: <sip:127.0.0.1:9;lr>",
)  # fmt: skip
SALT = (b"\n", b"\n\n", b":", b".\n", b"\0", b"\r", b" ", b"/", b"..", b"\xff" * 9, b"x" * 70_000)


class Chance(random.Random):
    """Makes requests."""

    def request(self, reply_names: Sequence[str]) -> bytes:
        """Mostly well-formed, at times spoiled, at times rubbish."""
        kind = self.random()
        if kind < 0.1:
            return self.randbytes(self.randrange(200))
        command, name = self.choice(HARMLESS), self.choice(reply_names)
        request = b":%s:%s\n" % (self.spelling(command), name.encode())
        request += b"".join(map(self.argument, command.arguments)) + b"\n"
        return self.spoiled(request) if kind < 0.3 else request

    def spelling(self, command: FifoCommand) -> bytes:
        name = self.choice((command.name, command.name, command.name.upper(), "nonsense"))
        return name.encode()

    def argument(self, argument: Argument) -> bytes:
        if argument.shape is Shape.LINE:
            return self.choice(WORDS) + b"\n"
        of = HEADERS if argument.shape is Shape.HEADERS else WORDS
        lines = [line for line in self.choices(of, k=self.randrange(6)) if line not in (b"", b".")]
        end = b"" if argument.shape is Shape.REST else b".\n"
        return b"".join(line + b"\n" for line in lines) + end

    def spoiled(self, data: bytes) -> bytes:
        """Some bytes cut out, repeated, replaced or salted."""
        for _ in range(self.randrange(1, 4)):
            start = self.randrange(len(data) + 1)
            end = min(len(data), start + self.choice((0, 1, 2, 8, 40)))
            middle = self.choice((b"", data[start:end] * 2, self.choice(SALT), self.randbytes(1)))
            data = data[:start] + middle + data[end:]
        return data


def without_kill(request: bytes) -> bytes:
    return re.sub(rb"(?i):kill:", b":KILLED:", request)


@given(st.binary())
def test_with_all_commands_any_bytes_give_requests_or_bad_ones(data: bytes) -> None:
    reader = RequestReader(arguments_of)
    events = [*reader.feed(data, 0.0), *reader.expire(9.0), read_datagram(data, arguments_of)]
    assert all(isinstance(event, Request | BadRequest) for event in events)


def arguments_of(name: str) -> tuple[Argument, ...] | None:
    return COMMANDS[name].arguments if name in COMMANDS else None


@given(st.integers())
def test_requests_that_are_made_at_random_can_be_ended(seed: int) -> None:
    chance = Chance(seed)
    reader = RequestReader(arguments_of)
    for _ in range(chance.randrange(20)):
        for event in reader.feed(without_kill(chance.request(("", "r", "../x"))), 0.0):
            assert isinstance(event, BadRequest) or event.command in COMMANDS
    reader.feed(END_OF_ALL, 0.0)
    assert reader.feed(b":uptime:r\n\n", 0.0)[-1:] == [Request("uptime", "r", ())]


@pytest.fixture(scope="module")
def ser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ser]:
    """A daemon that nobody else counts on."""
    directory = tmp_path_factory.mktemp("socket")
    with Ser(f'unix_sock="{directory}/sock"\n{CONFIG}', children=2) as started:
        yield started


class Replies:
    """Reply pipes that are good, and such that aren't."""

    def __init__(self, directory: Path) -> None:
        os.mkfifo(directory / "fuzz_read", 0o620)
        os.mkfifo(directory / "fuzz_unread", 0o620)
        (directory / "fuzz_file").write_text("kept")
        (directory / "fuzz_link").symlink_to(directory / "fuzz_read")
        self._file = directory / "fuzz_file"
        self._fd = os.open(directory / "fuzz_read", os.O_RDWR | os.O_NONBLOCK)
        self.names = ["", "fuzz_read", "fuzz_unread", "fuzz_file", "fuzz_link", "fuzz_missing"]
        self.received = 0

    def drain(self) -> None:
        """So that ser isn't held up by a full pipe."""
        with suppress(BlockingIOError):
            while part := os.read(self._fd, 1 << 16):
                self.received += len(part)

    def close(self) -> None:
        os.close(self._fd)
        assert self._file.read_text() == "kept"


def assert_well(ser: Ser, before: list[int]) -> None:
    """It answers, it's the same processes, and no guard had to step in."""
    with FifoClient(ser.fifo, timeout=20) as client:
        assert client.ask("uptime").is_ok
        _, counters = read_table(client.ask("stats").body)
    failures = {name: value for name, value, _ in counters if name.endswith(".failures")}
    assert set(failures.values()) == {"0"}, failures
    assert [*ser.receivers(), ser.fifo_server()] == before
    assert "Traceback" not in ser.log_text()


def test_ten_thousand_random_requests(ser: Ser) -> None:
    chance = Chance(2004)
    processes = [*ser.receivers(), ser.fifo_server()]
    replies = Replies(ser.fifo.parent)
    with open(ser.fifo, "wb", buffering=0) as fifo:
        for number in range(1, REQUESTS + 1):
            fifo.write(without_kill(chance.request(replies.names)))
            replies.drain()
            if number % BATCH == 0:
                fifo.write(END_OF_ALL)
                assert_well(ser, processes)
    replies.drain()
    replies.close()
    assert replies.received > REQUESTS
    with FifoClient(ser.fifo) as client:
        counters = {row[0]: int(row[1]) for row in read_table(client.ask("stats").body)[1]}
    assert counters["fifo.requests"] > REQUESTS / 3
    assert counters["fifo.bad_requests"] > REQUESTS / 20
    assert counters["fifo.refused_pipes"] > REQUESTS / 20


def test_random_datagrams(ser: Ser, tmp_path: Path) -> None:
    chance = Chance(2005)
    processes = [*ser.receivers(), ser.fifo_server()]
    path = next(
        line.split('"')[1] for line in ser.config.read_text().splitlines() if "sock" in line
    )
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as stranger:
        stranger.bind(str(tmp_path / "stranger"))
        for number in range(1, DATAGRAMS + 1):
            stranger.sendto(without_kill(chance.request(("", "x")))[:60_000], path)
            if number % BATCH == 0:
                with UnixClient(path, timeout=20) as client:
                    assert client.ask("uptime").is_ok
    assert_well(ser, processes)
