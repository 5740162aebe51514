"""check_to, check_from and does_uri_exist."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

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


class UriDb(AsksDatabase):
    """Compares To and From with the user whose credentials were checked, and looks URIs up."""

    name = "uri_db"

    uri_table: str = param("uri", "table of the user parts that a user may use")
    uri_user_column: str = param("username", "its column of the user's name")
    uri_domain_column: str = param("domain", "its column of the user's domain")
    uri_uriuser_column: str = param("uri_user", "its column of the user part")
    subscriber_table: str = param("subscriber", "table of subscribers")
    subscriber_user_column: str = param("username", "its column of the user's name")
    subscriber_domain_column: str = param("domain", "its column of the user's domain")
    use_uri_table: int = param(
        0, "1: ask the table of URIs; 0: the name itself, and subscribers", minimum=0, maximum=1
    )
    use_domain: int = param(0, "1: domains must be the same, too", minimum=0, maximum=1)

    def check(self) -> None:
        """Refuse what can't be the name of a table or a column."""
        super().check()
        for name in (self.uri_table, self.subscriber_table):
            checked_name(name, "a table")
        for name in (
            self.uri_user_column,
            self.uri_domain_column,
            self.uri_uriuser_column,
            self.subscriber_user_column,
            self.subscriber_domain_column,
        ):
            checked_name(name, "a column")

    def waits(self) -> bool:
        """check_to and check_from need no database but for the table of URIs."""
        return bool(self.use_uri_table)

    def start(self, core: Core) -> None:
        """Make the questions."""
        super().start(core)
        domain = self.uri_domain_column if self.use_domain else ""
        uri_user = self.uri_uriuser_column
        self._may_use = Question(self.uri_table, self.uri_user_column, uri_user, domain=domain)
        if self.use_uri_table:
            self._exists = Question(self.uri_table, uri_user, domain=domain)
        else:
            domain = self.subscriber_domain_column if self.use_domain else ""
            user = self.subscriber_user_column
            self._exists = Question(self.subscriber_table, user, domain=domain)

    @command(routes=REQUEST)
    def check_to(self, msg: ScriptMessage) -> Answer:
        """Whether To is the user's own whose credentials were checked, as a REGISTER needs it."""
        return self._is_own(msg, lambda: msg.message.to_uri, "check_to")

    @command(routes=REQUEST)
    def check_from(self, msg: ScriptMessage) -> Answer:
        """Whether From is the user's own whose credentials were checked."""
        return self._is_own(msg, lambda: msg.message.from_uri, "check_from")

    @command(routes=REQUEST, blocking=True)
    def does_uri_exist(self, msg: ScriptMessage) -> Answer:
        """Whether the user of the Request-URI is a subscriber; with use_uri_table, whether
        somebody may use it."""
        uri = sip_uri(msg, lambda: msg.uri, "does_uri_exist")
        user = user_in(uri) if uri is not None else None
        if uri is None or user is None:
            return NO
        return self._found(msg, partial(self._exists.ask, domain=domain_in(uri)), user)

    def _is_own(self, msg: ScriptMessage, text: Callable[[], bytes], function: str) -> Answer:
        found = authorized(msg)
        if found is None:
            msg.core.complain(function, f"{function}: no credentials have been checked", msg)
            return NO
        uri = sip_uri(msg, text, function)
        user = user_in(uri) if uri is not None else None
        own, realm = as_name(found.user), as_name(found.domain or found.realm)
        if uri is None or user is None or own is None or realm is None:
            return NO
        if self.use_domain and realm.lower() != domain_in(uri):
            return NO
        if not self.use_uri_table:
            return YES if user == own else NO
        return self._found(msg, partial(self._may_use.ask, domain=realm.lower()), own, user)

    def _found(self, msg: ScriptMessage, ask: Callable[..., bool], *values: str) -> Answer:
        found = self.ask(msg, lambda connection: ask(connection, *values), nothing=False)
        if found is None:
            return cant_tell(msg)
        return YES if found else NO
