"""Where responses go, and what a server transaction of the proxy sends."""

from __future__ import annotations

import pytest

from ser_core.proxy.replies import response_hop
from ser_core.proxy.response_context import ProxyBranch, ResponseContext
from tests.support.ladder import Ladder, request


@pytest.fixture
def ladder() -> Ladder:
    return Ladder()


@pytest.mark.parametrize(
    ("via", "port"),
    [
        (b"192.0.2.1:5060;branch", 5060),
        (b"192.0.2.1;branch", 5060),
        (b"192.0.2.1:5099;branch", 5099),
        (b"192.0.2.1:5099;rport;branch", 5060),
    ],
)
def test_udp_response_goes_to_the_port_of_the_via_or_with_rport_to_the_source(
    ladder: Ladder, via: bytes, port: int
) -> None:
    data = request().replace(b"192.0.2.1:5060;branch", via)
    assert response_hop(ladder.message(data)).port == port


def test_udp_response_goes_to_the_source_address_not_to_the_via_host(ladder: Ladder) -> None:
    data = request().replace(b"192.0.2.1:5060;branch", b"203.0.113.77:5060;branch")
    assert response_hop(ladder.message(data)).host == "192.0.2.1"


def test_force_rport_sends_to_the_source_port(ladder: Ladder) -> None:
    msg = ladder.message(request().replace(b"192.0.2.1:5060;branch", b"192.0.2.1:5099;branch"))
    msg.force_rport = True
    assert response_hop(msg).port == 5060


def test_stream_response_takes_its_connection_and_has_a_fallback() -> None:
    ladder = Ladder(transport="tcp")
    ladder.request(request(transport="TCP"), "sip:bob@198.51.100.1")
    (server,) = ladder.proxy.table.servers.values()
    assert server.hop.connection == 7
    assert server.fallback is not None
    assert (server.fallback.connection, server.fallback.port) == (0, 5060)


def test_own_responses_of_a_transaction_have_one_to_tag(ladder: Ladder) -> None:
    msg = ladder.message(request())
    assert ladder.proxy.new_transaction(msg) == 1
    context: ResponseContext = msg.transaction.context
    assert ladder.proxy.servers.reply(context, 180, b"Ringing", 1000.0)
    assert ladder.proxy.servers.reply(context, 486, b"Busy Here", 1000.0)
    tags = [sent.message.to_tag for sent in ladder.sent]
    assert tags[0] == tags[1] != b""


def test_only_one_final_response_is_sent(ladder: Ladder) -> None:
    msg = ladder.message(request())
    ladder.proxy.new_transaction(msg)
    context: ResponseContext = msg.transaction.context
    assert ladder.proxy.servers.reply(context, 486, b"Busy Here", 1000.0)
    assert not ladder.proxy.servers.reply(context, 200, b"OK", 1000.0)
    assert ladder.lines == ["SIP/2.0 486 Busy Here"]


def test_counters_follow_what_is_sent(ladder: Ladder) -> None:
    ladder.request(request(), "sip:bob@198.51.100.1")
    ladder.response(486)
    tm = ladder.tm
    assert (tm.total.value, tm.completed_4xx.value, tm.replied_locally.value) == (1, 1, 0)
    ladder.request(request("ACK", to_tag="callee"))
    ladder.at(60)
    assert tm.finished.value == 1


class Told:
    """Writes down what a watcher is told."""

    def __init__(self) -> None:
        self.responses: list[tuple[int, bool]] = []
        self.failed: list[int] = []

    def on_response_sent(self, context: ResponseContext, status: int, data: bytes) -> None:
        assert context.msg is not None
        self.responses.append((status, bool(data)))

    def on_branches_failed(self, context: ResponseContext, best: ProxyBranch) -> None:
        self.failed.append(best.status)


def watched() -> tuple[Ladder, Told]:
    ladder, told = Ladder(), Told()
    ladder.environment.watcher = told
    return ladder, told


def test_a_watcher_is_told_of_provisional_responses_and_of_the_first_final_one() -> None:
    ladder, told = watched()
    ladder.request(request(), "sip:bob@198.51.100.1", "sip:bob@198.51.100.2")
    ladder.response(180, 0)
    ladder.response(200, 0)
    ladder.response(200, 0)
    ladder.response(200, 1)
    assert told.responses == [(100, True), (180, True), (200, True)]
    assert told.failed == []


def test_a_watcher_is_told_that_all_branches_failed_before_the_failure_route() -> None:
    ladder, told = watched()
    seen: list[list[int]] = []
    ladder.environment.failure_routes["1"] = lambda msg: seen.append(told.failed.copy())
    ladder.request(request(), "sip:bob@198.51.100.1", "sip:bob@198.51.100.2", on_failure="1")
    ladder.response(486, 0)
    ladder.response(404, 1)
    assert seen == [[404]]
    assert told.responses[-1] == (404, True)


def test_a_watcher_is_told_of_a_response_that_comes_too_late_to_be_sent() -> None:
    ladder, told = watched()
    ladder.request(request("MESSAGE"), "sip:bob@198.51.100.1")
    ladder.at(40)
    assert told.responses == [(408, False)]


def test_a_cancel_bears_the_flags_of_its_invite() -> None:
    ladder = Ladder()
    flags: list[tuple[bytes, int]] = []

    class Flags(Told):
        def on_response_sent(self, context: ResponseContext, status: int, data: bytes) -> None:
            assert context.msg is not None
            flags.append((context.msg.message.method, context.msg.flags))

    ladder.environment.watcher = Flags()
    msg = ladder.message(request())
    msg.uri = b"sip:bob@198.51.100.1"
    msg.set_flag(2)
    ladder.proxy.relay(msg)
    ladder.request(request("CANCEL"))
    assert flags[-1] == (b"CANCEL", 4)
