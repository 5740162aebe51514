from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ser_core import log
from ser_core.modules.acc.rows import Row
from ser_core.modules.acc.spill import Spill, take

ROWS = [Row("acc", {"sip_method": f"M{number}", "time": 1.5}) for number in range(5)]


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    lines: list[str] = []
    log.tap(lambda level, call_id, text: lines.append(text))
    monkeypatch.setattr(log, "_kinds", {})
    yield lines
    log.tap(None)


@pytest.fixture
def spill(tmp_path: Path) -> Spill:
    return Spill(str(tmp_path / "acc"))


def dead_pid() -> int:
    """Of a process that there was."""
    done = subprocess.Popen(["true"])
    done.wait()
    return done.pid


def test_rows_are_taken_once(spill: Spill, tmp_path: Path) -> None:
    assert spill.add(ROWS[:2])
    assert spill.add(ROWS[2:3])
    (path,) = tmp_path.iterdir()
    assert path.name == f"acc-{os.getpid()}"
    assert path.stat().st_mode & 0o777 == 0o600
    path.rename(tmp_path / "acc-1")
    assert spill.add(ROWS[3:])
    assert sorted(take(tmp_path), key=str) == ROWS
    assert take(tmp_path) == []


def test_what_is_replaced_or_cleared_is_there_no_more(spill: Spill, tmp_path: Path) -> None:
    spill.add(ROWS)
    assert spill.replace(ROWS[:1])
    assert take(tmp_path) == ROWS[:1]
    spill.add(ROWS)
    spill.clear()
    spill.clear()
    assert list(tmp_path.iterdir()) == []


def test_without_a_path_there_is_no_file() -> None:
    spill = Spill("")
    assert not spill.add(ROWS)
    assert spill.adopt() == []
    spill.clear()


def test_rows_of_a_process_that_was_killed_have_a_new_owner(spill: Spill, tmp_path: Path) -> None:
    spill.add(ROWS[:2])
    (path,) = tmp_path.iterdir()
    path.rename(tmp_path / f"acc-{dead_pid()}")
    Spill(str(tmp_path / "acc")).add(ROWS[2:3])  # of one that lives
    assert spill.adopt() == ROWS[:2]
    assert spill.adopt() == []
    assert sorted(take(tmp_path), key=str) == ROWS[:3], (
        "they stay in the file until they are written"
    )
    spill.clear()


def test_adopted_rows_are_cleared_with_the_own_ones(spill: Spill, tmp_path: Path) -> None:
    spill.add(ROWS)
    (path,) = tmp_path.iterdir()
    path.rename(tmp_path / f"acc-{dead_pid()}")
    assert spill.adopt() == ROWS
    spill.clear()
    assert list(tmp_path.iterdir()) == []


def test_a_process_killed_while_it_wrote_costs_the_last_piece_only(
    spill: Spill, tmp_path: Path, logged: list[str]
) -> None:
    spill.add(ROWS[:2])
    spill.add(ROWS[2:])
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-3])
    assert take(tmp_path) == ROWS[:2]
    assert logged[0].startswith("acc: records are lost, ")


def test_a_file_that_cant_be_written_or_read_is_told(tmp_path: Path, logged: list[str]) -> None:
    assert not Spill(str(tmp_path / "nowhere" / "acc")).add(ROWS)
    (tmp_path / "acc-1").write_bytes(b"nonsense")
    assert take(tmp_path) == []
    assert logged[0].startswith("acc: no record fits into a file: ")
    assert logged[1].startswith("acc: records are lost, ")


def test_a_full_disk_leaves_no_half_piece(
    spill: Spill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, logged: list[str]
) -> None:
    spill.add(ROWS[:1])
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:5]))
    assert not spill.add(ROWS[1:])
    monkeypatch.undo()
    assert spill.add(ROWS[2:])
    assert take(tmp_path) == [ROWS[0], *ROWS[2:]]
