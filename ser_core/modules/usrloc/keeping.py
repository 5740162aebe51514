"""Registrations on their way from the location table into the database, in one process.

While it can't take them they go on in memory, marked, and are written when it is back. That is told
in the log once when it begins and once when it is over.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from ser_core import log
from ser_core.database.errors import DatabaseError
from ser_core.modules.usrloc.group_commit import WAIT_SECONDS, GroupCommit
from ser_core.registrar.persistence import Key, Persistence

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ser_core.database.worker import Database
    from ser_core.registrar.lmdb_location import LmdbLocation
    from ser_core.registrar.marks import Mark
    from ser_core.registrar.rows import Rows

WRITE_SECONDS: Final = 1.6
"""What the writing of one batch may take."""


class Keeping:
    """Writes, and tells when it can't."""

    def __init__(
        self,
        database: Database,
        location: LmdbLocation,
        rows: Mapping[str, Rows],
        wall_clock: Callable[[], float],
    ) -> None:
        self._database = database
        self.location = location
        self.persistence = Persistence(location, rows, wall_clock, _tell_hopeless)
        self.group_commit = GroupCommit(self.write)
        self._is_failing = False

    def warm_up(self) -> None:
        """Connect now, so that the first registration needn't wait for it; it may fail."""
        try:
            self._database.run(lambda connection: None, timeout=WRITE_SECONDS)
        except DatabaseError as error:
            self._failed(error)

    def wait_until_written(self, domain: str, aor: bytes, seconds: float = WAIT_SECONDS) -> bool:
        """Return once the database has the record as it is, or is known not to take it now.

        What is known is told in the log. False: neither is, in `seconds`.
        """
        if not self._database.is_up or not self.persistence.is_unwritten(domain, aor):
            return True
        return self.group_commit.wait((domain, aor), seconds) or self._is_failing

    def write(self, keys: Sequence[Key]) -> bool:
        """Write what is marked of these; False when the database doesn't take it now."""
        try:
            self.persistence.write(
                lambda work: self._database.run_plain(work, timeout=WRITE_SECONDS, writes=True),
                keys,
            )
        except DatabaseError as error:
            self._failed(error)
            return False
        if self._is_failing:
            self._is_failing = False
            log.notice("usrloc: the database takes registrations again")
        return True

    def _failed(self, error: DatabaseError) -> None:
        if not self._is_failing:
            self._is_failing = True
            log.error(
                "usrloc: registrations are in memory only until they can be written: %s", error
            )


def _tell_hopeless(mark: Mark, error: DatabaseError) -> None:
    log.limited(
        "usrloc-hopeless",
        log.ERROR,
        "usrloc: the database refuses what is registered for %s in %s: %s",
        log.escape(mark.aor),
        mark.domain,
        error,
    )
