"""Clients of the FIFO that are broken, unlucky or hostile.

Of each: whoever can be told is told, the log has a line, and the next client is served at once.
"""

from __future__ import annotations

import array
import fcntl
import os
import random
import signal
import socket
import subprocess
import tempfile
import termios
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from ser_core.fifo.client import FifoClient
from tests.real.conftest import CONFIG
from tests.support.daemon import Ser, wait_for
from tests.support.raw_fifo import Log, RawPipe, assert_served_at_once, write

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be several users")
STRANGER = 54321


@pytest.fixture(scope="module")
def ser() -> Iterator[Ser]:
    with Ser(CONFIG) as started:
        yield started


@pytest.fixture
def directory(ser: Ser) -> Path:
    """Where reply pipes are."""
    return ser.fifo.parent


@pytest.fixture
def log(ser: Ser) -> Log:
    return Log(ser)


# Requests


def test_half_a_request_and_then_nothing(ser: Ser, directory: Path, log: Log) -> None:
    with RawPipe(directory / "half") as pipe:
        write(ser.fifo, b":print:half\n")
        assert pipe.reply() == b"400 request incomplete\n"
    log.wait_for("request incomplete")
    assert_served_at_once(ser)


HALVES = [b":print:half\n", b":upti", b":t_uac_dlg:half\nOPTIONS\n"]


@pytest.mark.parametrize("half", HALVES)
def test_half_a_request_and_another_client(
    ser: Ser, directory: Path, log: Log, half: bytes
) -> None:
    """The client that came next, with empty lines in front as ours writes them, and without."""
    write(ser.fifo, half)
    wait_until_read(ser)
    assert_served_at_once(ser)
    log.wait_for("bad command")
    write(ser.fifo, half)
    wait_until_read(ser)
    with RawPipe(directory / "next") as pipe:
        write(ser.fifo, b":uptime:next\n\n")
        assert pipe.reply(1.0).startswith(b"200 ok\n")


@pytest.mark.parametrize("half", HALVES)
def test_half_a_request_and_another_client_in_one_piece(ser: Ser, half: bytes) -> None:
    """Ser reads what both have written at once, as it stands in the pipe."""
    server = ser.fifo_server()
    os.kill(server, signal.SIGSTOP)
    with ThreadPoolExecutor(1) as pool:
        write(ser.fifo, half)
        served = pool.submit(assert_served_at_once, ser)
        wait_for(lambda: unread_bytes(ser) > len(half), "the other client's request")
        os.kill(server, signal.SIGCONT)
        served.result()


def wait_until_read(ser: Ser) -> None:
    """Nothing is left in the pipe: what is written now is a piece of its own."""
    wait_for(lambda: unread_bytes(ser) == 0, "ser to read what was written")


def unread_bytes(ser: Ser) -> int:
    with open(ser.fifo, "wb", buffering=0) as opened:
        count = array.array("i", [0])
        fcntl.ioctl(opened, termios.FIONREAD, count)
        return count[0]


@pytest.mark.parametrize("where", ["argument", "command line"])
def test_a_line_of_a_megabyte(ser: Ser, directory: Path, log: Log, where: str) -> None:
    long = b"x" * (1 << 20)
    if where == "argument":
        with RawPipe(directory / "long") as pipe:
            write(ser.fifo, b":print:long\n" + long + b"\n\n")
            assert pipe.reply() == b"400 line too long\n"
    else:
        write(ser.fifo, b":print" + long + b":long\n\n")
    assert_served_at_once(ser)
    log.wait_for("line too long")


def test_a_request_of_many_megabytes(ser: Ser, directory: Path, log: Log) -> None:
    with RawPipe(directory / "large") as pipe:
        write(ser.fifo, b":ul_list:large\n" + b"filter=joe\n" * 400_000 + b"\n")
        assert pipe.reply() == b"400 request too long\n"
    assert_served_at_once(ser)
    log.wait_for("request too long")


def test_a_line_that_never_ends(ser: Ser, log: Log) -> None:
    write(ser.fifo, b":print:nobody\n" + b"x" * (3 << 20))
    assert_served_at_once(ser)
    log.wait_for("line too long")


def test_binary_rubbish(ser: Ser, log: Log) -> None:
    for seed in range(5):
        write(ser.fifo, random.Random(seed).randbytes(200_000))
        assert_served_at_once(ser)
    log.wait_for("bad command: ")


def test_rubbish_without_any_newline(ser: Ser, log: Log) -> None:
    write(ser.fifo, b"\x00\xff:" * 1000)
    assert_served_at_once(ser)
    log.wait_for("bad command: ")


@pytest.mark.parametrize(
    ("argument", "reply"),
    [
        (b"\xff\xfe\x80", b"200 ok\n\xff\xfe\x80\n"),
        (b"bell\x07", b"400 control byte in argument text\n"),
        (b"zero\0", b"400 control byte in argument text\n"),
        (b"a\r\r:kill:x", b"400 control byte in argument text\n"),
        (b"a:b::c", b"200 ok\na:b::c\n"),
        (b":kill:x", b"200 ok\n:kill:x\n"),
        (b"::", b"200 ok\n::\n"),
        (b"%s%n%d", b"200 ok\n%s%n%d\n"),
    ],
)
def test_an_argument_is_an_argument(
    ser: Ser, directory: Path, argument: bytes, reply: bytes
) -> None:
    with RawPipe(directory / "argument") as pipe:
        write(ser.fifo, b":print:argument\n" + argument + b"\n\n")
        assert pipe.reply() == reply
    assert_served_at_once(ser)


def test_a_newline_in_an_argument_is_refused_before_it_is_sent(ser: Ser) -> None:
    with FifoClient(ser.fifo) as client, pytest.raises(ValueError, match="newline"):
        client.ask("print", "a\n\n:kill:x\n\n")
    assert_served_at_once(ser)


def test_two_writers_whose_requests_fit_the_pipe(ser: Ser, directory: Path) -> None:
    """Small writes are whole even without a lock (pipe(7)): each gets its own answers."""
    wrong: list[bytes] = []

    def ask(name: str) -> None:
        for number in range(100):
            with RawPipe(directory / name) as pipe:
                text = f"{name} {number}".encode()
                write(ser.fifo, b":print:%s\n%s\n\n" % (name.encode(), text))
                if (reply := pipe.reply()) != b"200 ok\n" + text + b"\n":
                    wrong.append(reply)

    in_two_threads(ask)
    assert wrong == []


def test_two_writers_whose_requests_mingle(ser: Ser) -> None:
    """Without a lock, writes above PIPE_BUF mix; that is no harm to whoever comes next."""

    def ask(name: str) -> None:
        lines = b"".join(b"%s %d %s\n" % (name.encode(), x, b"x" * 100) for x in range(500))
        for _ in range(20):
            write(ser.fifo, b":ul_list:%s\n%s\n" % (name.encode(), lines))

    in_two_threads(ask)
    assert_served_at_once(ser)


def in_two_threads(ask: Callable[[str], None]) -> None:
    threads = [threading.Thread(target=ask, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()


# Reply pipes


def spoil(place: Path, what: str, stack: ExitStack) -> None:
    """Put something at the place of a reply pipe that none should be written to."""
    target = place.with_name("target")
    match what:
        case "link":
            stack.enter_context(RawPipe(target))
            place.symlink_to(target)
        case "hard link":
            stack.enter_context(RawPipe(target))
            os.link(target, place)
        case "plain file":
            place.write_text("precious")
        case "directory":
            place.mkdir()
            stack.callback(place.rmdir)
        case "no reader":
            os.mkfifo(place, 0o600)
        case "socket":
            stack.enter_context(socket.socket(socket.AF_UNIX)).bind(str(place))
        case "stranger's":
            stack.enter_context(RawPipe(place))
            os.chown(place, STRANGER, STRANGER)
    if what != "directory":
        stack.callback(place.unlink, missing_ok=True)


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("link", "is a soft link"),
        ("hard link", "is hard-linked 2 times"),
        ("plain file", "is not a fifo"),
        ("directory", "is not a fifo"),
        pytest.param("stranger's", f"belongs to uid {STRANGER}, who may not", marks=root_only),
        ("no reader", "has no reader"),
        ("socket", "has no reader"),
        ("nothing", "can't be written: No such file or directory"),
    ],
)
def test_no_reply_is_written_to_what_is_no_safe_pipe(
    ser: Ser, directory: Path, log: Log, what: str, reason: str
) -> None:
    place = directory / "spoilt"
    with ExitStack() as stack:
        spoil(place, what, stack)
        write(ser.fifo, b":print:spoilt\nsecret\n\n")
        assert_served_at_once(ser)
        log.wait_for(f"no reply to print: {place} {reason}")
        if what == "plain file":
            assert place.read_text() == "precious"


@root_only
def test_a_pipe_that_another_user_has_made_is_not_written_to() -> None:
    """In a directory where everybody may make one, under a name that can be guessed."""
    with tempfile.TemporaryDirectory() as made:
        replies = Path(made)
        replies.chmod(0o1777)
        with Ser(f'fifo_dir="{replies}"\n{CONFIG}') as ser:
            log = Log(ser)
            place = replies / "ser_receiver_1234"
            spy = as_stranger(f"umask 0; mkfifo {place} && cat {place}")
            wait_for(place.exists, "the spy's pipe")
            write(ser.fifo, b":print:ser_receiver_1234\nsecret\n\n")
            log.wait_for(f"{place} belongs to uid {STRANGER}, who may not give commands")
            assert spy.communicate(timeout=20)[0] == b""
            with FifoClient(ser.fifo, reply_dir=replies) as client:
                assert client.ask("uptime").is_ok


def as_stranger(script: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        ["sh", "-c", script], user=STRANGER, group=STRANGER, extra_groups=[], cwd="/",
        stdout=subprocess.PIPE,
    )  # fmt: skip


def test_no_name_leaves_the_directory(ser: Ser, directory: Path, log: Log) -> None:
    assert directory.parents[1] == ser.directory
    names = ["../../outside", f"{ser.directory}/outside", "..", ".", "a/b", "a.b", "a\\b"]
    before = counters_of(ser)["fifo.bad_requests"]
    with RawPipe(ser.directory / "outside") as pipe:
        for name in names:
            write(ser.fifo, f":uptime:{name}\n\n".encode())
        assert_served_at_once(ser)
        assert not pipe.has_begun()
    assert counters_of(ser)["fifo.bad_requests"] == before + len(names)
    log.wait_for("forbidden filename: ")


def test_a_reader_that_stops_reading(ser: Ser, directory: Path, log: Log) -> None:
    """It has the pipe open, and the reply to t_hash is larger than what a pipe holds."""
    with RawPipe(directory / "stopped"):
        write(ser.fifo, b":t_hash:stopped\n\n")
        assert_served_at_once(ser)
        log.wait_for("stopped has a reader that took nothing for 5 seconds")
    assert_served_at_once(ser)


def test_a_reader_that_goes_away_in_the_middle(ser: Ser, directory: Path, log: Log) -> None:
    with RawPipe(directory / "gone") as pipe:
        write(ser.fifo, b":t_hash:gone\n\n")
        wait_for(pipe.has_begun, "a part of the reply")
    log.wait_for("gone can't be written: Broken pipe")
    assert_served_at_once(ser)


def test_a_slow_reader_gets_it_all_while_others_are_served(ser: Ser, directory: Path) -> None:
    with RawPipe(directory / "slow") as pipe:
        write(ser.fifo, b":t_hash:slow\n\n")
        for _ in range(3):
            assert_served_at_once(ser)
        assert len(pipe.reply().splitlines()) == 65_538


def test_many_who_do_not_read(ser: Ser, directory: Path) -> None:
    """They wait for their time side by side, not one behind the other."""
    lost = counters_of(ser)["fifo.replies_lost"]
    for number in range(200):
        os.mkfifo(directory / f"many_{number}", 0o600)
        write(ser.fifo, b":uptime:many_%d\n\n" % number)
    assert_served_at_once(ser)
    wait_for(lambda: counters_of(ser)["fifo.replies_lost"] >= lost + 200, "all to be given up", 5.0)
    for number in range(200):
        (directory / f"many_{number}").unlink()


def test_what_is_lost_and_refused_is_counted() -> None:
    """By a ser of its own: replies of other tests may be given up meanwhile."""
    names = ("fifo.refused_pipes", "fifo.replies_lost", "fifo.bad_requests")
    with Ser(CONFIG) as ser:
        (ser.fifo.parent / "file").touch()
        assert [counters_of(ser)[name] for name in names] == [0, 0, 0]
        write(ser.fifo, b":uptime:file\n\n:uptime:nothing\n\n:nonsense:\n\n")
        wait_for(lambda: all(counters_of(ser)[name] for name in names), "all three")
        assert [counters_of(ser)[name] for name in names] == [1, 1, 1]


def counters_of(ser: Ser) -> dict[str, int]:
    with FifoClient(ser.fifo) as client:
        rows = [line.split("\t") for line in client.ask("stats", "fifo").body.decode().splitlines()]
    return {row[0]: int(row[1]) for row in rows[1:]}
