"""The request FIFO as a file: deleted, replaced, left behind by a crash, in use by another ser."""

from __future__ import annotations

import os
import signal
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ser_core.fifo.client import FifoClient
from tests.real.conftest import CONFIG
from tests.support.daemon import NotStarted, Ser, wait_for
from tests.support.raw_fifo import Log, RawPipe, assert_served_at_once, write

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be several users")
STRANGER = 54321
BACK_TIME = 2.0
"""Seconds in which a FIFO that was deleted is back."""


@pytest.fixture(scope="module")
def ser() -> Iterator[Ser]:
    with Ser(CONFIG) as started:
        yield started


def test_deleted_it_is_back_and_serves(ser: Ser) -> None:
    fifo, log = ser.fifo, Log(ser)
    before = fifo.stat()
    fifo.unlink()
    wait_for(fifo.exists, "the FIFO", BACK_TIME)
    assert_served_at_once(ser)
    log.wait_for("was gone and has been made again")
    after = fifo.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (
        before.st_mode, before.st_uid, before.st_gid,
    )  # fmt: skip


def test_replaced_by_a_request_that_came_too_late_it_is_back(ser: Ser) -> None:
    """`echo … > ser_fifo` makes a plain file where no FIFO is."""
    fifo, log = ser.fifo, Log(ser)
    plain = ser.directory / "plain"
    plain.write_text(":uptime:reply_1\n\n")
    plain.replace(fifo)  # at one stroke: ser may make a deleted one again before we write
    wait_for(fifo.is_fifo, "the FIFO", BACK_TIME)
    assert_served_at_once(ser)
    log.wait_for("a plain file stood at the place of")


def test_who_has_a_deleted_one_open_is_served(ser: Ser) -> None:
    with RawPipe(ser.fifo.parent / "late") as pipe, open(ser.fifo, "wb", buffering=0) as opened:
        ser.fifo.unlink()
        opened.write(b":uptime:late\n\n")
        assert pipe.reply().startswith(b"200 ok\n")
    wait_for(ser.fifo.exists, "the FIFO", BACK_TIME)
    assert_served_at_once(ser)


@root_only
def test_deleted_it_is_back_though_ser_is_no_longer_root() -> None:
    with Ser(CONFIG, "-u", str(STRANGER), "-g", str(STRANGER)) as ser:
        fifo = ser.fifo
        assert fifo.stat().st_uid == STRANGER
        assert_served_at_once(ser)
        fifo.unlink()
        wait_for(fifo.exists, "the FIFO", BACK_TIME)
        assert_served_at_once(ser)
        found = fifo.stat()
        assert (found.st_uid, found.st_gid) == (STRANGER, STRANGER)
        assert stat.S_IMODE(found.st_mode) == 0o660


def test_what_is_asked_while_the_fifo_server_is_restarted_is_answered() -> None:
    """The pipe outlives its reader, with what waits in it."""
    with Ser(CONFIG) as ser:
        killed = ser.fifo_server()
        os.kill(killed, signal.SIGSTOP)
        with RawPipe(ser.fifo.parent / "waits") as pipe:
            write(ser.fifo, b":uptime:waits\n\n")
            os.kill(killed, signal.SIGKILL)
            assert pipe.reply().startswith(b"200 ok\n")
        assert ser.fifo_server() not in (0, killed)


def test_after_a_second_life_it_is_deleted_too() -> None:
    """Made again by the fifo server, which the attendant doesn't know of."""
    with Ser(CONFIG) as ser:
        ser.fifo.unlink()
        wait_for(ser.fifo.exists, "the FIFO", BACK_TIME)
        os.kill(ser.fifo_server(), signal.SIGKILL)
        wait_for(lambda: ser.fifo_server() != 0, "another fifo server")
        wait_for(lambda: is_served(ser), "the FIFO to be read")
        before = time.monotonic()
        path = ser.fifo
        assert ser.stop() == 0
        assert not path.exists()
        assert time.monotonic() - before < 5


def is_served(ser: Ser) -> bool:
    try:
        os.close(os.open(ser.fifo, os.O_WRONLY | os.O_NONBLOCK))
    except OSError:
        return False
    return True


@pytest.mark.parametrize("what", ["plain file", "directory", "link"])
def test_ser_does_not_start_over_a_file(tmp_path: Path, what: str) -> None:
    place = tmp_path / "ser_fifo"
    match what:
        case "plain file":
            place.write_text("precious")
        case "directory":
            place.mkdir()
        case "link":
            place.symlink_to(tmp_path / "anything")
    before = place.lstat()
    refusal = f"{place} is a {what}, not a FIFO: remove it"
    with pytest.raises(NotStarted, match=refusal), Ser(f'fifo="{place}"\n{CONFIG}'):
        pass
    assert place.lstat().st_ino == before.st_ino


def test_ser_does_not_take_the_fifo_of_another_one(tmp_path: Path) -> None:
    config = f'fifo="{tmp_path}/ser_fifo"\n{CONFIG}'
    with Ser(config) as ser:
        with pytest.raises(NotStarted, match="ser_fifo is served by another ser"), Ser(config):
            pass
        with FifoClient(tmp_path / "ser_fifo") as client:
            assert client.ask("uptime").is_ok
        ser.process.kill()
        wait_for(lambda: ser.process.poll() is not None, "its end")
    with Ser(config), FifoClient(tmp_path / "ser_fifo") as client:
        assert client.ask("uptime").is_ok, "what a killed ser left is replaced"
