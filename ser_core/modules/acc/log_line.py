"""Lines of the log as SER writes them: `ACC: transaction answered: method=INVITE, i-uri=…`."""

from __future__ import annotations

from ser_core.modules.acc.record import FIELDS, Record, value_of

ANSWERED = "ACC: transaction answered: "
MISSED = "ACC: call missed: "
ACKNOWLEDGED = "ACC: request acknowledged: "
ACCOUNTED = "ACC: request accounted: "


def check_format(letters: str) -> None:
    """Raises ValueError, a sentence for the user, when log_fmt can't be written."""
    for position, letter in enumerate(letters, 1):
        if letter not in FIELDS:
            known = "".join(FIELDS)
            raise ValueError(f'log_fmt: "{letter}", letter {position}, is none of {known}')
    if not letters:
        raise ValueError("log_fmt is empty")


def line(heading: str, letters: str, record: Record) -> str:
    """One line: what the letters stand for, in their order."""
    return heading + ", ".join(f"{FIELDS[x].name}={_shown(x, record)}" for x in letters)


def _shown(letter: str, record: Record) -> str:
    """A value in which nothing looks like the beginning of the next one."""
    text = value_of(letter, record).decode("utf-8", "backslashreplace")
    return text.replace(", ", ",\\x20")
