"""Names in a database as ser.cfg gives them."""

from __future__ import annotations

import re

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_$]{0,63}", re.ASCII)


class TableName(str):
    """The name of a table."""

    __slots__ = ()

    @classmethod
    def from_script(cls, text: str) -> TableName:
        """Raises ValueError when `text` can't be the name of a table."""
        return cls(checked_name(text, "a table"))


def checked_name(text: str, what: str) -> str:
    """`text`, when it can be the name of a table or column. Raises ValueError."""
    if not _NAME.fullmatch(text):
        raise ValueError(f'"{text}" is not the name of {what}')
    return text


def column_names(text: str) -> tuple[str, ...]:
    """The names in a list such as `rpid|email_address`. Raises ValueError."""
    names = (name.strip() for name in text.split("|"))
    return tuple(checked_name(name, "a column") for name in names if name)
