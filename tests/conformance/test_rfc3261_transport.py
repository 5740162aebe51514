"""Where requests and responses go, and TCP (RFC 3261 §18; RFC 3581; RFC 5626 §3.5.1)."""

from __future__ import annotations

import socket

import pytest

from tests.conformance.calls import place_call, ringing
from tests.conformance.proxy import RunningProxy, assert_alive, come_by_now, drain
from tests.conformance.streams import Stream, request
from tests.support.daemon import wait_for
from tests.support.sip_peer import Peer

MTU_LIMIT = 1300


def test_without_rport_a_response_goes_to_the_port_of_the_sent_by(proxy: RunningProxy) -> None:
    # §18.2.2
    with proxy.peer() as sender, proxy.peer() as listener:
        via = f"SIP/2.0/UDP 192.0.2.1:{listener.port}"
        sender.send(sender.request("OPTIONS", f"sip:nobody@{proxy.target}", via=via))
        assert listener.response(404).values("via")[0].endswith(";received=127.0.0.1")
        assert come_by_now(proxy, sender) == []


def test_with_rport_a_response_goes_to_where_the_request_came_from(proxy: RunningProxy) -> None:
    # RFC 3581 §4
    with proxy.peer() as sender, proxy.peer() as listener:
        via = f"SIP/2.0/UDP 127.0.0.1:{listener.port};rport"
        sender.send(sender.request("OPTIONS", f"sip:nobody@{proxy.target}", via=via))
        reply = sender.response(404)
        assert f";rport={sender.port}" in reply.header("via")
        assert ";received=127.0.0.1" in reply.header("via")
        assert come_by_now(proxy, listener) == []


def test_with_rport_a_relayed_response_goes_there_as_well(proxy: RunningProxy) -> None:
    with proxy.peer() as callee, proxy.peer() as caller:
        callee.register()
        call = place_call(caller, callee, via="SIP/2.0/UDP 192.0.2.1:5062;rport")
        call.answer(180)
        assert f";rport={caller.port}" in caller.response(180).values("via")[0]
        call.end()


def test_without_rport_a_relayed_response_goes_to_the_sent_by(proxy: RunningProxy) -> None:
    with proxy.peer() as callee, proxy.peer() as caller, proxy.peer() as listener:
        callee.register()
        via = f"SIP/2.0/UDP 192.0.2.1:{listener.port}"
        caller.send(caller.request("INVITE", f"sip:{callee.user}@{proxy.target}", via=via))
        listener.response(100)
        callee.reply(callee.receive("INVITE"), 486)
        listener.response(486)
        assert drain(caller) == []


def test_a_sent_by_that_is_the_source_gets_no_received(proxy: RunningProxy) -> None:
    with proxy.peer() as sender:
        sender.send(sender.request("OPTIONS", f"sip:nobody@{proxy.target}"))
        assert "received" not in sender.response(404).header("via")


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_call_works_over_each_transport_and_family(
    proxy: RunningProxy, transport: str, host: str
) -> None:
    with (
        proxy.peer(transport=transport, host=host) as callee,
        proxy.peer(transport=transport, host=host) as caller,
    ):
        callee.register()
        call = place_call(caller, callee)
        top = call.invite.values("via")[0]
        assert top.startswith(f"SIP/2.0/{transport.upper()} {caller.proxy};branch=")
        call.answer(180)
        caller.response(180)
        call.end()


def test_a_response_takes_the_connection_of_its_request(proxy: RunningProxy) -> None:
    # §18.2.2: whatever the sent-by says.
    with Stream(proxy.target) as stream:
        stream.send(request(call_id="same-connection"))
        assert stream.wait_for(b"\r\n\r\n").startswith(b"SIP/2.0 483 ")


def test_when_the_connection_is_gone_a_response_opens_one_to_the_sent_by(
    proxy: RunningProxy,
) -> None:
    # §18.2.2: to the address in received, at the port of the sent-by.
    with proxy.peer() as callee, proxy.peer(transport="tcp") as caller:
        callee.register()
        with Stream(proxy.target) as stream:
            text = caller.request("INVITE", f"sip:{callee.user}@{proxy.target}")
            stream.send(text.encode())
            stream.wait_for(b"100 trying")
            invite = callee.receive("INVITE")
            closed = proxy.count_of("transport.tcp_closed")
        wait_for(lambda: proxy.count_of("transport.tcp_closed") > closed, "the end of it")
        callee.reply(invite, 486)
        assert caller.response(486).cseq_method == "INVITE"


def test_messages_in_one_segment_are_taken_apart(proxy: RunningProxy) -> None:
    names = [f"pipelined-{number}" for number in range(20)]
    with Stream(proxy.target) as stream:
        stream.send(b"".join(request(call_id=name) for name in names))
        came = stream.wait_for(b"\r\n\r\n", times=20)
    assert came.count(b"SIP/2.0 483 ") == 20
    places = [came.index(b"Call-ID: " + name.encode() + b"\r\n") for name in names]
    assert places == sorted(places)


def test_a_message_byte_by_byte_is_put_together(proxy: RunningProxy) -> None:
    with Stream(proxy.target) as stream:
        for byte in request(call_id="bytewise", length="3", body="a\r\n"):
            stream.send(bytes([byte]))
        stream.send(request(call_id="behind"))
        assert stream.wait_for(b"\r\n\r\n", times=2).count(b"SIP/2.0 483 ") == 2


def test_blank_lines_between_messages_are_skipped(proxy: RunningProxy) -> None:
    # §7.5
    with Stream(proxy.target) as stream:
        stream.send(b"\r\n" + request(call_id="crlf1") + b"\r\n" + request(call_id="crlf2"))
        assert stream.wait_for(b"\r\n\r\n", times=2).count(b"SIP/2.0 483 ") == 2


def test_a_ping_is_answered_with_a_pong(proxy: RunningProxy) -> None:
    # RFC 5626 §3.5.1
    with Stream(proxy.target) as stream:
        stream.send(b"\r\n\r\n")
        assert stream.wait_for(b"\r\n") == b"\r\n"
        stream.send(request(call_id="after-ping"))
        assert b"SIP/2.0 483 " in stream.wait_for(b"\r\n\r\n")


def test_a_missing_content_length_over_tcp_is_an_error(proxy: RunningProxy) -> None:
    # §18.3, §20.14: MUST be used over streams; where the message ends can't be told.
    data = request(call_id="no-length").replace(b"Content-Length: 0\r\n", b"")
    with Stream(proxy.target) as stream:
        stream.send(data)
        came = stream.wait_for_end()
    assert came == b"" or came.startswith(b"SIP/2.0 400 ")


@pytest.mark.parametrize("length", ["-1", "+0", "0_0", "1e1", "0x0", "", "9" * 5000, "0, 0"])
def test_a_content_length_that_is_no_number_ends_the_connection(
    proxy: RunningProxy, length: str
) -> None:
    with Stream(proxy.target) as stream:
        stream.send(request(call_id="bad-length", length=length) + request(call_id="smuggled"))
        came = stream.wait_for_end()
    assert b"smuggled" not in came
    assert came == b"" or came.startswith(b"SIP/2.0 400 ")


def test_two_content_lengths_end_the_connection(proxy: RunningProxy) -> None:
    data = request(call_id="two-lengths").replace(b"CSeq:", b"l: 5\r\nCSeq:")
    with Stream(proxy.target) as stream:
        stream.send(data + request(call_id="smuggled"))
        assert b"smuggled" not in stream.wait_for_end()


def test_a_datagram_is_cut_at_its_content_length(proxy: RunningProxy) -> None:
    # §18.3
    with proxy.peer() as callee, proxy.peer() as caller:
        text = caller.request("MESSAGE", callee.uri, body="12345")
        caller.send(text + "67890")
        message = callee.receive("MESSAGE")
        assert message.body == b"12345"
        callee.reply(message, 200)


def test_a_datagram_without_content_length_ends_with_its_bytes(proxy: RunningProxy) -> None:
    with proxy.peer() as callee, proxy.peer() as caller:
        text = caller.request("MESSAGE", callee.uri, body="12345")
        caller.send(text.replace("Content-Length: 5\r\n", ""))
        message = callee.receive("MESSAGE")
        assert message.body == b"12345"
        callee.reply(message, 200)


def test_a_truncated_datagram_is_a_bad_request(proxy: RunningProxy) -> None:
    with proxy.peer() as caller:
        text = caller.request("MESSAGE", f"sip:nobody@{proxy.target}", body="12345")
        caller.send(text[:-1])
        assert caller.final_response().status == 400


def test_a_request_too_large_for_udp_goes_by_tcp(proxy: RunningProxy) -> None:
    # §18.1.1
    with proxy.peer() as callee, proxy.peer() as caller:
        callee.register()
        with Peer(proxy.target, callee.user, transport="tcp", port=callee.port) as by_tcp:
            uri = f"sip:{callee.user}@{proxy.target}"
            text = caller.request("MESSAGE", uri, body="x" * MTU_LIMIT)
            caller.send(text)
            message = by_tcp.receive("MESSAGE")
            assert message.values("via")[0].startswith("SIP/2.0/TCP ")
            assert drain(callee) == []
            by_tcp.reply(message, 200)
            caller.response(200, "MESSAGE")


def test_a_large_request_goes_by_udp_where_nobody_takes_tcp(proxy: RunningProxy) -> None:
    with proxy.peer() as callee, proxy.peer() as caller:
        callee.register()
        uri = f"sip:{callee.user}@{proxy.target}"
        caller.send(caller.request("MESSAGE", uri, body="x" * MTU_LIMIT))
        message = callee.receive("MESSAGE")
        assert message.values("via")[0].startswith("SIP/2.0/UDP ")
        callee.reply(message, 200)
        caller.response(200, "MESSAGE")


def test_a_small_request_stays_on_udp(proxy: RunningProxy) -> None:
    with proxy.peer() as callee, proxy.peer() as caller:
        callee.register()
        with Peer(proxy.target, callee.user, transport="tcp", port=callee.port):
            uri = f"sip:{callee.user}@{proxy.target}"
            caller.send(caller.request("MESSAGE", uri, body="x" * 400))
            callee.reply(callee.receive("MESSAGE"), 200)
            caller.response(200, "MESSAGE")


def test_a_large_message_passes_over_tcp(proxy: RunningProxy) -> None:
    with proxy.peer(transport="tcp") as callee, proxy.peer(transport="tcp") as caller:
        callee.register()
        uri = f"sip:{callee.user}@{proxy.target}"
        body = "0123456789abcde\n" * 3800
        caller.send(caller.request("MESSAGE", uri, body=body))
        message = callee.receive("MESSAGE")
        assert message.body == body.encode()
        callee.reply(message, 200)
        caller.response(200, "MESSAGE")


def test_requests_to_one_peer_share_a_connection(proxy: RunningProxy) -> None:
    # §18.1.1
    with proxy.peer(transport="tcp") as callee, proxy.peer() as caller:
        callee.register()
        uri = f"sip:{callee.user}@{proxy.target}"
        connections = set()
        for _ in range(3):
            caller.send(caller.request("MESSAGE", uri))
            message = callee.receive("MESSAGE")
            connections.add(message.source)
            callee.reply(message, 200)
            caller.response(200, "MESSAGE")
        assert len(connections) == 1


def test_a_connection_that_the_peer_has_closed_is_opened_anew(proxy: RunningProxy) -> None:
    with proxy.peer(transport="tcp") as callee, proxy.peer() as caller:
        callee.register()
        uri = f"sip:{callee.user}@{proxy.target}"
        caller.send(caller.request("MESSAGE", uri))
        message = callee.receive("MESSAGE")
        callee.reply(message, 200)
        caller.response(200, "MESSAGE")
        assert message.connection is not None
        closed = proxy.count_of("transport.tcp_closed")
        message.connection.shutdown(socket.SHUT_RDWR)
        wait_for(lambda: proxy.count_of("transport.tcp_closed") > closed, "the end of it")
        caller.send(caller.request("MESSAGE", uri))
        callee.reply(callee.receive("MESSAGE"), 200)
        caller.response(200, "MESSAGE")


def test_what_is_relayed_over_tcp_says_so_in_its_via(proxy: RunningProxy) -> None:
    with proxy.peer(transport="tcp") as callee, proxy.peer() as caller:
        callee.register()
        call = place_call(caller, callee)
        ours, theirs = call.invite.values("via")
        assert ours.startswith(f"SIP/2.0/TCP {proxy.target};branch=z9hG4bK")
        assert theirs.startswith("SIP/2.0/UDP ")
        call.end()


def test_the_ack_to_a_negative_response_goes_over_the_invites_connection(
    proxy: RunningProxy,
) -> None:
    with ringing(proxy, transport="tcp") as call:
        call.answer(486)
        assert call.callee.receive("ACK").source == call.invite.source
        call.acknowledge(call.caller.response(486))


def both_families(name: str) -> bool:
    """Whether a name of this host stands for ::1 as well as for 127.0.0.1."""
    found = {entry[4][0] for entry in socket.getaddrinfo(name, None)}
    return {"127.0.0.1", "::1"} <= found


@pytest.mark.skipif(not both_families("localhost"), reason="localhost has one address only")
@pytest.mark.parametrize("only", ["127.0.0.1", "::1"])
def test_the_next_address_is_tried_where_nobody_listens(proxy: RunningProxy, only: str) -> None:
    # RFC 3263 §4.3
    with Peer("", "x", transport="tcp", host=only) as callee, proxy.peer() as caller:
        caller.send(caller.request("MESSAGE", f"sip:x@localhost:{callee.port};transport=tcp"))
        callee.reply(callee.receive("MESSAGE"), 200)
        caller.response(200, "MESSAGE")


@pytest.mark.skipif(not both_families("localhost"), reason="localhost has one address only")
def test_the_next_address_is_tried_after_a_503(proxy: RunningProxy) -> None:
    # RFC 3263 §4.3, RFC 3261 §16.7 step 6
    with (
        Peer("", "x") as one,
        Peer("", "x", host="::1", port=one.port) as other,
        proxy.peer() as caller,
    ):
        caller.send(caller.request("INVITE", f"sip:x@localhost:{one.port}"))
        caller.response(100)
        assert_alive(proxy)  # so the INVITE has left
        first, second = (other, one) if one.nothing_comes(0.1) else (one, other)
        first.reply(first.receive("INVITE"), 503)
        first.receive("ACK")
        second.reply(second.receive("INVITE"), 200)
        caller.response(200, "INVITE")
