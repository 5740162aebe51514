from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from ser_core.fifo.access import Access, AccessError
from ser_core.fifo.request_pipe import READ_SIZE, RequestPipe


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[RequestPipe]:
    made = RequestPipe(tmp_path / "ser_fifo", Access())
    made.make()
    yield made
    made.close()


def write(path: Path, data: bytes) -> None:
    with open(path, "wb", buffering=0) as fifo:
        fifo.write(data)


def test_what_is_written_is_read_and_then_nothing(pipe: RequestPipe) -> None:
    assert pipe.read() == b""
    write(pipe.path, b":uptime:reply\n\n")
    assert pipe.read() == b":uptime:reply\n\n"
    assert pipe.read() == b"", "no end of file, though the writer is gone"


def test_one_read_takes_a_bounded_amount(pipe: RequestPipe) -> None:
    write(pipe.path, b"x" * (READ_SIZE + 1))
    assert len(pipe.read()) == READ_SIZE
    assert pipe.read() == b"x"


def test_a_client_can_write_to_it_without_waiting(pipe: RequestPipe) -> None:
    os.close(os.open(pipe.path, os.O_WRONLY | os.O_NONBLOCK))


def test_what_comes_while_nobody_reads_is_there_later(pipe: RequestPipe) -> None:
    """As when the FIFO server is restarted: the attendant holds it open, with what waits in it."""
    inherited = os.dup(pipe.fd)
    pipe.close()
    write(pipe.path, b":uptime:reply\n\n")
    assert os.read(inherited, 100) == b":uptime:reply\n\n"
    os.close(inherited)


def test_who_may_write_follows_the_file(pipe: RequestPipe) -> None:
    stranger = 54321
    assert pipe.may_write(os.geteuid())
    assert not pipe.may_write(stranger)
    pipe.path.chmod(0o666)
    assert pipe.may_write(stranger)


def test_one_that_may_not_be_opened_counts_as_unread(
    pipe: RequestPipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert pipe.is_used()

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    assert not pipe.is_used()


def test_an_error_nobody_thought_of_is_told(
    pipe: RequestPipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> int:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(AccessError, match=r"cannot look at .*: Input/output error"):
        pipe.is_used()


@pytest.mark.parametrize("what", ["a plain file", "a link to another FIFO"])
def test_one_that_was_exchanged_while_it_was_made_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """Possible in a directory that is somebody else's."""
    mkfifo = os.mkfifo
    other = tmp_path / "other"
    mkfifo(other, 0o600)

    def exchanged(path: Path, mode: int) -> None:
        if what == "a plain file":
            path.write_text("theirs")
        else:
            path.symlink_to(other)

    monkeypatch.setattr(os, "mkfifo", exchanged)
    pipe = RequestPipe(tmp_path / "ser_fifo", Access())
    with pytest.raises(AccessError, match=r"somebody exchanged it|Too many levels of symbolic"):
        pipe.make()
    assert pipe.fd == -1
    assert os.listdir(tmp_path) == ["other"]
    assert not stat.S_IMODE(other.stat().st_mode) & 0o020, "not given to anybody"


def test_whoever_sees_it_may_use_it_and_finds_a_reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = os.link
    seen: list[int] = []

    def looked_at(draft: Path, path: Path, **how: bool) -> None:
        link(draft, path, **how)
        os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
        seen.append(stat.S_IMODE(path.stat().st_mode))

    monkeypatch.setattr(os, "link", looked_at)
    pipe = RequestPipe(tmp_path / "ser_fifo", Access(0o660))
    pipe.make()
    assert seen == [0o660]
    assert os.listdir(tmp_path) == ["ser_fifo"]
    assert pipe.path.stat().st_nlink == 1
    pipe.close()


def test_of_two_that_begin_at_once_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = RequestPipe(tmp_path / "ser_fifo", Access())
    link = os.link

    def late(draft: Path, path: Path, **how: bool) -> None:
        monkeypatch.setattr(os, "link", link)
        other.make()
        link(draft, path, **how)

    monkeypatch.setattr(os, "link", late)
    pipe = RequestPipe(tmp_path / "ser_fifo", Access())
    with pytest.raises(AccessError, match=r"can't create FIFO .*: File exists"):
        pipe.make()
    assert other.is_in_place()
    other.close()
