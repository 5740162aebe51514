"""Which ser this is: version, config and its hash, addresses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from textual.content import Content

from sertui.numbers import duration
from sertui.plain_text import plain
from sertui.snapshot import Snapshot
from sertui.widgets.panel import Panel

LABEL = 7
SHORT_HASH = 12
"""Digits that tell two configs apart, where there is no room for all."""


class ServerCard(Panel):
    """What matters most stands first."""

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._snapshot = Snapshot()

    def show(self, snapshot: Snapshot) -> None:
        """The newest."""
        self._snapshot = snapshot
        self.border_title = f"ser {plain(snapshot.version)}".replace("[", r"\[").rstrip()
        self.refresh()

    def lines(self, width: int, height: int) -> Sequence[Content]:
        """Label and value."""
        return [
            Content.assemble((label.ljust(LABEL) + " ", "$faint"), plain(value))
            for label, value in _rows(self._snapshot, width - LABEL - 1)
        ]


def _rows(snapshot: Snapshot, room: int) -> Iterator[tuple[str, str]]:
    config = snapshot.config
    if not config:
        return
    yield "up", duration(snapshot.uptime)
    yield "config", _fitting(config.get("path", ""), room)
    digest = config.get("hash", "")
    yield "hash", digest if len(digest) <= room else digest[:SHORT_HASH]
    for index, address in enumerate(config.get("listen", "").split()):
        yield "" if index else "listens", address
    yield "loaded", _loaded(snapshot)
    yield "pid", config.get("pid", "")
    yield "fifo", _fitting(config.get("fifo", ""), room)
    if config.get("unix_sock"):
        yield "socket", _fitting(config["unix_sock"], room)


def _loaded(snapshot: Snapshot) -> str:
    try:
        age = snapshot.taken_at - float(snapshot.config["loaded"])
        reloads = int(snapshot.config.get("generation", "0"))
    except (KeyError, ValueError):  # another version of ser
        return ""
    times = f", reloaded {reloads} ×" if reloads else ""
    return f"{duration(age)} ago{times}"


def _fitting(path: str, room: int) -> str:
    """The end of a path tells more than its beginning."""
    return path if len(path) <= room else f"…{path[len(path) - room + 1 :]}"
