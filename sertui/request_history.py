"""The requests that were sent before, in a file of the user's own, a line of JSON for each.

Credentials stay out of it: their nonce is worth nothing later, and what guesses the password of
them is worth much.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sertui.request_draft import gist
from sertui.state_files import state_directory

KEPT = 200
"""Requests; the file grows to twice as many before it is cut back."""
NAME = "sertui_requests"
_CREDENTIALS = re.compile(r"^(?:proxy-)?authorization\s*:.*\n(?:[ \t]+\S.*\n)*", re.I | re.M)


@dataclass(frozen=True, slots=True)
class SentRequest:
    """A request and how it ended."""

    text: str
    """As it was written."""
    next_hop: str = ""
    sent_at: float = 0.0
    """Unix seconds."""
    code: int = 0
    """Of the final response; 0 when there was none."""
    words: str = ""
    """Its reason, or why there was none."""
    seconds: float = 0.0


def history_path(variables: Mapping[str, str]) -> Path | None:
    """None for somebody without a home."""
    directory = state_directory(variables)
    return directory / NAME if directory else None


def line_of(entry: SentRequest) -> str:
    """When, how it ended, what it was."""
    when = time.strftime("%d %b %H:%M:%S", time.localtime(entry.sent_at))
    sign = "✓" if 200 <= entry.code < 300 else "✗"
    return f"{when}  {sign} {entry.code or '---'}  {gist(entry.text)}"


class RequestHistory:
    """What was sent, the latest last. Several dashboards may add to the file at the same time."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self.problem = "" if path else "there is no home directory to keep a history in"
        """Why nothing is kept."""
        self.entries: list[SentRequest] = self._load()

    def add(self, entry: SentRequest) -> None:
        """Keep one more. It says so itself in `problem` when it can't be written."""
        kept = dataclasses.replace(entry, text=_CREDENTIALS.sub("", entry.text))
        self.entries = [*self.entries, kept][-KEPT:]
        self._write([kept], os.O_APPEND, self._path)

    def _load(self) -> list[SentRequest]:
        if self._path is None:
            return []
        try:
            lines = self._path.read_bytes().splitlines()
        except FileNotFoundError:
            return []
        except OSError as error:
            self.problem = f"{self._path}: {error.strerror}"
            return []
        entries = list(_read(lines))
        if len(lines) > 2 * KEPT:
            self._replace(entries[-KEPT:])
        return entries[-KEPT:]

    def _replace(self, entries: list[SentRequest]) -> None:
        assert self._path is not None
        new = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        self._write(entries, os.O_TRUNC, new)
        if not self.problem:
            new.replace(self._path)

    def _write(self, entries: list[SentRequest], flag: int, path: Path | None) -> None:
        """One write, so that two dashboards never mix their lines."""
        if path is None:
            return
        lines = "".join(f"{json.dumps(dataclasses.asdict(entry))}\n" for entry in entries)
        try:
            path.parent.mkdir(0o700, parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | flag, 0o600)
            with open(descriptor, "wb", buffering=0) as file:
                os.fchmod(descriptor, 0o600)  # one that was there may be open to others
                file.write(lines.encode())
        except OSError as error:
            self.problem = f"{path}: {error.strerror}"


def _read(lines: list[bytes]) -> Iterator[SentRequest]:
    """What can be read; a line that was cut off by a full disk costs no other."""
    for line in lines:
        try:
            fields = json.loads(line)
            yield SentRequest(
                str(fields["text"]),
                str(fields["next_hop"]),
                float(fields["sent_at"]),
                int(fields["code"]),
                str(fields["words"]),
                float(fields["seconds"]),
            )
        except (ValueError, TypeError, KeyError, OverflowError):
            continue
