"""The counters of transactions, apart from the module that declares them.

Transactions outlive the instance of tm that a script has; its cells in the shared page are the same
for the next one.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from ser_core.modules.api import Counter
from ser_core.modules.tm.parameters import TmParameters


@dataclass(slots=True)
class Tally:
    """Implements `TransactionCounters`."""

    total: Counter
    local: Counter
    finished: Counter
    waiting: Counter
    replied_locally: Counter
    completed_2xx: Counter
    completed_3xx: Counter
    completed_4xx: Counter
    completed_5xx: Counter
    completed_6xx: Counter
    late_responses: Counter
    unmatched_responses: Counter


def tally_of(tm: TmParameters) -> Tally:
    """The counters of an instance of tm."""
    return Tally(**{each.name: getattr(tm, each.name) for each in fields(Tally)})
