from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator
from pathlib import Path

import gevent
import pytest

from ser_core.fifo import reply_pipe as reply_pipe_file
from ser_core.fifo import waiting as waiting_file
from ser_core.fifo.counters import FifoCounters
from ser_core.fifo.protocol import Reply
from ser_core.fifo.reply_pipe import PipeRefused, ReplyPipes, open_pipe
from tests.support.fifo_world import ReplyReader
from tests.support.network import turn_hub, wait_for

OK = Reply(200, "ok", b"hello\n")
LARGE = Reply(200, "ok", b"x" * 999_999 + b"\n")
STRANGER = 54321
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


class World:
    """Reply pipes of one directory, and their log."""

    def __init__(self, directory: Path, capfd: pytest.CaptureFixture[str]) -> None:
        self.directory = directory
        self.counters = FifoCounters()
        self.pipes = ReplyPipes(directory, lambda uid: uid != STRANGER, self.counters)
        self.readers: list[ReplyReader] = []
        self._capfd = capfd
        self._log = ""

    def reader(self, name: str = "reply_1", *, reading: bool = True) -> ReplyReader:
        self.readers.append(ReplyReader(self.directory, name, reading=reading))
        return self.readers[-1]

    def send(self, name: str = "reply_1", reply: Reply = OK) -> None:
        self.pipes.send(name, reply, "uptime")

    @property
    def counts(self) -> tuple[int, int, int]:
        """Replies delivered, lost, refused."""
        counters = self.counters
        return counters.replies.value, counters.replies_lost.value, counters.refused_pipes.value

    def wait_for_log(self, text: str) -> None:
        wait_for(lambda: text in self.log(), f"{text!r} in {self._log!r}")

    def log(self) -> str:
        self._log += self._capfd.readouterr().err
        return self._log

    def close(self) -> None:
        self.pipes.close()
        for reader in self.readers:
            reader.close()


@pytest.fixture
def world(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    monkeypatch.setattr("ser_core.log._kinds", {})  # else lines of other tests hold ours back
    made = World(tmp_path, capfd)
    yield made
    made.close()


def test_a_reply_is_written_at_once(world: World) -> None:
    reader = world.reader()
    world.send()
    assert reader.read() == b"200 ok\nhello\n"
    assert reader.read() == b"", "closed"
    assert world.counts == (1, 0, 0)


def test_without_a_name_nothing_is_sent(world: World) -> None:
    world.send("")
    assert world.counts == (0, 0, 0)


def test_a_reply_larger_than_the_pipe_goes_as_it_is_read(world: World) -> None:
    reader = world.reader()
    world.send(reply=LARGE)
    assert world.pipes.waiting == 1
    assert reader.reply() == LARGE.to_bytes()
    wait_for(lambda: world.counts == (1, 0, 0), "its end")
    assert world.pipes.waiting == 0


def test_others_are_served_while_one_is_read_slowly(world: World) -> None:
    world.reader("slow")
    quick = world.reader("quick")
    world.send("slow", LARGE)
    world.send("quick")
    assert quick.read() == OK.to_bytes()


def test_a_reader_as_fast_as_we_are_does_not_keep_others_waiting(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reply_pipe_file, "_WRITES_PER_TURN", 2)
    monkeypatch.setattr(reply_pipe_file, "_WRITE_SIZE", 10)
    reader = world.reader()
    world.send(reply=Reply(200, "ok", b"x" * 100))
    assert reader.read() == b"200 ok\n" + b"x" * 13
    assert world.pipes.waiting == 1
    assert reader.reply() == b"x" * 87 + b"\n"


def test_a_reply_that_cannot_be_written_as_bytes_is_logged(world: World) -> None:
    world.reader()
    world.send(reply=Reply(200, "\ud800"))
    world.wait_for_log("a reply could not be delivered")
    assert world.counters.failures.value == 1


def test_a_reader_may_come_a_little_later(world: World) -> None:
    reader = world.reader(reading=False)
    world.send()
    turn_hub()
    reader.open()
    assert reader.reply() == OK.to_bytes()


def test_nobody_who_reads_is_given_up_after_four_retries(world: World) -> None:
    world.reader(reading=False)
    before = time.monotonic()
    world.send()
    world.wait_for_log(f"no reply to uptime: {world.directory}/reply_1 has no reader")
    assert time.monotonic() - before >= 4 * 0.08
    assert world.counts == (0, 1, 0)


def test_a_reader_that_stops_is_given_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reply_pipe_file, "STALL_TIME", 0.05)
    world.reader()
    world.send(reply=LARGE)
    world.wait_for_log("reply_1 has a reader that took nothing for 0.05 seconds")
    assert world.counts == (0, 1, 0)


def test_a_slow_reader_that_goes_on_gets_all(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The deadline is for each step, not for the whole."""
    monkeypatch.setattr(reply_pipe_file, "STALL_TIME", 0.2)
    reader = world.reader()
    world.send(reply=Reply(200, "ok", b"x" * 600_000 + b"\n"))
    got = b""
    before = time.monotonic()
    while part := reader.read(1 << 16):
        got += part
        gevent.sleep(0.05)
    assert len(got) == 600_008
    assert time.monotonic() - before > 0.2


def test_a_reader_that_goes_away_is_no_harm(world: World) -> None:
    reader = world.reader()
    world.send(reply=LARGE)
    reader.close()
    world.wait_for_log("reply_1 can't be written: Broken pipe")
    assert world.counts == (0, 1, 0)


def test_a_pipe_that_is_not_there(world: World) -> None:
    world.send()
    world.wait_for_log("reply_1 can't be written: No such file or directory")
    assert world.counts == (0, 1, 0)


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("plain file", "is not a fifo"),
        ("directory", "is not a fifo"),
        ("link to a FIFO", "is a soft link"),
        ("link to nothing", "is a soft link"),
        ("hard link", "is hard-linked 2 times"),
        pytest.param("stranger's", f"belongs to uid {STRANGER}, who may not", marks=root_only),
    ],
)
def test_what_is_not_safe_is_refused(world: World, what: str, reason: str) -> None:
    place = world.directory / "reply_1"
    match what:
        case "plain file":
            place.write_text("precious")
        case "directory":
            place.mkdir()
        case "link to nothing":
            place.symlink_to(world.directory / "nothing")
        case "link to a FIFO":
            place.symlink_to(world.reader("target").path)
        case "hard link":
            os.link(world.reader("target").path, place)
        case "stranger's":
            os.chown(world.reader().path, STRANGER, -1)
    world.send()
    world.wait_for_log(f"no reply to uptime: {place} {reason}")
    assert world.counts == (0, 0, 1)
    if what == "plain file":
        assert place.read_text() == "precious"
    for reader in world.readers:
        assert not reader.read()


@pytest.mark.parametrize("name", ["../reply_1", "a/b", "..", ".", "a\\b", "a\0b", "x" * 256, "a\n"])
def test_no_name_leaves_the_directory(world: World, name: str) -> None:
    inside = world.directory / "inside"
    inside.mkdir()
    reader = world.reader()
    pipes = ReplyPipes(inside, lambda _: True, world.counters)
    pipes.send(name, OK, "uptime")
    pipes.close()
    world.wait_for_log("forbidden filename")
    assert world.counts == (0, 0, 1)
    assert not reader.read()


def test_a_pipe_exchanged_while_its_reader_is_waited_for_is_refused(world: World) -> None:
    reader = world.reader(reading=False)
    world.send()
    reader.path.unlink()
    reader.path.symlink_to(world.reader("target").path)
    world.wait_for_log("is a soft link")
    assert world.counts == (0, 0, 1)


def test_opening_leaves_nothing_open_that_was_refused(world: World) -> None:
    directory = os.open(world.directory, os.O_RDONLY)
    world.reader()
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(PipeRefused, match="may not give commands"):
        open_pipe("reply_1", lambda _: False, directory)
    assert len(os.listdir("/proc/self/fd")) == before
    os.close(directory)


def test_nobody_reads_is_told_apart(world: World) -> None:
    directory = os.open(world.directory, os.O_RDONLY)
    world.reader(reading=False)
    with pytest.raises(OSError, match="No such device or address") as caught:
        open_pipe("reply_1", lambda _: True, directory)
    assert caught.value.errno == errno.ENXIO
    os.close(directory)


def test_it_is_known_which_pipes_clients_have_made(world: World) -> None:
    world.reader("reading")
    os.mkfifo(world.directory / "made")
    (world.directory / "file").touch()
    (world.directory / "link").symlink_to("made")
    names = ["reading", "made", "file", "link", "missing", "../made", "a\0b", ""]
    assert [name for name in names if world.pipes.has_pipe(name)] == ["reading", "made"]


@root_only
def test_a_strangers_pipe_is_none(world: World) -> None:
    os.chown(world.reader().path, STRANGER, -1)
    assert not world.pipes.has_pipe("reply_1")


def test_the_directory_may_be_deleted_and_made_again(world: World) -> None:
    inside = world.directory / "inside"
    inside.mkdir()
    pipes = ReplyPipes(inside, lambda _: True, world.counters)
    first = ReplyReader(inside, "first")
    pipes.send("first", OK, "uptime")
    assert first.read() == OK.to_bytes()
    first.close()
    first.path.unlink()
    inside.rmdir()
    pipes.send("second", OK, "uptime")
    inside.mkdir()
    second = ReplyReader(inside, "second")
    pipes.send("second", OK, "uptime")
    assert second.read() == OK.to_bytes()
    second.close()
    pipes.close()
    assert world.counts == (2, 1, 0)


def test_there_is_no_room_for_more_than_so_many(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting_file, "MAX_REPLIES", 2)
    for name in ("one", "two", "three"):
        world.reader(name)
        world.send(name, LARGE)
    world.wait_for_log("three isn't waited for: too many others are")
    assert world.counts == (0, 1, 0)
    at_once = world.reader("at_once")
    world.send("at_once")
    assert at_once.read() == OK.to_bytes(), "whoever is ready needs no room"


def test_no_descriptor_stays_open(world: World) -> None:
    world.reader()
    world.send()
    before = len(os.listdir("/proc/self/fd"))
    world.send()
    world.send("nothing")
    world.reader("stopped").close()
    world.send("stopped")
    large = world.reader("large")
    world.send("large", LARGE)
    large.close()
    wait_for(lambda: not world.pipes.waiting, "the end of all")
    assert len(os.listdir("/proc/self/fd")) == before


def test_what_waits_at_the_end_is_lost_and_told(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting_file, "FAREWELL_TIME", 0.01)
    world.reader()
    world.send(reply=LARGE)
    world.pipes.close()
    world.wait_for_log("reply_1 wasn't read before ser ended")
    assert world.counts == (0, 1, 0)


def test_a_mistake_of_ours_is_logged_and_counted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def boom(*_: object) -> int:
        raise RuntimeError("boom!")

    monkeypatch.setattr(reply_pipe_file, "open_pipe", boom)
    world.send()
    world.wait_for_log("boom!")
    assert world.counters.failures.value == 1
