from __future__ import annotations

import os
from pathlib import Path

import pytest

from ser_core.database.errors import DatabaseDown
from ser_core.database.file_place import make_file


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_the_file_and_its_directory_are_for_their_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "a" / "b" / "ser.db"
    make_file(file)
    assert (mode(file), mode(file.parent)) == (0o600, 0o700)


def test_a_directory_of_a_group_has_a_file_of_the_group(tmp_path: Path) -> None:
    tmp_path.chmod(0o770)
    make_file(tmp_path / "ser.db")
    assert mode(tmp_path / "ser.db") == 0o660
    tmp_path.chmod(0o750)
    make_file(tmp_path / "other.db")
    assert mode(tmp_path / "other.db") == 0o640


def test_a_directory_that_is_open_to_all_has_a_closed_file(tmp_path: Path) -> None:
    tmp_path.chmod(0o775)
    make_file(tmp_path / "ser.db")
    assert mode(tmp_path / "ser.db") == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_made_by_root_in_somebodys_directory_it_is_theirs(tmp_path: Path) -> None:
    os.chown(tmp_path, 12345, 23456)
    make_file(tmp_path / "ser.db")
    found = (tmp_path / "ser.db").stat()
    assert (found.st_uid, found.st_gid) == (12345, 23456)


def test_what_is_there_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "ser.db"
    file.write_text("x")
    file.chmod(0o644)
    make_file(file)
    assert (file.read_text(), mode(file)) == ("x", 0o644)


def test_a_place_that_cant_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DatabaseDown, match=r"cannot make .*: File exists"):
        make_file(tmp_path / "file" / "ser.db")
