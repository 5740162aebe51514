"""usrloc: keeps the location table, and takes out of it what has expired."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ser_core.log import ERROR
from ser_core.modules.api import Core, Module, counter, param
from ser_core.modules.usrloc.domain import Domain
from ser_core.modules.usrloc.expiry import RECORDS_PER_SLICE, ExpiryLog
from ser_core.modules.usrloc.fifo_commands import FifoCommands
from ser_core.registrar.location import LocationError

if TYPE_CHECKING:
    from ser_core.registrar.location import Location

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
    db_url: str = param(
        "mysql://ser:heslo@localhost/ser", "where the database is; not used while db_mode is 0"
    )
    timer_interval: int = param(
        60, "seconds between two writes to the database; expiry runs each second", minimum=1
    )
    db_mode: int = param(0, "0: in memory only", minimum=0)
    use_domain: int = param(
        0, "0: an address-of-record is the user, 1: user@domain", minimum=0, maximum=1
    )
    desc_time_order: int = param(0, "1: newest binding first, whatever its q", minimum=0, maximum=1)

    expired = counter("bindings removed because their time was over")

    def __init__(self) -> None:
        super().__init__()
        self._core: Core | None = None
        self._location: Location | None = None
        self.behind = False
        """More bindings are due than the last tick had time for."""

    def check(self) -> None:
        """Refuse what would lose registrations that somebody expects to be kept."""
        if self.db_mode != 0:
            raise ValueError(
                f"db_mode {self.db_mode} needs a database, which usrloc can't use yet; "
                "0 keeps registrations in memory"
            )

    def start(self, core: Core) -> None:
        """Open the tables that the script mentions."""
        self._core = core
        self._location = core.location
        for domain in Domain.mentioned():
            core.location.add_domain(domain)

    def on_tick(self, wall_time: float) -> None:
        """Remove what has expired, for SECONDS_PER_TICK at most.

        When that wasn't enough `behind` is true, and whoever calls should call again soon.
        """
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
