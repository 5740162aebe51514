from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ser_core.modules import pike as package
from ser_core.modules.api import REQUEST, commands_of, params_of
from ser_core.modules.pike.pike import Pike
from ser_core.sip.hop import Hop
from tests.support.script_messages import PROXY, FakeCore, request_in_script


class Core(FakeCore):
    def __init__(self, directory: Path) -> None:
        super().__init__()
        self.directory = directory

    def table_path(self, name: str) -> str:
        return str(self.directory / name)


@pytest.fixture
def core(tmp_path: Path) -> Core:
    return Core(tmp_path)


@pytest.fixture
def pike(core: Any) -> Iterator[Pike]:
    made = Pike()
    made.reqs_density_per_unit = 3
    made.check()
    made.start(core)
    yield made
    made.stop()


def request(core: Core, host: str = "192.0.2.7", now: float = 100.0) -> Any:
    msg = request_in_script(core=core)
    msg.source = Hop("udp", host, 5060, PROXY)
    msg.now = now
    return msg


def test_declarations_are_those_of_ser() -> None:
    assert package.MODULE is Pike
    assert [(made.name, made.routes) for made in commands_of(Pike)] == [("pike_check_req", REQUEST)]
    assert {made.name: made.default for made in params_of(Pike)} == {
        "sampling_time_unit": 2,
        "reqs_density_per_unit": 30,
        "remove_latency": 120,
    }


def test_a_start_that_failed_can_be_stopped() -> None:
    Pike().stop()


def test_who_sends_too_much_is_refused_until_it_ends(pike: Pike, core: Core) -> None:
    answers = [pike.pike_check_req(request(core)) for _ in range(5)]
    assert answers == [True, True, True, False, False]
    assert pike.pike_check_req(request(core, host="192.0.2.8"))
    assert not pike.pike_check_req(request(core, now=102.5))
    assert pike.pike_check_req(request(core, now=105.0))
    assert pike.blocked.value == 3
    assert core.logged[0] == (2, "pike: 192.0.2.7 sends more than 3 requests in 2 s")


def test_what_is_refused_counts_as_well(pike: Pike, core: Core) -> None:
    answers = []
    for tenth in range(100):
        answers.append(pike.pike_check_req(request(core, now=100 + tenth / 10)))
    assert answers == [True] * 3 + [False] * 97


def test_an_ipv6_address_counts_by_its_network(pike: Pike, core: Core) -> None:
    hosts = [f"2001:db8:0:1::{number:x}" for number in range(1, 5)]
    answers = [pike.pike_check_req(request(core, host=host)) for host in hosts]
    assert answers == [True, True, True, False]
    assert pike.pike_check_req(request(core, host="2001:db8:0:2::1"))
    assert "2001:db8:0:1::/64 sends more" in core.logged[0][1]
