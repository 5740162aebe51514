"""What can go wrong with a database, as those who ask it must tell apart."""

from __future__ import annotations

from ser_core.errors import SerError


class DatabaseError(SerError):
    """The database can't do what was asked."""


class DatabaseDown(DatabaseError):
    """It can't be reached, is too slow, is full, or too many wait for it: asking later may help.

    Whether something has been written is unknown when the connection broke in the midst of it.
    """


class SchemaError(DatabaseError):
    """Its tables aren't those that this program knows: newer ones, or a column is missing."""


class NoSuchCharacters(DatabaseError):
    """A text has characters that a table, or the database, can't have: no row is like it."""
