"""Pipes with a deadline."""

from __future__ import annotations

import fcntl
import io
import os
import threading
import time
from collections.abc import Iterator

import pytest

from ser_core.fifo.pipe_io import closing, locked, read_to_end, write_all
from ser_core.fifo.reach import NoReply


class Pipe:
    """One that doesn't block."""

    def __init__(self) -> None:
        reader, writer = os.pipe2(os.O_NONBLOCK)
        self.reader = io.FileIO(reader, "rb")
        self.writer = io.FileIO(writer, "wb")

    def close(self) -> None:
        self.reader.close()
        self.writer.close()


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    made = Pipe()
    yield made
    made.close()


@pytest.fixture
def fifo() -> Iterator[Pipe]:
    """Stands for the request pipe."""
    made = Pipe()
    yield made
    made.close()


def soon() -> float:
    return time.monotonic() + 0.05


def later() -> float:
    return time.monotonic() + 20


def read_from(pipe: Pipe, fifo: Pipe, deadline: float) -> bytes:
    return read_to_end(pipe.reader.fileno(), fifo.writer.fileno(), deadline)


def test_a_descriptor_is_closed_whatever_happens() -> None:
    reader, writer = os.pipe()
    with pytest.raises(KeyError), closing(reader):
        raise KeyError
    with pytest.raises(BrokenPipeError):
        os.write(writer, b"x")
    os.close(writer)


def test_what_is_there_is_read_to_the_end(pipe: Pipe, fifo: Pipe) -> None:
    pipe.writer.write(b"200 ok\n")
    pipe.writer.close()
    assert read_from(pipe, fifo, later()) == b"200 ok\n"


def test_it_may_come_in_pieces(pipe: Pipe, fifo: Pipe) -> None:
    def write() -> None:
        for _ in range(3):
            pipe.writer.write(b"piece ")
        pipe.writer.close()

    thread = threading.Thread(target=write)
    thread.start()
    assert read_from(pipe, fifo, later()) == b"piece piece piece "
    thread.join(10)


def test_nothing_comes(pipe: Pipe, fifo: Pipe) -> None:
    with pytest.raises(NoReply, match="didn't answer in time"):
        read_from(pipe, fifo, soon())


def test_the_end_does_not_come(pipe: Pipe, fifo: Pipe) -> None:
    pipe.writer.write(b"200 ok\n")
    with pytest.raises(NoReply, match="half-way"):
        read_from(pipe, fifo, soon())


def test_a_deadline_that_has_gone_by_is_one(pipe: Pipe, fifo: Pipe) -> None:
    with pytest.raises(NoReply):
        read_from(pipe, fifo, time.monotonic() - 1)


def test_there_is_nobody_left_to_answer(pipe: Pipe, fifo: Pipe) -> None:
    fifo.reader.close()
    with pytest.raises(NoReply, match="closed its FIFO"):
        read_from(pipe, fifo, later())


def test_an_answer_that_is_there_already_is_read_all_the_same(pipe: Pipe, fifo: Pipe) -> None:
    fifo.reader.close()
    pipe.writer.write(b"200 killing now...\n")
    pipe.writer.close()
    assert read_from(pipe, fifo, later()) == b"200 killing now...\n"


def test_all_is_written_though_the_pipe_is_small(pipe: Pipe) -> None:
    data = os.urandom(300_000)
    read = bytearray()

    def take() -> None:
        os.set_blocking(pipe.reader.fileno(), True)
        while len(read) < len(data):
            read.extend(pipe.reader.read(5000))

    thread = threading.Thread(target=take)
    thread.start()
    write_all(pipe.writer.fileno(), data, later())
    thread.join(10)
    assert read == data


def test_nobody_takes_it(pipe: Pipe) -> None:
    with pytest.raises(NoReply, match="doesn't read its FIFO"):
        write_all(pipe.writer.fileno(), bytes(1_000_000), soon())


def test_there_is_nobody_to_take_it(pipe: Pipe) -> None:
    pipe.reader.close()
    with pytest.raises(BrokenPipeError):
        write_all(pipe.writer.fileno(), b"x", later())


def test_a_lock_is_waited_for_and_given_back(tmp_path: os.PathLike[str]) -> None:
    path = os.path.join(tmp_path, "file")
    with open(path, "w") as first, open(path) as second:
        fcntl.flock(first, fcntl.LOCK_EX)
        release = threading.Timer(0.02, fcntl.flock, (first, fcntl.LOCK_UN))
        release.start()
        with locked(second.fileno(), later()), pytest.raises(BlockingIOError):
            fcntl.flock(first, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(first, fcntl.LOCK_EX | fcntl.LOCK_NB)
        release.join(10)


def test_a_lock_is_not_waited_for_without_end(tmp_path: os.PathLike[str]) -> None:
    path = os.path.join(tmp_path, "file")
    with open(path, "w") as first, open(path) as second:
        fcntl.flock(first, fcntl.LOCK_EX)
        with pytest.raises(NoReply, match="another client"), locked(second.fileno(), soon()):
            pass
