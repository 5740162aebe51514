"""When the rows in view are asked for, and what is wrong when there are none. No widgets."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from typing import Protocol

from sertui.feed import Answer
from sertui.registration_form import in_words
from sertui.registration_pages import RegistrationPages
from sertui.registrations import Listing, read_listing
from sertui.snapshot import Snapshot

COMMAND = "ul_list"
SHARE = 100
"""After an answer that took a second we look again after that many: 1 % of a core at most."""
LONGEST = 30.0
"""Seconds until we look again in any case."""
REMEMBERED = 4
"""Answers, of which the fastest tells what one costs ser; others only waited for the machine."""
NO_USRLOC = "ser.cfg loads no usrloc: nobody can be registered"
Ask = Callable[..., Awaitable[Answer]]


class Table(Protocol):
    """The table that is looked at."""

    pages: RegistrationPages

    @property
    def in_view(self) -> tuple[int, int]:
        """First and last line."""

    def put(self, offset: int, limit: int, listing: Listing) -> None:
        """Take an answer."""


class RegistrationLookout:
    """Asks for what is in view, one request at a time."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self.problem = ""
        """Why what is shown isn't what is, in words."""
        self._is_asking = False
        self._due = 0.0
        self._costs: deque[float] = deque(maxlen=REMEMBERED)
        """Seconds that the last answers took."""

    def is_due(self, snapshot: Snapshot) -> bool:
        """Whether it is time to look. While ser is lost it isn't, and then at once."""
        if not snapshot.connected:
            self._due = 0.0
            return False
        if snapshot.commands and COMMAND not in snapshot.commands:
            self.problem = NO_USRLOC
            return False
        return snapshot.taken_at >= self._due

    def hurry(self) -> None:
        """Something was changed by us."""
        self._due = 0.0

    async def look(self, table: Table, now: Callable[[], float]) -> bool:
        """Ask until all in view is known; False when somebody does already. What has come into view
        meanwhile is asked for, too. `now`: the time of the last snapshot."""
        if self._is_asking:
            return False
        self._is_asking = True
        try:
            while await self._look_once(table, now):
                pass
        finally:
            self._is_asking = False
        return True

    async def _look_once(self, table: Table, now: Callable[[], float]) -> bool:
        """Whether there is more to ask for."""
        pages = table.pages
        query, (offset, limit) = pages.query, pages.span(*table.in_view)
        answer = await self._ask(COMMAND, *query.options(offset, limit))
        self._costs.append(answer.seconds)
        self._due = now() + min(SHARE * min(self._costs), LONGEST)
        if query != pages.query:
            return True
        if self._take(table, answer, offset, limit):
            return not pages.has(*table.in_view)
        return False

    def _take(self, table: Table, answer: Answer, offset: int, limit: int) -> bool:
        """Have it shown. Whether it made sense."""
        if answer.reply is None:  # ser is away, as the next snapshot will say
            self.problem = "" if table.pages.is_known else answer.problem
            return False
        self.problem = "" if answer.is_ok else in_words(answer.words)
        if not answer.is_ok:
            return False
        try:
            listing = read_listing(answer.reply)
        except ValueError as error:
            self.problem = f"{COMMAND}: {error}"
            return False
        table.put(offset, limit, listing)
        return True
