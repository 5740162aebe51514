from __future__ import annotations

import os
from pathlib import Path

import pytest

from ser_core.modules.gflags.shared_flags import COUNT, SharedFlags


def test_flags_are_the_same_for_all(tmp_path: Path) -> None:
    path = str(tmp_path / "flags")
    one, other = SharedFlags(path, 0b101), SharedFlags(path, 0)
    assert [number for number in range(COUNT) if other[number]] == [0, 2]
    other[31] = True
    other[0] = False
    assert [number for number in range(COUNT) if one[number]] == [2, 31]
    for flags in (one, other):
        flags.close()
    assert os.listdir(tmp_path) == ["flags"]


def test_who_comes_later_resets_nothing(tmp_path: Path) -> None:
    path = str(tmp_path / "flags")
    first = SharedFlags(path, 0)
    first[5] = True
    first.close()
    again = SharedFlags(path, 0b1)
    assert again[5]
    assert not again[0]
    again.close()


def test_who_loses_the_race_uses_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(tmp_path / "flags")
    SharedFlags(path, 0b10).close()
    monkeypatch.setattr("os.path.exists", lambda _path: False)
    flags = SharedFlags(path, 0)
    assert flags[1]
    flags.close()
    assert os.listdir(tmp_path) == ["flags"]
