from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ser_core.modules.api import Module
from ser_core.modules.location_tables import location_of
from ser_core.registrar.location import MemoryLocation


class Plain(Module):
    name = "plain"


class Own(Module):
    name = "own"

    def __init__(self, location: Any) -> None:
        super().__init__()
        self.location = location

    def location_table(self, database: Callable[[str], Any]) -> Any:
        assert database("x") == "the database x"
        return self.location


def database(url: str) -> Any:
    return f"the database {url}"


def test_the_table_in_shared_memory_is_used_unless_a_module_has_one() -> None:
    shared, own = MemoryLocation(), MemoryLocation()
    assert location_of([Plain(), Own(None)], database, shared) is shared
    assert location_of([Plain(), Own(own)], database, shared) is own
