from __future__ import annotations

from pathlib import Path

import pytest

from sertui.request_files import LARGEST, exists, read_file, write_file

TEXT = "OPTIONS sip:joe@a SIP/2.0\nSubject: ü\udcff\n"


def test_what_is_written_can_be_read(tmp_path: Path) -> None:
    name = str(tmp_path / "a.sip")
    assert write_file(name, TEXT) == ""
    assert read_file(name) == (TEXT, "")


def test_a_file_from_a_trace_has_other_line_ends(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a\r\nb\r\n")
    assert read_file(str(tmp_path / "a")) == ("a\nb\n", "")


def test_nothing_is_replaced_unless_asked_to(tmp_path: Path) -> None:
    name = str(tmp_path / "a.sip")
    assert not exists(name)
    write_file(name, "old")
    assert exists(name)
    assert write_file(name, TEXT) == f"{name} can't be written: File exists"
    assert write_file(name, TEXT, replace=True) == ""
    assert read_file(name)[0] == TEXT


def test_home_is_known_by_its_sign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    write_file("~/a.sip", TEXT)
    assert (tmp_path / "a.sip").exists()


def test_what_cant_be_read_is_told(tmp_path: Path) -> None:
    assert read_file(f"{tmp_path}/x") == (
        "",
        f"{tmp_path}/x can't be read: No such file or directory",
    )
    assert read_file(f"{tmp_path}") == ("", f"{tmp_path} can't be read: Is a directory")
    (tmp_path / "large").write_bytes(bytes(LARGEST + 1))
    assert "too large" in read_file(f"{tmp_path}/large")[1]


def test_what_cant_be_written_is_told(tmp_path: Path) -> None:
    assert "No such file" in write_file(f"{tmp_path}/x/y", TEXT)
