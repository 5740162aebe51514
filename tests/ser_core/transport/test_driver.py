"""The driver: messages in, script run, messages out; whatever fails, it goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gevent
import pytest
from gevent.event import Event

from ser_core.errors import ParseError
from ser_core.modules.api import Module
from ser_core.modules.tm import Tm
from ser_core.script.runtime import ScriptMessage
from ser_core.script.settings import Settings
from ser_core.sip.hop import Hop
from ser_core.sip.parser import parse_message
from ser_core.transport import turns
from tests.support.driver_process import CALLER, TCP, UDP, FakeProgram, Process
from tests.support.ladder import request, response_to
from tests.support.network import turn_hub, wait_for


def program(main: Callable[[ScriptMessage], int], **more: Any) -> FakeProgram:
    return FakeProgram(main, **more)


def relay(msg: ScriptMessage) -> int:
    msg.uri = b"sip:bob@198.51.100.1"
    outcome: int = msg.core.module("tm").t_relay(msg)
    return outcome


@pytest.fixture
def relaying() -> Process:
    return Process(program(relay, modules={"tm": Tm()}))


def test_a_request_runs_the_script(relaying: Process) -> None:
    assert relaying.receive(request("MESSAGE")) == ["MESSAGE sip:bob@198.51.100.1 SIP/2.0"]
    assert relaying.counters.requests.value == 1


def test_a_response_reaches_its_transaction(relaying: Process) -> None:
    relaying.receive(request("MESSAGE"))
    asked = relaying.transports.sent[0].message
    assert relaying.receive(response_to(asked, 200)) == ["SIP/2.0 200 x"]


def counted(process: Process) -> dict[str, int]:
    """Messages by kind, in both directions."""
    both = [*process.counters.received.all(), *process.counters.sent.all()]
    return {each.name: each.value for each in both if each.value}


def test_messages_are_counted_by_method_and_class(relaying: Process) -> None:
    relaying.receive(request("MESSAGE"))
    asked = relaying.transports.sent[0].message
    relaying.receive(response_to(asked, 404))
    expected = {"received.MESSAGE": 1, "sent.MESSAGE": 1, "received.4xx": 1, "sent.4xx": 1}
    assert counted(relaying) == expected


def test_what_could_not_be_sent_does_not_count_as_sent(
    relaying: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relaying.driver, "_send", lambda *arguments: False)
    relaying.receive(request("MESSAGE"))
    assert counted(relaying) == {"received.MESSAGE": 1}


def test_a_response_nobody_asked_for_is_dropped_and_counted(relaying: Process) -> None:
    asked = parse_message(request("MESSAGE"))
    assert relaying.receive(response_to(asked, 200)) == []
    assert relaying.counters.stray_responses.value == 1


@pytest.mark.parametrize(
    ("old", "new", "answer"),
    [
        (b"Content-Length: 0", b"Content-Length: 9", ["SIP/2.0 400 "]),
        (b"CSeq: 1 MESSAGE", b"CSeq: 1 INVITE", ["SIP/2.0 400 "]),
        (b" SIP/2.0\r\n", b" SIP/3.0\r\n", ["SIP/2.0 505 "]),
        (b"Max-Forwards: 69", b"Max-Forwards: x", ["SIP/2.0 400 "]),
        (b"Max-Forwards: 69", b"Proxy-Require: x", ["SIP/2.0 420 "]),
        (b"SIP/2.0/UDP 192.0.2.1:5060", b"SIP/2.0/UDP ?:?", ["SIP/2.0 400 "]),
        (b"Via:", b"X-Via:", []),
    ],
)
def test_what_cannot_be_read_is_answered_where_it_can_be(
    relaying: Process, old: bytes, new: bytes, answer: list[str]
) -> None:
    lines = relaying.receive(request("MESSAGE").replace(old, new, 1))
    assert [line[:12] for line in lines] == answer


@pytest.mark.parametrize("data", [b"", b"\0" * 50, b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01" * 20])
def test_rubbish_is_dropped_and_counted(relaying: Process, data: bytes) -> None:
    assert relaying.receive(data) == []
    assert relaying.counters.unreadable.value == 1


def test_an_unreadable_ack_is_never_answered(relaying: Process) -> None:
    broken = request("ACK").replace(b"Content-Length: 0", b"Content-Length: 9")
    assert relaying.receive(broken) == []


def test_a_script_that_fails_answers_500_and_the_next_request_is_served() -> None:
    def fails_once(msg: ScriptMessage) -> int:
        if msg.message.header(b"subject"):
            raise ZeroDivisionError
        return relay(msg)

    process = Process(program(fails_once, modules={"tm": Tm()}))
    assert process.receive(request("MESSAGE", headers="Subject: x\r\n")) == [
        "SIP/2.0 500 Server Internal Error"
    ]
    assert process.counters.failures.value == 1
    assert len(process.receive(request("MESSAGE", branch="z9hG4bKother"))) == 1


def test_a_script_that_fails_after_it_made_a_transaction_answers_through_it() -> None:
    def fails(msg: ScriptMessage) -> int:
        msg.core.module("tm").t_newtran(msg)
        raise KeyError("x")

    process = Process(program(fails, modules={"tm": Tm()}))
    assert process.receive(request()) == ["SIP/2.0 500 Server Internal Error"]
    # a retransmission gets it again from the transaction, without the script
    assert process.receive(request()) == ["SIP/2.0 500 Server Internal Error"]
    assert process.counters.failures.value == 1


def test_a_blocking_script_runs_in_a_greenlet_of_its_own() -> None:
    hub_ran: list[bool] = []

    def waits(msg: ScriptMessage) -> int:
        gevent.sleep(0)
        hub_ran.append(True)
        return relay(msg)

    process = Process(program(waits, modules={"tm": Tm()}, may_block=True))
    assert process.receive(request("MESSAGE")) == []
    wait_for(lambda: bool(process.transports.sent))
    assert hub_ran == [True]


def test_a_retransmission_waits_for_the_script_that_its_original_runs() -> None:
    ran: list[bytes] = []

    def waits(msg: ScriptMessage) -> int:
        ran.append(msg.message.method)
        gevent.sleep(0)
        return relay(msg)

    process = Process(program(waits, modules={"tm": Tm()}, may_block=True))
    process.receive(request("MESSAGE"))
    process.receive(request("MESSAGE"))
    wait_for(lambda: bool(process.transports.sent))
    turn_hub()
    assert ran == [b"MESSAGE"], "the transaction has taken the second one"


def test_requests_are_turned_away_when_too_many_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "MAX_CALLS", 1)
    database_is_back = Event()

    def waits(msg: ScriptMessage) -> int:
        database_is_back.wait(10)
        return 1

    process = Process(program(waits, may_block=True))
    assert process.receive(request("MESSAGE")) == []
    other = request("MESSAGE").replace(b"Call-ID: ", b"Call-ID: another-")
    assert process.receive(other) == ["SIP/2.0 503 Service Unavailable"]
    assert b"\r\nRetry-After: 2\r\n" in process.transports.sent[0].data
    assert process.receive(other.replace(b"MESSAGE", b"ACK")) == []
    assert process.counters.turned_away.value == 2
    database_is_back.set()
    turn_hub()


def test_failure_route_sees_the_request_and_its_edits_stay_there() -> None:
    seen: list[tuple[int, bytes]] = []

    def failed(msg: ScriptMessage) -> int:
        seen.append((msg.status, msg.message.method))
        msg.message.append_header(b"X-Second: yes\r\n")
        msg.set_flag(7)
        msg.append_branch(b"sip:bob@198.51.100.2")
        return int(msg.core.module("tm").t_relay(msg))

    def main(msg: ScriptMessage) -> int:
        msg.on_failure = "1"
        return relay(msg)

    process = Process(program(main, modules={"tm": Tm()}, failure_routes={"1": failed}))
    process.receive(request())
    invite = process.transports.sent[1].message
    lines = process.receive(response_to(invite, 486))
    assert lines[1] == "INVITE sip:bob@198.51.100.2 SIP/2.0"
    assert seen == [(486, b"INVITE")]


def test_a_reply_route_that_fails_does_not_lose_the_response() -> None:
    def main(msg: ScriptMessage) -> int:
        msg.on_reply = "1"
        return relay(msg)

    def fails(msg: ScriptMessage) -> int:
        raise ValueError

    process = Process(program(main, modules={"tm": Tm()}, reply_routes={"1": fails}))
    process.receive(request("MESSAGE"))
    asked = process.transports.sent[0].message
    assert process.receive(response_to(asked, 200)) == ["SIP/2.0 200 x"]
    assert process.counters.failures.value == 1


def test_names_are_resolved_without_holding_up_the_script() -> None:
    def main(msg: ScriptMessage) -> int:
        msg.uri = b"sip:bob@" + (msg.message.header(b"subject") or b"")
        return int(msg.core.module("tm").t_relay(msg))

    process = Process(program(main, modules={"tm": Tm()}))
    assert process.receive(request("MESSAGE", headers="Subject: known\r\n")) == [
        "MESSAGE sip:bob@known SIP/2.0"
    ]
    other = request("MESSAGE", branch="z9hG4bK2", headers="Subject: unknown\r\n")
    assert process.receive(other) == ["SIP/2.0 478 Unresolvable destination (478/TM)"]


def test_timers_fire_in_the_hub() -> None:
    process = Process(program(relay, modules={"tm": Tm()}))
    process.receive(request("MESSAGE"))
    process.now += 0.6
    wait_for(lambda: len(process.transports.sent) > 1)
    assert process.transports.sent[1].line == "MESSAGE sip:bob@198.51.100.1 SIP/2.0"
    process.driver.stop()


class Keeper(Module):
    """Counts its ticks."""

    name = "keeper"
    ticks = 0

    def on_tick(self, wall_time: float) -> None:
        self.ticks += 1


@pytest.mark.parametrize(("process_index", "keeps_house"), [(0, True), (1, False)])
def test_only_the_first_process_keeps_house(process_index: int, keeps_house: bool) -> None:
    keeper = Keeper()
    process = Process(program(relay, modules={"keeper": keeper}), process_index)
    assert (process.driver._housekeeping is not None) is keeps_house
    process.driver.stop()


def test_a_module_that_fails_after_the_script_harms_nobody() -> None:
    class Failing(Module):
        name = "failing"

        def after_request(self, msg: ScriptMessage) -> None:
            raise RuntimeError

    process = Process(program(relay, modules={"tm": Tm(), "failing": Failing()}))
    assert len(process.receive(request("MESSAGE"))) == 1
    assert process.counters.failures.value == 1


def test_listener_is_the_one_the_request_came_in_on() -> None:
    driver = Process(program(relay)).driver
    msg = ScriptMessage(parse_message(request()), CALLER, 0.0, driver.script)
    assert driver.listener_for(msg, "udp", "198.51.100.1") is UDP
    assert driver.listener_for(msg, "tcp", "198.51.100.1") is TCP
    assert driver.listener_for(msg, "udp", "2001:db8::1") is None
    msg.send_listener = TCP
    assert driver.listener_for(msg, "tcp", "198.51.100.1") is TCP


def test_check_via_drops_responses_to_a_via_that_is_not_ours() -> None:
    process = Process(program(relay, modules={"tm": Tm()}, settings=Settings(check_via=True)))
    process.receive(request("MESSAGE"))
    asked = response_to(process.transports.sent[0].message, 200)
    assert process.receive(asked.replace(b"192.0.2.100;", b"192.0.2.200;")) == []
    assert process.receive(asked) == ["SIP/2.0 200 x"]


@pytest.mark.parametrize(("setting", "aliases"), [(True, [5060]), (False, [])])
def test_alias_in_a_via_is_accepted_when_the_script_says_so(
    setting: bool, aliases: list[int]
) -> None:
    process = Process(program(lambda msg: 1, settings=Settings(tcp_accept_aliases=setting)))
    data = request("MESSAGE", transport="TCP").replace(b";branch", b";alias;branch", 1)
    process.driver.receive(data, Hop("tcp", "192.0.2.1", 40000, TCP, 7))
    assert process.transports.aliases == aliases


def test_a_stream_that_cannot_be_cut_is_answered_with_the_framers_status(
    relaying: Process,
) -> None:
    head = request("MESSAGE").replace(b"Content-Length: 0\r\n", b"")
    relaying.driver.refuse(head, ParseError("no Content-Length"), CALLER)
    assert [sent.line for sent in relaying.transports.sent] == ["SIP/2.0 400 no Content-Length"]
    relaying.driver.refuse(b"rubbish", ParseError("x"), CALLER)
    assert len(relaying.transports.sent) == 1


def test_stray_replies_forwards_what_nobody_asked_for() -> None:
    settings = Settings(stray_replies=True)
    process = Process(program(relay, modules={"tm": Tm()}, settings=settings))
    relayed = request("OPTIONS").replace(b"Via:", b"Via: SIP/2.0/UDP 192.0.2.100\r\nVia:", 1)
    response = response_to(parse_message(relayed), 200)
    assert process.receive(response) == ["SIP/2.0 200 x"]


def test_a_failure_route_may_wait_too() -> None:
    def main(msg: ScriptMessage) -> int:
        msg.on_failure = "1"
        return relay(msg)

    def waits(msg: ScriptMessage) -> int:
        gevent.sleep(0)
        msg.append_branch(b"sip:bob@198.51.100.2")
        return int(msg.core.module("tm").t_relay(msg))

    process = Process(
        program(main, modules={"tm": Tm()}, failure_routes={"1": waits}, may_block=True)
    )
    sent = process.transports.sent
    process.receive(request())
    wait_for(lambda: len(sent) == 2)
    process.driver.receive(response_to(sent[1].message, 486), CALLER)
    wait_for(lambda: sent[-1].line == "INVITE sip:bob@198.51.100.2 SIP/2.0")
    assert process.counters.failures.value == 0


def test_what_is_sent_after_a_tcp_failure_is_retransmitted(relaying: Process) -> None:
    transports = relaying.transports
    relaying.receive(request(body="x" * 1400))
    assert transports.on_error is not None
    transports.on_error(transports.sent[-1].hop, ConnectionRefusedError())
    assert [sent.hop.transport for sent in transports.sent] == ["udp", "tcp", "udp"]
    relaying.now += 0.6
    count = len(transports.sent)
    wait_for(lambda: len(transports.sent) > count)
    relaying.driver.stop()


def test_what_a_late_failure_raises_is_counted_and_goes_no_further(relaying: Process) -> None:
    def fails(_hop: Hop, _error: OSError) -> None:
        raise ValueError

    relaying.driver.send(b"x", Hop("tcp", "192.0.2.1", 5060, TCP), fails)
    assert relaying.transports.on_error is not None
    relaying.transports.on_error(CALLER, OSError())
    assert relaying.counters.failures.value == 1


def test_tables_that_processes_share_have_a_place_of_their_own(relaying: Process) -> None:
    assert relaying.driver.table_path("nonces.mdb") == "nonces.mdb"
