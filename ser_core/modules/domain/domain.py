"""is_from_local and is_uri_host_local, with a query each time or with a copy of the table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from sqlalchemy import String, bindparam, column, func, select, table

from ser_core.database.compiled import Compiled
from ser_core.database.errors import DatabaseError
from ser_core.fifo.declarations import Control, Where, fifo_command
from ser_core.fifo.protocol import FifoError, Reply
from ser_core.log import ERROR, NOTICE
from ser_core.modules.api import REQUEST, Core, Module, command, param
from ser_core.modules.asking import NO, YES, Answer, AsksDatabase, cant_tell, domain_in, sip_uri
from ser_core.modules.auth_db.arguments import checked_name

if TYPE_CHECKING:
    import gevent

    from ser_core.database.straight import Plain
    from ser_core.script.runtime import ScriptMessage

RETRY_SECONDS = 1.0
RELOAD_SECONDS = 5.0
"""What reading the whole table may take."""


def _merged(replies: Sequence[Reply]) -> Reply:
    """One that failed is what the operator must know."""
    return next((reply for reply in replies if not reply.is_ok), replies[0])


class Domain(AsksDatabase):
    """Asks a table which domains are ours."""

    name: ClassVar[str] = "domain"
    fixed = ("db_url", "db_mode", "domain_table", "domain_col")

    db_mode: int = param(
        0, "0: ask the database each time, 1: keep the table in memory", minimum=0, maximum=1
    )
    domain_table: str = param("domain", "table of our domains")
    domain_col: str = param("domain", "column of the domain")

    def __init__(self) -> None:
        super().__init__()
        self._domains: frozenset[str] | None = None
        """The copy of db_mode 1; None until it has been read."""
        self._reader: gevent.Greenlet[[], None] | None = None

    # -- life ------------------------------------------------------------------------------------

    def check(self) -> None:
        """Refuse what can't be the name of a table or a column."""
        super().check()
        checked_name(self.domain_table, "a table")
        checked_name(self.domain_col, "a column")

    def waits(self) -> bool:
        """With the table in memory nothing does."""
        return self.db_mode == 0

    def take_over(self, previous: Module) -> None:
        assert isinstance(previous, Domain)
        self._domains = previous._domains

    def start(self, core: Core) -> None:
        """Read the table; while the database is away questions are answered 500."""
        super().start(core)
        found = column(self.domain_col, String)
        self._all = select(found).select_from(table(self.domain_table, found))
        self._one = Compiled(
            self._all.where(func.lower(found).in_((bindparam("domain"), bindparam("with_dot"))))
        )
        if self.db_mode == 0:
            return
        try:
            self._read()
        except DatabaseError as error:
            core.log(ERROR, f"domain: the table can't be read, tried again each second: {error}")
            if self._domains is None:
                self._read_later()

    def stop(self) -> None:
        if self._reader is not None:
            self._reader.kill(block=False)

    def _read(self) -> None:
        """Raises DatabaseError; then the copy stays what it was."""
        rows = self._database.run(
            lambda connection: list(connection.execute(self._all).scalars()), timeout=RELOAD_SECONDS
        )
        self._domains = frozenset(_normal(row) for row in rows if row)

    def _read_later(self) -> None:
        import gevent  # behind the fork only

        def read_at_last() -> None:
            while self._domains is None:
                gevent.sleep(RETRY_SECONDS)
                try:
                    self._read()
                except DatabaseError:  # the database itself logs that it is down
                    continue
            self._core.log(NOTICE, "domain: the table has been read")

        self._reader = gevent.spawn(read_at_last)

    # -- the script ------------------------------------------------------------------------------

    @command(routes=REQUEST)
    def is_from_local(self, msg: ScriptMessage) -> Answer:
        """Whether the domain in From is ours."""
        return self._is_local(msg, lambda: msg.message.from_uri, "is_from_local")

    @command(routes=REQUEST)
    def is_uri_host_local(self, msg: ScriptMessage) -> Answer:
        """Whether the domain in the Request-URI is ours."""
        return self._is_local(msg, lambda: msg.uri, "is_uri_host_local")

    def _is_local(self, msg: ScriptMessage, text: Callable[[], bytes], function: str) -> Answer:
        uri = sip_uri(msg, text, function)
        if uri is None:
            return NO
        domain = domain_in(uri)
        if self.db_mode == 0:
            found = self.ask(msg, lambda connection: self._has(connection, domain), nothing=False)
        elif self._domains is not None:
            found = domain in self._domains
        else:
            self.refuse(msg, "the table has not been read yet")
            found = None
        if found is None:
            return cant_tell(msg)
        return YES if found else NO

    def _has(self, connection: Plain, domain: str) -> bool:
        names = {"domain": domain, "with_dot": f"{domain}."}
        return any(self._one.rows(connection, names))

    # -- the FIFO --------------------------------------------------------------------------------

    @fifo_command(where=Where.ALL, slow=True, timeout=10.0, merge=_merged, reply="200 OK")
    def domain_reload(self, control: Control) -> Reply:
        """Read the table of domains again, in all processes."""
        self._needs_copy()
        try:
            self._read()
        except DatabaseError as error:
            self._core.log(ERROR, f"domain_reload: {error}")
            raise FifoError(400, "Domain table reload failed") from error
        return Reply(text="OK")

    @fifo_command(
        where=Where.OWNER,
        owner=lambda: b"",
        reply="200 OK\n   1 example.com\n   2 example.org",
    )
    def domain_dump(self, control: Control) -> Reply:
        """The domains as they stand in memory, in alphabetical order."""
        self._needs_copy()
        lines = (
            b"%4d %b\n" % (i, x.encode()) for i, x in enumerate(sorted(self._domains or ()), 1)
        )
        return Reply(text="OK", body=b"".join(lines))

    def _needs_copy(self) -> None:
        if self.db_mode == 0:
            raise FifoError(400, "db_mode of domain is 0: no table is kept in memory")


def _normal(domain: str) -> str:
    """example.com and EXAMPLE.COM. are the same."""
    return domain.lower().removesuffix(".")
