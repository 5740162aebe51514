"""From a record to a row of a table, with columns called as modparam says."""

from __future__ import annotations

import calendar
import re
import time
from typing import TYPE_CHECKING, NamedTuple

from ser_core.modules.acc.record import Record, value_of

if TYPE_CHECKING:
    from sqlalchemy import Connection, TableClause

    from ser_core.modules.acc.parameters import AccParameters

COLUMNS: dict[str, str] = {
    "from_uri": "F",
    "to_uri": "T",
    "sip_method": "m",
    "i_uri": "i",
    "o_uri": "o",
    "sip_from": "f",
    "sip_callid": "c",
    "sip_to": "t",
    "sip_status": "s",
    "totag": "d",
    "fromtag": "r",
}
"""Columns under their usual names, and the letter of what stands in them."""
CALLER = {"username": "0", "domain": "X"}
"""Whose record it is: the caller's, in the table of transactions …"""
CALLEE = {"username": "p", "domain": "D"}
"""… and the callee's in that of missed calls."""

Values = dict[str, str | float]
"""By the usual names of the columns."""


class Row(NamedTuple):
    """One record for a table."""

    table: str
    values: Values

    def in_ascii(self) -> Row:
        r"""The same for a table that hasn't all characters: the bytes of others as \xNN."""
        return Row(
            self.table,
            {
                name: _OTHER.sub(_as_bytes, value) if isinstance(value, str) else value
                for name, value in self.values.items()
            },
        )


_OTHER = re.compile(r"[^\x00-\x7f]")


def _as_bytes(match: re.Match[str]) -> str:
    return "".join(f"\\x{octet:02x}" for octet in match[0].encode())


def values_of(record: Record, when: float, *, missed: bool) -> Values:
    """What stands in a row; `when` in seconds since 1970, or as `local` makes them."""
    from ser_core.database.octets import to_text  # a script without a database needs none of it

    letters = COLUMNS | (CALLEE if missed else CALLER)
    values: Values = {name: to_text(value_of(letter, record)) for name, letter in letters.items()}
    values["time"] = when
    return values


def local(when: float) -> float:
    """Seconds whose reading in UTC is the local time at `when`."""
    return calendar.timegm(time.localtime(when)) + when % 1


class _Target(NamedTuple):
    """A table, and how long its texts may be, by the usual names of their columns."""

    table: TableClause
    lengths: dict[str, int]


class Tables:
    """The tables of one script, looked at when the first row is written."""

    def __init__(self, params: AccParameters) -> None:
        self._names = {
            name: str(getattr(params, f"acc_{'user' if name == 'username' else name}_column"))
            for name in (*COLUMNS, "username", "domain", "time")
        }
        self._known: dict[str, _Target] = {}

    def insert(self, connection: Connection, rows: list[Row], *, again: bool = False) -> None:
        """Write the rows; what is too long for its column is cut.

        `again`: nobody knows which of them have been written before, so they are looked for first.
        """
        from sqlalchemy import insert

        by_table: dict[str, list[Values]] = {}
        for row in rows:
            by_table.setdefault(row.table, []).append(row.values)
        for name, values in by_table.items():
            target = self._target(connection, name)
            fitting = [self._fitting(each, target.lengths) for each in values]
            if again:
                fitting = self._missing(connection, target.table, fitting)
            if fitting:
                connection.execute(insert(target.table), fitting)

    def _target(self, connection: Connection, name: str) -> _Target:
        target = self._known.get(name)
        if target is None:
            target = self._known[name] = self._look_at(connection, name)
        return target

    def _look_at(self, connection: Connection, name: str) -> _Target:
        """SER's own tables have less room than ours, and would refuse what is too long."""
        from sqlalchemy import String, column, inspect
        from sqlalchemy import table as table_clause

        from ser_core.database.tables import accounting_table

        usual = accounting_table(name).c
        there = {each["name"]: each["type"] for each in inspect(connection).get_columns(name)}
        lengths: dict[str, int] = {}
        for key, called in self._names.items():
            kind = usual[key].type
            if isinstance(kind, String) and kind.length:
                room = getattr(there.get(called), "length", None)
                lengths[key] = min(kind.length, room or kind.length)
        columns = (column(called, usual[key].type) for key, called in self._names.items())
        return _Target(table_clause(name, *columns), lengths)

    def _missing(
        self, connection: Connection, table: TableClause, rows: list[Values]
    ) -> list[Values]:
        """Those that aren't in the table, where each can stand for one only. One query for all
        calls of the same time: SER's own tables have no index that would help."""
        from sqlalchemy import select

        call_id, time_ = self._names["sip_callid"], self._names["time"]
        calls, times = {row[call_id] for row in rows}, [float(row[time_]) for row in rows]
        others = [name for name in rows[0] if name != time_]
        query = select(table.c[time_], *(table.c[name] for name in others)).where(
            table.c[call_id].in_(calls), table.c[time_].between(min(times) - 1, max(times) + 1)
        )
        there: dict[tuple[object, ...], list[float]] = {}
        for found in connection.execute(query):
            there.setdefault(tuple(found[1:]), []).append(found[0])
        missing = []
        for row, when in zip(rows, times, strict=True):
            candidates = there.get(tuple(row[name] for name in others), [])
            stored = next((x for x in candidates if _is_same_time(x, when)), None)
            if stored is None:
                missing.append(row)
            else:
                candidates.remove(stored)
        return missing

    def _fitting(self, values: Values, lengths: dict[str, int]) -> Values:
        return {
            self._names[key]: value[: lengths[key]] if isinstance(value, str) else value
            for key, value in values.items()
        }


def _is_same_time(stored: float, written: float) -> bool:
    """Databases keep times to the microsecond; SER's tables to the second, which some round."""
    if stored.is_integer():
        return abs(stored - written) < 1
    return round(stored * 1_000_000) == round(written * 1_000_000)
