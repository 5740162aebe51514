"""The requests that were sent before, in a file of the user's own, a line of JSON for each.

Credentials stay out of it: their nonce is worth nothing later, and what guesses the password of
them is worth much.

A request has its line as soon as it is sent, and another one when it is over: so one that nobody
waited for is there, too.
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
from sertui.state_files import locked, state_directory

KEPT = 200
"""Requests; the file grows to twice as many before it is cut back."""
NAME = "sertui_requests"
UNKNOWN = "…"
"""The sign of a request whose end isn't known."""
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
    is_over: bool = True
    """False: how it ended isn't known, or not yet."""

    def is_end_of(self, begun: SentRequest) -> bool:
        """True when this tells how the other one ended."""
        if begun.is_over or begun.sent_at != self.sent_at:
            return False
        return (begun.text, begun.next_hop) == (self.text, self.next_hop)


def history_path(variables: Mapping[str, str]) -> Path | None:
    """None for somebody without a home."""
    directory = state_directory(variables)
    return directory / NAME if directory else None


def ended(sent: SentRequest, code: int, words: str, seconds: float) -> SentRequest:
    """The same request once it is over."""
    return dataclasses.replace(sent, code=code, words=words, seconds=seconds, is_over=True)


def line_of(entry: SentRequest) -> str:
    """When, how it ended, what it was."""
    when = time.strftime("%d %b %H:%M:%S", time.localtime(entry.sent_at))
    sign = UNKNOWN if not entry.is_over else "✓" if 200 <= entry.code < 300 else "✗"
    return f"{when}  {sign} {entry.code or '---'}  {gist(entry.text)}"


class RequestHistory:
    """What was sent, the latest last. Several dashboards may add to the file at the same time."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self.problem = "" if path else "there is no home directory to keep a history in"
        """Why nothing is kept."""
        self.entries = self._load(path) if path else []

    def add(self, entry: SentRequest) -> None:
        """Keep one more, or how one of them ended; `problem` tells when it can't be written."""
        kept = dataclasses.replace(entry, text=_CREDENTIALS.sub("", entry.text))
        self.entries = _with(self.entries, kept)[-KEPT:]
        if self._path is None:
            return
        try:
            with locked(self._path.parent):
                _write(self._path, [kept], os.O_APPEND)
        except OSError as error:
            self._fails(error)

    def _load(self, path: Path) -> list[SentRequest]:
        entries: list[SentRequest] = []
        try:
            entries, lines = _read(path)
            if lines > 2 * KEPT:
                with locked(path.parent):
                    new = path.with_name(f"{NAME}.{os.getpid()}")
                    _write(new, _read(path)[0], os.O_TRUNC)
                    new.replace(path)
        except FileNotFoundError:
            return []
        except OSError as error:
            self._fails(error)
        return entries

    def _fails(self, error: OSError) -> None:
        self.problem = f"{self._path}: {error.strerror}"


def _read(path: Path) -> tuple[list[SentRequest], int]:
    """The latest requests, and how many lines the file has. OSError."""
    lines = path.read_bytes().splitlines()
    entries: list[SentRequest] = []
    for entry in _understood(lines):
        entries = _with(entries, entry)
    return entries[-KEPT:], len(lines)


def _with(entries: list[SentRequest], entry: SentRequest) -> list[SentRequest]:
    """In the place of the one whose end it tells, or behind all."""
    for place in range(len(entries) - 1, -1, -1):
        if entry.is_end_of(entries[place]):
            return [*entries[:place], entry, *entries[place + 1 :]]
    return [*entries, entry]


def _write(path: Path, entries: list[SentRequest], flag: int) -> None:
    lines = "".join(f"{json.dumps(dataclasses.asdict(entry))}\n" for entry in entries)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | flag, 0o600)
    with open(descriptor, "wb", buffering=0) as file:
        os.fchmod(descriptor, 0o600)  # one that was there may be open to others
        file.write(lines.encode())


def _understood(lines: list[bytes]) -> Iterator[SentRequest]:
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
                fields.get("is_over") is not False,
            )
        except (ValueError, TypeError, KeyError, OverflowError):
            continue
