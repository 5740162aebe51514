"""Whom a request can be for: the users that are registered, as URIs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from textual.suggester import Suggester

from sertui.feed import Answer
from sertui.replies import rows

LIMIT = 20
"""Rows that are asked for; the first that fits is what is offered."""
Ask = Callable[..., Awaitable[Answer]]


class AddressBook:
    """Asks ser for users by a part of their names."""

    def __init__(self, ask: Ask, listen: Callable[[], str]) -> None:
        """`listen`: the addresses of ser, as `config` tells them."""
        self._ask = ask
        self._listen = listen

    async def users(self, name: str) -> list[str]:
        """Addresses of record that `name` stands in; none when ser can't be asked."""
        return list(dict.fromkeys(aor for aor, _ in await self._rows(name)))

    async def uris(self, name: str) -> list[str]:
        """Their URIs at this ser, which go through its script, and those of their contacts."""
        found = await self._rows(name)
        own = (uri_of(aor, self._listen()) for aor, _ in found)
        return list(dict.fromkeys([*own, *(contact for _, contact in found)]))

    async def _rows(self, name: str) -> Sequence[Sequence[str]]:
        answer = await self._ask("ul_list", f"filter={name}", "sort=aor", f"limit={LIMIT}")
        if answer.reply is None or not answer.reply.is_ok:
            return []
        try:
            return rows(answer.reply, "aor", "contact")
        except ValueError:
            return []


def uri_of(aor: str, listen: str) -> str:
    """The URI of a user; without a domain he is asked for at the first address of ser."""
    if "@" in aor:
        return f"sip:{aor}"
    first = next(iter(listen.split()), "")
    host = first.partition(":")[2].removesuffix(":5060")
    return f"sip:{aor}@{host or 'localhost'}"


class TargetSuggester(Suggester):
    """Offers the rest of a user's name, or of a URI, while it is typed."""

    def __init__(self, book: AddressBook) -> None:
        super().__init__(use_cache=False)
        self._book = book

    async def get_suggestion(self, value: str) -> str | None:
        """What begins with `value`."""
        scheme, colon, rest = value.partition(":")
        if colon and scheme not in ("sip", "sips"):
            return None
        name = rest.partition("@")[0] if colon else value
        if not name:
            return None
        found = await (self._book.uris(name) if colon else self._book.users(name))
        return next((each for each in found if each.lower().startswith(value)), None)
