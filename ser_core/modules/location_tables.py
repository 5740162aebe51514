"""Which location table a process uses: the one in shared memory, or what a module has instead."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ser_core.database.worker import Database
    from ser_core.modules.api import Module
    from ser_core.registrar.location import Location


def location_of(
    modules: Iterable[Module], database: Callable[[str], Database], shared: Location
) -> Location:
    """The table of the first module that has one of its own, else `shared`."""
    for module in modules:
        own = module.location_table(database)
        if own is not None:
            return own
    return shared
