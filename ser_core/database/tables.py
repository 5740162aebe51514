"""SER's tables: names and columns as in SER 0.9, lengths for what ser itself lets through.

What SER hasn't: ha1_sha256 and ha1b_sha256 (RFC 8760), `id` where a primary key of SER's would be
too long for a whole contact, `since` of registrations. Times are UTC.

Names are compared byte by byte in all three databases; on MySQL a collation sees to that.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Dialect,
    Float,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeEngine

NAME: Final = 255
"""Characters of a user name or a domain."""
GROUP: Final = 64
"""Characters of a group's name."""
URI: Final = 2048
"""Characters of a URI; 512 bytes of a contact, each escaped, fit."""
TEXT: Final = 1024
"""Characters of a Call-ID, a User-Agent, an address-of-record; 256 bytes, each escaped, fit."""

_Kind = type[TypeDecorator[Any]] | TypeEngine[Any]  # Any: of whatever Python type

_EPOCH = datetime(1970, 1, 1)


class UnixTime(TypeDecorator[float]):
    """Seconds since 1970, kept as a date and time in UTC, to the microsecond."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> object:  # type: ignore[override]
        if dialect.name in ("mysql", "mariadb"):
            return dialect.type_descriptor(mysql.DATETIME(fsp=6))
        return dialect.type_descriptor(DateTime())

    def process_bind_param(self, value: float | None, dialect: Dialect) -> datetime | None:
        return None if value is None else _EPOCH + timedelta(seconds=value)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> float | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC).timestamp()


metadata = MetaData()


def _id() -> Column[int]:
    # SQLite counts by itself in an INTEGER only.
    kind = BigInteger().with_variant(Integer, "sqlite")
    return Column("id", kind, primary_key=True, autoincrement=True)


def _text(name: str, length: int, default: str = "") -> Column[str]:
    return Column(name, String(length), nullable=False, default=default, server_default=default)


def _key(name: str, length: int) -> Column[str]:
    return Column(name, String(length), primary_key=True, nullable=False)


def _time(name: str) -> Column[float]:
    return Column(name, UnixTime, nullable=True)


version = Table(
    "version",
    metadata,
    _key("table_name", 64),
    Column("table_version", SmallInteger, nullable=False, default=0, server_default="0"),
)

subscriber = Table(
    "subscriber",
    metadata,
    _key("username", NAME),
    _key("domain", NAME),
    _text("password", 128),
    _text("first_name", 64),
    _text("last_name", 64),
    _text("phone", 32),
    _text("email_address", 254),
    _time("datetime_created"),
    _time("datetime_modified"),
    _text("confirmation", 64),
    _text("flag", 1, "o"),
    _text("sendnotification", 50),
    _text("greeting", 50),
    _text("ha1", 128),
    _text("ha1b", 128),
    _text("ha1_sha256", 64),
    _text("ha1b_sha256", 64),
    _text("allow_find", 1, "0"),
    Column("timezone", String(128)),
    Column("rpid", String(255)),
    Column("phplib_id", String(64), nullable=False, unique=True),
)

LOCATION_COLUMNS: Final = (
    "username", "domain", "contact", "received", "expires", "q", "callid", "cseq", "last_modified",
    "replicate", "state", "flags", "user_agent", "method", "since",
)  # fmt: skip
"""The columns of a location table under their usual names; `id` comes before them."""


def location_table(
    name: str, columns: Mapping[str, str] | None = None, into: MetaData | None = None
) -> Table:
    """The table of a usrloc domain. `columns`: usual names of columns to what they are called here.

    Column keys stay the usual names: `table.c.username` whatever the database calls it. ValueError
    for a usual name that there isn't, or two columns of one name.
    """
    called = dict(zip(LOCATION_COLUMNS, LOCATION_COLUMNS, strict=True))
    for usual, own in (columns or {}).items():
        if usual not in called:
            raise ValueError(f"a location table has no column {usual}")
        called[usual] = own
    if len({*called.values(), "id"}) <= len(called):
        raise ValueError(f"two columns of table {name} have the same name")

    def column(usual: str, kind: _Kind, default: str | None = None) -> Column[Any]:
        return Column(
            called[usual], kind, key=usual, nullable=default is None, server_default=default
        )

    table = Table(
        name,
        into if into is not None else MetaData(),
        _id(),
        column("username", String(TEXT), ""),
        column("domain", String(NAME), ""),
        column("contact", String(URI), ""),
        column("received", String(TEXT)),
        column("expires", UnixTime),
        column("q", Float(), "1.0"),
        column("callid", String(TEXT), "Default-Call-ID"),
        column("cseq", BigInteger(), "42"),
        column("last_modified", UnixTime),
        column("replicate", Integer(), "0"),
        column("state", SmallInteger(), "0"),
        column("flags", Integer(), "0"),
        column("user_agent", String(TEXT), ""),
        column("method", String(64)),
        column("since", UnixTime),
    )
    Index(
        f"{name}_aor",
        table.c.username,
        table.c.domain,
        mysql_length={called["username"]: 255, called["domain"]: 255},
    )
    return table


location = location_table("location", into=metadata)
aliases = location_table("aliases", into=metadata)

uri = Table(
    "uri",
    metadata,
    _key("username", NAME),
    _key("domain", NAME),
    _key("uri_user", NAME),
    _time("last_modified"),
)

grp = Table(
    "grp",
    metadata,
    _key("username", NAME),
    _key("domain", NAME),
    _key("grp", GROUP),
    _time("last_modified"),
)

domain = Table("domain", metadata, _key("domain", NAME), _time("last_modified"))

dbaliases = Table(
    "dbaliases",
    metadata,
    _id(),
    _text("alias_username", NAME),
    _text("alias_domain", NAME),
    _text("username", NAME),
    _text("domain", NAME),
    UniqueConstraint("alias_username", "alias_domain", name="dbaliases_alias"),
)


def accounting_table(name: str, into: MetaData | None = None) -> Table:
    """A table of calls, as acc and missed_calls are."""
    table = Table(
        name,
        into if into is not None else MetaData(),
        _id(),
        _text("sip_from", TEXT),
        _text("sip_to", TEXT),
        _text("sip_status", 128),
        _text("sip_method", 64),
        _text("i_uri", URI),
        _text("o_uri", URI),
        _text("from_uri", URI),
        _text("to_uri", URI),
        _text("sip_callid", TEXT),
        _text("username", NAME),
        _text("domain", NAME),
        _text("fromtag", TEXT),
        _text("totag", TEXT),
        _time("time"),
        _time("timestamp"),
        _text("caller_deleted", 1, "0"),
        _text("callee_deleted", 1, "0"),
    )
    Index(f"{name}_user", table.c.username, table.c.domain)
    Index(f"{name}_callid", table.c.sip_callid, mysql_length={"sip_callid": 255})
    return table


acc = accounting_table("acc", metadata)
missed_calls = accounting_table("missed_calls", metadata)

VERSIONS: Final[dict[str, int]] = {
    "subscriber": 5,
    "location": 6,
    "aliases": 6,
    "uri": 1,
    "grp": 2,
    "domain": 1,
    "acc": 2,
    "missed_calls": 2,
    "dbaliases": 1,
}
"""What SER 0.9 writes into `version` for each table, and checks when it starts."""
