"""What processes get from the attendant: rows, places on the bus, one secret."""

from __future__ import annotations

import os

from ser_core.script.loader import load_program
from ser_core.server.control_files import ControlFiles
from ser_core.server.plan import DNS_COUNTERS, Counters
from ser_core.sip.stateless_tag import SECRET_SIZE
from ser_core.transport.dns_client import DnsClient
from ser_core.transport.locating import Abilities
from ser_core.transport.resolver import Resolver
from tests.support.plans import CONTROL, plan_of


def test_there_is_a_row_for_each_receiver_and_one_for_the_attendant() -> None:
    with plan_of(3) as made:
        assert made.receivers == 3
        assert len(made.bus) == 3
        assert made.pages.processes == 4
        made.counters.attendant.restarts.add()
        assert made.pages.value("attendant.restarts", 3) == 1


def test_the_fifo_server_has_its_place_behind_the_receivers() -> None:
    with plan_of(3, CONTROL) as made:
        assert made.has_fifo_process
        assert not made.takes_commands_itself
        assert (made.fifo_place, made.attendant_place) == (3, 4)
        assert len(made.bus) == 4
        assert made.pages.processes == 5
        assert made.pages.pid(4) == os.getpid()


def test_one_process_that_does_everything_takes_commands_itself() -> None:
    with plan_of(1, CONTROL, text="fork=no route { break; }") as made:
        assert made.takes_commands_itself
        assert not made.has_fifo_process
        assert len(made.bus) == 1


def test_without_a_place_for_commands_nobody_takes_them() -> None:
    for text in ("fork=no route { break; }", "fork=yes route { break; }"):
        with plan_of(1, None, text=text) as made:
            assert not made.takes_commands_itself
            assert not made.has_fifo_process


def test_who_answers_commands_is_in_the_group_of_their_clients() -> None:
    for control, groups in ((None, ()), (CONTROL, ()), (ControlFiles(None, None, None, 7), (7,))):
        with plan_of(1, control) as made:
            assert made.command_groups == groups


def test_the_layout_has_the_counters_of_core_and_modules() -> None:
    with plan_of() as made:
        names = made.pages.counter_names
    for name in ("core.requests", "transport.udp_sent", "bus.dropped", "attendant.hung"):
        assert name in names
    assert "fifo.requests" in names
    assert any(name.startswith("sl.") for name in names)


def test_each_counter_has_its_help() -> None:
    with plan_of() as made:
        helps = made.counter_help()
        assert set(helps) == set(made.pages.counter_names)
        assert all(helps.values())


def test_a_module_counts_in_the_row_of_its_process() -> None:
    with plan_of() as made:
        made.attach_counters(1)
        counter = made.program.modules["sl"].counters[0]
        counter.add(5)
        assert made.pages.value(counter.name, 1) == 5
        assert made.pages.value(counter.name, 0) == 0


def test_the_resolvers_counters_are_in_the_layout_as_it_declares_them() -> None:
    resolver = Resolver(DnsClient(), Abilities())
    assert {x.name: x.doc for x in resolver.counters} == DNS_COUNTERS


def test_the_debug_level_of_the_file_is_on_the_shared_page() -> None:
    with plan_of() as made:
        assert made.pages.debug_level == 4


def test_each_run_has_a_secret_of_its_own() -> None:
    with plan_of() as one, plan_of() as two:
        assert len(one.secret) == SECRET_SIZE
        assert one.secret != two.secret


def test_no_counter_of_the_core_has_the_name_of_another() -> None:
    program = load_program("ser.cfg", text="route { break; }")
    names = [x.name for x in Counters().all(program)]
    assert len(names) == len(set(names))
