"""Requests in files. Answers problems in words instead of raising."""

from __future__ import annotations

from pathlib import Path

LARGEST = 65_536
"""Bytes; no datagram takes more."""


def read_file(name: str) -> tuple[str, str]:
    """The text of a file, or "" and why it can't be read."""
    path = Path(name).expanduser()
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        return "", f"{path} can't be read: {error.strerror}"
    if len(data) > LARGEST:
        return "", f"{path} is too large for a request"
    return data.decode("utf-8", "surrogateescape").replace("\r\n", "\n"), ""


def write_file(name: str, text: str, *, replace: bool = False) -> str:
    """Write it; why that can't be done, or ""."""
    path = Path(name).expanduser()
    try:
        with path.open("wb" if replace else "xb") as file:
            file.write(text.encode("utf-8", "surrogateescape"))
    except OSError as error:
        return f"{path} can't be written: {error.strerror}"
    return ""


def exists(name: str) -> bool:
    """Whether writing would replace something."""
    return Path(name).expanduser().is_file()
