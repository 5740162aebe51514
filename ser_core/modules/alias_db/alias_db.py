"""alias_db_lookup: puts the subscriber in the place of an alias."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import String, bindparam, column, func, select, table

from ser_core.database.compiled import Compiled
from ser_core.errors import ParseError
from ser_core.modules.api import FAILURE, REQUEST, command, param
from ser_core.modules.asking import (
    NO,
    YES,
    Answer,
    AsksDatabase,
    cant_tell,
    domain_in,
    sip_uri,
    user_in,
)
from ser_core.modules.auth_db.arguments import TableName, checked_name
from ser_core.sip.uri import Uri, escape_user, parse_uri

if TYPE_CHECKING:
    from ser_core.database.straight import Plain
    from ser_core.script.runtime import ScriptMessage


class Subscriber(NamedTuple):
    """Whom an alias means."""

    user: str
    domain: str


class AliasDb(AsksDatabase):
    """Looks aliases up in a database, as OpenSER's module of that name does."""

    name = "alias_db"

    user_column: str = param("username", "column of the subscriber's name")
    domain_column: str = param("domain", "column of the subscriber's domain")
    alias_user_column: str = param("alias_username", "column of the alias")
    alias_domain_column: str = param("alias_domain", "column of the alias's domain")
    use_domain: int = param(0, "1: the alias's domain must be the same, too", minimum=0, maximum=1)
    domain_prefix: str = param("", "taken off the beginning of the Request-URI's domain")

    def __init__(self) -> None:
        super().__init__()
        self._queries: dict[str, Compiled] = {}

    def check(self) -> None:
        """Refuse what can't be the name of a column."""
        super().check()
        for name in (
            self.user_column,
            self.domain_column,
            self.alias_user_column,
            self.alias_domain_column,
        ):
            checked_name(name, "a column")

    @command(routes=REQUEST | FAILURE, blocking=True)
    def alias_db_lookup(self, msg: ScriptMessage, table: TableName) -> Answer:
        """Put the subscriber into the Request-URI whose alias stands in it.

        What stands behind the domain of an alias, port and parameters, is left out.
        """
        uri = sip_uri(msg, lambda: msg.uri, "alias_db_lookup")
        user = user_in(uri) if uri is not None else None
        if uri is None or user is None:
            return NO
        domain = domain_in(uri).removeprefix(self.domain_prefix.lower())
        work = partial(self._lookup, table=table, user=user, domain=domain)
        nobody: list[Subscriber] = []
        found = self.ask(msg, work, nothing=nobody)
        if found is None:
            return cant_tell(msg)
        return self._go_to(msg, uri, found[0]) if found else NO

    def _go_to(self, msg: ScriptMessage, uri: Uri, subscriber: Subscriber) -> Answer:
        user, domain = escape_user(subscriber.user.encode()), subscriber.domain.encode()
        text = uri.scheme + b":" + user + b"@" + domain
        try:
            if parse_uri(text).host != domain:
                raise ParseError("the domain isn't one")
        except ParseError as error:
            what = f"alias_db_lookup: {subscriber} can't be called: {error}"
            msg.core.complain("alias_db_lookup", what, msg)
            return NO
        msg.uri = text
        return YES

    def _lookup(self, connection: Plain, table: str, user: str, domain: str) -> list[Subscriber]:
        names = {"user": user} | ({"domain": domain} if self.use_domain else {})
        rows = self._query(table).rows(connection, names)
        # Some databases think that "JOE" is joe.
        return [Subscriber(row[0] or "", row[1] or "") for row in rows if row[2] == user]

    def _query(self, name: str) -> Compiled:
        """In a native thread, but a dict takes that; at worst a query is made twice."""
        compiled = self._queries.get(name)
        if compiled is None:
            user, domain = column(self.user_column, String), column(self.domain_column, String)
            alias, alias_domain = (
                column(self.alias_user_column, String),
                column(self.alias_domain_column, String),
            )
            aliases = table(name, user, domain, alias, alias_domain)
            query = select(user, domain, alias).select_from(aliases)
            query = query.where(alias == bindparam("user")).order_by(alias_domain)
            if self.use_domain:
                query = query.where(func.lower(alias_domain) == bindparam("domain"))
            compiled = self._queries[name] = Compiled(query)
        return compiled
