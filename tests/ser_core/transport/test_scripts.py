"""One script after another in one process: what is handed on, what ends when, what stays."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from typing import Any

import gevent
import pytest
from gevent.event import Event

from ser_core.modules.api import Core, Module
from ser_core.modules.tm import Tm
from ser_core.script.loader import load_program
from ser_core.script.runtime import ScriptMessage
from ser_core.transport import scripts
from ser_core.transport.scripts import TooManyScripts
from tests.support.driver_process import FakeProgram, Process
from tests.support.ladder import request, response_to
from tests.support.network import turn_hub


class Keeper(Module):
    """Writes down what becomes of it; `treasure` goes from one instance to the next."""

    name = "keeper"

    def __init__(self, *, broken: bool = False) -> None:
        super().__init__()
        self.broken = broken
        self.told: list[str] = []
        self.treasure: object = None

    def take_over(self, previous: Module) -> None:
        assert isinstance(previous, Keeper)
        self.treasure = previous.treasure
        self.told.append("take_over")

    def start(self, core: Core) -> None:
        self.told.append("start")
        if self.broken:
            raise RuntimeError("broken on purpose")
        self.treasure = self.treasure or object()

    def take_effect(self) -> None:
        self.told.append("take_effect")

    def stop(self) -> None:
        self.told.append("stop, others use it" if self.keeps_open else "stop")


class Other(Module):
    name = "keeper"


def relay_to(uri: bytes, on_failure: str = "") -> Any:
    def main(msg: ScriptMessage) -> int:
        msg.uri = uri
        msg.on_failure = on_failure
        outcome: int = msg.core.module("tm").t_relay(msg)
        return outcome

    return main


def script(reply: int, **more: Any) -> FakeProgram:
    """Relays to a target of its own; when that fails, answers with a status of its own."""

    def fail(msg: ScriptMessage) -> int:
        msg.core.module("tm").t_reply(msg, reply, b"By %d" % reply)
        return 1

    target = b"sip:bob@198.51.100.%d" % (reply % 100)
    modules = {"tm": Tm(), **more.pop("modules", {})}
    return FakeProgram(relay_to(target, "1"), modules, failure_routes={"1": fail}, **more)


def switch(process: Process, program: FakeProgram) -> None:
    process.driver.switch(process.driver.prepare(program))  # type: ignore[arg-type]
    turn_hub()


@pytest.fixture(autouse=True)
def by_counts_only(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What ends must end at once: nobody runs the collector for it."""
    monkeypatch.setattr(scripts, "FEW_TRANSACTIONS", -1)
    monkeypatch.setattr(scripts, "UNCOLLECTED", 1000)
    gc.disable()
    yield
    gc.enable()


def test_the_next_message_runs_the_new_script() -> None:
    process = Process(script(501))
    assert process.receive(request("MESSAGE"))[0].startswith("MESSAGE sip:bob@198.51.100.1 ")
    switch(process, script(502))
    sent = process.receive(request("MESSAGE", branch="z9hG4bKnext"))
    assert sent[0].startswith("MESSAGE sip:bob@198.51.100.2 ")


def test_a_transaction_runs_the_failure_route_that_it_was_armed_with() -> None:
    process = Process(script(501))
    process.receive(request("INVITE"))
    asked = process.transports.sent[-1].message
    switch(process, script(502))
    answered = process.receive(response_to(asked, 486))
    assert "SIP/2.0 501 By 501" in answered


def test_an_earlier_script_ends_with_its_last_transaction() -> None:
    first = script(501, modules={"keeper": Keeper()})
    process = Process(first)
    keeper = first.modules["keeper"]
    assert isinstance(keeper, Keeper)
    process.receive(request("INVITE"))
    asked = process.transports.sent[-1].message
    switch(process, script(502, modules={"keeper": Keeper()}))
    assert len(process.driver._scripts) == 1
    process.receive(response_to(asked, 200))
    turn_hub()
    assert "stop, others use it" not in keeper.told  # it waits for 200s that come again
    process.now += 100
    process.driver._run_timers()
    turn_hub()
    assert keeper.told[-1] == "stop, others use it"
    assert first.is_dismissed
    assert len(process.driver._scripts) == 0


def test_without_transactions_it_ends_at_once() -> None:
    first = script(501)
    process = Process(first)
    switch(process, script(502))
    assert first.is_dismissed


def test_a_script_that_waits_for_something_keeps_what_it_has() -> None:
    over = Event()

    def waits(msg: ScriptMessage) -> int:
        over.wait()
        outcome: int = msg.core.module("tm").t_relay(msg)
        return outcome

    first = FakeProgram(waits, {"tm": Tm()}, may_block=True)
    process = Process(first)
    process.receive(request("MESSAGE"))
    turn_hub()
    switch(process, script(502))
    assert not first.is_dismissed
    over.set()
    turn_hub()
    assert [sent.line.split()[0] for sent in process.transports.sent] == ["MESSAGE"]
    for _ in range(2):  # nobody answers; then it absorbs what comes again
        process.now += 100
        process.driver._run_timers()
        turn_hub()
    assert first.is_dismissed


def test_messages_get_greenlets_as_long_as_some_script_may_wait() -> None:
    over = Event()

    def waits(msg: ScriptMessage) -> int:
        over.wait()
        return 1

    process = Process(FakeProgram(waits, may_block=True))
    process.receive(request("MESSAGE"))
    turn_hub()
    switch(process, FakeProgram())
    assert process.driver._waits
    over.set()
    for _ in range(3):
        turn_hub()
    assert not process.driver._waits


def test_what_must_survive_goes_from_instance_to_instance() -> None:
    first, second = Keeper(), Keeper()
    process = Process(FakeProgram(modules={"keeper": first}))
    switch(process, FakeProgram(modules={"keeper": second}))
    assert first.told == ["start", "take_effect", "stop, others use it"]
    assert second.told == ["take_over", "start", "take_effect"]
    assert second.treasure is first.treasure


def test_a_module_that_is_no_longer_loaded_closes_what_it_has() -> None:
    first = Keeper()
    process = Process(FakeProgram(modules={"keeper": first}))
    switch(process, FakeProgram())
    assert first.told[-1] == "stop"


def test_another_class_of_the_same_name_takes_nothing_over() -> None:
    first, second = Other(), Keeper()
    process = Process(FakeProgram(modules={"keeper": first}))
    switch(process, FakeProgram(modules={"keeper": second}))
    assert second.told == ["start", "take_effect"]


def test_a_script_that_cannot_start_changes_nothing() -> None:
    first, second, broken = Keeper(), Keeper(), Keeper(broken=True)
    process = Process(FakeProgram(modules={"keeper": first}))
    candidate = FakeProgram(modules={"keeper": second, "broken": broken})
    with pytest.raises(RuntimeError, match="on purpose"):
        process.driver.prepare(candidate)  # type: ignore[arg-type]
    assert second.told == ["take_over", "start", "stop, others use it"]
    assert broken.told[-1] == "stop, others use it"
    assert candidate.is_dismissed
    assert first.told == ["start", "take_effect"]
    assert process.driver.script.program is process.program  # type: ignore[comparison-overlap]


def test_a_script_that_was_made_ready_can_be_given_up() -> None:
    first, second = Keeper(), Keeper()
    process = Process(FakeProgram(modules={"keeper": first}))
    candidate = process.driver.prepare(FakeProgram(modules={"keeper": second}))  # type: ignore[arg-type]
    process.driver.abandon(candidate)
    assert second.told[-1] == "stop, others use it"
    assert first.told == ["start", "take_effect"]


def test_transactions_go_on_when_tm_is_no_longer_loaded() -> None:
    process = Process(script(501))
    process.receive(request("INVITE"))
    asked = process.transports.sent[-1].message
    seen: list[bytes] = []

    def main(msg: ScriptMessage) -> int:
        seen.append(msg.message.method)
        return 1

    switch(process, FakeProgram(main))
    assert process.receive(request("CANCEL")) == ["SIP/2.0 200 canceling"]
    assert process.receive(request("INVITE"))  # its retransmission is answered with the 100
    assert "SIP/2.0 180 x" in process.receive(response_to(asked, 180))
    assert seen == []
    process.receive(request("MESSAGE", branch="z9hG4bKnew"))
    assert seen == [b"MESSAGE"]


def test_tm_that_comes_back_finds_its_transactions() -> None:
    process = Process(script(501))
    process.receive(request("INVITE"))
    asked = process.transports.sent[-1].message
    switch(process, FakeProgram())
    switch(process, script(503))
    assert "SIP/2.0 501 By 501" in process.receive(response_to(asked, 486))


def test_new_transactions_have_the_timers_of_the_new_script() -> None:
    process = Process(script(501))
    newer = script(502)
    newer.modules["tm"].fr_timer = 7  # type: ignore[attr-defined]
    switch(process, newer)
    transactions = process.driver.transactions()
    assert transactions is not None
    assert transactions.clients.timers.fr_timer == 7.0


def test_so_many_scripts_that_are_in_use_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scripts, "MAX_EARLIER", 2)
    process = Process(script(501))
    for number in (502, 503):
        process.receive(request("INVITE", branch=f"z9hG4bK{number}"))
        switch(process, script(number))
    with pytest.raises(TooManyScripts, match=r"still use 2 earlier versions of ser\.cfg, the most"):
        process.driver.prepare(script(504))  # type: ignore[arg-type]


def test_at_the_end_the_modules_of_all_scripts_are_stopped() -> None:
    first, second = Keeper(), Keeper()
    process = Process(script(501, modules={"keeper": first}))
    process.receive(request("INVITE"))
    switch(process, script(502, modules={"keeper": second}))
    process.driver.stop()
    assert first.told[-1].startswith("stop")
    assert second.told[-1] == "stop"


class Knot(Keeper):
    """Has something that only the collector can free."""

    freed = 0

    def start(self, core: Core) -> None:
        class Loop:
            def __del__(self) -> None:
                Knot.freed += 1

        self.loop = Loop()
        self.loop.itself = self.loop  # type: ignore[attr-defined]


def test_the_collector_comes_by_when_a_script_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scripts, "FEW_TRANSACTIONS", 0)
    process = Process(script(501, modules={"keeper": Knot()}))
    switch(process, script(502))
    assert Knot.freed == 1
    # but not for each one, when it would take long
    monkeypatch.setattr(scripts, "UNCOLLECTED", 3)
    process.receive(request("INVITE"))
    for number in (503, 504, 505, 506):
        switch(process, script(number, modules={"keeper": Knot()}))
        if number < 506:
            assert Knot.freed == 1
    assert Knot.freed == 4


TEXT = """loadmodule "sl.so" loadmodule "tm.so"
route { if (method=="MESSAGE") { t_on_failure("1"); sl_send_reply("404", "x"); }; }
failure_route[1] { t_reply("500", "x"); }"""


def test_fifty_reloads_leave_nothing_behind() -> None:
    process = Process(load_program("ser.cfg", text=TEXT))  # type: ignore[arg-type]
    programs: list[weakref.ref[Any]] = []

    def reload() -> None:
        program = load_program("ser.cfg", text=TEXT)
        programs.extend(weakref.ref(x) for x in (program.main, program.modules["tm"]))
        process.driver.switch(process.driver.prepare(program))
        process.receive(request("MESSAGE"))
        gevent.sleep(0)

    for _ in range(5):
        reload()
    before = len(gc.get_objects()) - len(programs)
    for _ in range(50):
        reload()
    assert len(gc.get_objects()) - len(programs) - before < 50
    alive = [x for x in programs if x() is not None]
    assert len(alive) == 2  # those of the last one
