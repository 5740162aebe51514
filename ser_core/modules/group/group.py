"""is_user_in: asks whether a user is in a group."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from ser_core.modules.api import REQUEST, Core, command, param
from ser_core.modules.asking import (
    NO,
    YES,
    Answer,
    AsksDatabase,
    Question,
    cant_tell,
    domain_in,
    sip_uri,
    user_in,
)
from ser_core.modules.auth.authorized import authorized
from ser_core.modules.auth_db.arguments import checked_name
from ser_core.modules.auth_db.query import as_name

if TYPE_CHECKING:
    from ser_core.script.runtime import ScriptMessage


class Source(enum.Enum):
    """Where the user is taken from."""

    REQUEST_URI = "Request-URI"
    TO = "To"
    FROM = "From"
    CREDENTIALS = "Credentials"

    @classmethod
    def from_script(cls, text: str) -> Source:
        """Raises ValueError when there is no such place."""
        for source in cls:
            if source.value.lower() == text.lower():
                return source
        raise ValueError(f'"{text}" is none of {", ".join(source.value for source in cls)}')


class User(NamedTuple):
    """Whom the database is asked about."""

    name: str
    domain: str


class Group(AsksDatabase):
    """Asks a table which groups a user is in."""

    name = "group"

    table: str = param("grp", "table of groups")
    user_column: str = param("username", "column of the user's name")
    domain_column: str = param("domain", "column of the user's domain")
    group_column: str = param("grp", "column of the group")
    use_domain: int = param(0, "1: the domain must be the user's, too", minimum=0, maximum=1)

    def check(self) -> None:
        """Refuse what can't be the name of a table or a column."""
        super().check()
        checked_name(self.table, "a table")
        for name in (self.user_column, self.domain_column, self.group_column):
            checked_name(name, "a column")

    def start(self, core: Core) -> None:
        """Make the question."""
        super().start(core)
        domain = self.domain_column if self.use_domain else ""
        self._question = Question(self.table, self.user_column, self.group_column, domain=domain)

    @command(routes=REQUEST, blocking=True)
    def is_user_in(self, msg: ScriptMessage, source: Source, group: str) -> Answer:
        """Whether the user of Request-URI, To, From or Credentials is in a group.

        Credentials are those that www_authorize or proxy_authorize has found right.
        """
        user = _user_of(msg, source)
        if user is None:
            return NO
        found = self.ask(
            msg,
            lambda rows: self._question.ask(rows, user.name, group, domain=user.domain),
            nothing=False,
        )
        if found is None:
            return cant_tell(msg)
        return YES if found else NO


def _user_of(msg: ScriptMessage, source: Source) -> User | None:
    if source is Source.CREDENTIALS:
        return _authorized_user(msg)
    message = msg.message
    text: Callable[[], bytes] = {
        Source.REQUEST_URI: lambda: msg.uri,
        Source.TO: lambda: message.to_uri,
        Source.FROM: lambda: message.from_uri,
    }[source]
    uri = sip_uri(msg, text, "is_user_in")
    name = user_in(uri) if uri is not None else None
    return User(name, domain_in(uri)) if uri is not None and name is not None else None


def _authorized_user(msg: ScriptMessage) -> User | None:
    found = authorized(msg)
    if found is None:
        msg.core.complain("is_user_in", "is_user_in: no credentials have been checked", msg)
        return None
    name, domain = as_name(found.user), as_name(found.domain or found.realm)
    return User(name, domain.lower()) if name is not None and domain is not None else None
