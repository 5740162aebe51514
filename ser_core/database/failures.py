"""Which of our errors stands for which of the drivers'."""

from __future__ import annotations

import os
import pwd

from sqlalchemy import exc

from ser_core.database.errors import (
    DatabaseDown,
    DatabaseError,
    NoSuchCharacters,
    SchemaError,
)

_MISSING_STATES = ("42P01", "42703")
"""PostgreSQL: undefined_table, undefined_column."""
_MISSING_NUMBERS = (1054, 1146)
"""MySQL: unknown column, no such table."""
_MISSING_WORDS = ("no such table", "no such column", "has no column named")
_UNTRANSLATABLE_STATE = "22P05"
"""PostgreSQL: a character that the encoding of the database hasn't."""
_UNTRANSLATABLE_NUMBERS = (1267, 1270, 1271, 3854, 3988)
"""MySQL: the same in a comparison with two, three, many texts, of the character set of a column;
two later words for it. SER's tables are latin1."""
_MYSQL_PASSING = (1021, 1040, 1203, 1205, 1213, 1969, 3024)
"""MySQL: disk full, connections (two), lock wait, deadlock, a statement that takes long (two)."""


def translated(error: exc.SQLAlchemyError) -> DatabaseError:
    """The error to raise instead; its text has no statement and no values in it."""
    if isinstance(error, exc.TimeoutError):
        return DatabaseDown("all connections are in use")
    if isinstance(error, exc.PendingRollbackError):
        return DatabaseDown("the connection was lost in the midst of a transaction")
    if not isinstance(error, exc.DBAPIError):
        return DatabaseError(_one_line(getattr(error, "orig", None) or error))
    text = _text_of(error)
    if _is_missing(error):
        return SchemaError(f"{text}; the tables aren't those of ser")
    if _is_untranslatable(error):
        return NoSuchCharacters(text)
    if is_down(error):
        return DatabaseDown(text)
    return DatabaseError(text)


def is_lost(error: exc.SQLAlchemyError) -> bool:
    """The connection is dead; another one may live."""
    if isinstance(error, exc.PendingRollbackError):  # what SQLAlchemy says of a second statement
        return True
    return isinstance(error, exc.DBAPIError) and error.connection_invalidated


def is_locked(error: exc.SQLAlchemyError) -> bool:
    """SQLite: somebody else writes; or PostgreSQL, MySQL: a deadlock chose us. All was undone."""
    if not isinstance(error, exc.OperationalError):
        return False
    if getattr(error.orig, "sqlite_errorname", "").startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return True
    return getattr(error.orig, "sqlstate", "") in ("40P01", "40001") or _number(error) == 1213


def is_down(error: exc.SQLAlchemyError) -> bool:
    """Whether it's the moment's fault, not the statement's."""
    if is_lost(error):
        return True
    if _is_untranslatable(error):  # PyMySQL calls it an OperationalError
        return False
    if not isinstance(error, exc.OperationalError | exc.InterfaceError):
        return _number(error) in _MYSQL_PASSING
    # SQLite's name for whatever is wrong with a statement.
    return getattr(error.orig, "sqlite_errorname", "") != "SQLITE_ERROR"


def _is_missing(error: exc.DBAPIError) -> bool:
    if getattr(error.orig, "sqlstate", None) in _MISSING_STATES:
        return True
    if _number(error) in _MISSING_NUMBERS:
        return True
    is_sqlite = hasattr(error.orig, "sqlite_errorname")
    return is_sqlite and any(words in str(error.orig) for words in _MISSING_WORDS)


def _is_untranslatable(error: exc.SQLAlchemyError) -> bool:
    state = getattr(getattr(error, "orig", None), "sqlstate", None)
    return state == _UNTRANSLATABLE_STATE or _number(error) in _UNTRANSLATABLE_NUMBERS


def _number(error: exc.SQLAlchemyError) -> int:
    """MySQL's number of an error; 0 for others."""
    arguments = getattr(getattr(error, "orig", None), "args", ())
    return arguments[0] if arguments and isinstance(arguments[0], int) else 0


def _text_of(error: exc.DBAPIError) -> str:
    if _number(error) and error.orig is not None and len(error.orig.args) > 1:
        return _one_line(error.orig.args[1])
    return _one_line(error.orig) + _whose_rights(error)


def _whose_rights(error: exc.DBAPIError) -> str:
    """SQLite only says that it can't open the file, or write it; often it is another user's."""
    name = getattr(error.orig, "sqlite_errorname", "")
    if not name.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY")):
        return ""
    return f" (user {_own_name()} must be able to write it, and into its directory)"


def _own_name() -> str:
    user = os.geteuid()
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:  # a number needn't have a name
        return str(user)


def _one_line(text: object) -> str:
    return " ".join(str(text).split()) or "no reason given"
