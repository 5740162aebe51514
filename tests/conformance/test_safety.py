"""Safe by default: what nobody may make a proxy do, and what must not stop it."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.conformance.proxy import (
    CONFIG,
    RunningProxy,
    come_by_now,
    comes_until_marker,
    running,
)
from tests.conformance.streams import Stream, request
from tests.support.daemon import wait_for
from tests.support.sip_peer import ack

NOWHERE = [
    "224.0.0.1",
    "239.255.255.250",
    "255.255.255.255",
    "0.0.0.0",
    "0.1.2.3",
    "240.0.0.1",
    "[ff02::1]",
    "[::]",
    "[::ffff:224.0.0.1]",
    "[::ffff:255.255.255.255]",
]


@pytest.mark.parametrize("host", NOWHERE)
@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_we_send_to_nobody_and_to_everybody_never(
    proxy: RunningProxy, host: str, transport: str
) -> None:
    with proxy.peer() as caller:
        caller.register(contact=f"<sip:{caller.user}@{host}:5099;transport={transport}>")
        text = caller.request("INVITE", f"sip:{caller.user}@{proxy.target}")
        caller.send(text)
        reply = caller.final_response()
        caller.send(ack(text, reply))
        assert reply.status >= 400


@pytest.mark.parametrize("host", NOWHERE)
def test_no_route_leads_there_either(proxy: RunningProxy, host: str) -> None:
    with proxy.peer() as caller:
        for route in (
            f"<sip:{host};lr>",
            f"<sip:{host}>",
            f"<sip:{proxy.target};lr>, <sip:{host};lr>",
        ):
            uri = "sip:x@192.0.2.1"
            headers = [f"Route: {route}"]
            caller.send(caller.request("OPTIONS", uri, to=f"<{uri}>;tag=1", headers=headers))
            assert caller.final_response().status >= 400


def test_maddr_says_where_a_request_goes(proxy: RunningProxy) -> None:
    # RFC 3263 §4: TARGET is the maddr, if there is one.
    with proxy.peer(host="127.0.0.3") as target, proxy.peer() as caller:
        uri = f"sip:x@192.0.2.1:{target.port};maddr=127.0.0.3"
        caller.send(caller.request("MESSAGE", uri))
        message = target.receive("MESSAGE")
        assert message.uri == uri
        target.reply(message, 200)
        caller.response(200)


def test_maddr_leads_no_more_to_everybody_than_a_host(proxy: RunningProxy) -> None:
    with proxy.peer() as caller:
        caller.send(caller.request("MESSAGE", "sip:x@192.0.2.1;maddr=224.0.0.1"))
        assert caller.final_response().status >= 400


def test_what_is_refused_so_is_counted(proxy: RunningProxy) -> None:
    before = proxy.count_of("transport.destinations_refused")
    with proxy.peer() as caller:
        caller.send(caller.request("OPTIONS", "sip:x@224.0.0.1"))
        assert caller.final_response().status >= 400
    assert proxy.count_of("transport.destinations_refused") > before


@pytest.mark.parametrize("sent_by", ["255.255.255.255", "224.0.0.1", "0.0.0.0", "[ff02::1]"])
def test_a_via_names_no_place_to_answer_to(proxy: RunningProxy, sent_by: str) -> None:
    # The answer goes to where the request came from; of the Via only the port counts.
    with proxy.peer() as caller:
        via = f"SIP/2.0/UDP {sent_by}:{caller.port}"
        caller.send(caller.request("OPTIONS", f"sip:nobody@{proxy.target}", via=via))
        assert caller.response(404).header("via").endswith(";received=127.0.0.1")


@pytest.mark.parametrize("name", ["received", "maddr"])
def test_a_via_parameter_sends_no_answer_to_a_victim(proxy: RunningProxy, name: str) -> None:
    with proxy.peer() as caller, proxy.peer(host="127.0.0.3") as victim:
        via = f"SIP/2.0/UDP 127.0.0.1:{caller.port};{name}=127.0.0.3;rport={victim.port}"
        caller.send(caller.request("OPTIONS", f"sip:nobody@{proxy.target}", via=via))
        reply = caller.response(404)
        assert come_by_now(proxy, victim) == []
        if name == "received":
            assert "127.0.0.3" not in reply.header("via")


def test_received_is_never_taken_from_the_message(proxy: RunningProxy) -> None:
    with proxy.peer() as callee, proxy.peer() as caller, proxy.peer(host="127.0.0.3") as victim:
        via = f"SIP/2.0/UDP 192.0.2.1:{victim.port};received=127.0.0.3;rport={victim.port}"
        caller.send(caller.request("MESSAGE", callee.uri, via=via))
        message = callee.receive("MESSAGE")
        callee.reply(message, 200)
        caller.response(200)
        theirs = message.values("via")[1]
        assert theirs.count("received=") == 1
        assert theirs.count("rport") == 1
        assert ";received=127.0.0.1" in theirs
        assert f";rport={caller.port}" in theirs
        assert come_by_now(proxy, victim) == []


def test_a_stray_response_reaches_no_victim(proxy: RunningProxy) -> None:
    # SER forwards it to whatever its second Via names.
    before = proxy.count_of("core.stray_responses")
    with proxy.peer() as stranger, proxy.peer() as victim:
        for branch in ("z9hG4bKguess", "z9hG4bK0.0.0", "0"):
            text = stranger.request("OPTIONS", "sip:x@192.0.2.1", branch="z9hG4bKvictim")
            lines = text.split("\r\n")
            lines[0] = "SIP/2.0 200 OK"
            lines[1] = f"Via: SIP/2.0/UDP {proxy.target};branch={branch}"
            lines.insert(2, f"Via: SIP/2.0/UDP {victim.host_port};branch=z9hG4bKvictim")
            stranger.send("\r\n".join(lines))
        assert comes_until_marker(stranger) == []
        assert come_by_now(proxy, victim) == []
    assert proxy.count_of("core.stray_responses") == before + 3


MINIMAL = (
    "{method} sip:{proxy} SIP/2.0\r\nv:SIP/2.0/UDP {sent_by};rport\r\nf:<sip:a>;tag=1\r\n"
    "t:<sip:a>\r\ni:{number}\r\nCSeq:1 {method}\r\n\r\n"
)


@pytest.mark.parametrize("method", ["OPTIONS", "REGISTER", "INVITE", "BYE", "SUBSCRIBE"])
def test_an_answer_is_not_much_larger_than_its_request(proxy: RunningProxy, method: str) -> None:
    with proxy.peer() as caller:
        text = MINIMAL.format(
            method=method, proxy=proxy.target, sent_by=caller.host_port, number=caller.user
        )
        caller.send(text)
        reply = caller.final_response()
        assert len(reply.raw) <= len(text) + 200


@pytest.mark.parametrize("spoil", ["l: 99", "l: -1", "CSeq: 1 FOO", "Max-Forwards: -1", "X"])
def test_a_complaint_is_not_much_larger_than_its_cause(proxy: RunningProxy, spoil: str) -> None:
    with proxy.peer() as caller:
        text = MINIMAL.format(
            method="OPTIONS", proxy=proxy.target, sent_by=caller.host_port, number=caller.user
        )
        text = text[:-2] + spoil + "\r\n\r\n"
        caller.send(text)
        came = comes_until_marker(caller)
        assert len(came) <= 1
        assert sum(len(reply.raw) for reply in came) <= len(text) + 200


def test_one_request_is_answered_with_one_datagram(proxy: RunningProxy) -> None:
    with proxy.peer() as caller:
        caller.send(caller.request("INVITE", f"sip:nobody@{proxy.target}"))
        assert [reply.status for reply in comes_until_marker(caller)] == [404]


# TCP

TICK = 1.5
"""Seconds that a limit may be overrun: the connections are looked at once a second."""


@pytest.fixture(scope="module")
def strict() -> Iterator[RunningProxy]:
    """A daemon whose limits on TCP can be reached in a test."""
    limits = (
        "tcp_idle_timeout=2\ntcp_message_timeout=1\ntcp_max_per_source=4\ntcp_max_connections=8\n"
    )
    with running(limits + CONFIG) as started:
        yield started


def test_a_message_that_does_not_arrive_whole_in_time_ends_its_connection(
    strict: RunningProxy,
) -> None:
    with Stream(strict.target, "127.0.0.11") as stream:
        began = time.monotonic()
        stream.send(request(call_id="half")[:-10])
        assert stream.wait_for_end() == b""
        assert 0.7 <= time.monotonic() - began <= 1 + TICK


def test_a_message_that_drips_ends_its_connection_all_the_same(strict: RunningProxy) -> None:
    with Stream(strict.target, "127.0.0.12") as stream:
        began = time.monotonic()
        stream.socket.settimeout(0.1)
        ended = False
        for byte in request(call_id="drip"):
            stream.send(bytes([byte]))
            try:
                ended = stream.socket.recv(100) == b""
            except TimeoutError:
                continue
            except ConnectionResetError:
                ended = True
            break
        assert ended
        assert time.monotonic() - began <= 1 + TICK


def test_a_silent_connection_is_closed(strict: RunningProxy) -> None:
    with Stream(strict.target, "127.0.0.13") as stream:
        stream.send(request(call_id="then-silent"))
        began = time.monotonic()
        assert b"483" in stream.wait_for_end()
        assert 1.7 <= time.monotonic() - began <= 2 + TICK


def test_one_source_gets_so_many_connections_and_no_more(strict: RunningProxy) -> None:
    streams = [Stream(strict.target, "127.0.0.14") for _ in range(5)]
    try:
        assert streams[4].wait_for_end(1) == b""
        for number, stream in enumerate(streams[:4]):
            stream.send(request(call_id=f"allowed-{number}"))
            assert b"483" in stream.wait_for(b"\r\n\r\n")
        with Stream(strict.target, "127.0.0.15") as other:
            other.send(request(call_id="another-source"))
            assert b"483" in other.wait_for(b"\r\n\r\n")
    finally:
        for stream in streams:
            stream.close()


def test_a_connection_that_has_ended_makes_room(strict: RunningProxy) -> None:
    for number in range(6):
        with Stream(strict.target, "127.0.0.16") as stream:
            stream.send(request(call_id=f"in-turn-{number}"))
            assert b"483" in stream.wait_for(b"\r\n\r\n")
        wait_for(lambda: _is_free(strict), "room")


def _is_free(proxy: RunningProxy) -> bool:
    counters = proxy.counters()
    return counters["transport.tcp_accepted"] - counters.get("transport.tcp_closed", 0) < 4


def test_the_33rd_connection_of_one_source_is_closed(proxy: RunningProxy) -> None:
    streams = [Stream(proxy.target, "127.0.0.17") for _ in range(33)]
    try:
        assert streams[32].wait_for_end(2) == b""
        streams[31].send(request(call_id="the-32nd"))
        assert b"483" in streams[31].wait_for(b"\r\n\r\n")
    finally:
        for stream in streams:
            stream.close()


def test_the_first_framing_error_ends_the_connection(proxy: RunningProxy) -> None:
    with Stream(proxy.target) as stream:
        stream.send(b"this is no SIP at all\r\n\r\n" + request(call_id="behind-an-error"))
        assert stream.wait_for_end() == b""
