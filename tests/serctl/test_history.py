from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from serctl.history import KEPT, History, history_path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "ser" / "serctl_history"


def test_its_place() -> None:
    assert history_path({"XDG_STATE_HOME": "/s", "HOME": "/h"}) == Path("/s/ser/serctl_history")
    usual = Path("/h/.local/state/ser/serctl_history")
    assert history_path({"HOME": "/h"}) == usual
    assert history_path({"XDG_STATE_HOME": "relative", "HOME": "/h"}) == usual
    assert history_path({}) is None


def test_lines_are_there_the_next_time(path: Path) -> None:
    first = History(path)
    assert first.lines == []
    assert first.add("ul show") == ["ul show"]
    assert first.add("  ps -F 'csv'  \n") == ["ps -F 'csv'"]
    assert first.lines == History(path).lines == ["ul show", "ps -F 'csv'"]
    assert not first.problem


def test_nobody_else_may_read_it(path: Path) -> None:
    History(path).add("ps")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    path.chmod(0o644)
    History(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "line", ["passwd joe secret", "add joe secret mail", ":q", "exit", " ", ""]
)
def test_what_is_not_kept(path: Path, line: str) -> None:
    history = History(path)
    assert history.add(line) == history.lines == []
    assert path.read_text() == ""


def test_the_same_line_again_is_kept_once(path: Path) -> None:
    history = History(path)
    for line in ("ps", "ps", "uptime", "ps"):
        history.add(line)
    assert path.read_text() == "ps\nuptime\nps\n"


def test_pasted_lines_are_kept_one_by_one(path: Path) -> None:
    history = History(path)
    assert history.add("ps\npasswd joe secret\n\nonline") == ["ps", "online"]
    assert path.read_text() == "ps\nonline\n"


def test_bytes_that_are_no_utf8_come_back(path: Path) -> None:
    History(path).add("ul show j\udcff\u00e9")
    assert path.read_bytes() == b"ul show j\xff\xc3\xa9\n"
    assert History(path).lines == ["ul show j\udcff\u00e9"]


def test_two_shells_add_to_the_same_file(path: Path) -> None:
    one, other = History(path), History(path)
    one.add("ps")
    other.add("uptime")
    one.add("online")
    assert path.read_text() == "ps\nuptime\nonline\n"


def test_a_long_file_is_cut_back(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_text("".join(f"ps {number}\n" for number in range(2 * KEPT + 1)))
    history = History(path)
    assert len(history.lines) == KEPT
    assert path.read_text().splitlines() == history.lines
    assert history.lines[-1] == f"ps {2 * KEPT}"
    assert os.listdir(path.parent) == [path.name]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_place_that_cannot_be_written_is_told_and_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    history = History(tmp_path / "file" / "history")
    assert history.problem == f"{tmp_path}/file: File exists"
    assert history.add("ps") == ["ps"]
    assert history.lines == ["ps"]


def test_a_directory_in_its_place(tmp_path: Path) -> None:
    history = History(tmp_path)
    assert history.problem == f"{tmp_path}: Is a directory"
    assert history.lines == []


def test_without_a_home() -> None:
    history = History(None)
    assert history.problem == "there is no home directory"
    assert history.add("ps") == ["ps"]
