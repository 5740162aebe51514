"""Bindings as rows of an SQL table: SER's columns, and how a record becomes rows and back.

A row is a contact. With use_domain the address-of-record user@domain stands in two columns; without
it `domain` is empty and doesn't count. Times are UTC. A permanent binding has the time 0 (1970), as
SER writes it, and its flag. `since` is ours: when the contact registered first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import LargeBinary, String, cast
from sqlalchemy.sql import ColumnElement

from ser_core.database.octets import to_octets, to_text
from ser_core.database.tables import location_table
from ser_core.registrar.location import NEVER, PERMANENT, Binding
from ser_core.registrar.rules import (
    MAX_AOR,
    MAX_CALL_ID,
    MAX_CONTACT_URI,
    MAX_RECEIVED,
    MAX_USER_AGENT,
    UNSPECIFIED_Q,
)

READ: Final = (
    "username", "domain", "contact", "received", "expires", "q", "callid", "cseq", "flags",
    "user_agent", "since", "id",
)  # fmt: skip
"""What is read of a row, in this order."""
WRITTEN: Final = (
    "username", "domain", "contact", "received", "expires", "q", "callid", "cseq", "last_modified",
    "flags", "user_agent", "since",
)  # fmt: skip
"""What is written of a row, in this order."""
MAX_CSEQ: Final = (1 << 63) - 1
MAX_FLAGS: Final = (1 << 31) - 1

_EPOCH = datetime(1970, 1, 1)
_UNSAFE = re.compile(rb"[\x00-\x20\x7f<>\"]")
"""What would end a contact's place in a header."""

Values = Sequence[Any]  # Any: what a driver gives, or what was put into a column that takes all


class BadRow(ValueError):
    """A row that is no binding; the text says why."""


class Rows:
    """The table of one usrloc domain."""

    def __init__(
        self, domain: str, columns: Mapping[str, str] | None = None, *, use_domain: bool = False
    ) -> None:
        """`columns`: usual names of columns to their own. ValueError: two have the same."""
        self.domain = domain
        self.use_domain = use_domain
        self.table = location_table(domain, columns)
        self.texts: dict[str, Any] = {}  # Any: `statements` keeps there what it has made of this

    # -- names -----------------------------------------------------------------------------------

    def names_of(self, aor: bytes) -> tuple[str, str]:
        """User and domain columns of an address-of-record."""
        if not self.use_domain:
            return to_text(aor), ""
        user, _, domain = aor.rpartition(b"@")  # a user may hold an @, a domain never
        return to_text(user), to_text(domain)

    def aor_of(self, values: Values) -> bytes:
        """The address-of-record of a row. Raises BadRow."""
        user = _octets("username", values[0], MAX_AOR)
        if not self.use_domain:
            return user
        domain = _octets("domain", values[1], MAX_AOR)
        if not domain:
            raise BadRow("it has no domain, and use_domain is set")
        if len(user) + 1 + len(domain) > MAX_AOR:
            raise BadRow("username and domain are too long")
        return user + b"@" + domain

    # -- rows ------------------------------------------------------------------------------------

    def values_of(self, aor: bytes, binding: Binding, now: float) -> tuple[object, ...]:
        """What is WRITTEN for a binding."""
        user, domain = self.names_of(aor)
        return (
            user,
            domain,
            to_text(binding.uri),
            to_text(binding.received) or None,
            date_of(binding.expires_at),
            -1.0 if binding.q < 0 else binding.q / 1000,
            to_text(binding.call_id),
            binding.cseq,
            date_of(now),
            binding.flags,
            to_text(binding.user_agent),
            date_of(binding.since),
        )

    def columns_to_read(self, dialect: str) -> list[ColumnElement[Any]]:
        """READ, in a form in which no value keeps a driver from reading the others.

        SQLite stores any bytes in any column, and PostgreSQL has times that Python hasn't.
        """
        as_text = LargeBinary() if dialect == "sqlite" else String()
        numbers = () if dialect == "sqlite" else ("q", "cseq", "flags", "id")
        column = self.table.c
        return [column[x] if x in numbers else cast(column[x], as_text) for x in READ]


def date_of(seconds: float) -> str:
    """Unix seconds as all three databases take a date and time, and SQLAlchemy writes it."""
    return (_EPOCH + timedelta(seconds=seconds)).isoformat(" ", "microseconds")


def binding_of(values: Values, now: float) -> Binding:
    """The binding that a row tells of; without `since` it is there from now on. Raises BadRow."""
    _, _, contact, received, expires, q, call_id, cseq, flags, user_agent, since, _ = values
    uri = _octets("contact", contact, MAX_CONTACT_URI)
    if not uri or _UNSAFE.search(uri):
        raise BadRow("its contact is no URI")
    behind = _octets("received", received, MAX_RECEIVED)
    if _UNSAFE.search(behind):
        raise BadRow("received is no URI")
    bits = _integer("flags", flags, MAX_FLAGS)
    return Binding(
        uri,
        NEVER if bits & PERMANENT else _expiry(expires),
        _q(q),
        _octets("callid", call_id, MAX_CALL_ID),
        _integer("cseq", cseq, MAX_CSEQ),
        _octets("user_agent", user_agent, MAX_USER_AGENT),
        behind,
        bits,
        _time("since", since) if since is not None else now,
    )


def _octets(name: str, value: object, limit: int) -> bytes:
    if isinstance(value, str):
        octets = to_octets(value)
    elif isinstance(value, bytes):
        octets = (
            value if b"\\" not in value else to_octets(value.decode("utf-8", "surrogateescape"))
        )
    elif value is None:
        return b""
    else:
        raise BadRow(f"{name} is no text")
    if len(octets) > limit:
        raise BadRow(f"{name} is longer than {limit} bytes")
    return octets


def _integer(name: str, value: Any, limit: int) -> int:  # Any: see Values
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        raise BadRow(f"{name} is no number") from None
    if not 0 <= number <= limit:
        raise BadRow(f"{name} is out of range")
    return number


def _q(value: Any) -> int:  # Any: see Values
    if value is None:
        return UNSPECIFIED_Q
    try:
        thousandths = round(float(value) * 1000)
    except (TypeError, ValueError, OverflowError):
        raise BadRow("q is no number") from None
    return UNSPECIFIED_Q if thousandths < 0 else min(thousandths, 1000)


def _expiry(value: object) -> float:
    expires = _time("expires", value)
    if expires == NEVER:
        raise BadRow("it never expires but isn't permanent")
    return expires


def _time(name: str, value: object) -> float:
    """Unix seconds of a date and time in UTC."""
    if isinstance(value, bytes):
        value = value.decode("ascii", "replace")
    try:
        moment = datetime.fromisoformat(value)  # type: ignore[arg-type]  # see what is caught
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (TypeError, ValueError, OverflowError):
        raise BadRow(f"{name} is no time") from None


def in_order(bindings: list[Binding], *, desc_time_order: bool) -> list[Binding]:
    """Bindings as they came from the table, each contact once, the best first.

    Rows stand in the order of the list they were made of; somebody else's need not.
    """
    if len(bindings) == 1:
        return bindings
    latest: dict[bytes, Binding] = {}
    for binding in bindings:
        other = latest.get(binding.uri)
        if other is None or _lasts_longer(binding, other):
            latest[binding.uri] = binding
    kept = list(latest.values())
    if not desc_time_order:
        kept.sort(key=lambda binding: -binding.q)
    return kept


def _lasts_longer(binding: Binding, other: Binding) -> bool:
    if other.expires_at == NEVER:
        return False
    return binding.expires_at == NEVER or binding.expires_at > other.expires_at
