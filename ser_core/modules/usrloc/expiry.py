"""What the expiry of each second and ul_flush share: its measure, and what it tells."""

from __future__ import annotations

from collections.abc import Callable

from ser_core.log import NOTICE, escape
from ser_core.registrar.location import Expired

RECORDS_PER_SLICE = 200
"""Records that one write transaction of the expiry looks at: 1 to 2 ms of holding up writers."""
MAX_LINES = 100
"""Bindings that are told one by one; of the others only the number is."""


class ExpiryLog:
    """The lines about one run of the expiry; `close` writes the last one."""

    def __init__(self, write: Callable[[int, str], None]) -> None:
        """`write` takes a level and a text."""
        self._write = write
        self._lines = 0
        self._untold = 0

    def tell(self, removed: list[Expired]) -> None:
        """Bindings that have just been removed."""
        told = removed[: MAX_LINES - self._lines]
        for _, aor, binding in told:
            user, contact = escape(aor), escape(binding.uri)
            self._write(NOTICE, f"Binding '{user}','{contact}' has expired")
        self._lines += len(told)
        self._untold += len(removed) - len(told)

    def close(self) -> None:
        """That was all."""
        if self._untold:
            self._write(NOTICE, f"{self._untold} more bindings have expired")
