"""A location table for tests of sertui: answers ul_list and what changes it, as ser does."""

from __future__ import annotations

from dataclasses import astuple, fields, replace
from typing import Any

from ser_core.fifo.protocol import Reply
from ser_core.fifo.tables import table_body
from sertui.registrations import Registration
from sertui.snapshot import Snapshot
from tests.support.sertui_feed import NOW, RecordedFeed, snapshot

COLUMNS = [field.name for field in fields(Registration)]
USUAL = {"table": "location", "sort": "aor", "offset": "0", "limit": "200"}
_PHONE = Registration(
    aor="joe",
    contact="sip:joe@192.0.2.9:5062;transport=tcp",
    expires=int(NOW) + 3600,
    q="0.5",
    call_id="a84b4c76e66710",
    cseq="42",
    user_agent="Linphone/5.1",
    received="",
    flags=0,
    since=int(NOW) - 7200,
    table="location",
)


def registration(aor: str = "joe", **changes: Any) -> Registration:
    """A phone that has been there for two hours; `changes` are fields."""
    contact = f"sip:{aor}@192.0.2.9:5062;transport=tcp"
    return replace(_PHONE, aor=aor, **{"contact": contact, **changes})


def many(number: int) -> list[Registration]:
    """user00000 and so on."""
    return [registration(f"user{index:05}") for index in range(number)]


def answer(rows: list[Registration], total: int | None = None, matched: int | None = None) -> Reply:
    """Of ul_list."""
    total = len(rows) if total is None else total
    matched = total if matched is None else matched
    body = table_body(COLUMNS, [[str(value) for value in astuple(row)] for row in rows])
    return Reply(200, f"ok total={total} matched={matched}", body)


class Location:
    """`rows` may be changed between requests."""

    def __init__(self, rows: list[Registration]) -> None:
        self.rows = rows

    def feed(self) -> RecordedFeed:
        """One that answers out of it."""
        return RecordedFeed(
            {"ul_list": self.ul_list, "ul_rm_contact": self.ul_rm_contact, "ul_add": self.ul_add}
        )

    def ul_list(self, *options: str) -> Reply:
        asked = {**USUAL, **dict(option.split("=", 1) for option in options)}
        sort, wanted = asked["sort"].removeprefix("-"), asked.get("filter", "").lower()
        rows = [row for row in self.rows if row.table == asked["table"]]
        total = len(rows)
        rows = [row for row in rows if wanted in f"{row.aor} {row.contact}".lower()]
        rows.sort(key=lambda row: (getattr(row, sort), row.aor), reverse=asked["sort"][0] == "-")
        offset, limit = int(asked["offset"]), int(asked["limit"])
        return answer(rows[offset : offset + limit], total, len(rows))

    def ul_rm_contact(self, table: str, aor: str, contact: str) -> Reply:
        left = [row for row in self.rows if row.key != (aor, contact)]
        if len(left) == len(self.rows):
            return Reply(404, f"Contact {contact} in table {table} not found")
        self.rows = left
        return Reply(200, f"Contact ({aor}, {contact}) deleted from table {table}")

    def ul_add(self, table: str, aor: str, contact: str, expires: str, q: str, *_: str) -> Reply:
        if "@" in aor:
            return Reply(400, "ul_add: username@domain expected")
        ends = int(NOW) + int(expires) if int(expires) else 0
        row = registration(aor, contact=contact, q=q, expires=ends, since=int(NOW), table=table)
        self.rows = [*self.rows, row]
        return Reply(200, "Added to table")


class Ticks:
    """Snapshots, each two minutes after the one before, so that each time it is due to look."""

    def __init__(self) -> None:
        self._sequence = 2

    def next(self, **changes: Any) -> Snapshot:
        self._sequence += 1
        taken = NOW + 120 * self._sequence
        return snapshot(sequence=self._sequence, taken_at=taken, **changes)
