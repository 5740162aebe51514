"""What receivers get from the attendant: rows, places on the bus, one secret."""

from __future__ import annotations

from pathlib import Path

from ser_core.script.loader import load_program
from ser_core.server.plan import DNS_COUNTERS, Counters, Plan, make_plan
from ser_core.server.privileges import Identity
from ser_core.sip.hop import Listener, LocalAddresses
from ser_core.sip.stateless_tag import SECRET_SIZE
from ser_core.transport.dns_client import DnsClient
from ser_core.transport.locating import Abilities
from ser_core.transport.resolver import Resolver


def plan(receivers: int = 3) -> Plan:
    text = 'debug=4 loadmodule "sl.so" route { sl_send_reply("404", "no"); }'
    program = load_program("ser.cfg", text=text)
    local = LocalAddresses([Listener("udp", "127.0.0.1", 5060)])
    return make_plan(program, local, [[] for _ in range(receivers)], Path("x"), Identity())


def test_there_is_a_row_for_each_receiver_and_one_for_the_attendant() -> None:
    made = plan(3)
    assert made.receivers == 3
    assert len(made.bus) == 3
    assert made.pages.processes == 4
    made.counters.attendant.restarts.add()
    assert made.pages.value("attendant.restarts", 3) == 1
    made.bus.close()


def test_the_layout_has_the_counters_of_core_and_modules() -> None:
    made = plan()
    names = made.pages.counter_names
    for name in ("core.requests", "transport.udp_sent", "bus.dropped", "attendant.hung"):
        assert name in names
    assert any(name.startswith("sl.") for name in names)
    made.bus.close()


def test_a_module_counts_in_the_row_of_its_process() -> None:
    made = plan()
    made.attach_counters(1)
    counter = made.program.modules["sl"].counters[0]
    counter.add(5)
    assert made.pages.value(counter.name, 1) == 5
    assert made.pages.value(counter.name, 0) == 0
    made.bus.close()


def test_the_resolvers_counters_are_in_the_layout_by_the_names_it_gives_them() -> None:
    resolver = Resolver(DnsClient(), Abilities())
    assert tuple(x.name for x in resolver.counters) == DNS_COUNTERS


def test_the_debug_level_of_the_file_is_on_the_shared_page() -> None:
    made = plan()
    assert made.pages.debug_level == 4
    made.bus.close()


def test_each_run_has_a_secret_of_its_own() -> None:
    one, two = plan(), plan()
    assert len(one.secret) == SECRET_SIZE
    assert one.secret != two.secret
    one.bus.close()
    two.bus.close()


def test_no_counter_of_the_core_has_the_name_of_another() -> None:
    program = load_program("ser.cfg", text="route { break; }")
    names = [x.name for x in Counters().all(program)]
    assert len(names) == len(set(names))
