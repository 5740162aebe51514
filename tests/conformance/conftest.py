"""The daemons that the conformance tests talk to: one of a kind for all tests of a worker."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conformance.far_end import Torture, torture_proxy
from tests.conformance.proxy import CONFIG, RunningProxy, running


@pytest.fixture(scope="session")
def proxy() -> Iterator[RunningProxy]:
    """Hello world on IPv4 and IPv6, UDP and TCP. Tests keep to users of their own."""
    with running(CONFIG) as started:
        yield started


@pytest.fixture(scope="session")
def hasty_proxy() -> Iterator[RunningProxy]:
    """The same with timers of a second, so that what times out can be waited for."""
    with running(
        CONFIG.replace(
            "route {",
            'modparam("tm", "fr_timer", 1)\n'
            'modparam("tm", "fr_inv_timer", 2)\n'
            'modparam("registrar", "min_expires", 1)\n'
            "route {",
            1,
        )
    ) as started:
        yield started


@pytest.fixture(scope="session")
def torture() -> Iterator[Torture]:
    """A proxy between a client that owns all ports of a Via and a next hop that takes all."""
    with torture_proxy() as started:
        yield started
