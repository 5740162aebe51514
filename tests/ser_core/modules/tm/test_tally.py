"""The counters of transactions count on when another instance of tm takes over."""

from __future__ import annotations

from dataclasses import fields

from ser_core.modules.tm import Tm
from ser_core.modules.tm.tally import Tally, tally_of
from ser_core.proxy.environment import TransactionCounters


def test_it_has_all_that_transactions_count() -> None:
    assert {each.name for each in fields(Tally)} == set(TransactionCounters.__annotations__)


def test_it_counts_where_tm_does() -> None:
    tm = Tm()
    tally_of(tm).completed_4xx.add(2)
    assert tm.completed_4xx.value == 2
