"""The only place that knows table, json, lines, raw and csv.

A verb makes a `Table`, or a `Record` of names and values, and calls `show`. On a terminal it
becomes a table that fits; in a pipe, lines with tabs between the columns, whole, without a heading,
as cut and awk like them. Nothing is ever guessed to be a number: 00441234 stays.
"""

from __future__ import annotations

import enum
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from serctl import times
from serctl.escaping import escaped, escaped_json, escaped_lines, reversible
from serctl.replies import text_of
from serctl.times import Moment

if TYPE_CHECKING:
    from ser_core.fifo.protocol import Reply
    from serctl.environment import Environment

Value = str | int | float | tuple[str, ...] | None | Moment
"""What a cell may hold. A str is never taken for anything else."""


class Format(enum.StrEnum):
    """How data is written."""

    TABLE = "table"
    """For people. On a terminal it fits: texts are cut, empty columns left out, unless --wide."""
    JSON = "json"
    """A list of objects, or an object. A time is ISO 8601; NAME_in is its distance in seconds."""
    LINES = "lines"
    """A line for each row, tabs between; control characters and backslashes are escaped."""
    RAW = "raw"
    """ser's reply, byte for byte."""
    CSV = "csv"
    """As RFC 4180 has it, with a line of names."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name for programs, its heading for people."""

    name: str
    title: str = ""
    """Empty: the name."""
    is_number: bool = False
    """Aligned to the right."""
    is_time: bool = False
    """Holds Moments; takes two columns in lines and CSV: the time, and seconds from now."""
    only_wide: bool = False
    """Left out of tables, unless --wide."""

    @property
    def heading(self) -> str:
        return self.title or self.name.replace("_", " ")


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of the same kind."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[Value]]


@dataclass(frozen=True, slots=True)
class Record:
    """One thing: names and values."""

    fields: Sequence[tuple[Column, Value]]


@dataclass(frozen=True, slots=True)
class Part:
    """Some rows of a table that comes in several replies."""

    reply: Reply
    rows: Iterable[Sequence[Value]]


def show(
    environment: Environment, data: Table | Record, *replies: Reply, if_none: str = ""
) -> None:
    """Write data as the user wants it. `replies` is what -F raw shows.

    `if_none` is noted on a terminal when there is no row.
    """
    chosen = environment.format
    if chosen is Format.RAW and replies:
        show_raw(environment, *replies)
    elif chosen is Format.TABLE:
        environment.write(_as_table(environment, data))
    elif chosen is Format.JSON and isinstance(data, Record):
        fields = dict(_json_fields(data.fields, environment.now()))
        environment.write(_as_json(environment, fields))
    else:
        table = _table_of(data, environment.now())
        _write_rows(environment, table.columns, [table.rows])
    if if_none and environment.is_terminal and isinstance(data, Table) and not data.rows:
        environment.note(if_none)


def show_parts(environment: Environment, columns: Sequence[Column], parts: Iterable[Part]) -> None:
    """As `show`, part by part as they come, so that a table may be long.

    Only a table for people waits for the last row, since that may be the widest.
    """
    chosen = environment.format
    if chosen is Format.RAW:
        for part in parts:
            show_raw(environment, part.reply)
    elif chosen is Format.TABLE:
        rows = [row for part in parts for row in part.rows]
        environment.write(_as_table(environment, Table(columns, rows)))
    else:
        _write_rows(environment, columns, (part.rows for part in parts))


def _write_rows(
    environment: Environment, columns: Sequence[Column], parts: Iterable[Iterable[Sequence[Value]]]
) -> None:
    """For programs."""
    now = environment.now()
    if environment.format is Format.JSON:
        for text in _json_list(environment, columns, parts, now):
            environment.write(text)
        return
    for number, rows in enumerate(parts):
        if environment.format is Format.CSV:
            environment.write(_as_csv(environment, columns, rows, now, heading=number == 0))
        else:
            environment.write(_as_lines(columns, rows, now))


def show_stream(environment: Environment, table: Table, *replies: Reply, heading: bool) -> None:
    """A part of a table without end: an object in each line of JSON, one heading of CSV."""
    if environment.format is Format.JSON:
        now = environment.now()
        documents = (
            dict(_json_fields(zip(table.columns, row, strict=True), now)) for row in table.rows
        )
        texts = (_as_json(environment, document, indent=None) for document in documents)
        environment.write("".join(texts))
    elif environment.format is Format.CSV:
        now = environment.now()
        environment.write(_as_csv(environment, table.columns, table.rows, now, heading=heading))
    else:
        show(environment, table, *replies)


def show_raw(environment: Environment, *replies: Reply) -> None:
    """ser's replies as they came; on a terminal, what could harm it is escaped."""
    text = b"".join(reply.to_bytes() for reply in replies).decode("utf-8", "surrogateescape")
    environment.write(escaped_lines(text) if environment.is_terminal else text)


def show_text(environment: Environment, text: str, reply: Reply) -> None:
    """Lines that have no columns, such as a dump; a JSON list of strings."""
    if environment.format is Format.RAW:
        show_raw(environment, reply)
    elif environment.format is Format.JSON:
        environment.write(_as_json(environment, text.splitlines()))
    else:
        environment.write(escaped_lines(text))


def show_reply(environment: Environment, reply: Reply) -> None:
    """What ser says to a request that has no data to show, as SER's serctl showed it."""
    body = text_of(reply)
    if environment.format is Format.RAW:
        show_raw(environment, reply)
    elif environment.format is Format.JSON:
        document = {"code": reply.code, "text": reply.text, "body": body.splitlines()}
        environment.write(_as_json(environment, document))
    elif reply.code == 200 and reply.text.strip().lower() == "ok":
        environment.write(escaped_lines(body))
    else:
        environment.write(escaped_lines(f"{reply.code} {reply.text}\n{body}"))


# -- table ---------------------------------------------------------------------------------------


def _as_table(environment: Environment, data: Table | Record) -> str:
    from serctl.drawing import Look, draw  # tabulate takes 50 ms, which a pipe needn't wait for

    now, width = environment.now(), environment.width
    if isinstance(data, Record):
        pairs = [[escaped(column.heading), _cell(value, now)] for column, value in data.fields]
        return _joined(draw((Look(is_whole=True), Look()), pairs, width))
    rows = [[_cell(value, now) for value in row] for row in data.rows]
    shown = [n for n, x in enumerate(data.columns) if _is_shown(environment, x, n, rows)]
    looks = [
        Look(escaped(x.heading), x.is_number, x.is_number or x.is_time)
        for x in (data.columns[n] for n in shown)
    ]
    lines = draw(looks, [[row[n] for n in shown] for row in rows], width)
    return _joined([environment.painted(lines[0], "bold"), *lines[1:]])


def _is_shown(environment: Environment, column: Column, n: int, rows: list[list[str]]) -> bool:
    """Columns without any text only take up room."""
    if environment.wide:
        return True
    return not column.only_wide and (not rows or any(row[n] for row in rows))


def _joined(lines: Iterable[str]) -> str:
    return "".join(line + "\n" for line in lines)


def _cell(value: Value, now: float) -> str:
    if isinstance(value, Moment):
        return escaped(value.otherwise) if value.epoch is None else times.both(value.epoch, now)
    return escaped(_plain(value))


def _plain(value: str | int | float | tuple[str, ...] | None) -> str:
    if isinstance(value, tuple):
        return ", ".join(value)
    return "" if value is None else str(value)


# -- lines and CSV -------------------------------------------------------------------------------


def _table_of(data: Table | Record, now: float) -> Table:
    """A Record as a table of two columns; a time is two rows: itself, and seconds from now."""
    if isinstance(data, Table):
        return data
    rows: list[Sequence[Value]] = []
    for column, value in data.fields:
        if isinstance(value, Moment):
            rows += zip(_names_of_time(column), _machine_time(value, now), strict=True)
        else:
            rows.append((column.name, value))
    return Table((Column("name"), Column("value")), rows)


def _as_lines(columns: Sequence[Column], rows: Iterable[Sequence[Value]], now: float) -> str:
    texts = (_machine_row(columns, row, now) for row in rows)
    return "".join("\t".join(map(reversible, row)) + "\n" for row in texts)


def _as_csv(
    environment: Environment,
    columns: Sequence[Column],
    rows: Iterable[Sequence[Value]],
    now: float,
    *,
    heading: bool,
) -> str:
    import csv
    from io import StringIO

    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if heading:
        writer.writerow(_machine_names(columns))
    writer.writerows(_machine_row(columns, row, now) for row in rows)
    written = text.getvalue()
    return escaped_lines(written) if environment.is_terminal else written


def _machine_names(columns: Iterable[Column]) -> list[str]:
    names = []
    for column in columns:
        names += _names_of_time(column) if column.is_time else [column.name]
    return names


def _names_of_time(column: Column) -> list[str]:
    return [column.name, f"{column.name}_in"]


def _machine_row(columns: Sequence[Column], row: Sequence[Value], now: float) -> list[str]:
    cells: list[str] = []
    for column, value in zip(columns, row, strict=True):
        if column.is_time:
            cells += _machine_time(value, now)
        else:
            assert not isinstance(value, Moment), column.name
            cells.append(_plain(value))
    return cells


def _machine_time(value: Value, now: float) -> list[str]:
    if not isinstance(value, Moment):
        return [_plain(value), ""]
    if value.epoch is None:
        return [value.otherwise, ""]
    return [times.iso(value.epoch, value.precision), str(round(value.epoch - now))]


# -- JSON ----------------------------------------------------------------------------------------


def _as_json(environment: Environment, document: object, indent: int | None = 2) -> str:
    text = json.dumps(document, ensure_ascii=False, indent=indent)
    return escaped_json(text, as_ascii=not environment.has_unicode) + "\n"


_FIELDS = json.JSONEncoder(ensure_ascii=False, separators=(",\n    ", ": "))
"""Writes an object without objects in it as `indent` would, and six times as fast."""


def _json_list(
    environment: Environment,
    columns: Sequence[Column],
    parts: Iterable[Iterable[Sequence[Value]]],
    now: float,
) -> Iterator[str]:
    """A list of objects, a piece for each part."""
    as_ascii = not environment.has_unicode
    opening = "[\n"
    for rows in parts:
        objects = [
            _FIELDS.encode(dict(_json_fields(zip(columns, row, strict=True), now))) for row in rows
        ]
        if objects:
            pieces = ",\n".join(f"  {{\n    {each[1:-1]}\n  }}" for each in objects)
            yield opening + escaped_json(pieces, as_ascii=as_ascii)
            opening = ",\n"
    yield "[]\n" if opening == "[\n" else "\n]\n"


def _json_fields(fields: Iterable[tuple[Column, Value]], now: float) -> Iterator[tuple[str, Any]]:
    for column, value in fields:
        if not isinstance(value, Moment):
            yield column.name, value
            continue
        absolute, distance = _machine_time(value, now) if value.epoch is not None else (None, None)
        name, name_of_distance = _names_of_time(column)
        yield name, absolute
        yield name_of_distance, None if distance is None else int(distance)
