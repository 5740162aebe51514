"""Writes marked records of the location table into SQL.

Knows no event loop: how a piece of work gets a connection, and what is waited for meanwhile, is the
caller's (`Run`). So a receiver's greenlets, the last flush and tests all write the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from ser_core.database.errors import DatabaseDown, DatabaseError, SchemaError
from ser_core.registrar.marks import Mark

if TYPE_CHECKING:
    from ser_core.database.straight import Plain
    from ser_core.registrar.lmdb_location import LmdbLocation
    from ser_core.registrar.rows import Rows

BATCH: Final = 200
"""Records of one SQL transaction. Each is a lock in PostgreSQL, which has some 6,000."""
MAX_HOPELESS: Final = 1000
"""Records that are remembered as such."""

Key = tuple[str, bytes]
"""Domain and address-of-record."""
Run = Callable[[Callable[["Plain"], list[Mark]]], list[Mark]]
"""Carries out work in a transaction; raises DatabaseError."""


class Persistence:
    """What is written where. One per process."""

    def __init__(
        self,
        location: LmdbLocation,
        rows: Mapping[str, Rows],
        wall_clock: Callable[[], float],
        on_hopeless: Callable[[Mark, DatabaseError], None],
    ) -> None:
        """`rows` by domain. `on_hopeless` is told of a record that the database doesn't take;
        it is tried again when it has changed."""
        self._location = location
        self._rows = rows
        self._wall_clock = wall_clock
        self._on_hopeless = on_hopeless
        self._hopeless: dict[Key, bytes] = {}

    @property
    def domains(self) -> list[str]:
        """Those that are written, in alphabetical order."""
        return sorted(self._rows)

    def unwritten(self) -> int:
        """How many records wait to be written, in all domains."""
        return sum(map(self._location.unwritten, self._rows))

    def is_unwritten(self, domain: str, aor: bytes) -> bool:
        """Whether the database doesn't have the record as it is."""
        return self._location.is_unwritten(domain, aor)

    def batches(self, until: int | None = None) -> Iterator[list[Key]]:
        """All that is marked, in pieces; `until`: a `last_change` that marks aren't above.

        What is marked meanwhile may come along.
        """
        if until is None:
            until = self._location.last_change()
        for domain in self.domains:
            after: bytes | None = None
            while marks := self._location.marked(domain, after, BATCH, until):
                after = marks[-1].aor
                if keys := [(domain, x.aor) for x in marks if not self._is_hopeless(x)]:
                    yield keys

    def write(self, run: Run, keys: Sequence[Key]) -> int:
        """Write those of the records that are marked; how many that were.

        Raises DatabaseDown or SchemaError, and then what isn't written is still marked. A record
        that the database refuses doesn't keep the others from it.
        """
        try:
            written = run(lambda connection: self._write(connection, keys))
        except (DatabaseDown, SchemaError):
            raise
        except DatabaseError as error:
            return self._divide(run, keys, error)
        self._location.unmark(written)
        return len(written)

    def _divide(self, run: Run, keys: Sequence[Key], error: DatabaseError) -> int:
        """One of them is refused; find out which."""
        if len(keys) > 1:
            middle = len(keys) // 2
            return self.write(run, keys[:middle]) + self.write(run, keys[middle:])
        domain, aor = keys[0]
        for snapshot in self._location.snapshots(domain, [aor]):
            if len(self._hopeless) < MAX_HOPELESS:
                self._hopeless[keys[0]] = snapshot.mark.stamp
            self._on_hopeless(snapshot.mark, error)
        return 0

    def _write(self, connection: Plain, keys: Sequence[Key]) -> list[Mark]:
        """In whatever thread, perhaps twice; so it changes nothing but the database."""
        from ser_core.registrar import statements  # SQLAlchemy takes long to load

        written: list[Mark] = []
        now = self._wall_clock()
        for domain, aors in _by_domain(keys):
            rows = self._rows[domain]
            statements.lock(connection, rows, aors)
            snapshots = [
                x for x in self._location.snapshots(domain, aors) if not self._is_hopeless(x.mark)
            ]
            if snapshots:
                records = {x.mark.aor: x.bindings for x in snapshots}
                statements.replace(connection, rows, records, now)
                written += [x.mark for x in snapshots]
        return written

    def _is_hopeless(self, mark: Mark) -> bool:
        return self._hopeless.get((mark.domain, mark.aor)) == mark.stamp

    def try_all_again(self) -> None:
        """Forget what the database didn't take."""
        self._hopeless.clear()


def _by_domain(keys: Iterable[Key]) -> list[tuple[str, list[bytes]]]:
    """Domains and records in one order for all who write, so that none waits for the other."""
    found: dict[str, list[bytes]] = {}
    for domain, aor in sorted(set(keys)):
        found.setdefault(domain, []).append(aor)
    return list(found.items())
