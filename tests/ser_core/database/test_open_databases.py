from __future__ import annotations

from pathlib import Path

import pytest

from ser_core.database.counters import DatabaseCounters
from ser_core.database.errors import DatabaseDown
from ser_core.database.open_databases import OpenDatabases


def test_there_is_one_for_each_url_until_all_are_closed(tmp_path: Path) -> None:
    counters = DatabaseCounters()
    counters.waiting.add(5)  # of a process that died
    databases = OpenDatabases(counters)
    one = databases.get(f"sqlite:///{tmp_path}/one.db")
    assert databases.get(f"sqlite:///{tmp_path}/one.db") is one
    assert databases.get(f"sqlite:///{tmp_path}/two.db") is not one
    assert counters.waiting.value == 0
    databases.close()
    with pytest.raises(DatabaseDown):
        one.run(lambda connection: None)


def test_a_url_that_cannot_be_read_is_told() -> None:
    with pytest.raises(ValueError, match="begins with sqlite"):
        OpenDatabases(DatabaseCounters()).get("oracle://h/x")
