"""The client against a stand-in for ser that does what the wire may bring."""

from __future__ import annotations

import fcntl
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

import pytest

from ser_core.fifo.client import (
    BodyLines,
    CannotReach,
    FifoClient,
    NoReply,
    Reach,
    Reply,
    UnixClient,
    open_client,
)
from ser_core.fifo.declarations import Argument, line
from ser_core.fifo.requests import Request, RequestReader
from tests.support.daemon import PROJECT, wait_for
from tests.support.fake_fifo import FakeFifo, reply_name

NOBODY = 65534
SHORT = 0.1
"""Seconds, where a timeout is what is tested."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ser_fifo"


def pipes_in(directory: Path) -> list[str]:
    return sorted(name for name in os.listdir(directory) if name != "ser_fifo")


def echo(request: bytes) -> bytes:
    return b"200 ok\n" + request


def silent(request: bytes) -> None:
    """Takes the request and never answers."""


def test_a_request_and_its_reply(path: Path) -> None:
    with FakeFifo(path, echo) as fake, FifoClient(path) as client:
        reply = client.ask("ul_rm", "location", b"joe")
    (request,) = fake.requests
    assert re.fullmatch(rb":ul_rm:ser_[0-9a-f]{32}\nlocation\njoe\n\n", request)
    assert reply == Reply(200, "ok", request)


def test_a_refusal_is_a_reply(path: Path) -> None:
    with FakeFifo(path, lambda _: b"404 no"), FifoClient(path) as client:
        assert client.ask("ul_rm") == Reply(404, "no")


def test_one_pipe_serves_all_requests_and_is_gone_at_the_end(path: Path) -> None:
    with FakeFifo(path, echo) as fake:
        with FifoClient(path) as client:
            for number in range(50):
                assert client.ask("print", str(number)).body.endswith(b"\n%d\n\n" % number)
            assert len(pipes_in(path.parent)) == 1
        assert pipes_in(path.parent) == []
        assert len({reply_name(request) for request in fake.requests}) == 1


def test_a_closed_client_may_ask_again(path: Path) -> None:
    with FakeFifo(path, echo):
        client = FifoClient(path)
        assert client.ask("uptime").is_ok
        client.close()
        assert client.ask("uptime").is_ok
        client.close()
        client.close()
    assert pipes_in(path.parent) == []


def test_pipes_may_stand_elsewhere(path: Path) -> None:
    elsewhere = path.parent / "replies"
    elsewhere.mkdir()
    with (
        FakeFifo(path, echo, reply_dir=elsewhere),
        open_client(path, reply_dir=elsewhere) as client,
    ):
        assert client.ask("uptime").is_ok
        assert len(pipes_in(elsewhere)) == 1


def test_a_reply_of_a_megabyte(path: Path) -> None:
    body = b"".join(b"%07d\n" % number for number in range(1 << 17))
    with FakeFifo(path, lambda _: b"200 ok\n" + body), FifoClient(path) as client:
        assert client.ask("ul_dump") == Reply(200, "ok", body)


def test_arguments_that_cannot_be_sent_leave_nothing_behind(path: Path) -> None:
    with FakeFifo(path, echo) as fake, FifoClient(path) as client:
        with pytest.raises(ValueError, match="newline"):
            client.ask("print", "a\nb")
        assert fake.requests == []
        assert pipes_in(path.parent) == []


@pytest.mark.parametrize("half", [b":ul_rm:r\nlocation\n", b":ul_rm:r\nloca", b":uptime:"])
def test_half_a_request_of_another_does_not_eat_ours(path: Path, half: bytes) -> None:
    commands: dict[str, tuple[Argument, ...]] = {"ul_rm": TWO_LINES, "uptime": ()}
    reader = RequestReader(commands.get)
    with unread(path) as descriptor, FifoClient(path) as client:
        reader.feed(half, 0.0)
        with pytest.raises(NoReply):
            client.ask("uptime", timeout=0)
        *_, last = reader.feed(os.read(descriptor, 65536), 0.0)
        assert isinstance(last, Request)
        assert last.command == "uptime"


TWO_LINES = (line("table", "", missing="table expected"), line("aor", "", missing="aor expected"))


# No reply


def test_without_an_answer_the_client_gives_up_in_time(path: Path) -> None:
    with FakeFifo(path, silent), FifoClient(path, timeout=60) as client:
        started = time.monotonic()
        with pytest.raises(NoReply, match="didn't answer in time"):
            client.ask("uptime", timeout=SHORT)
        assert time.monotonic() - started < 5
        assert pipes_in(path.parent) == []


def test_a_late_reply_is_not_taken_for_the_next_one(path: Path) -> None:
    with FakeFifo(path, lambda request: None if b"slow" in request else echo(request)) as fake:
        client = FifoClient(path)
        with pytest.raises(NoReply):
            client.ask("slow", timeout=SHORT)
        with pytest.raises(FileNotFoundError):
            fake.deliver(reply_name(fake.requests[0]), b"200 late\n")
        assert client.ask("uptime").text == "ok"
        client.close()
        assert reply_name(fake.requests[0]) != reply_name(fake.requests[1])


def test_half_an_answer_is_none(path: Path) -> None:
    with (
        FakeFifo(path, silent) as fake,
        FifoClient(path) as client,
        held_open(fake, b"200 ok\nhalf a li"),
        pytest.raises(NoReply, match="half-way"),
    ):
        client.ask("uptime", timeout=0.5)


@contextmanager
def held_open(fake: FakeFifo, part: bytes) -> Iterator[None]:
    """Write a part of the reply to the next request and keep the pipe open."""
    descriptors: list[int] = []

    def write() -> None:
        wait_for(lambda: fake.requests, "the request")
        pipe = fake.path.parent / reply_name(fake.requests[-1])
        descriptors.append(os.open(pipe, os.O_WRONLY))
        os.write(descriptors[0], part)

    thread = threading.Thread(target=write)
    thread.start()
    yield
    thread.join(10)
    os.close(descriptors[0])


@pytest.mark.parametrize("rubbish", [b"", b"OK\n", b"username \njoe \n"])
def test_rubbish_is_no_answer(path: Path, rubbish: bytes) -> None:
    with (
        FakeFifo(path, lambda _: rubbish),
        FifoClient(path) as client,
        pytest.raises(NoReply, match="no answer that makes sense"),
    ):
        client.ask("uptime")


def test_when_ser_ends_nobody_waits_for_its_answer(path: Path) -> None:
    with FakeFifo(path, silent) as fake, FifoClient(path) as client:
        fake.answer = lambda _: fake.leave()
        with pytest.raises(NoReply, match="closed its FIFO before it answered"):
            client.ask("uptime", timeout=30)


def test_the_last_answer_of_a_ser_that_ends_is_read(path: Path) -> None:
    with FakeFifo(path, silent) as fake, FifoClient(path) as client:

        def answer_and_leave(request: bytes) -> None:
            fake.deliver(reply_name(request), b"200 killing now...\n")
            fake.leave()

        fake.answer = answer_and_leave
        assert client.ask("kill").text == "killing now..."


def test_a_ser_that_does_not_read_is_told_of(path: Path) -> None:
    with unread(path), FifoClient(path) as client:
        body = BodyLines(["x" * 1000] * 200)
        with pytest.raises(NoReply, match="doesn't read its FIFO"):
            client.ask("t_uac_dlg", body, timeout=SHORT)


@contextmanager
def unread(path: Path) -> Iterator[int]:
    """A FIFO that is open, but not read."""
    os.mkfifo(path)
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    yield descriptor
    os.close(descriptor)


def test_another_client_may_keep_the_lock_too_long(path: Path) -> None:
    with unread(path) as descriptor, FifoClient(path) as client:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with pytest.raises(NoReply, match="another client keeps the FIFO locked"):
            client.ask("uptime", timeout=SHORT)


# Several at once


def test_long_requests_of_several_clients_do_not_mingle(path: Path) -> None:
    """Each is longer than PIPE_BUF and than what a pipe holds."""
    clients, rounds = 4, 5
    replies: dict[int, list[Reply]] = {number: [] for number in range(clients)}

    def ask(number: int) -> None:
        lines = [f"{number} {line:06}" for line in range(10_000)]
        with FifoClient(path, timeout=30) as client:
            for _ in range(rounds):
                replies[number].append(client.ask("t_uac_dlg", BodyLines(lines)))

    with FakeFifo(path, echo) as fake:
        threads = [threading.Thread(target=ask, args=(number,)) for number in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert len(fake.requests) == clients * rounds
        for number, answers in replies.items():
            assert len(answers) == rounds
            for answer in answers:
                lines = answer.body.splitlines()[1:-2]
                assert lines == [b"%d %06d" % (number, line) for line in range(10_000)]
    assert pipes_in(path.parent) == []


# Restarts


def test_ser_may_be_started_again_between_two_requests(path: Path) -> None:
    """It empties its directory, so the reply pipe has gone, too."""
    client = FifoClient(path)
    with FakeFifo(path, echo):
        assert client.ask("uptime").is_ok
    for name in pipes_in(path.parent):
        (path.parent / name).unlink()
    with FakeFifo(path, echo):
        assert client.ask("uptime").is_ok
        client.close()
    assert pipes_in(path.parent) == []


# Nobody to ask


def refusal_of(path: Path) -> CannotReach:
    """What asking there raises; opening a client by the kind of file does no better."""
    with pytest.raises(CannotReach) as caught, FifoClient(path) as client:
        client.ask("uptime")
    with pytest.raises(CannotReach) as opening, open_client(path) as opened:
        opened.ask("uptime")
    assert opening.value.reason is caught.value.reason
    return caught.value


def test_without_a_fifo_ser_is_not_running(path: Path) -> None:
    refusal = refusal_of(path)
    assert refusal.reason is Reach.NOT_RUNNING
    assert str(refusal) == f"there is no {path}: ser isn't running, or has its FIFO elsewhere"
    assert refusal_of(path / "below").reason is Reach.NOT_RUNNING


def test_a_fifo_without_reader_is_stale(path: Path) -> None:
    os.mkfifo(path)
    refusal = refusal_of(path)
    assert refusal.reason is Reach.STALE
    text = f"nobody reads {path}: ser has ended and left it behind; start ser again"
    assert str(refusal) == text
    assert pipes_in(path.parent) == []


def test_something_else_may_have_the_name(path: Path) -> None:
    path.write_text("kept")
    refusal = refusal_of(path)
    assert refusal.reason is Reach.NOT_A_FIFO
    assert str(refusal) == f"{path} is neither a FIFO nor a socket"
    assert path.read_text() == "kept"
    path.unlink()
    path.mkdir()
    assert refusal_of(path).reason is Reach.NOT_A_FIFO


@contextmanager
def unprivileged(owner: Path) -> Iterator[None]:
    """As a user for whom permissions count, who owns the directory.

    That user may not be able to read our Python, so what is imported late is imported here.
    """
    import_module("grp")
    if os.geteuid() != 0:
        yield
        return
    os.chown(owner, NOBODY, NOBODY)
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


@pytest.fixture
def public() -> Iterator[Path]:
    """A directory that any user can get to; pytest's own are private."""
    with tempfile.TemporaryDirectory(prefix="ser-test-") as name:
        os.chmod(name, 0o755)
        yield Path(name)


def test_without_permission_the_group_is_told(public: Path) -> None:
    path = public / "ser_fifo"
    with FakeFifo(path, echo, mode=0o060 if os.geteuid() else 0o660):
        os.chown(path, -1, os.getgid() or 1)
        with unprivileged(public):
            refusal = refusal_of(path)
    assert refusal.reason is Reach.NO_PERMISSION
    assert str(refusal).startswith(f"no permission for {path} of user ")
    assert "become a member of group " in str(refusal)


def test_without_permission_for_the_directory_that_is_told(public: Path) -> None:
    closed = public / "closed"
    closed.mkdir()
    with FakeFifo(closed / "ser_fifo", echo):
        closed.chmod(0o000)
        with unprivileged(public):
            refusal = refusal_of(closed / "ser_fifo")
        closed.chmod(0o700)
    assert refusal.reason is Reach.NO_PERMISSION
    assert str(refusal).startswith(f"no permission for {closed} of user ")


def test_a_socket_is_asked_as_a_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(str(path))
        with open_client(path) as client:
            assert isinstance(client, UnixClient)


# Interrupted

ASKING = """
import sys
from ser_core.fifo.client import FifoClient
FifoClient(sys.argv[1]).ask(sys.argv[2], timeout=60)
"""


def run_client(path: Path, command: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", ASKING, str(path), command], cwd=PROJECT, stderr=subprocess.PIPE
    )


def test_an_interrupted_client_leaves_no_pipe_behind(path: Path) -> None:
    with FakeFifo(path, silent) as fake, run_client(path, "uptime") as process:
        wait_for(lambda: fake.requests, "the request")
        assert len(pipes_in(path.parent)) == 1
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
        assert b"KeyboardInterrupt" in errors
        assert pipes_in(path.parent) == []


def test_nor_does_one_that_nobody_closed(path: Path) -> None:
    with FakeFifo(path, echo), run_client(path, "uptime") as process:
        _, errors = process.communicate(timeout=20)
        assert (process.returncode, errors) == (0, b"")
        assert pipes_in(path.parent) == []


def test_it_starts_fast_and_brings_in_nothing_of_the_daemon() -> None:
    script = (
        "import sys; before = set(sys.modules); import ser_core.fifo.client\n"
        "print(*sorted({name.partition('.')[0] for name in set(sys.modules) - before}))"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    loaded = set(run.stdout.split())
    slow = {"gevent", "lmdb", "msgspec", "re2", "click", "socket", "subprocess", "logging", "ssl"}
    assert not loaded & {*slow, "asyncio", "secrets", "tempfile"}


def test_the_reply_pipe_is_for_the_daemon_only(path: Path) -> None:
    seen: list[os.stat_result] = []

    def look(request: bytes) -> bytes:
        seen.append(os.lstat(path.parent / reply_name(request)))
        return b"200 ok\n"

    with FakeFifo(path, look), FifoClient(path) as client:
        client.ask("uptime")
    (found,) = seen
    assert stat.S_ISFIFO(found.st_mode)
    assert stat.S_IMODE(found.st_mode) == 0o620
