"""A ul_list for tests: pages out of registrations that are made up."""

from __future__ import annotations

from ser_core.fifo.tables import table_body
from tests.support.serctl_runs import NOW

COLUMNS = ("aor", "contact", "expires", "q", "call_id", "cseq", "user_agent", "received", "flags",
    "since", "table")  # fmt: skip


def registration(aor: str, *, user_agent: str = "Phone", expires: float = NOW + 60) -> list[str]:
    """A row as ser has it."""
    contact = f"sip:{aor}@192.0.2.9"
    return [aor, contact, f"{expires:.0f}", "0.5", "a84b4c76e66710", "7", user_agent, "", "0",
        f"{NOW - 60:.0f}", "location"]  # fmt: skip


class UlList:
    """Answers ul_list; `rows` may be changed between requests."""

    def __init__(self, rows: list[list[str]], total: int | None = None) -> None:
        self.rows = rows
        self._total = len(rows) if total is None else total

    def __call__(self, *options: str) -> bytes:
        asked = dict(option.split("=", 1) for option in options)
        name = asked["sort"].removeprefix("-")
        is_by_user = name == "aor"
        rows = sorted(self.rows, key=lambda row: (_key(name, row), row[0]))
        rows = rows[::-1] if asked["sort"].startswith("-") else rows
        limit = int(asked["limit"])
        status = f"200 ok total={self._total}"
        if "after" in asked:
            assert is_by_user
            rows = behind(rows, asked["after"], backwards=asked["sort"] == "-aor")
            return f"{status}\n".encode() + table_body(COLUMNS, rows[:limit])
        offset = int(asked["offset"])
        page = table_body(COLUMNS, rows[offset : offset + limit])
        return f"{status} matched={len(rows)}\n".encode() + page


def _key(name: str, row: list[str]) -> float | str:
    text = row[COLUMNS.index(name)]
    if name == "expires":
        return float(text) or float("inf")
    return float(text or -1) if name in ("q", "since") else text


def behind(rows: list[list[str]], user: str, *, backwards: bool) -> list[list[str]]:
    """Those whose users come after this one."""
    return [row for row in rows if (row[0] < user if backwards else row[0] > user)]
