"""Who is pinged, in a file, so that a dashboard that is started anew goes on with it.

A file for each ser. Two dashboards on one ser share it: each writes down what it has changed since
it last read or wrote the file, and leaves the rest as the other one wants it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Hashable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

from sertui.state_files import locked, replace_file

DIRECTORY = "sertui_pings"
LARGEST = 1_000_000
"""Bytes that are read; a list of thousands has less."""
MOST = 1000
"""Entries that are taken over."""
Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")
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


def merged(before: PingList, ours: PingList, theirs: PingList) -> PingList:
    """`theirs` with all that is otherwise in `ours` than it was `before`."""
    entries = _merged(*({x.uri: x for x in pings.entries} for pings in (before, ours, theirs)))
    users = _merged(*(dict.fromkeys(pings.users) for pings in (before, ours, theirs)))
    interval = theirs.interval if ours.interval == before.interval else ours.interval
    return PingList(interval, tuple(entries.values()), tuple(users))


def _merged(
    before: Mapping[Key, Value], ours: Mapping[Key, Value], theirs: Mapping[Key, Value]
) -> dict[Key, Value]:
    gone = before.keys() - ours.keys()
    new = {key: ours[key] for key in ours if key not in before or before[key] != ours[key]}
    return {key: theirs[key] for key in theirs if key not in gone} | new


class PingListFile:
    """The file of one ser."""

    def __init__(self, directory: Path, instance: str) -> None:
        """`directory`: of all state."""
        name = _UNSAFE.sub("_", instance) or "ser"
        self.path = directory / DIRECTORY / f"{name}.json"
        self._before: PingList | None = None
        """As it was read or written last by us."""

    def load(self) -> PingList | None:
        """None when nothing was kept. Raises ValueError and OSError, with words for the user."""
        self._before = self._read()
        return self._before

    def save(self, pings: PingList) -> None:
        """Keep what is new in it. A file that can't be understood is put aside. Raises OSError."""
        with locked(self.path.parent):
            try:
                theirs = self._read()
            except ValueError:
                theirs = None
                self.path.replace(self.path.with_suffix(".bad"))
            before = self._before or PingList(pings.interval)
            replace_file(self.path, written(merged(before, pings, theirs) if theirs else pings))
        self._before = pings

    def _read(self) -> PingList | None:
        try:
            with self.path.open("rb") as file:
                data = file.read(LARGEST + 1)
        except FileNotFoundError:
            return None
        if len(data) > LARGEST:
            raise ValueError("it is too large")
        return read_list(data)


def _text(value: Any) -> str:  # Any: whatever JSON can say
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no text")
    return value
