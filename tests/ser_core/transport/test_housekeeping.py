"""Housekeeping: each module gets its turn, and more of them when it is behind."""

from __future__ import annotations

from ser_core.modules.api import Counter, Module
from ser_core.transport.housekeeping import Housekeeping
from tests.support.network import wait_for


class Keeper(Module):
    """Counts its ticks, and is behind the first time."""

    name = "keeper"
    ticks = 0

    def on_tick(self, wall_time: float) -> None:
        self.ticks += 1
        self.behind = self.ticks == 1


class Failing(Module):
    name = "failing"

    def on_tick(self, wall_time: float) -> None:
        raise RuntimeError


def test_a_failing_module_is_counted_and_the_others_get_their_turn() -> None:
    keeper, failures = Keeper(), Counter("core.failures", "")
    housekeeping = Housekeeping(lambda: 1000.0, failures)
    housekeeping.use([Failing(), keeper])
    housekeeping.tick()
    assert (keeper.ticks, failures.value) == (1, 1)
    housekeeping.stop()


def test_a_module_that_is_behind_is_called_again_before_the_next_second() -> None:
    keeper = Keeper()
    housekeeping = Housekeeping(lambda: 1000.0, Counter("core.failures", ""))
    housekeeping.use([keeper])
    housekeeping.tick()
    wait_for(lambda: keeper.ticks == 2)
    housekeeping.stop()


def test_it_ticks_by_itself() -> None:
    keeper = Keeper()
    housekeeping = Housekeeping(lambda: 1000.0, Counter("core.failures", ""))
    housekeeping.use([keeper])
    housekeeping.start()
    wait_for(lambda: keeper.ticks)
    housekeeping.stop()


def test_a_module_that_runs_no_more_is_not_called_again_though_it_was_behind() -> None:
    former, newer = Keeper(), Keeper()
    housekeeping = Housekeeping(lambda: 1000.0, Counter("core.failures", ""))
    housekeeping.use([former])
    housekeeping.tick()
    housekeeping.use([newer])
    housekeeping.tick()
    wait_for(lambda: newer.ticks == 2)
    assert former.ticks == 1
    housekeeping.stop()
