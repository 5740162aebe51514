"""auth_db: www_authorize and proxy_authorize, with the passwords in a database.

`auth` finds the credentials and judges them; here is only what the database has to do with it. A
user whom nobody knows costs the same query as a wrong password.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from ser_core.database.errors import DatabaseDown, DatabaseError, NoSuchCharacters
from ser_core.database.schema import prepare_patiently
from ser_core.database.url import DatabaseUrl
from ser_core.log import NOTICE
from ser_core.modules.api import REQUEST, Core, Module, command, param
from ser_core.modules.auth.arguments import Realm
from ser_core.modules.auth.auth import NEVER_CHALLENGED, Auth
from ser_core.modules.auth.authorized import AVPS, state_of
from ser_core.modules.auth.presented import PROXY, WWW, Kind
from ser_core.modules.auth.results import AUTHORIZED, AuthorizeResult
from ser_core.modules.auth_db.arguments import TableName, checked_name, column_names
from ser_core.modules.auth_db.query import Row, SubscriberQuery, as_name, hash_of
from ser_core.modules.database_param import check_db_url
from ser_core.modules.patience import patience
from ser_core.sip.digest import Algorithm

if TYPE_CHECKING:
    from ser_core.database.worker import Database
    from ser_core.script.runtime import ScriptMessage
    from ser_core.sip.credentials import Credentials

LOOK_INTERVAL = 60.0
"""Seconds between looks whether all subscribers have a hash for SHA-256."""
LOOK_AGAIN = 10.0
"""The same when nobody could tell."""
LOOK_PATIENCE = 0.4
"""Seconds that a look may take: a request waits for it, and for its own query afterwards."""
_INTEGER = re.compile(r"-?[0-9]{1,18}")


class AuthDb(Module):
    """Checks credentials against the subscribers in a database."""

    name = "auth_db"
    needs = ("auth",)
    fixed = ("db_url",)

    db_url: str = param("", "where the database is; empty: SQLite at its usual place")
    user_column: str = param("username", "column of the user's name")
    domain_column: str = param("domain", "column of the user's domain")
    password_column: str = param("ha1", "column of the HA1, or with calculate_ha1 of the password")
    password_column_2: str = param(
        "ha1b", "column of the HA1 for users who give their name as user@domain"
    )
    sha256_column: str = param("ha1_sha256", "as password_column, for SHA-256")
    sha256_column_2: str = param("ha1b_sha256", "as password_column_2, for SHA-256")
    avps_column_int: str = param(
        "", "columns, as in a|b, whose numbers become attributes of the request"
    )
    avps_column_str: str = param(
        "rpid", "columns, as in a|b, whose texts become attributes of the request"
    )
    calculate_ha1: int = param(
        0, "1: password_column has passwords as they are, not their HA1", minimum=0, maximum=1
    )
    use_domain: int = param(
        0,
        "1: domain_column must have the domain in the username, or the realm",
        minimum=0,
        maximum=1,
    )

    def __init__(self) -> None:
        super().__init__()
        self._auth: Auth | None = None
        self._database: Database | None = None
        self._queries: dict[tuple[str, str], SubscriberQuery] = {}
        self._texts: tuple[str, ...] = ()
        self._numbers: tuple[str, ...] = ()
        self._next_look: dict[str, float] = {}

    def check(self) -> None:
        """Refuse what can't be the name of a database or a column."""
        check_db_url(self)
        for name in (
            self.user_column,
            self.domain_column,
            self.password_column,
            self.password_column_2,
            self.sha256_column,
            self.sha256_column_2,
        ):
            checked_name(name, "a column")
        self._texts = column_names(self.avps_column_str)
        self._numbers = column_names(self.avps_column_int)

    def check_beside(self, modules: Mapping[str, Module]) -> None:
        """Refuse an algorithm for which the table has no hashes."""
        auth = modules["auth"]
        assert isinstance(auth, Auth)
        if Algorithm.SHA_512_256 in auth.offer.algorithms and not self.calculate_ha1:
            raise ValueError("algorithm SHA-512-256 of auth needs calculate_ha1")

    def waits(self) -> bool:
        """Each of our functions asks the database."""
        return True

    def has_errands(self) -> bool:
        """Without its database ser doesn't start."""
        return True

    def before_all(self, location: str) -> None:
        """Wait some seconds for a database that starts as well, and make its tables."""
        prepare_patiently(DatabaseUrl.parse(self.db_url))

    def start(self, core: Core) -> None:
        """Find auth and the database, which is asked when the first credentials come."""
        self._auth = core.module("auth")
        self._database = core.database(self.db_url)

    @command(routes=REQUEST, blocking=True)
    def www_authorize(self, msg: ScriptMessage, realm: Realm, table: TableName) -> AuthorizeResult:
        """Check the Authorization of a request, as a server does."""
        return self._authorize(msg, WWW, realm, table)

    @command(routes=REQUEST, blocking=True)
    def proxy_authorize(
        self, msg: ScriptMessage, realm: Realm, table: TableName
    ) -> AuthorizeResult:
        """Check the Proxy-Authorization of a request, as a proxy does."""
        return self._authorize(msg, PROXY, realm, table)

    def _authorize(
        self, msg: ScriptMessage, kind: Kind, realm: Realm, table: TableName
    ) -> AuthorizeResult:
        auth = self._auth
        assert auth is not None
        if msg.message.method in NEVER_CHALLENGED:
            return AUTHORIZED
        if auth.offer.depends_on_subscribers:
            self._look_for_sha_256(auth, table, msg)
        found = auth.examine(msg, kind, realm)
        if isinstance(found, AuthorizeResult):
            return found
        presented, algorithm = found
        credentials = presented.credentials
        try:
            rows = self._rows_of(msg, credentials, algorithm, table)
        except DatabaseError as error:
            return auth.answer_failure(msg, str(error))
        is_password = bool(self.calculate_ha1)
        hashes = [hash_of(x.secret, algorithm, credentials, is_password=is_password) for x in rows]
        which = auth.right_one(msg, presented, algorithm, hashes)
        if which < 0:
            return auth.refuse(msg, presented)
        result = auth.accept(msg, kind, presented)
        if result is AUTHORIZED:
            self._set_attributes(msg, rows[which])
        return result

    def _rows_of(
        self, msg: ScriptMessage, credentials: Credentials, algorithm: Algorithm, table: TableName
    ) -> list[Row]:
        """What the table has about the user. Raises DatabaseError."""
        user = as_name(credentials.user)
        domain = as_name(credentials.domain or credentials.realm)
        if user is None or domain is None:
            return []
        query = self._query(table, self._column_for(algorithm, bool(credentials.domain)))
        assert self._database is not None
        ask = partial(query.rows, user=user, domain=domain)
        try:
            return self._database.run_plain(ask, timeout=patience(msg))
        except NoSuchCharacters:  # a name that the table can't have is nobody's
            return []

    def _column_for(self, algorithm: Algorithm, with_domain: bool) -> str:
        if self.calculate_ha1:
            return self.password_column
        if algorithm is Algorithm.SHA_256:
            return self.sha256_column_2 if with_domain else self.sha256_column
        return self.password_column_2 if with_domain else self.password_column

    def _query(self, table: str, secret_column: str) -> SubscriberQuery:
        """Made once for each table and column."""
        key = (table, secret_column)
        query = self._queries.get(key)
        if query is None:
            query = self._queries[key] = SubscriberQuery(
                table,
                user_column=self.user_column,
                domain_column=self.domain_column,
                secret_column=secret_column,
                attributes=(*self._texts, *self._numbers),
                use_domain=bool(self.use_domain),
            )
        return query

    def _set_attributes(self, msg: ScriptMessage, row: Row) -> None:
        """Leave the user's attributes with the request; what is NULL isn't there."""
        avps: dict[str | int, Any] = state_of(msg).setdefault(AVPS, {})
        for name, value in zip((*self._texts, *self._numbers), row.attributes, strict=True):
            if value is None or value == "":
                continue
            if name not in self._numbers:
                avps[name] = str(value).encode()
            elif _INTEGER.fullmatch(str(value)):
                avps[name] = int(value)
            else:
                text = f"auth_db: column {name} has no number for the user"
                msg.core.complain("attribute", text, msg, NOTICE)

    def _look_for_sha_256(self, auth: Auth, table: str, msg: ScriptMessage) -> None:
        """Now and then, see whether a phone that takes SHA-256 could be any subscriber's."""
        if self.calculate_ha1:
            auth.offer.tell_of_sha_256(table, True)
            return
        now = msg.core.monotonic()
        if now < self._next_look.get(table, 0.0):
            return
        self._next_look[table] = now + LOOK_INTERVAL  # others needn't look at the same time
        query = self._query(table, self.sha256_column)
        assert self._database is not None
        try:
            everybody = self._database.run(
                query.everybody_has_one, timeout=min(LOOK_PATIENCE, patience(msg))
            )
        except DatabaseDown:
            self._next_look[table] = now + LOOK_AGAIN  # as it was, until somebody can tell
            return
        except DatabaseError as error:
            everybody = False
            msg.core.log(NOTICE, f"auth_db: SHA-256 isn't offered: {error}", msg)
        auth.offer.tell_of_sha_256(table, everybody)
