"""Registrations as ul_list tells of them. No Textual, no clock."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

from ser_core.fifo.protocol import Reply
from ser_core.fifo.tables import read_table
from sertui.replies import noted

FRESH = 10.0
"""Seconds for which a new row is marked, and a gone one still shown."""
PERMANENT = 128
"""The flag of a contact that stays for good."""
SETTLED = ("aor", "contact")
"""Orders in which a phone that renews its registration stays where it is."""
_TRANSPORT = re.compile(r";transport=([^;?>\s]+)", re.I)

Key = tuple[str, str]
"""Address and contact: what makes a row the same one."""


class RowState(enum.Enum):
    """What is to be seen of a row at a glance, each by a sign."""

    USUAL = " "
    NEW = "+"
    GONE = "−"  # as wide as the plus
    EXPIRED = "!"
    PERMANENT = "∞"


@dataclass(frozen=True, slots=True)
class Registration:
    """One contact of a user. Its fields are the columns of ul_list."""

    aor: str
    contact: str
    expires: int
    """Unix time; 0: never."""
    q: str
    call_id: str
    cseq: str
    user_agent: str
    received: str
    flags: int
    since: int
    table: str

    @property
    def key(self) -> Key:
        return self.aor, self.contact

    @property
    def transport(self) -> str:
        """As the contact says; without a word it is UDP, for sips TLS (RFC 3261 §19.1.1)."""
        found = _TRANSPORT.search(self.contact)
        if found:
            return found[1].lower()
        return "tls" if self.contact[:5].lower() == "sips:" else "udp"

    @property
    def is_permanent(self) -> bool:
        return not self.expires or bool(self.flags & PERMANENT)

    def state(self, now: float) -> RowState:
        """By its times; whether it has gone only the pages know."""
        if 0 <= now - self.since < FRESH:
            return RowState.NEW
        if self.is_permanent:
            return RowState.PERMANENT
        return RowState.EXPIRED if self.expires <= now else RowState.USUAL


@dataclass(frozen=True, slots=True)
class Query:
    """Which registrations, in which order."""

    filter: str = ""
    sort: str = "aor"
    descending: bool = False
    table: str = "location"

    def options(self, offset: int, limit: int) -> tuple[str, ...]:
        """For ul_list."""
        sort = f"-{self.sort}" if self.descending else self.sort
        page = (f"table={self.table}", f"sort={sort}", f"offset={offset}", f"limit={limit}")
        return (*page, f"filter={self.filter}") if self.filter.strip() else page


@dataclass(frozen=True, slots=True)
class Listing:
    """What ul_list answers."""

    rows: tuple[Registration, ...]
    total: int
    """In the table."""
    matched: int
    """Those that fit the filter."""


def read_listing(reply: Reply) -> Listing:
    """Raises ValueError for what ul_list doesn't say."""
    names, table = read_table(reply.body)
    rows = tuple(_registration(dict(zip(names, values, strict=True))) for values in table)
    return Listing(rows, noted(reply, "total"), noted(reply, "matched"))


def _registration(field: dict[str, str]) -> Registration:
    try:
        return Registration(
            field["aor"],
            field["contact"],
            int(field["expires"]),
            field["q"],
            field["call_id"],
            field["cseq"],
            field["user_agent"],
            field["received"],
            int(field["flags"]),
            int(field["since"]),
            field["table"],
        )
    except KeyError as error:
        raise ValueError(f"the reply has no column {error}") from error
