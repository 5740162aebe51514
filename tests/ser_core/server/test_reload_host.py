"""What a reload does in the attendant's process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ser_core.fifo.protocol import Reply
from ser_core.server import reload_host
from ser_core.server.bus_messages import ReloadReply, decode
from ser_core.server.new_script import NewScript
from ser_core.server.plan import Plan
from ser_core.server.reload_host import AttendantHost
from tests.support.daemon import wait_for
from tests.support.plans import CONTROL, TEXT, plan_of

LONGER = TEXT.replace('loadmodule "sl.so"', 'loadmodule "sl.so" loadmodule "tm.so"')


@pytest.fixture
def plan(tmp_path: Path) -> Iterator[Plan]:
    with plan_of(1, CONTROL) as made:
        made.program.path = str(tmp_path / "ser.cfg")
        Path(made.program.path).write_text(LONGER)
        yield made


def read(host: AttendantHost) -> NewScript:
    """What comes of reading ser.cfg, as a reload waits for it."""
    host.start_reading()
    found: list[NewScript] = []

    def look() -> list[NewScript]:
        script = host.read()
        if script is not None:
            found.append(script)
        return found

    wait_for(look, "the script")
    return found[0]


def test_processes_forked_later_have_the_new_script(plan: Plan) -> None:
    host = AttendantHost(plan)
    former, script = plan.program, read(host)
    assert host.take_effect(script, 7.0) == 1
    assert plan.program is script.program
    assert (plan.loaded_at, plan.pages.script_generation) == (7.0, 1)
    assert former.modules == {}  # nothing of it is left in a knot


def test_counters_of_new_modules_get_cells_that_all_agree_on(plan: Plan) -> None:
    host = AttendantHost(plan)
    assert "tm.total" not in plan.pages.counter_names
    names = host.room_for(read(host))
    assert tuple(names) == plan.pages.counter_names
    assert "tm.total" in names
    assert host.room_for(read(host)) == names


def test_the_fifo_server_gets_its_answer(plan: Plan) -> None:
    AttendantHost(plan).reply_to(77, Reply(409, "later", b"body\n"))
    data = plan.bus.reading_end(plan.fifo_place).recv(65536)
    assert decode(data) == ReloadReply(77, 409, "later", b"body\n")


def test_the_service_manager_is_told_and_failures_count(plan: Plan) -> None:
    told: list[str] = []
    host = AttendantHost(
        plan, on_begin=lambda: told.append("begin"), on_end=lambda: told.append("end")
    )
    host.begun()
    host.ended()
    host.count_failure()
    assert told == ["begin", "end"]
    assert plan.counters.attendant.failures.value == 1


def test_a_text_that_is_still_being_read_holds_up_nobody_but_the_end(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_it_go = threading.Event()

    def slow_names(name: str) -> list[str]:
        let_it_go.wait(10)
        return ["192.0.2.1"]

    Path(plan.program.path).write_text(TEXT.replace("route {", "route { if (src_ip==gw) break;"))
    plan.resolve = slow_names
    host = AttendantHost(plan)
    host.start_reading()
    assert host.read() is None
    monkeypatch.setattr(reload_host, "CLOSE_SECONDS", 0.01)
    host.close()  # tells that it isn't done
    assert host.read() is None
    let_it_go.set()
    monkeypatch.setattr(reload_host, "CLOSE_SECONDS", 10)
    host.close()
    script = host.read()
    assert script is not None
    assert script.addresses == {"gw": ["192.0.2.1"]}
    host.close()
