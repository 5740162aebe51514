"""Users who are pinged wherever they are registered: who is asked for next. No I/O, no clock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

PERIOD = 10.0
"""Seconds from one look at a user's contacts to the next."""


class Following:
    """Each user with when he is due, and the contacts that were removed by hand."""

    def __init__(self) -> None:
        self._due: dict[str, float] = {}
        self._left_out: dict[str, set[str]] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._due)

    def __contains__(self, user: str) -> bool:
        return user in self._due

    def add(self, user: str, due: float) -> None:
        """From now on; contacts that were removed before are welcome again."""
        self._due[user] = due
        self._left_out[user] = set()

    def remove(self, user: str) -> None:
        """No more."""
        self._due.pop(user, None)
        self._left_out.pop(user, None)

    def leave_out(self, user: str, uri: str) -> None:
        """This contact isn't to come back as long as it is registered."""
        if user in self._due:
            self._left_out[user].add(uri)

    def take_due(self, now: float) -> str | None:
        """One whose contacts are to be looked at; the longest overdue comes first."""
        user = min(self._due, key=self._due.__getitem__, default=None)
        if user is None or now < self._due[user] <= now + PERIOD:  # later: the clock was put back
            return None
        self._due[user] = now + PERIOD
        return user

    def wanted(self, user: str, contacts: Iterable[str]) -> list[str]:
        """Those of his contacts that are to be pinged."""
        registered = list(contacts)
        left_out = self._left_out.get(user, set())
        left_out.intersection_update(registered)
        return [uri for uri in registered if uri not in left_out]
