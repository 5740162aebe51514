"""What the modules that ask a database about users and domains have in common.

None of their functions takes "I can't tell" for a no: a script would let a user in as a stranger,
or tell a caller that there is nobody of that name. So they answer 500 by themselves.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, TypeVar

from sqlalchemy import String, bindparam, column, func, select, table

from ser_core.database.compiled import Compiled
from ser_core.database.errors import DatabaseError, NoSuchCharacters
from ser_core.database.schema import prepare_patiently
from ser_core.database.url import DatabaseUrl
from ser_core.errors import ParseError
from ser_core.modules.api import REQUEST, Core, Module, counter, param
from ser_core.modules.auth_db.query import as_name
from ser_core.modules.database_param import check_db_url
from ser_core.modules.patience import patience
from ser_core.sip.uri import Uri, parse_uri, unescape

if TYPE_CHECKING:
    from ser_core.database.straight import Plain
    from ser_core.database.worker import Database
    from ser_core.script.runtime import ScriptMessage

T = TypeVar("T")


class Answer(enum.IntEnum):
    """What a function answers that asks a database."""

    YES = 1
    """It is so."""
    CANT_TELL = 0
    """The database can't be asked. 500 with Retry-After is sent; the route list ends here."""
    NO = -1
    """It isn't, or the request hasn't got what was to be looked up. In a failure_route also when
    the database can't be asked."""


YES, NO, CANT_TELL = Answer.YES, Answer.NO, Answer.CANT_TELL


class AsksDatabase(Module):
    """Base of modules with functions that ask a database."""

    fixed: ClassVar[tuple[str, ...]] = ("db_url",)

    db_url: str = param("", "where the database is; empty: SQLite in its usual place")
    retry_after: int = param(
        10, "seconds in Retry-After of a 500 when the database can't be asked; 0: none", minimum=0
    )

    unanswered = counter("questions that the database could not be asked")

    _core: Core
    _database: Database

    def check(self) -> None:
        """Refuse what is no db_url, and one whose driver isn't installed."""
        check_db_url(self)

    def has_errands(self) -> bool:
        """Without its database ser doesn't start."""
        return True

    def before_all(self, location: str) -> None:
        """Wait some seconds for a database that starts as well, and make its tables."""
        prepare_patiently(DatabaseUrl.parse(self.db_url))

    def start(self, core: Core) -> None:
        """Find the database, which is asked when the first question comes."""
        self._core = core
        self._database = core.database(self.db_url)

    def ask(self, msg: ScriptMessage, work: Callable[[Plain], T], *, nothing: T) -> T | None:
        """What `work` finds; None when the database can't be asked. Then 500 is answered.

        `nothing`: what it finds where there is no such row.
        """
        try:
            return self._database.run_plain(work, timeout=patience(msg))
        except NoSuchCharacters:  # whoever is called like this is in no table in latin1
            return nothing
        except DatabaseError as error:
            self.refuse(msg, str(error))
            return None

    def refuse(self, msg: ScriptMessage, why: str) -> None:
        """Answer 500 where a route can answer, and log why."""
        self.unanswered.add()
        self._core.complain(f"{self.name}-database", f"{self.name}: {why}", msg, -1)
        if msg.kind is REQUEST and msg.message.method != b"ACK":
            later = [b"Retry-After: %d\r\n" % self.retry_after] if self.retry_after else []
            self._core.reply(msg, 500, b"Server Internal Error", headers=later)


class Question:
    """Whether a table has a row with certain values in certain columns."""

    def __init__(self, name: str, *columns: str, domain: str = "") -> None:
        """`domain`: the column that must have the domain, too; empty: domains don't count."""
        asked = [column(each, String) for each in columns]
        query = select(*asked).select_from(table(name, *asked))
        query = query.where(*(each == bindparam(f"value{i}") for i, each in enumerate(asked)))
        if domain:
            # Whoever made the row may have written Example.com; what is asked for is lower-case.
            query = query.where(func.lower(column(domain, String)) == bindparam("domain"))
        self._query = Compiled(query)
        self._with_domain = bool(domain)

    def ask(self, connection: Plain, *values: str, domain: str) -> bool:
        """True when there is such a row."""
        given = {f"value{i}": value for i, value in enumerate(values)}
        if self._with_domain:
            given["domain"] = domain
        # Some databases think that "JOE" is joe, so what they find is compared once more.
        return any(tuple(row) == values for row in self._query.rows(connection, given))


def cant_tell(msg: ScriptMessage) -> Answer:
    """What a function answers when `ask` has said None."""
    return CANT_TELL if msg.kind is REQUEST else NO


def sip_uri(msg: ScriptMessage, text: Callable[[], bytes], function: str) -> Uri | None:
    """A URI of the message, when it is a SIP or SIPS one; None, logged, when it can't be read."""
    try:
        uri = parse_uri(text())
    except ParseError as error:
        msg.core.complain(function, f"{function}: {error}", msg)
        return None
    return uri if uri.is_sip else None


def user_in(uri: Uri) -> str | None:
    """The user of a URI as the database has it; None when there is none, or none like it."""
    return as_name(unescape(uri.user or b""))


def domain_in(uri: Uri) -> str:
    """The host of a URI as the database has it: in lower case, without a dot behind it."""
    return uri.host.decode("ascii").lower().removesuffix(".")
