"""Who is pinged, in a file, so that a dashboard that is started anew goes on with it.

A file for each ser. Of two dashboards on one ser the last that changes its list is remembered.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sertui.state_files import replace_file

DIRECTORY = "sertui_pings"
LARGEST = 1_000_000
"""Bytes that are read; a list of thousands has less."""
MOST = 1000
"""Entries that are taken over."""
_UNSAFE = re.compile(r"[^\w.:-]|^\.")


@dataclass(frozen=True, slots=True)
class Entry:
    """One that is pinged, by its URI."""

    uri: str
    user: str = ""
    is_paused: bool = False


@dataclass(frozen=True, slots=True)
class PingList:
    """All that is remembered."""

    interval: float
    """Seconds."""
    entries: tuple[Entry, ...] = ()
    users: tuple[str, ...] = ()
    """Who is pinged wherever he is registered."""


def read_list(data: bytes) -> PingList:
    """Raises ValueError, in words, for what isn't one."""
    try:
        found = json.loads(data)
        entries = tuple(Entry(_text(x["uri"]), _text(x["user"]), x["is_paused"] is True)
                        for x in found["entries"][:MOST])  # fmt: skip
        users = tuple(_text(user) for user in found["users"][:MOST])
        return PingList(float(found["interval"]), entries, users)
    except KeyError as error:
        raise ValueError(f"it lacks {error}") from error
    except (TypeError, OverflowError, RecursionError) as error:
        raise ValueError("it isn't a list of pings") from error


def written(pings: PingList) -> bytes:
    """The text of the file."""
    return json.dumps(asdict(pings), indent=1).encode() + b"\n"


class PingListFile:
    """The file of one ser."""

    def __init__(self, directory: Path, instance: str) -> None:
        """`directory`: of all state."""
        name = _UNSAFE.sub("_", instance) or "ser"
        self.path = directory / DIRECTORY / f"{name}.json"
        self._is_bad = False

    def load(self) -> PingList | None:
        """None when nothing was kept. Raises ValueError and OSError, with words for the user."""
        try:
            with self.path.open("rb") as file:
                data = file.read(LARGEST + 1)
        except FileNotFoundError:
            return None
        try:
            if len(data) > LARGEST:
                raise ValueError("it is too large")
            return read_list(data)
        except ValueError:
            self._is_bad = True
            raise

    def save(self, pings: PingList) -> None:
        """Keep it. One that couldn't be read is put aside, not overwritten. Raises OSError."""
        if self._is_bad:
            self.path.replace(self.path.with_suffix(".bad"))
            self._is_bad = False
        replace_file(self.path, written(pings))


def _text(value: Any) -> str:  # Any: whatever JSON can say
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no text")
    return value
