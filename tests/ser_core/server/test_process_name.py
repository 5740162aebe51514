"""What top and ps show."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ser_core.server import process_name


def name_shown_as(name: str) -> str:
    """What a forked process is called that wants to be shown as `name`."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            process_name.show(name)
            os.write(writing, Path("/proc/self/comm").read_bytes())
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    os.close(writing)
    with os.fdopen(reading) as shown:
        return shown.read().strip()


@pytest.mark.parametrize("name", ["ser receiver 12", "ser fifo server"])
def test_a_process_is_shown_by_its_name(name: str) -> None:
    assert name_shown_as(name) == name


def test_a_name_that_is_too_long_is_cut() -> None:
    assert name_shown_as("ser receiver 255") == "ser receiver 25"


def test_without_a_proc_the_name_stays(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(process_name, "_OWN", tmp_path / "none" / "comm")
    process_name.show("ser")
