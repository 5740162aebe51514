"""A `Location` that is an SQL table: nothing in memory, each call a transaction (db_mode 3).

Several sers may share it. Records are changed under a lock in the database, so no change is lost.
How a piece of work gets a connection is the caller's: it may wait, so all methods may.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Select, and_, func, or_, select

from ser_core.database.errors import DatabaseError
from ser_core.database.straight import Plain
from ser_core.registrar import statements
from ser_core.registrar.location import (
    Binding,
    Change,
    Expired,
    ExpirySlice,
    LocationError,
    Passed,
    Totals,
    pass_over,
)
from ser_core.registrar.rows import BadRow, Rows, Values, binding_of, in_order

T = TypeVar("T")


class Run(Protocol):
    """Carries out work in a transaction; raises DatabaseError and what the work raises."""

    def __call__(self, work: Callable[[Connection], T], *, writes: bool = False) -> T: ...


class RunPlain(Protocol):
    """The same by the short way, in a transaction only if it writes."""

    def __call__(self, work: Callable[[Plain], T], *, writes: bool = False) -> T: ...


class SqlLocation:
    """The location table in a database."""

    def __init__(
        self,
        run: Run,
        rows: Mapping[str, Rows],
        *,
        run_plain: RunPlain | None = None,
        desc_time_order: bool = False,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        """`rows` by domain. `run_plain` is for what each request asks; without it, `run` does."""
        self._run = run
        self._run_plain: RunPlain = run_plain or run
        self._rows = rows
        self._desc_time_order = desc_time_order
        self._wall_clock = wall_clock
        self._expired = dict.fromkeys(rows, 0)

    def add_domain(self, domain: str) -> None:
        """Raises LocationError for one that ser.cfg didn't mention at the start."""
        if domain not in self._rows:
            raise LocationError(f"table {domain} is new: with db_mode 3 it needs a restart")

    def domains(self) -> list[str]:
        """See `Location.domains`."""
        return sorted(self._rows)

    def get(self, domain: str, aor: bytes) -> list[Binding]:
        """See `Location.get`."""
        rows = self._rows[domain]
        return self._do_plain(lambda connection: self._read(connection, rows, aor))

    def update(self, domain: str, aor: bytes, change: Change) -> list[Binding]:
        """See `Location.update`; `change` runs in another thread, perhaps twice."""
        rows = self._rows[domain]

        def work(connection: Plain) -> list[Binding]:
            statements.lock(connection, rows, [aor])
            stored = self._read(connection, rows, aor)
            changed = change(stored)
            if changed is not stored:
                statements.replace(connection, rows, {aor: changed}, self._wall_clock())
            return changed

        return self._do_plain(work, writes=True)

    def delete(self, domain: str, aor: bytes) -> bool:
        """See `Location.delete`."""
        return bool(self._remove(self._rows[domain], aor))

    def _remove(self, rows: Rows, aor: bytes) -> list[Binding]:
        def work(connection: Plain) -> list[Binding]:
            statements.lock(connection, rows, [aor])
            stored = self._read(connection, rows, aor)
            statements.remove(connection, rows, [aor])
            return stored

        return self._do_plain(work, writes=True)

    def expire(self, now: float, limit: int) -> ExpirySlice:
        """See `Location.expire`."""
        removed: list[Expired] = []
        more = False
        for domain, rows in self._rows.items():
            due = self._do(partial(statements.expired, rows=rows, now=now, limit=limit))
            rows_gone = 0
            for names in due:
                number, gone = self._expire_one(rows, names, now)
                rows_gone += number
                removed += gone
            self._expired[domain] += rows_gone
            more = more or (len(due) == limit and rows_gone > 0)
        return ExpirySlice(removed, more)

    def _expire_one(self, rows: Rows, names: Values, now: float) -> tuple[int, list[Expired]]:
        """How many rows have gone, and what they were; rows of no record are no bindings."""
        aor = _aor(rows, names)

        def work(connection: Connection) -> tuple[int, list[Binding]]:
            stored: list[Binding] = []
            if aor is not None:
                statements.lock(connection, rows, [aor])
                stored = self._read(connection, rows, aor)
            return statements.remove_expired(connection, rows, now, names), stored

        number, stored = self._do(work, writes=True)
        gone = [binding for binding in stored if not binding.is_valid(now)]
        return number, [Expired(rows.domain, aor or b"", binding) for binding in gone]

    def totals(self, domain: str) -> Totals:
        """See `Location.totals`; what has expired is known of this process only."""
        table = self._rows[domain].table
        users = select(func.count()).select_from(self._names(domain).distinct().subquery())
        contacts = select(func.count()).select_from(table)

        def work(connection: Connection) -> tuple[int, int]:
            return connection.scalar(users) or 0, connection.scalar(contacts) or 0

        number, bindings = self._do(work)
        return Totals(number, bindings, self._expired[domain])

    def page(
        self, domain: str, after: bytes | None, limit: int, *, backwards: bool = False
    ) -> list[tuple[bytes, list[Binding]]]:
        """See `Location.page`; the order is the database's."""
        rows = self._rows[domain]
        names = self._names(domain).distinct().limit(limit)
        columns = list(names.selected_columns)
        names = names.order_by(*(x.desc() if backwards else x for x in columns))

        def work(connection: Connection) -> list[tuple[bytes, list[Binding]]]:
            behind: Values | None = None if after is None else rows.names_of(after)
            while True:
                limits = () if behind is None else (_behind(columns, behind, backwards),)
                there = connection.execute(names.where(*limits)).all()
                found = [aor for values in there if (aor := _aor(rows, values)) is not None]
                if found or not there:
                    return [(aor, self._read(connection, rows, aor)) for aor in found]
                behind = tuple(there[-1])  # nothing but rows of no record: go on behind them

        return self._do(work)

    def skip(
        self,
        domain: str,
        after: bytes | None,
        bindings: int,
        limit: int,
        *,
        backwards: bool = False,
    ) -> Passed:
        """See `Location.skip`; here it is no cheaper than reading."""
        page = self.page(domain, after, limit, backwards=backwards)
        return pass_over(page, after, bindings)

    def _names(self, domain: str) -> Select[Any]:  # Any: of one column or two
        rows = self._rows[domain]
        column = rows.table.c
        return (
            select(column.username, column.domain) if rows.use_domain else select(column.username)
        )

    def _read(self, connection: Plain, rows: Rows, aor: bytes) -> list[Binding]:
        """The bindings of a record; rows that make no sense don't count."""
        now = self._wall_clock()
        found = []
        for values in statements.read(connection, rows, aor):
            try:
                found.append(binding_of(values, now))
            except BadRow:  # it has been told when ser started, and harms nobody
                continue
        return in_order(found, desc_time_order=self._desc_time_order)

    def _do(self, work: Callable[[Connection], T], *, writes: bool = False) -> T:
        try:
            return self._run(work, writes=writes)
        except DatabaseError as error:
            raise _failed(error) from error

    def _do_plain(self, work: Callable[[Plain], T], *, writes: bool = False) -> T:
        try:
            return self._run_plain(work, writes=writes)
        except DatabaseError as error:
            raise _failed(error) from error


def _failed(error: DatabaseError) -> LocationError:
    return LocationError(f"the location table: {error}")


def _aor(rows: Rows, names: Values) -> bytes | None:
    """The address-of-record of user and domain as they stand in the table.

    None when it wouldn't be found by that one: they make no sense, or are spelt as we never do.
    """
    try:
        aor = rows.aor_of(names)
    except BadRow:
        return None
    own = rows.names_of(aor)[: 2 if rows.use_domain else 1]
    return aor if tuple(names[: len(own)]) == own else None


def _behind(columns: list[Any], names: Values, backwards: bool) -> Any:  # Any: SQLAlchemy's
    """What stands behind a record, in the order of its columns."""

    def beyond(column: Any, value: Any) -> Any:
        return column < value if backwards else column > value

    if len(columns) == 1:
        return beyond(columns[0], names[0])
    first, second = columns
    return or_(beyond(first, names[0]), and_(first == names[0], beyond(second, names[1])))
