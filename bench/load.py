"""The load: SIPp registers users, calls them through the proxy, and answers."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass, replace
from pathlib import Path

from bench.processes import CpuMeter
from bench.proxies import HOST, Proxy
from tests.support.ports import free_port
from tests.support.sipp import Outcome, Sipp

SCENARIOS = Path(__file__).parent / "scenarios"
IN_FLIGHT = 4000
"""Calls that SIPp keeps open at most."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a load has cost the proxy."""

    count: int
    cpu_seconds: float
    wall_seconds: float
    outcome: Outcome

    @property
    def microseconds(self) -> float:
        """CPU per call or REGISTER."""
        return self.cpu_seconds / self.count * 1e6

    @property
    def is_clean(self) -> bool:
        """All succeeded and nothing had to be sent twice."""
        return self.outcome.successful == self.count and self.outcome.retransmissions == 0


class Load:
    """What sends to one proxy: `users` subscribers, and a callee who answers for all of them."""

    def __init__(
        self,
        proxy: Proxy,
        directory: Path,
        *,
        users: int,
        name: str = "user",
        core: int | None = None,
    ) -> None:
        self._proxy = proxy
        self._directory = directory
        self._core = core
        self._users = users
        self._name = name
        self._registrations = 0
        self._callee_port = free_port(HOST)
        self._names = directory / f"{name}-{users}.csv"
        lines = [f"{name}{number:06d}" for number in range(users)]
        self._names.write_text("\n".join(["SEQUENTIAL", *lines, ""]))

    def register(self, rate: float, count: int = 0) -> Cost:
        """Each user registers once (or `count` REGISTERs in turn); a later call refreshes."""
        self._registrations += 1
        return self._run(
            "register.xml",
            count or self._users,
            rate,
            ("-cid_str", f"{self._name}%u@{HOST}", "-base_cseq", str(self._registrations)),
        )

    def call(self, rate: float, count: int) -> Cost:
        """`count` calls to one user after the other: INVITE 100 180 200 ACK, BYE 200.

        Retransmissions are counted on both sides.
        """
        with self._callee() as callee:
            cost = self._run("caller.xml", count, rate)
            again = callee.finish_or_kill().retransmissions
        total = cost.outcome.retransmissions + again
        return replace(cost, outcome=replace(cost.outcome, retransmissions=total))

    def flood(self, rate: float, seconds: int) -> float:
        """Offer `rate` calls a second whatever happens; how many a second are completed."""
        with self._callee(), self._sipp("caller.xml", int(rate * seconds), rate, 1_000_000) as sipp:
            time.sleep(seconds)  # the load is defined by its length
            return statistics.fmean(sipp.successes_per_second()[1:] or [0])

    def _callee(self) -> Sipp:
        return Sipp(
            SCENARIOS / "callee.xml",
            self._directory,
            calls=10_000_000,
            port=self._callee_port,
            core=self._core,
            timeout=100_000,
        )

    def _run(self, scenario: str, count: int, rate: float, options: tuple[str, ...] = ()) -> Cost:
        meter = CpuMeter(self._proxy.pid)
        began = time.perf_counter()
        with self._sipp(scenario, count, rate, IN_FLIGHT, options) as sipp:
            outcome = sipp.wait(count / rate * 1.5 + 60)
        return Cost(count, meter.seconds(), time.perf_counter() - began, outcome)

    def _sipp(
        self,
        scenario: str,
        count: int,
        rate: float,
        limit: int,
        options: tuple[str, ...] = (),
    ) -> Sipp:
        return Sipp(
            SCENARIOS / scenario,
            self._directory,
            target=self._proxy.target,
            calls=count,
            rate=rate,
            limit=limit,
            users=self._names,
            keys={"callee_port": str(self._callee_port)},
            options=options,
            core=self._core,
            timeout=count / rate * 1.5 + 10,
        )
