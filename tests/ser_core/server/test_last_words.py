"""What a ser leaves for whoever has stopped it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from ser_core.server import last_words


def test_it_stands_beside_the_run_directory_behind_the_pid_and_in_one_line(tmp_path: Path) -> None:
    run_dir = tmp_path / "udp-127.0.0.1-5060"
    last_words.leave(run_dir, "3 registrations\nare lost")
    (file,) = tmp_path.iterdir()
    assert file.name == "udp-127.0.0.1-5060.lost"
    assert file.read_text() == f"{os.getpid()}\n3 registrations are lost\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o644


def test_the_next_start_removes_it(tmp_path: Path) -> None:
    run_dir = tmp_path / "udp-127.0.0.1-5060"
    last_words.forget(run_dir)
    last_words.leave(run_dir, "3 are lost")
    last_words.forget(run_dir)
    assert list(tmp_path.iterdir()) == []


def test_where_it_cannot_be_written_nothing_fails(tmp_path: Path) -> None:
    nowhere = tmp_path / "file" / "udp-127.0.0.1-5060"
    nowhere.parent.touch()
    last_words.leave(nowhere, "3 are lost")
    last_words.forget(nowhere)
