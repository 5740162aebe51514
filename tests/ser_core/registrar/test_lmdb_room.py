"""Growth of the location table stops in time; what makes room goes on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from ser_core.registrar import lmdb_room
from ser_core.registrar.lmdb_location import LmdbLocation
from ser_core.registrar.location import LocationFull
from tests.support.registrar import START, binding, put


@pytest.fixture
def location(tmp_path: Path) -> Iterator[LmdbLocation]:
    opened = LmdbLocation.open(str(tmp_path / "location.lmdb"), map_size=3 << 20)
    opened.add_domain("location")
    yield opened
    opened.close()


def test_little_space_in_the_file_system_refuses_new_bindings(
    location: LmdbLocation, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(location, "location", b"joe", binding())
    space = os.statvfs(os.path.dirname(location._path))
    too_much = space.f_bavail * space.f_frsize + (1 << 40)
    monkeypatch.setattr(lmdb_room, "MIN_FREE_SPACE", too_much)
    with pytest.raises(LocationFull, match="file system"):  # noqa: PT012  one of the next 64
        for number in range(lmdb_room.GROWTHS_PER_LOOK):
            put(location, "location", b"%d" % number, binding())
    put(location, "location", b"joe", binding(expires_at=START + 5000))
    monkeypatch.undo()
    put(location, "location", b"ann", binding())
