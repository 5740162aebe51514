"""The argument that names a table of the location service: save("location"), lookup("aliases")."""

from __future__ import annotations

import re
from typing import ClassVar
from weakref import WeakValueDictionary

MAX_LENGTH = 64
PATTERN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)  # it may become the name of an SQL table


class Domain:
    """A named table of bindings; it comes to exist by being mentioned in ser.cfg.

    There is one object for each name, so that usrloc knows at start which tables to open. It lives
    as long as the scripts that mention it.
    """

    __slots__ = ("__weakref__", "name")

    _mentioned: ClassVar[WeakValueDictionary[str, Domain]] = WeakValueDictionary()

    def __init__(self, name: str) -> None:
        self.name = name

    @classmethod
    def from_script(cls, text: str) -> Domain:
        """The table of that name. Raises ValueError with a sentence for the user."""
        if len(text) > MAX_LENGTH or not PATTERN.fullmatch(text):
            raise ValueError(
                f"a table's name is a letter followed by letters, digits and _, "
                f"at most {MAX_LENGTH} in all"
            )
        made = cls(text)
        return cls._mentioned.setdefault(text, made)

    @classmethod
    def mentioned(cls) -> list[str]:
        """The names of all tables that a script mentions."""
        return list(cls._mentioned)

    def __repr__(self) -> str:
        return f"Domain({self.name!r})"
