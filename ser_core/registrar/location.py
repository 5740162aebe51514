"""Where bindings are kept: what they hold, what a store can do, and a store for one process.

A **domain** is a named table (`location`, `aliases`), a **record** is the list of bindings of one
address-of-record in it. Records are changed as a whole, by a function from the old list to the new
one that runs inside one write transaction; so two processes never lose each other's changes, and
a function that raises changes nothing (RFC 3261 §10.3, last paragraph).

The store that all processes share is `ser_core.registrar.lmdb_location.LmdbLocation`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

import msgspec

from ser_core.errors import SerError

# Flags of a binding, numbered as in SER; they show in ul_dump.
NAT = 1
"""The phone is behind a NAT: lookup sets the message flag `nat_flag`."""
PERMANENT = 128
"""Made by the operator; never expires."""
MEMORY_ONLY = 256
"""Never written to the database (save_memory)."""

NEVER = 0.0
"""`expires_at` of a permanent binding."""


class LocationError(SerError):
    """The store can't do what was asked; the record is as it was."""


class LocationFull(LocationError):
    """There is no room for another binding."""


class Binding(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One contact of an address-of-record."""

    uri: bytes
    """The contact as the phone wrote it, without angle brackets."""
    expires_at: float
    """Unix seconds; NEVER when permanent."""
    q: int
    """0 to 1000; -1 when the phone gave none."""
    call_id: bytes
    cseq: int
    user_agent: bytes
    received: bytes
    """SIP URI that requests are sent to instead of `uri`; empty when they go to `uri`."""
    flags: int
    since: float
    """Unix seconds of the first REGISTER that brought this contact."""

    def is_valid(self, now: float) -> bool:
        """True while the binding may be used."""
        return self.expires_at > now or self.expires_at == NEVER


Change = Callable[[list[Binding]], list[Binding]]
"""From the stored list to the one to store. Returning the same object means: leave it."""


class Expired(NamedTuple):
    """A binding that has been removed because its time was over."""

    domain: str
    aor: bytes
    binding: Binding


class ExpirySlice(NamedTuple):
    """What one call of `expire` has done."""

    removed: list[Expired]
    more: bool
    """Others are due; call again once everybody else has had a turn."""


class Totals(NamedTuple):
    """The numbers that ul_stats shows of a domain."""

    users: int
    contacts: int
    expired: int
    """Bindings that ran out, since the daemon started."""


class Passed(NamedTuple):
    """What one call of `skip` has passed over."""

    last: bytes | None
    """Key of the last record, or what `after` was when there is none."""
    bindings: int


class Location(Protocol):
    """A store of bindings. Every method raises LocationError when the store fails."""

    def add_domain(self, domain: str) -> None:
        """Make a domain known; once it is, nothing happens."""

    def domains(self) -> list[str]:
        """The domains that are known, in alphabetical order."""

    def get(self, domain: str, aor: bytes) -> list[Binding]:
        """The bindings, expired ones included, the best first; empty when there is no record.

        Raises KeyError when the domain isn't known.
        """

    def update(self, domain: str, aor: bytes, change: Change) -> list[Binding]:
        """Replace the record by what `change` makes of it, in one transaction; return that.

        What `change` raises goes through and leaves the record as it was. Raises LocationFull when
        the record would have more bindings than before and there is no room. `aor` has at most
        `rules.MAX_AOR` bytes and may be empty.
        """

    def delete(self, domain: str, aor: bytes) -> bool:
        """Remove the whole record; False when there was none."""

    def expire(self, now: float, limit: int) -> ExpirySlice:
        """Remove bindings that are due at `now` from at most `limit` records."""

    def totals(self, domain: str) -> Totals:
        """How many records and bindings there are, and how many have expired so far."""

    def page(
        self, domain: str, after: bytes | None, limit: int, *, backwards: bool = False
    ) -> list[tuple[bytes, list[Binding]]]:
        """Up to `limit` records in key order; `after` is the last key of the previous page.

        Backwards, the last record comes first.
        """

    def skip(
        self,
        domain: str,
        after: bytes | None,
        bindings: int,
        limit: int,
        *,
        backwards: bool = False,
    ) -> Passed:
        """Pass over the records behind `after` as long as they hold `bindings` at most.

        That takes up to `limit` records in one go. It is cheaper than reading them: the way to a
        page that is far behind.
        """


def pass_over(
    records: Iterable[tuple[bytes, list[Binding]]], after: bytes | None, bindings: int
) -> Passed:
    """`Location.skip` over records that have been read; `after` is the key before the first one."""
    passed = 0
    for aor, record in records:
        if passed + len(record) > bindings:
            break
        after, passed = aor, passed + len(record)
    return Passed(after, passed)


class MemoryLocation:
    """A store in the memory of one process, for tests and tools."""

    def __init__(self, *domains: str) -> None:
        self._records: dict[str, dict[bytes, list[Binding]]] = {name: {} for name in domains}
        self._expired: dict[str, int] = dict.fromkeys(domains, 0)

    def add_domain(self, domain: str) -> None:
        self._records.setdefault(domain, {})
        self._expired.setdefault(domain, 0)

    def domains(self) -> list[str]:
        return sorted(self._records)

    def get(self, domain: str, aor: bytes) -> list[Binding]:
        return list(self._records[domain].get(aor, ()))

    def update(self, domain: str, aor: bytes, change: Change) -> list[Binding]:
        stored = self.get(domain, aor)
        changed = change(stored)
        if changed:
            self._records[domain][aor] = list(changed)
        else:
            self._records[domain].pop(aor, None)
        return changed

    def delete(self, domain: str, aor: bytes) -> bool:
        return self._records[domain].pop(aor, None) is not None

    def expire(self, now: float, limit: int) -> ExpirySlice:
        due = [
            (domain, aor)
            for domain, records in self._records.items()
            for aor, bindings in records.items()
            if not all(binding.is_valid(now) for binding in bindings)
        ]
        removed: list[Expired] = []
        for domain, aor in due[:limit]:
            bindings = self.get(domain, aor)
            gone = [binding for binding in bindings if not binding.is_valid(now)]
            removed.extend(Expired(domain, aor, binding) for binding in gone)
            self._expired[domain] += len(gone)
            self.update(domain, aor, lambda stored: [b for b in stored if b.is_valid(now)])
        return ExpirySlice(removed, len(due) > limit)

    def totals(self, domain: str) -> Totals:
        records = self._records[domain]
        return Totals(len(records), sum(map(len, records.values())), self._expired[domain])

    def page(
        self, domain: str, after: bytes | None, limit: int, *, backwards: bool = False
    ) -> list[tuple[bytes, list[Binding]]]:
        records = self._records[domain]
        keys = sorted(records, reverse=backwards)
        if after is not None:
            keys = [aor for aor in keys if (aor < after if backwards else aor > after)]
        return [(aor, list(records[aor])) for aor in keys[:limit]]

    def skip(
        self,
        domain: str,
        after: bytes | None,
        bindings: int,
        limit: int,
        *,
        backwards: bool = False,
    ) -> Passed:
        page = self.page(domain, after, limit, backwards=backwards)
        return pass_over(page, after, bindings)
