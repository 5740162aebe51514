"""The databases of one process, each opened when somebody asks for it first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ser_core.database.counters import DatabaseCounters
from ser_core.database.url import DatabaseUrl

if TYPE_CHECKING:
    from ser_core.database.worker import Database


class OpenDatabases:
    """To be used behind the fork."""

    def __init__(self, counters: DatabaseCounters) -> None:
        self._counters = counters
        self._open: dict[DatabaseUrl, Database] = {}

    def get(self, url: str) -> Database:
        """The database of a db_url, the same each time; nothing waits yet.

        Raises ValueError when the URL can't be read or its driver isn't installed.
        """
        from ser_core.database.worker import Database  # most scripts have none, and it takes long

        parsed = DatabaseUrl.parse(url)
        if not self._open:
            self._counters.start_anew()
        if parsed not in self._open:
            self._open[parsed] = Database(parsed, self._counters)
        return self._open[parsed]

    def close(self) -> None:
        """Close them all."""
        for database in self._open.values():
            database.close()
        self._open.clear()
