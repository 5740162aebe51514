"""What serving the FIFO and serving the command socket have in common, shown with the FIFO."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ser_core.fifo import endpoint_server
from ser_core.fifo.access import Access
from ser_core.fifo.request_pipe import RequestPipe
from tests.support.fifo_world import FifoWorld
from tests.support.network import turn_hub, wait_for

UPTIME = b"200 ok\nUp time: 1 [sec]\n"


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FifoWorld]:
    monkeypatch.setattr("ser_core.log._kinds", {})  # else lines of other tests hold ours back
    monkeypatch.setattr(endpoint_server, "TICK", 0.01)
    made = FifoWorld(tmp_path)
    made.server.start()
    yield made
    made.close()


def is_logged(text: str, capfd: pytest.CaptureFixture[str]) -> Callable[[], bool]:
    log: list[str] = []

    def look() -> bool:
        log.append(capfd.readouterr().err)
        return text in "".join(log)

    return look


def test_deleted_it_is_made_again_and_serves(
    world: FifoWorld, capfd: pytest.CaptureFixture[str]
) -> None:
    assert world.ask("uptime") == UPTIME
    world.pipe.path.unlink()
    wait_for(world.pipe.path.exists, "the FIFO")
    wait_for(is_logged("was gone and has been made again", capfd), "the log line")
    assert world.ask("uptime") == UPTIME
    assert world.counters.remade.value == 1


def test_replaced_by_a_file_it_is_made_again_and_serves(world: FifoWorld) -> None:
    world.pipe.path.unlink()
    world.pipe.path.write_text(":uptime:reply_1\n\n")
    wait_for(world.pipe.is_in_place, "the FIFO")
    assert world.ask("uptime") == UPTIME


def test_what_came_by_the_old_one_is_answered(world: FifoWorld) -> None:
    client = world.client()
    world.pipe.path.unlink()
    os.write(world.writer, b":uptime:reply_1\n\n")
    assert client.reply() == UPTIME


def test_while_it_cannot_be_made_that_is_told_once(
    world: FifoWorld, capfd: pytest.CaptureFixture[str]
) -> None:
    world.pipe.path.unlink()
    world.pipe.path.mkdir()
    wait_for(is_logged("no commands come in by it: cannot delete old", capfd), "the log line")
    turn_hub(60)
    assert capfd.readouterr().err == ""
    for number in range(20):  # some are read by the watcher, some by a tick
        client = world.client(f"reply_{number}")
        os.write(world.writer, b":uptime:reply_%d\n\n" % number)
        world.server.tick()
        assert client.reply() == UPTIME, "whoever has it open still is served"
    world.pipe.path.rmdir()
    wait_for(world.pipe.is_in_place, "the FIFO")
    assert world.ask("uptime") == UPTIME


def test_a_file_system_that_becomes_read_only_is_told_once(
    world: FifoWorld, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    world.pipe.path.unlink()
    with monkeypatch.context() as patch:
        for name in ("mkfifo", "unlink", "link"):
            patch.setattr(os, name, refuse)
        wait_for(is_logged("can't create FIFO", capfd), "the log line")
        turn_hub(60)
        assert capfd.readouterr().err == ""
    assert world.counters.failures.value == 0
    wait_for(world.pipe.is_in_place, "the FIFO")
    assert world.ask("uptime") == UPTIME


def test_when_it_cannot_be_read_it_is_made_again(
    world: FifoWorld, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    errors = [OSError(5, "Input/output error")]
    read = world.pipe.read

    def broken() -> bytes:
        if errors:
            raise errors.pop()
        return read()

    before = world.pipe.path.stat().st_ino
    keeper = os.open(world.pipe.path, os.O_PATH)  # so that the inode's number isn't used again
    monkeypatch.setattr(world.pipe, "read", broken)
    wait_for(is_logged("cannot read", capfd), "the log line")
    wait_for(lambda: world.pipe.path.stat().st_ino != before, "another FIFO")
    os.close(keeper)
    assert world.counters.failures.value == 1
    assert world.ask("uptime") == UPTIME


def test_one_that_was_made_again_by_a_process_that_died_is_replaced(tmp_path: Path) -> None:
    """What was inherited isn't in its place, and nobody reads what is."""
    world = FifoWorld(tmp_path)
    world.pipe.path.unlink()
    died = RequestPipe(world.pipe.path, Access())
    died.make()
    died.close()
    world.server.start()
    assert world.pipe.is_in_place()
    assert world.ask("uptime") == UPTIME
    world.close()


def test_a_turn_that_fails_is_logged_and_counted(
    world: FifoWorld, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def boom() -> bytes:
        raise RuntimeError("boom!")

    with monkeypatch.context() as patch:
        patch.setattr(world.pipe, "read", boom)
        wait_for(lambda: world.counters.failures.value, "a failure")
    wait_for(is_logged("boom!", capfd), "the log line")
    assert world.ask("uptime") == UPTIME


def test_stopped_it_reads_no_more_and_the_file_is_gone(tmp_path: Path) -> None:
    world = FifoWorld(tmp_path)
    world.server.start()
    world.server.stop()
    assert not world.pipe.path.exists()
    assert world.pipe.fd == -1
