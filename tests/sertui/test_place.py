from __future__ import annotations

import os
from pathlib import Path

import pytest

from ser_core.fifo.reach import CannotReach
from sertui.place import Place


def make_fifo(directory: Path) -> Path:
    directory.mkdir(parents=True)
    os.mkfifo(directory / "ser_fifo")
    return directory / "ser_fifo"


def place(directory: Path, instance: str = "") -> Place:
    return Place(run_dir=str(directory), instance=instance)


def test_what_is_named_is_taken(tmp_path: Path) -> None:
    assert Place(fifo="/a/fifo").path() == Path("/a/fifo")
    assert Place(unix_socket="/a/socket").path() == Path("/a/socket")


def test_the_only_one_is_found(tmp_path: Path) -> None:
    fifo = make_fifo(tmp_path / "udp-1")
    assert place(tmp_path).path() == fifo


def test_one_that_runs_is_preferred_to_what_another_left_behind(tmp_path: Path) -> None:
    make_fifo(tmp_path / "udp-1")
    fifo = make_fifo(tmp_path / "udp-2")
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert place(tmp_path).path() == fifo
    finally:
        os.close(reader)


def test_of_several_one_must_be_named(tmp_path: Path) -> None:
    make_fifo(tmp_path / "udp-1")
    fifo = make_fifo(tmp_path / "udp-2")
    with pytest.raises(CannotReach, match="--instance, one of udp-1, udp-2"):
        place(tmp_path).path()
    assert place(tmp_path, "udp-2").path() == fifo
    with pytest.raises(CannotReach, match="no instance udp-3: these run: udp-1, udp-2"):
        place(tmp_path, "udp-3").path()


def test_none_at_all_is_said_with_the_place(tmp_path: Path) -> None:
    with pytest.raises(CannotReach, match=f"ser isn't running: no FIFO in {tmp_path}"):
        place(tmp_path).connect()
    with pytest.raises(CannotReach, match="no instance udp-3: none runs"):
        place(tmp_path, "udp-3").path()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may look everywhere")
def test_a_closed_directory_is_used_so_that_its_refusal_is_told(tmp_path: Path) -> None:
    (tmp_path / "udp-1").mkdir(mode=0)
    assert place(tmp_path).path() == tmp_path / "udp-1" / "ser_fifo"
