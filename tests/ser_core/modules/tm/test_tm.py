"""tm's script functions: reference section 4.1 and 4.3, on a stateful proxy without a network."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ser_core.modules.api import FAILURE, FailureRoute, ReplyRoute, commands_of
from ser_core.modules.arguments import ReasonPhrase, StatusCode
from ser_core.modules.tm.arguments import Host, Port, WriteAction
from ser_core.modules.tm.tm import Tm
from ser_core.script.runtime import E_BAD_ADDRESS, E_SCRIPT, ScriptMessage
from ser_core.transaction.machine import State
from tests.support.ladder import request
from tests.support.tm_script import Script


@pytest.fixture
def script() -> Script:
    return Script()


def test_every_function_of_the_reference_is_there() -> None:
    names = {info.name for info in commands_of(Tm)}
    assert names == {
        "t_newtran", "t_lookup_request", "t_retransmit_reply", "t_release", "t_reply", "t_relay",
        "t_relay_to_udp", "t_relay_to_tcp", "t_relay_to_tls", "t_replicate", "t_replicate_udp",
        "t_replicate_tcp", "t_replicate_tls", "t_forward_nonack", "t_forward_nonack_udp",
        "t_forward_nonack_tcp", "t_forward_nonack_tls", "t_forward_nonack_uri", "t_on_failure",
        "t_on_reply", "t_check_status", "t_check_trans", "t_write_req", "t_write_unix",
    }  # fmt: skip


class TestRelay:
    def test_invite_is_relayed_and_yields_1(self, script: Script) -> None:
        assert script.tm.t_relay(script.arrives(request())) == 1
        assert script.lines[0].startswith("SIP/2.0 100 ")

    def test_an_error_it_answered_itself_yields_0(self, script: Script) -> None:
        script.environment.names[b"nowhere"] = []
        assert script.tm.t_relay(script.arrives(request(), b"sip:bob@nowhere")) == 0

    def test_relayed_ack_yields_0(self, script: Script) -> None:
        msg = script.arrives(request("ACK", to_tag="x"))
        assert script.tm.t_relay(msg) == 0
        assert script.lines == ["ACK sip:bob@198.51.100.1 SIP/2.0"]

    def test_ack_nobody_waits_for_does_not_circle(self, script: Script) -> None:
        msg = script.arrives(request("ACK", to_tag="x"), b"sip:bob@192.0.2.100")
        assert script.tm.t_relay(msg) == -1
        assert script.lines == []
        assert script.tm.unknown_acks.value == 1

    def test_ack_to_an_unknown_place_leaves_its_error(self, script: Script) -> None:
        script.environment.names[b"nowhere"] = []
        msg = script.arrives(request("ACK", to_tag="x"), b"sip:bob@nowhere")
        assert script.tm.t_relay(msg) == -1
        assert msg.error == E_BAD_ADDRESS

    def test_second_relay_of_one_request_is_a_script_error(self, script: Script) -> None:
        msg = script.arrives(request())
        script.tm.t_relay(msg)
        assert script.tm.t_relay(msg) == E_SCRIPT
        assert msg.error == E_SCRIPT

    def test_fixed_destination_takes_the_place_of_the_uri(self, script: Script) -> None:
        msg = script.arrives(request("MESSAGE"))
        assert script.tm.t_relay_to_udp(msg, Host("203.0.113.9"), Port(5099)) == 1
        (sent,) = script.sent
        assert (sent.hop.host, sent.hop.port) == ("203.0.113.9", 5099)
        assert sent.line == "MESSAGE sip:bob@198.51.100.1 SIP/2.0"

    def test_fixed_destination_over_tcp(self, script: Script) -> None:
        script.tm.t_relay_to_tcp(script.arrives(request("MESSAGE")), Host("203.0.113.9"), Port(1))
        assert script.sent[0].hop.transport == "tcp"

    def test_retransmission_does_not_reach_the_script(self, script: Script) -> None:
        script.tm.t_relay(script.arrives(request()))
        assert script.tm.before_request(script.message(request())) is False

    def test_cancel_goes_where_the_invite_went_without_the_script(self, script: Script) -> None:
        script.tm.t_relay(script.arrives(request()))
        assert script.tm.before_request(script.message(request("CANCEL"))) is False
        assert script.lines[-1] == "SIP/2.0 200 canceling"


class TestReplicate:
    def test_responses_are_consumed(self, script: Script) -> None:
        msg = script.arrives(request("MESSAGE"))
        assert script.tm.t_replicate(msg, Host("203.0.113.9"), Port(5060)) == 1
        script._remember()
        _ = script.sent
        script.response(200)
        assert script.lines == []
        script.at(60)
        assert script.proxy.table.servers == {}

    def test_failures_give_no_reply(self, script: Script) -> None:
        script.environment.unreachable.add("203.0.113.9")
        msg = script.arrives(request("MESSAGE"))
        assert script.tm.t_replicate(msg, Host("203.0.113.9"), Port(5060)) < 0
        assert script.lines == []


class TestTransaction:
    def test_newtran_then_forward(self, script: Script) -> None:
        msg = script.arrives(request())
        assert script.tm.t_newtran(msg) == 1
        assert script.tm.t_forward_nonack(msg, Host("203.0.113.9"), Port(5060)) == 1
        assert script.sent[0].hop.host == "203.0.113.9"

    def test_forward_without_a_transaction_fails(self, script: Script) -> None:
        msg = script.arrives(request())
        assert script.tm.t_forward_nonack_uri(msg) == -1

    def test_forward_gives_no_error_reply_of_its_own(self, script: Script) -> None:
        script.environment.unreachable.add("198.51.100.1")
        msg = script.arrives(request())
        script.tm.t_newtran(msg)
        assert script.tm.t_forward_nonack_uri(msg) < 0
        assert script.lines == []

    def test_newtran_of_a_retransmission_stops_the_script(self, script: Script) -> None:
        first = script.arrives(request())
        script.tm.t_newtran(first)
        script.tm.t_reply(first, StatusCode(486), ReasonPhrase(b"Busy Here"))
        _ = script.sent
        assert script.tm.t_newtran(script.message(request())) == 0
        assert script.lines == ["SIP/2.0 486 Busy Here"]

    def test_lookup_and_check(self, script: Script) -> None:
        msg = script.arrives(request())
        assert not script.tm.t_lookup_request(msg)
        assert not script.tm.t_check_trans(msg)
        script.tm.t_newtran(msg)
        assert script.tm.t_lookup_request(script.message(request()))
        assert script.tm.t_check_trans(script.message(request("CANCEL")))

    def test_retransmit_reply(self, script: Script) -> None:
        msg = script.arrives(request())
        assert not script.tm.t_retransmit_reply(msg)
        script.tm.t_newtran(msg)
        assert not script.tm.t_retransmit_reply(msg)
        script.tm.t_reply(msg, StatusCode(183), ReasonPhrase(b"x"))
        _ = script.sent
        assert script.tm.t_retransmit_reply(msg)
        assert script.lines == ["SIP/2.0 183 x"]

    def test_release(self, script: Script) -> None:
        msg = script.arrives(request("MESSAGE"))
        assert not script.tm.t_release(msg)
        script.tm.t_newtran(msg)
        assert script.tm.t_release(msg)
        assert msg.transaction.state is State.COMPLETED

    def test_forgotten_transaction_is_released_after_the_script(self, script: Script) -> None:
        msg = script.arrives(request())
        script.tm.t_newtran(msg)
        script.tm.after_request(msg)
        script.at(40)
        assert script.proxy.table.servers == {}
        assert script.core.logged

    def test_transaction_under_way_is_left_alone_after_the_script(self, script: Script) -> None:
        msg = script.arrives(request())
        script.tm.t_relay(msg)
        script.tm.after_request(msg)
        assert len(script.proxy.table.servers) == 1
        assert not script.core.logged


class TestReply:
    def test_reply_needs_a_transaction(self, script: Script) -> None:
        msg = script.arrives(request())
        assert not script.tm.t_reply(msg, StatusCode(486), ReasonPhrase(b"x"))
        assert "no transaction" in script.core.logged[0]

    def test_reply_goes_through_the_transaction(self, script: Script) -> None:
        msg = script.arrives(request())
        script.tm.t_newtran(msg)
        assert script.tm.t_reply(msg, StatusCode(486), ReasonPhrase(b"Busy Here"))
        script.at(0.5)
        assert script.lines == ["SIP/2.0 486 Busy Here"] * 2

    def test_3xx_carries_the_destinations(self, script: Script) -> None:
        msg = script.arrives(request())
        script.tm.t_newtran(msg)
        script.tm.t_reply(msg, StatusCode(302), ReasonPhrase(b"Moved"))
        assert script.sent[0].message.header(b"contact") == b"<sip:elsewhere>"


class TestLater:
    def test_routes_are_armed_and_disarmed(self, script: Script) -> None:
        msg = script.arrives(request())
        script.tm.t_on_failure(msg, FailureRoute("1"))
        script.tm.t_on_reply(msg, ReplyRoute("2"))
        script.tm.t_newtran(msg)
        context = msg.transaction.context
        assert (context.on_failure, context.on_reply) == ("1", "2")
        script.tm.t_on_failure(msg, FailureRoute("0"))
        script.tm.t_on_reply(msg, ReplyRoute("0"))
        assert (context.on_failure, context.on_reply) == ("", "")

    def test_failure_route_relays_to_the_appended_branches_only(self, script: Script) -> None:
        def failed(outer: ScriptMessage) -> None:
            core: Any = script.core
            inner = ScriptMessage(outer.message.copy(), outer.source, outer.now, core, FAILURE)
            inner.transaction = outer.transaction
            assert script.tm.t_relay(inner) == -1
            inner.append_branch(b"sip:bob@198.51.100.2")
            assert script.tm.t_relay(inner) == 1

        script.environment.failure_routes["1"] = failed
        msg = script.arrives(request())
        script.tm.t_on_failure(msg, FailureRoute("1"))
        script.tm.t_relay(msg)
        script._remember()
        _ = script.sent
        script.response(486)
        assert script.lines[-1] == "INVITE sip:bob@198.51.100.2 SIP/2.0"

    def test_check_status_reads_the_last_reply(self, script: Script) -> None:
        msg = script.arrives(request())
        pattern = re.compile(rb"^4")
        assert not script.tm.t_check_status(msg, pattern)
        script.tm.t_newtran(msg)
        script.tm.t_reply(msg, StatusCode(486), ReasonPhrase(b"x"))
        assert script.tm.t_check_status(msg, pattern)


class TestEdges:
    """What a script may do in an odd order."""

    def test_fixed_destination_is_that_of_all_branches(self, script: Script) -> None:
        msg = script.arrives(request())
        msg.append_branch(b"sip:bob@198.51.100.2")
        assert script.tm.t_relay_to_udp(msg, Host("203.0.113.9"), Port(5099)) == 1
        hosts = {sent.hop.host for sent in script.sent if sent.line.startswith("INVITE")}
        assert hosts == {"203.0.113.9"}

    def test_udp_demanded_by_the_script_is_udp_for_large_requests_too(self, script: Script) -> None:
        msg = script.arrives(request("MESSAGE", body="x" * 1400))
        script.tm.t_relay_to_udp(msg, Host("203.0.113.9"), Port(5099))
        assert script.sent[0].hop.transport == "udp"

    def test_provisional_reply_alone_does_not_keep_a_transaction_for_ever(
        self, script: Script
    ) -> None:
        msg = script.arrives(request())
        script.tm.t_newtran(msg)
        script.tm.t_reply(msg, StatusCode(180), ReasonPhrase(b"Ringing"))
        script.tm.after_request(msg)
        script.at(40)
        assert script.proxy.table.servers == {}

    def test_branches_that_could_not_be_sent_do_not_keep_it_either(self, script: Script) -> None:
        script.environment.unreachable.add("198.51.100.1")
        msg = script.arrives(request())
        script.tm.t_newtran(msg)
        assert script.tm.t_forward_nonack_uri(msg) < 0
        script.tm.after_request(msg)
        script.at(40)
        assert script.proxy.table.servers == {}

    def test_replicated_request_is_no_complaint(self, script: Script) -> None:
        script.environment.unreachable.add("203.0.113.9")
        msg = script.arrives(request("MESSAGE"))
        script.tm.t_replicate(msg, Host("203.0.113.9"), Port(5060))
        script.tm.after_request(msg)
        assert not script.core.logged

    def test_relayed_transaction_is_not_released(self, script: Script) -> None:
        msg = script.arrives(request())
        script.tm.t_relay(msg)
        script._remember()
        assert not script.tm.t_release(msg)
        _ = script.sent
        script.response(200)
        assert script.lines == ["SIP/2.0 200 x"]

    def test_nothing_is_forwarded_after_a_final_reply(self, script: Script) -> None:
        msg = script.arrives(request())
        script.tm.t_newtran(msg)
        script.tm.t_reply(msg, StatusCode(486), ReasonPhrase(b"Busy Here"))
        assert script.tm.t_forward_nonack_uri(msg) == -1

    def test_final_reply_after_relaying_cancels_the_branches(self, script: Script) -> None:
        msg = script.arrives(request())
        script.tm.t_relay(msg)
        script._remember()
        script.response(180)
        _ = script.sent
        script.tm.t_reply(msg, StatusCode(480), ReasonPhrase(b"Gone"))
        assert script.lines == ["SIP/2.0 480 Gone", "CANCEL sip:bob@198.51.100.1 SIP/2.0"]

    def test_routes_may_be_set_when_the_transaction_has_ended(self) -> None:
        script = Script()
        script.transport = "tcp"
        msg = script.arrives(request("MESSAGE"))
        script.tm.t_newtran(msg)
        script.tm.t_reply(msg, StatusCode(200), ReasonPhrase(b"OK"))
        assert msg.transaction.context is None
        assert script.tm.t_on_failure(msg, FailureRoute("1"))
        assert script.tm.t_on_reply(msg, ReplyRoute("1"))

    def test_headers_for_the_reply_may_come_from_the_failure_route(self, script: Script) -> None:
        def failed(outer: ScriptMessage) -> None:
            core: Any = script.core
            inner = ScriptMessage(outer.message.copy(), outer.source, outer.now, core, FAILURE)
            inner.transaction = outer.transaction
            inner.reply_headers.append(b"X-Why: busy\r\n")
            script.tm.t_reply(inner, StatusCode(480), ReasonPhrase(b"Away"))

        script.environment.failure_routes["1"] = failed
        msg = script.arrives(request())
        script.tm.t_on_failure(msg, FailureRoute("1"))
        script.tm.t_relay(msg)
        script._remember()
        _ = script.sent
        script.response(486)
        assert script.sent[-1].message.header(b"x-why") == b"busy"


class TestOtherPrograms:
    """t_write_req and t_write_unix: the program answers by the FIFO's t_reply."""

    @pytest.fixture
    def program(self, tmp_path: Path) -> Iterator[socket.socket]:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
            listener.bind(str(tmp_path / "program"))
            listener.settimeout(5)
            yield listener

    def test_it_answers_by_the_number_it_was_told(
        self, script: Script, program: socket.socket
    ) -> None:
        msg = script.arrives(request())
        script.tm.t_newtran(msg)
        assert script.tm.t_write_unix(msg, program.getsockname(), WriteAction("vm", ""))
        script.tm.after_request(msg)
        number = program.recv(65535).split(b"\n")[15]
        script.ask("t_reply", "200", "OK", number, "vm-1", ".", ".")
        (sent,) = script.sent
        assert (sent.line, sent.message.to_tag) == ("SIP/2.0 200 OK", b"vm-1")
        script.at(200)
        assert script.proxy.table.servers == {}

    def test_without_its_answer_the_request_times_out(
        self, script: Script, program: socket.socket
    ) -> None:
        msg = script.arrives(request())
        script.tm.t_newtran(msg)
        script.tm.t_write_unix(msg, program.getsockname(), WriteAction("vm", ""))
        script.tm.after_request(msg)
        script.at(30.1)
        assert script.lines == ["SIP/2.0 408 Request Timeout"]
        assert not script.core.logged

    def test_it_can_be_told_of_an_answered_request(
        self, script: Script, program: socket.socket
    ) -> None:
        msg = script.arrives(request())
        script.tm.t_newtran(msg)
        script.tm.t_reply(msg, StatusCode(200), ReasonPhrase(b"OK"))
        assert script.tm.t_write_unix(msg, program.getsockname(), WriteAction("vm", ""))
        assert not msg.transaction.context.branches

    def test_nobody_there_is_false(self, script: Script, tmp_path: Path) -> None:
        msg = script.arrives(request())
        script.tm.t_newtran(msg)
        assert not script.tm.t_write_req(msg, str(tmp_path / "fifo"), WriteAction("vm", ""))
        assert not msg.transaction.context.branches

    def test_it_needs_a_transaction(self, script: Script, program: socket.socket) -> None:
        msg = script.arrives(request())
        assert not script.tm.t_write_unix(msg, program.getsockname(), WriteAction("vm", ""))
        assert "no transaction" in script.core.logged[0]

    def test_a_list_that_does_not_exist_is_told(
        self, script: Script, program: socket.socket
    ) -> None:
        msg = script.arrives(request())
        script.tm.t_newtran(msg)
        assert not script.tm.t_write_unix(msg, program.getsockname(), WriteAction("vm", "more"))
        assert "no list more" in script.core.logged[0]

    def test_a_list_tells_more(self, program: socket.socket) -> None:
        script = Script(tw_append="more:subject=hdr[Call-ID]")
        msg = script.arrives(request())
        script.tm.t_newtran(msg)
        assert script.tm.t_write_unix(msg, program.getsockname(), WriteAction("vm", "MORE"))
        assert b"\nsubject: call-1\n" in program.recv(65535)

    def test_a_list_that_cannot_be_read_stops_the_start(self) -> None:
        tm = Tm()
        tm.tw_append = "rubbish"
        with pytest.raises(ValueError, match="tw_append"):
            tm.check()
