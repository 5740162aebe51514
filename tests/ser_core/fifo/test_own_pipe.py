"""The client's pipe: for the daemon only, noticed when exchanged, gone at the end."""

from __future__ import annotations

import gc
import os
import stat
from pathlib import Path

import pytest

from ser_core.fifo.own_pipe import OwnPipe
from ser_core.fifo.reach import CannotReach, Reach


@pytest.fixture
def request_pipe(tmp_path: Path) -> Path:
    path = tmp_path / "ser_fifo"
    os.mkfifo(path, 0o660)
    return path


@pytest.fixture
def pipe(request_pipe: Path, tmp_path: Path) -> OwnPipe:
    return OwnPipe(tmp_path, request_pipe.stat())


def test_no_two_have_one_name(request_pipe: Path, tmp_path: Path) -> None:
    names = {OwnPipe(tmp_path, request_pipe.stat()).name for _ in range(20)}
    assert len(names) == 20
    assert all(len(name) == len("ser_") + 32 and name.isascii() for name in names)


def test_only_the_daemon_s_group_may_write(pipe: OwnPipe, tmp_path: Path) -> None:
    found = os.lstat(tmp_path / pipe.name)
    assert stat.S_ISFIFO(found.st_mode)
    assert stat.S_IMODE(found.st_mode) == 0o620
    assert found.st_gid == (tmp_path / "ser_fifo").stat().st_gid


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_as_root_the_daemon_s_user_owns_it(request_pipe: Path, tmp_path: Path) -> None:
    os.chown(request_pipe, 1234, 5678)
    pipe = OwnPipe(tmp_path, request_pipe.stat())
    found = os.lstat(tmp_path / pipe.name)
    assert (found.st_uid, found.st_gid) == (1234, 5678)


@pytest.mark.parametrize(("mode", "expected"), [(0o660, 0o620), (0o666, 0o622)])
def test_whoever_is_not_in_the_group_lets_in_as_many_as_ser_does(
    mode: int, expected: int, request_pipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "fchown", refuse)
    request_pipe.chmod(mode)
    pipe = OwnPipe(tmp_path, request_pipe.stat())
    assert stat.S_IMODE(os.lstat(tmp_path / pipe.name).st_mode) == expected


def test_the_umask_takes_nothing_away(request_pipe: Path, tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        pipe = OwnPipe(tmp_path, request_pipe.stat())
    finally:
        os.umask(before)
    assert stat.S_IMODE(os.lstat(tmp_path / pipe.name).st_mode) == 0o620


def test_it_can_be_opened_again_and_again(pipe: OwnPipe, tmp_path: Path) -> None:
    for number in range(3):
        descriptor = pipe.open()
        with open(tmp_path / pipe.name, "wb") as writer:
            writer.write(b"%d" % number)
        assert os.read(descriptor, 10) == b"%d" % number
        os.close(descriptor)


def test_it_is_removed_when_asked_for_or_forgotten(request_pipe: Path, tmp_path: Path) -> None:
    first = OwnPipe(tmp_path, request_pipe.stat())
    first.remove()
    first.remove()
    second = OwnPipe(tmp_path, request_pipe.stat())
    assert len(os.listdir(tmp_path)) == 2
    del second
    gc.collect()
    assert os.listdir(tmp_path) == ["ser_fifo"]


def test_it_serves_while_it_is_there_and_the_daemon_is_the_same(
    pipe: OwnPipe, request_pipe: Path, tmp_path: Path
) -> None:
    daemon = request_pipe.stat()
    assert pipe.serves(daemon)
    assert not pipe.serves(tmp_path.stat())
    exchange(tmp_path / pipe.name)
    assert not pipe.serves(daemon)
    (tmp_path / pipe.name).unlink()
    assert not pipe.serves(daemon)


def exchange(path: Path) -> None:
    """Put another FIFO in its place."""
    other = path.with_name("other")
    os.mkfifo(other, 0o666)
    other.rename(path)


def test_one_that_was_exchanged_is_not_read(pipe: OwnPipe, tmp_path: Path) -> None:
    exchange(tmp_path / pipe.name)
    with pytest.raises(CannotReach, match="somebody exchanged it") as caught:
        pipe.open()
    assert caught.value.reason is Reach.NO_REPLY_PIPE


def test_nor_is_a_link(pipe: OwnPipe, request_pipe: Path, tmp_path: Path) -> None:
    (tmp_path / pipe.name).unlink()
    (tmp_path / pipe.name).symlink_to(request_pipe)
    with pytest.raises(CannotReach):
        pipe.open()


@pytest.mark.parametrize("kind", ["file", "hard link"])
def test_what_was_exchanged_at_once_is_not_given_away(
    kind: str, request_pipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody who may write to the directory waits for our name to appear there."""
    valued = tmp_path / "valued"
    if kind == "file":
        valued.write_text("")
    else:
        os.mkfifo(valued)
    mode = valued.stat().st_mode
    monkeypatch.setattr(os, "mkfifo", lambda path, _: os.link(valued, path))
    with pytest.raises(CannotReach, match="somebody exchanged it"):
        OwnPipe(tmp_path, request_pipe.stat())
    assert valued.stat().st_mode == mode


def test_without_its_directory_there_is_none(request_pipe: Path, tmp_path: Path) -> None:
    with pytest.raises(
        CannotReach, match=r"cannot make a reply pipe in .*: No such file"
    ) as caught:
        OwnPipe(tmp_path / "missing", request_pipe.stat())
    assert caught.value.reason is Reach.NO_REPLY_PIPE
