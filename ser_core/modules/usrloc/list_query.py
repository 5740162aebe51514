"""What ul_list is asked for: lines KEY=VALUE."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ser_core.errors import ParseError
from ser_core.fifo.protocol import FifoError
from ser_core.modules.usrloc.fifo_arguments import as_text
from ser_core.registrar.location import NEVER, Binding
from ser_core.sip.headers import parse_uint

MAX_LIMIT = 10_000
MAX_OFFSET = (1 << 32) - 1
SHOWN = 40
"""Characters of a wrong option that the reply repeats."""

_LAST = float("inf")

SortKey = Callable[[bytes, Binding], Any]  # Any: bytes or a number, the same for all

SORT_KEYS: dict[str, SortKey] = {
    "aor": lambda aor, binding: aor,
    "contact": lambda aor, binding: binding.uri,
    "expires": lambda aor, binding: binding.expires_at if binding.expires_at != NEVER else _LAST,
    "since": lambda aor, binding: binding.since,
    "q": lambda aor, binding: binding.q,
    "user_agent": lambda aor, binding: binding.user_agent,
}


@dataclass(frozen=True, slots=True)
class ListQuery:
    """Which registrations, in which order, and which page of them."""

    table: bytes = b"location"
    filter: bytes = b""
    """In lower case; empty: all."""
    sort: str = "aor"
    """One of SORT_KEYS."""
    descending: bool = False
    limit: int = 50
    offset: int = 0
    after: bytes | None = None
    """The page begins behind this address-of-record, whoever comes or goes before it."""

    def fits(self, aor: bytes, binding: Binding) -> bool:
        """Whether the filter lets a binding through. Only ASCII letters have no case."""
        wanted = self.filter
        return (
            wanted in aor.lower()
            or wanted in binding.uri.lower()
            or wanted in binding.user_agent.lower()
            or wanted in binding.received.lower()
        )


def read_query(options: Sequence[bytes]) -> ListQuery:
    """What the lines ask for. Raises FifoError."""
    values: dict[str, Any] = {}  # Any: the fields of ListQuery
    for option in options:
        key, equals, value = option.partition(b"=")
        name = as_text(key[:SHOWN]).strip()
        if not equals:
            raise _wrong(f"'{name}' is not KEY=VALUE")
        if name not in _READERS:
            raise _wrong(f"there is no '{name}', only {', '.join(_READERS)}")
        if name in values:
            raise _wrong(f"{name} is given twice")
        values[name] = _READERS[name](value if name == "after" else value.strip())
    sort = values.pop("sort", "aor")
    query = ListQuery(**values, sort=sort.removeprefix("-"), descending=sort.startswith("-"))
    if query.after is not None and (query.offset or query.sort != "aor"):
        raise _wrong("after goes with sort=aor, and without offset")
    return query


def _read_sort(value: bytes) -> str:
    sort = as_text(value[:SHOWN])
    if sort.removeprefix("-") not in SORT_KEYS:
        raise _wrong(f"sort is one of {', '.join(SORT_KEYS)}, with - in front for the last first")
    return sort


def _read_limit(value: bytes) -> int:
    return _read_number("limit", value, MAX_LIMIT)


def _read_offset(value: bytes) -> int:
    return _read_number("offset", value, MAX_OFFSET)


def _read_number(name: str, value: bytes, maximum: int) -> int:
    try:
        return parse_uint(value, maximum)
    except ParseError as error:
        raise _wrong(f"{name} is a number up to {maximum}") from error


def _wrong(text: str) -> FifoError:
    return FifoError(400, f"ul_list: {text}")


_READERS: dict[str, Callable[[bytes], Any]] = {  # Any: what stands in the field of ListQuery
    "table": bytes,
    "filter": bytes.lower,
    "sort": _read_sort,
    "limit": _read_limit,
    "offset": _read_offset,
    "after": bytes,
}
