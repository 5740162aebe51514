"""Statements that SQLAlchemy has written once, to be carried out again and again as text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from sqlalchemy import Dialect, Select

    from ser_core.database.straight import Plain, Row


class _Text(NamedTuple):
    text: str
    order: tuple[str, ...]
    """The names of values where the driver takes them by their place; empty: by name."""
    fixed: dict[str, Any]  # Any: as the driver takes it
    """Values that stand in the statement itself."""


class Compiled:
    """A query. Values are bound by name and go to the driver as they are."""

    def __init__(self, statement: Select[*tuple[Any, ...]]) -> None:  # Any: of whatever type
        self._statement = statement
        self._texts: dict[str, _Text] = {}

    def rows(self, connection: Plain, values: Mapping[str, object]) -> Iterable[Row]:
        """What it finds. Raises KeyError when a value is missing."""
        made = self._texts.get(connection.dialect.name)
        if made is None:
            made = self._compile(connection.dialect)
        given = {**made.fixed, **values}
        if made.order:
            return connection.exec_driver_sql(made.text, tuple(given[x] for x in made.order))
        return connection.exec_driver_sql(made.text, given)

    def _compile(self, dialect: Dialect) -> _Text:
        compiled: Any = self._statement.compile(
            dialect=dialect, compile_kwargs={"render_postcompile": True}
        )  # Any: what a compiler of SQL has besides
        order = tuple(compiled.positiontup or ()) if compiled.positional else ()
        fixed = {name: value for name, value in compiled.params.items() if value is not None}
        made = self._texts[dialect.name] = _Text(str(compiled), order, fixed)
        return made
