"""Where instances are found."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ser_core.fifo.places import Instance, default_run_directory, find_instances


def test_root_has_run_ser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert default_run_directory() == Path("/run/ser")


def test_a_user_has_the_runtime_directory_or_one_below_the_temporary_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1234)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert default_run_directory() == tmp_path / "ser"
    monkeypatch.setattr("tempfile.gettempdir", lambda: "/tmp")
    for value in ("", "relative", str(tmp_path / "missing")):
        monkeypatch.setenv("XDG_RUNTIME_DIR", value)
        assert default_run_directory() == Path("/tmp/ser-1234")


def test_instances_are_the_directories_with_a_fifo(tmp_path: Path) -> None:
    for name in ("udp-192.0.2.1-5060", "udp-127.0.0.1-5060", "no-fifo", "plain-file", "link"):
        (tmp_path / name).mkdir()
    (tmp_path / "a-file").write_text("")
    (tmp_path / "plain-file" / "ser_fifo").write_text("")
    first = tmp_path / "udp-127.0.0.1-5060" / "ser_fifo"
    second = tmp_path / "udp-192.0.2.1-5060" / "ser_fifo"
    os.mkfifo(first)
    os.mkfifo(second)
    (tmp_path / "link" / "ser_fifo").symlink_to(tmp_path / "nowhere")
    assert find_instances(tmp_path) == [
        Instance("udp-127.0.0.1-5060", first),
        Instance("udp-192.0.2.1-5060", second),
    ]


def test_without_the_directory_there_is_none(tmp_path: Path) -> None:
    assert find_instances(tmp_path / "missing") == []
