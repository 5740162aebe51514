"""What is asked of the table of subscribers.

Names are bound, never put into the text of a query. The name that comes back is compared once more,
since some databases think that "JOE" and "joe " are joe.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import bindparam, column, or_, select, table

from ser_core.database.compiled import Compiled
from ser_core.sip.digest import Algorithm, ha1_of, is_hash

if TYPE_CHECKING:
    from sqlalchemy import ColumnClause, Connection, Select

    from ser_core.database.straight import Plain
    from ser_core.sip.credentials import Credentials

MAX_ROWS = 16
"""Rows of one user that are looked at, one for each domain when domains don't count."""


class Row(msgspec.Struct, frozen=True):
    """What the table has about a user."""

    secret: str
    """An HA1, or a password where the table has passwords; empty when there is none."""
    attributes: tuple[Any, ...]
    """The values of the columns that were asked for besides."""


class SubscriberQuery:
    """Asks one table for the HA1 of one algorithm and for some attributes."""

    def __init__(
        self,
        name: str,
        *,
        user_column: str,
        domain_column: str,
        secret_column: str,
        attributes: Sequence[str],
        use_domain: bool,
    ) -> None:
        user, domain = _column(user_column), _column(domain_column)
        secret = _column(secret_column)
        others = [_column(attribute) for attribute in attributes]
        subscribers = table(name, *{x.name: x for x in (user, domain, secret, *others)}.values())
        wanted = select(user, secret, *others).select_from(subscribers)
        wanted = wanted.where(user == bindparam("user")).limit(MAX_ROWS)
        if use_domain:
            wanted = wanted.where(domain == bindparam("domain"))
        self._use_domain = use_domain
        self._wanted = Compiled(wanted)
        without = select(user).select_from(subscribers).where(or_(secret.is_(None), secret == ""))
        self._without: Select[Any] = without.limit(1)

    def rows(self, connection: Plain, user: str, domain: str) -> list[Row]:
        """What the table has about a user."""
        names = {"user": user, "domain": domain} if self._use_domain else {"user": user}
        found = self._wanted.rows(connection, names)
        return [Row(row[1] or "", tuple(row[2:])) for row in found if row[0] == user]

    def everybody_has_one(self, connection: Connection) -> bool:
        """True when there is no subscriber without a secret."""
        return connection.execute(self._without).first() is None


def _column(name: str) -> ColumnClause[Any]:  # Any: what type it has nobody has told us
    return column(name)


def hash_of(
    secret: str, algorithm: Algorithm, credentials: Credentials, *, is_password: bool
) -> bytes:
    """The HA1 that a row stands for; empty when it can't stand for one.

    An empty or damaged HA1 would be one that everybody knows.
    """
    text = secret.encode()
    if is_password:
        realm = credentials.realm
        return ha1_of(algorithm, credentials.username, realm, text) if text else b""
    text = text.strip().lower()
    return text if is_hash(text, algorithm) else b""


def as_name(text: bytes) -> str | None:
    """A name as the database has it; None for one that can't be there."""
    if not text or b"\0" in text or len(text) > MAX_NAME:
        return None
    try:
        return text.decode()
    except UnicodeDecodeError:
        return None


MAX_NAME = 255
"""Bytes of a name that is looked up."""
