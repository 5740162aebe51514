"""usrloc: keeps the location table, and takes out of it what has expired."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ser_core.log import ERROR, NOTICE, escape
from ser_core.modules.api import Core, Module, counter, param
from ser_core.modules.usrloc.domain import Domain
from ser_core.registrar.location import Expired, LocationError

if TYPE_CHECKING:
    from ser_core.registrar.location import Location

RECORDS_PER_SLICE = 200
"""Records that one write transaction of the expiry looks at: 1 to 2 ms of holding up writers."""
SECONDS_PER_TICK = 0.020
"""What expiry may take of one tick when nobody lets others run between the slices."""

LINES_PER_TICK = 100
"""Expired bindings that are told one by one in a tick; of the others only the number is."""


class Usrloc(Module):
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
        self._untold = 0
        self._lines = 0
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
        self._lines = self._untold = 0
        end = core.monotonic() + SECONDS_PER_TICK
        self.behind = self.expire_slice(wall_time)
        while self.behind and core.monotonic() < end:
            self.behind = self.expire_slice(wall_time)
        if self._untold:
            core.log(NOTICE, f"{self._untold} more bindings have expired")

    def expire_slice(self, wall_time: float) -> bool:
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
        if removed:
            self.expired.add(len(removed))
            if core.log_level() >= NOTICE:
                self._tell(core, removed)
        return more

    def _tell(self, core: Core, removed: list[Expired]) -> None:
        told = removed[: LINES_PER_TICK - self._lines]
        for _, aor, binding in told:
            user, contact = escape(aor), escape(binding.uri)
            core.log(NOTICE, f"Binding '{user}','{contact}' has expired")
        self._lines += len(told)
        self._untold += len(removed) - len(told)
