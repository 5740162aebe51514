from __future__ import annotations

import fcntl
import os
import stat
from pathlib import Path

import pytest

from sertui.state_files import locked, replace_file, state_directory


@pytest.mark.parametrize(
    ("variables", "place"),
    [
        ({"XDG_STATE_HOME": "/state", "HOME": "/h"}, Path("/state/ser")),
        ({"XDG_STATE_HOME": "not/absolute", "HOME": "/h"}, Path("/h/.local/state/ser")),
        ({"HOME": "/h"}, Path("/h/.local/state/ser")),
        ({}, None),
    ],
)
def test_where_state_is_kept(variables: dict[str, str], place: Path | None) -> None:
    assert state_directory(variables) == place


def test_a_file_is_replaced_as_a_whole_and_nobody_else_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "ser" / "list"
    replace_file(path, b"one")
    replace_file(path, b"other")
    assert path.read_bytes() == b"other"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert list(path.parent.iterdir()) == [path]


def test_what_cant_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "list").mkdir()  # nothing can take the place of a directory
    with pytest.raises(OSError, match="list"):
        replace_file(tmp_path / "list", b"one")
    assert [path.name for path in tmp_path.iterdir()] == ["list"]


def test_a_directory_is_for_one_at_a_time(tmp_path: Path) -> None:
    descriptor = os.open(tmp_path, os.O_RDONLY)
    try:
        with locked(tmp_path), pytest.raises(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    finally:
        os.close(descriptor)
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_isnt_there_is_made(tmp_path: Path) -> None:
    with locked(tmp_path / "a" / "b"):
        assert stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode) == 0o700
