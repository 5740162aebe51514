"""Registrations from SQL into the location table, before anything is served.

A row that makes no sense is told and left where it is; it keeps no other from being loaded. Rows
that have expired are removed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from ser_core.log import ERROR, WARNING, escape
from ser_core.registrar import statements
from ser_core.registrar.location import Binding
from ser_core.registrar.rows import BadRow, Rows, Values, binding_of, in_order

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ser_core.registrar.lmdb_location import LmdbLocation

MAX_TOLD: Final = 20
"""Rows that are told one by one; of the others only the number is."""

Log = Callable[[int, str], None]
"""Takes a level and a text."""


class Loading:
    """Loads one domain."""

    def __init__(
        self, location: LmdbLocation, rows: Rows, log: Log, *, desc_time_order: bool
    ) -> None:
        self._location = location
        self._rows = rows
        self._log = log
        self._desc_time_order = desc_time_order
        self._bad = 0
        self.loaded = 0
        """Bindings so far."""

    def load(self, connection: Connection, now: float) -> None:
        """All that haven't expired at `now`. Raises LocationFull, and what SQLAlchemy raises."""
        name = self._rows.domain
        self.loaded = self._bad = 0
        for values in statements.read_all(connection, self._rows, now):
            self._location.fill(name, self._records_of(values, now).items(), self._joined)
        if self._bad > MAX_TOLD:
            self._log(ERROR, f"{name}: {self._bad - MAX_TOLD} more rows make no sense, left out")
        removed = statements.remove_expired(connection, self._rows, now)
        if removed > 0:
            self._log(WARNING, f"{name}: {removed} rows had expired, removed")

    def _records_of(self, rows: Sequence[Values], now: float) -> dict[bytes, list[Binding]]:
        records: dict[bytes, list[Binding]] = {}
        for values in rows:
            try:
                aor = self._rows.aor_of(values)
                binding = binding_of(values, now)
            except BadRow as why:
                self._tell(values, why)
            else:
                records.setdefault(aor, []).append(binding)
                self.loaded += 1
        return records

    def _tell(self, values: Values, why: BadRow) -> None:
        self._bad += 1
        if self._bad <= MAX_TOLD:
            number, user = _shown(values[-1]), _shown(values[0])
            self._log(ERROR, f"{self._rows.domain}: row {number} ({user}) is left out: {why}")

    def _joined(self, stored: list[Binding], loaded: list[Binding]) -> list[Binding]:
        """Rows of one record may come in two pieces."""
        return in_order(stored + loaded, desc_time_order=self._desc_time_order)


def _shown(value: object) -> str:
    return escape(value if isinstance(value, bytes) else str(value).encode("utf-8", "replace"))
