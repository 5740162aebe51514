"""What only a running ser knows, for completion: users, aliases, contacts, its commands.

Nobody who types may be kept waiting: ser is asked in a thread, what comes too late is there the
next time, and what was asked a moment ago isn't asked again. A ser that doesn't answer knows none.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import click

from serctl.askers import Askers
from serctl.database_values import OF_DATABASE, database_values
from serctl.environment import Client, Environment
from serctl.escaping import escaped
from serctl.instances import running_instances
from serctl.place import Place
from serctl.replies import Misunderstood, lines_of, rows_of
from serctl.settings import Settings, checked
from serctl.users import address_of_record
from serctl.value_kinds import ValueKind

if TYPE_CHECKING:
    from ser_core.fifo.protocol import Reply

KEPT = 2.0
"""Seconds that an answer holds."""
PATIENCE = 0.4
"""Seconds that a completion waits."""
TIMEOUT = 2.0
"""Seconds after which ser is taken not to answer."""
SAMPLE = 1000
"""Registrations that are looked at; ser sorts them, and gives those that have the text in them."""
LOCATING = ("fifo", "unix_socket", "instance", "run_dir")
"""Options that say which ser is meant; they hold for the completion of their line, too."""

Request = tuple[str, ...]


class LiveReplies:
    """Replies of one ser, remembered for a moment."""

    def __init__(self, connect: Callable[[], Client], clock: Callable[[], float]) -> None:
        self._connect = connect
        self._askers: Askers[Request] = Askers(connect)
        self._clock = clock
        self._lock = threading.Lock()
        self._replies: dict[Request, tuple[float, Reply | None]] = {}
        self._asked: set[Request] = set()

    def get(self, *request: str) -> Reply | None:
        """The reply to a request; None when there is none in time, or ser refuses it."""
        with self._lock:
            if not self._is_fresh(request):
                self._ask(request)
                self._collect(request)
            _, reply = self._replies.get(request, (0.0, None))
        return reply

    def close(self) -> None:
        """Let go of the connection."""
        self._askers.close()

    def _is_fresh(self, request: Request) -> bool:
        return request in self._replies and self._clock() - self._replies[request][0] < KEPT

    def _ask(self, request: Request) -> None:
        self._replies.pop(request, None)
        if request not in self._asked:
            self._asked.add(request)
            self._askers.ask(request, *request, timeout=TIMEOUT)

    def _collect(self, wanted: Request) -> None:
        """Take what comes until the wanted reply is there, or patience at its end."""
        deadline = self._clock() + PATIENCE
        while wanted in self._asked:
            result = self._askers.next(max(deadline - self._clock(), 0))
            if result is None:
                return
            reply = result.reply if result.reply and result.reply.is_ok else None
            self._replies[result.key] = self._clock(), reply
            self._asked.discard(result.key)
            if result.error is not None:
                self._start_anew()

    def _start_anew(self) -> None:
        """The next ser may have its FIFO elsewhere."""
        self._askers.close()
        self._askers = Askers(self._connect)
        self._asked.clear()


class LiveValues:
    """The words of each kind."""

    def __init__(
        self, environment: Environment, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._environment = environment
        self._clock = clock
        self._replies: dict[Settings, LiveReplies] = {}

    def values(self, kind: ValueKind, typed: str, place: Place) -> list[str]:
        """Those that could begin with `typed`."""
        settings = _settings_of(place, self._environment.settings)
        if kind is ValueKind.INSTANCE:  # nobody need be asked
            return [each.name for each in running_instances(settings)]
        if kind in OF_DATABASE:
            return [
                x
                for x in database_values(self._environment, settings, kind, typed)
                if x == escaped(x)
            ]
        try:
            found = list(_ask(self._replies_of(settings), settings, kind, typed, place))
        except (Misunderstood, click.UsageError):  # another version of ser; a user that is none
            return []
        return [text for text in found if text == escaped(text)]

    def close(self) -> None:
        """Let go of all connections."""
        for replies in self._replies.values():
            replies.close()

    def _replies_of(self, settings: Settings) -> LiveReplies:
        if settings not in self._replies:
            connect = partial(self._environment.connect, settings)
            self._replies[settings] = LiveReplies(connect, self._clock)
        return self._replies[settings]


def _settings_of(place: Place, settings: Settings) -> Settings:
    """With what the line says itself."""
    given = {key: text for key, text in place.given.items() if key in LOCATING}
    return replace(settings, **{key: checked(key, text, key) for key, text in given.items()})


def _ask(
    replies: LiveReplies, settings: Settings, kind: ValueKind, typed: str, place: Place
) -> Iterator[str]:
    if kind is ValueKind.USER:
        yield from _names(replies, settings.location_table, typed)
    elif kind is ValueKind.ALIAS:
        yield from _names(replies, settings.alias_table, typed)
    elif kind is ValueKind.CONTACT:
        yield from _contacts(replies, settings, place)
    elif kind is ValueKind.COMMAND:
        reply = replies.get("which")
        yield from lines_of(reply) if reply else ()


def _names(replies: LiveReplies, table: str, typed: str) -> Iterator[str]:
    reply = replies.get(
        "ul_list", f"table={table}", f"filter={typed}", "sort=aor", f"limit={SAMPLE}"
    )
    if reply:
        yield from (aor for [aor] in rows_of(reply, "aor"))


def _contacts(replies: LiveReplies, settings: Settings, place: Place) -> Iterator[str]:
    """Of the user who stands in the line already."""
    user = place.argument_of(ValueKind.USER)
    if user is None:
        return
    address = address_of_record(settings, user)
    reply = replies.get("ul_show_contact", settings.location_table, address)
    for line in lines_of(reply) if reply else ():
        uri, found, _ = line.removeprefix("<").rpartition(">;q=")
        if found:
            yield uri
