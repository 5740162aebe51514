"""usrloc: keeps the location table, in a database, too, and takes out of it what has expired."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from ser_core.database.url import DatabaseUrl
from ser_core.errors import SerError
from ser_core.log import ERROR
from ser_core.modules.api import Core, Module, counter, param
from ser_core.modules.database_param import check_db_url
from ser_core.modules.usrloc.domain import Domain
from ser_core.modules.usrloc.expiry import RECORDS_PER_SLICE, ExpiryLog
from ser_core.modules.usrloc.fifo_commands import FifoCommands
from ser_core.registrar.location import LocationError

if TYPE_CHECKING:
    from gevent import Greenlet

    from ser_core.database.worker import Database
    from ser_core.fifo.declarations import Control
    from ser_core.modules.usrloc.keeping import Keeping
    from ser_core.modules.usrloc.write_back import WriteBack
    from ser_core.registrar.location import Location
    from ser_core.registrar.rows import Rows

IN_MEMORY: Final = 0
WRITE_THROUGH: Final = 1
WRITE_BACK: Final = 2
DATABASE_ONLY: Final = 3
"""What db_mode says."""
COLUMNS: Final = (
    "user", "domain", "contact", "expires", "q", "callid", "cseq", "method", "replicate", "state",
    "flags", "user_agent", "received",
)  # fmt: skip
"""Those that a parameter names."""
ANY_DOMAIN: Final = "location"
"""Stands for the tables until the script has been read to its end."""

SECONDS_PER_TICK = 0.020
"""What expiry may take of one tick when nobody lets others run between the slices."""


class Usrloc(FifoCommands, Module):
    """The table of who is registered where, shared by all processes."""

    name = "usrloc"

    user_column: str = param("username", "column of the user part of the address-of-record")
    domain_column: str = param("domain", "column of the domain of the address-of-record")
    contact_column: str = param("contact", "column of the contact's URI")
    expires_column: str = param("expires", "column of the time when the binding expires")
    q_column: str = param("q", "column of the q value")
    callid_column: str = param("callid", "column of the Call-ID of the last REGISTER")
    cseq_column: str = param("cseq", "column of the CSeq number of the last REGISTER")
    method_column: str = param("method", "column of the methods that the contact takes")
    replicate_column: str = param("replicate", "column of the replication mark")
    state_column: str = param("state", "column of the binding's state")
    flags_column: str = param("flags", "column of the binding's flags")
    user_agent_column: str = param("user_agent", "column of User-Agent")
    received_column: str = param("received", "column of the address the REGISTER came from")
    db_url: str = param("", "where the database is; empty: SQLite, in the usual place")
    timer_interval: int = param(
        60, "db_mode 2: seconds that a change may stay in memory only", minimum=1
    )
    db_mode: int = param(
        0,
        "0: registrations are in memory only; 1: a REGISTER is answered when it is in the database,"
        " too; 2: the database gets it within timer_interval; 3: in the database only",
        minimum=0,
        maximum=3,
    )
    use_domain: int = param(
        0, "0: an address-of-record is the user, 1: user@domain", minimum=0, maximum=1
    )
    desc_time_order: int = param(0, "1: newest binding first, whatever its q", minimum=0, maximum=1)

    expired = counter("bindings removed because their time was over")
    unwritten = counter("addresses-of-record that the database doesn't have as they are, now")

    fixed = ("db_url", "db_mode", "use_domain", *(f"{usual}_column" for usual in COLUMNS))

    def __init__(self) -> None:
        super().__init__()
        self._core: Core | None = None
        self._location: Location | None = None
        self._rows: dict[str, Rows] = {}
        """With db_mode 1 to 3 what is known of the tables in SQL."""
        self._keeping: Keeping | None = None
        self._write_back: WriteBack | None = None
        self._expiring: Greenlet[[float], None] | None = None
        self.behind = False
        """More bindings are due than the last tick had time for."""

    def check(self) -> None:
        """Refuse a database that can't be used, before anything starts."""
        check_db_url(self)
        if self.db_mode:
            self._make_rows()

    def waits(self) -> bool:
        """Whether saving, or finding, somebody takes a database."""
        return self.db_mode in (WRITE_THROUGH, DATABASE_ONLY)

    def database_urls(self) -> tuple[str, ...]:
        """None when all is in memory."""
        return (self.db_url,) if self.db_mode else ()

    def has_errands(self) -> bool:
        """Whether there is a database to load from."""
        return self.db_mode != IN_MEMORY

    def before_all(self, location: str) -> None:
        """Make tables that are missing; load all registrations."""
        from ser_core.modules.usrloc import errands  # takes SQLAlchemy, which takes long

        url, rows = DatabaseUrl.parse(self.db_url), self._make_rows()
        errands.prepare(url, rows)
        if self.db_mode != DATABASE_ONLY:
            errands.load(location, url, rows, desc_time_order=bool(self.desc_time_order))

    def rehearse(self) -> None:
        """See whether all tables can be loaded."""
        from ser_core.modules.usrloc import errands

        errands.rehearse(DatabaseUrl.parse(self.db_url), self._make_rows())

    def after_all(self, location: str) -> None:
        """Write what the database doesn't have yet."""
        from ser_core.modules.usrloc import errands

        if self.db_mode != DATABASE_ONLY:
            errands.flush(location, DatabaseUrl.parse(self.db_url), self._make_rows())

    def location_table(self, database: Callable[[str], Database]) -> Location | None:
        """The table in SQL, with db_mode 3."""
        if self.db_mode != DATABASE_ONLY:
            return None
        from ser_core.registrar.sql_location import SqlLocation

        there = database(self.db_url)
        return SqlLocation(
            there.run,
            self._make_rows(),
            run_plain=there.run_plain,
            desc_time_order=bool(self.desc_time_order),
        )

    def _make_rows(self) -> dict[str, Rows]:
        """Of all tables that scripts mention. ValueError: two columns have the same name."""
        from ser_core.registrar.rows import Rows

        columns = {usual: getattr(self, f"{usual}_column") for usual in COLUMNS}
        columns["username"] = columns.pop("user")
        use_domain = bool(self.use_domain)
        return {
            domain: Rows(domain, columns, use_domain=use_domain)
            for domain in Domain.mentioned() or [ANY_DOMAIN]
        }

    def take_over(self, previous: Module) -> None:
        """Go on with what is being written. Raises SerError for a table that is new."""
        assert isinstance(previous, Usrloc)
        new = set(Domain.mentioned()) - set(previous._rows)
        if self.db_mode and new:
            names = ", ".join(sorted(new))
            raise SerError(
                f"usrloc: table {names} is new: with db_mode {self.db_mode} it can be "
                "loaded only when ser starts; restart it"
            )
        self._rows = previous._rows
        self._keeping, self._write_back = previous._keeping, previous._write_back

    def start(self, core: Core) -> None:
        """Open the tables that the script mentions.

        Raises SerError when there is a database and nothing has been loaded from it: a reload
        brought usrloc.
        """
        self._core = core
        self._location = core.location
        for domain in Domain.mentioned():
            core.location.add_domain(domain)
        if self.db_mode and not self._rows:
            self._rows = self._make_rows()
        if self.db_mode in (WRITE_THROUGH, WRITE_BACK) and self._keeping is None:
            self._keep(core.location, core.database, core.wall_time)
            if self.db_mode == WRITE_THROUGH and self._keeping is not None:
                self._keeping.warm_up()

    def _keep(
        self,
        location: Location,
        database: Callable[[str], Database],
        wall_clock: Callable[[], float],
    ) -> None:
        """Begin to write what changes."""
        from ser_core.modules.usrloc.keeping import Keeping  # behind the fork: it has gevent
        from ser_core.modules.usrloc.write_back import WriteBack
        from ser_core.registrar.lmdb_location import LmdbLocation

        assert isinstance(location, LmdbLocation)
        if not all(map(location.marks_changes, Domain.mentioned())):
            raise SerError("usrloc: registrations are loaded only when ser starts; restart it")
        rows = self._rows or self._make_rows()
        keeping = Keeping(database(self.db_url), location, rows, wall_clock)
        interval = self.timer_interval if self.db_mode == WRITE_BACK else 0
        self._keeping, self._write_back = keeping, WriteBack(keeping, interval)

    def take_effect(self) -> None:
        """From now on the new interval counts."""
        if self._write_back is not None and self.db_mode == WRITE_BACK:
            self._write_back.interval = self.timer_interval

    def stop(self) -> None:
        """Write no more, unless another instance goes on with it."""
        if self._expiring is not None:
            self._expiring.kill(block=False)
        if self._write_back is not None and not self.keeps_open:
            self._write_back.stop()

    def wait_until_written(self, domain: str, aor: bytes, seconds: float) -> bool:
        """Return once the database has a record as it is, or is known not to take it now.

        Only with db_mode 1 there is anything to wait for. False: nothing is known after `seconds`.
        """
        if self._keeping is None or self.db_mode != WRITE_THROUGH:
            return True
        return self._keeping.wait_until_written(domain, aor, seconds)

    def written(self, control: Control, table: str, aors: Iterable[bytes]) -> None:
        """As `wait_until_written`, for a FIFO command, in whose process nothing was started."""
        if self.db_mode == WRITE_THROUGH:
            keys = [(table, aor) for aor in dict.fromkeys(aors)]
            self._keeping_for(control).write(keys)

    def write_all(self, control: Control) -> bool:
        """Write what is unwritten; False when the database doesn't take it now."""
        if self.db_mode not in (WRITE_THROUGH, WRITE_BACK):
            return True
        keeping = self._keeping_for(control)
        return all(map(keeping.write, keeping.persistence.batches()))

    def _keeping_for(self, control: Control) -> Keeping:
        if self._keeping is None:
            self._keep(control.location, control.database, control.wall_time)
        assert self._keeping is not None
        return self._keeping

    def on_tick(self, wall_time: float) -> None:
        """Write what is due; remove what has expired, for SECONDS_PER_TICK at most.

        When that wasn't enough `behind` is true, and whoever calls should call again soon.
        """
        if self._write_back is not None:
            self.unwritten.add(self._write_back.tick() - self.unwritten.value)
        if self.db_mode != DATABASE_ONLY:
            self._expire(wall_time)
        elif self._expiring is None or self._expiring.dead:
            from gevent import spawn

            self._expiring = spawn(self._expire, wall_time)

    def _expire(self, wall_time: float) -> None:
        core = self._core
        assert core is not None
        told = ExpiryLog(core.log)
        end = core.monotonic() + SECONDS_PER_TICK
        self.behind = self.expire_slice(wall_time, told)
        while self.behind and core.monotonic() < end:
            self.behind = self.expire_slice(wall_time, told)
        told.close()

    def expire_slice(self, wall_time: float, told: ExpiryLog) -> bool:
        """Remove the expired bindings of a few records; True when more are due.

        Between two calls others get their turn, at the table and, when the caller lets them, in
        this process.
        """
        location, core = self._location, self._core
        assert location is not None
        assert core is not None
        try:
            removed, more = location.expire(wall_time, RECORDS_PER_SLICE)
        except LocationError as error:
            core.log(ERROR, f"expired bindings stay until the next try: {error}")
            return False
        self.expired.add(len(removed))
        told.tell(removed)
        return more
