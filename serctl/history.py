"""The lines of earlier shells, in a file of the user's own. Lines with passwords stay out of it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from serctl.discretion import tells_password
from serctl.interpreter import LEAVING

KEPT = 1000
"""Lines; the file grows to twice as many before it is cut back."""
NAME = "ser/serctl_history"


def history_path(variables: Mapping[str, str]) -> Path | None:
    """By the XDG Base Directory Specification; None for somebody without a home."""
    state = variables.get("XDG_STATE_HOME", "")
    if os.path.isabs(state):  # anything else is to be ignored, it says
        return Path(state, NAME)
    home = variables.get("HOME", "")
    return Path(home, ".local/state", NAME) if home else None


class History:
    """A file with a line for each line. Several shells may add to it at the same time."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self.problem = ""
        """Why nothing is kept."""
        self.lines = self._load()
        """The latest last."""

    def add(self, text: str) -> list[str]:
        """Keep what is fit to be kept of a text, which was typed in one go; answer that."""
        new = []
        for line in filter(None, map(str.strip, text.splitlines())):
            if self._is_worth_keeping(line):
                self.lines.append(line)
                new.append(line)
        self._append(new)
        return new

    def _is_worth_keeping(self, line: str) -> bool:
        return line not in LEAVING and line != (self.lines or [""])[-1] and not tells_password(line)

    def _load(self) -> list[str]:
        self._append([])  # makes it, so that what is wrong is known at once
        if self._path is None or self.problem:
            return []
        try:
            lines = self._path.read_text("utf-8", "surrogateescape").splitlines()
            if len(lines) > 2 * KEPT:
                self._replace(self._path, lines[-KEPT:])
        except OSError as error:
            self.problem = f"{error.filename or self._path}: {error.strerror}"
            return []
        return lines[-KEPT:]

    def _append(self, lines: list[str]) -> None:
        if self._path is None:
            self.problem = "there is no home directory"
        if self._path is None or self.problem:
            return
        try:
            self._path.parent.mkdir(0o700, parents=True, exist_ok=True)
            _write(self._path, lines, os.O_APPEND)
        except OSError as error:
            self.problem = f"{error.filename or self._path}: {error.strerror}"

    def _replace(self, path: Path, lines: list[str]) -> None:
        new = path.with_name(f"{path.name}.{os.getpid()}")
        _write(new, lines, os.O_TRUNC)
        new.replace(path)


def _write(path: Path, lines: list[str], flag: int) -> None:
    """One write, so that two shells never mix their lines."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | flag, 0o600)
    try:
        os.fchmod(descriptor, 0o600)  # one that was there may be open to others
        os.write(descriptor, "".join(f"{x}\n" for x in lines).encode("utf-8", "surrogateescape"))
    finally:
        os.close(descriptor)
