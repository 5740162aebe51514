"""tm's FIFO commands, from the bytes of a request to those of the reply (reference ser-fifo 6).

Scripts read the texts, so each is tested.
"""

from __future__ import annotations

import pytest

from ser_core.fifo.declarations import FifoCommand, Where, fifo_commands_of
from ser_core.fifo.protocol import FifoError, Reply
from ser_core.modules.tm.fifo_commands import NOT_HERE
from ser_core.modules.tm.tm import Tm
from ser_core.sip.message import Request
from ser_core.transaction.table import ident_of
from tests.support.ladder import Target, request
from tests.support.tm_script import BOB, Script

JOE = "sip:joe@198.51.100.1"
FROM, TO = "From: sip:daemon@example.com", f"To: <{JOE}>"
PLAIN = ("OPTIONS", JOE, ".", FROM, TO, ".", ".")
IN_DIALOG = b"Contact: <sip:joe@192.0.2.9>\r\nRecord-Route: <sip:192.0.2.8;lr>\r\n"


@pytest.fixture
def script() -> Script:
    return Script()


def declared(name: str) -> FifoCommand:
    return next(command for command in fifo_commands_of(Tm) if command.name == name)


def test_every_command_of_the_reference_is_there() -> None:
    names = {command.name for command in fifo_commands_of(Tm)}
    assert names == {"t_uac_dlg", "t_uac_cancel", "t_reply", "t_stats", "t_hash"}


@pytest.mark.parametrize("command", fifo_commands_of(Tm), ids=lambda command: command.name)
def test_each_example_is_a_request_that_can_be_read(script: Script, command: FifoCommand) -> None:
    assert not script.ask(command.name, *command.example).startswith(b"400")
    assert command.doc


class Uac:
    """A request of t_uac_dlg that waits for its answer."""

    def __init__(self, script: Script, *lines: str) -> None:
        self.told: list[Reply] = []
        result = script.run("t_uac_dlg", *(lines or PLAIN))
        assert not isinstance(result, Reply), result
        result.when_answered(self.told.append)

    @property
    def answer(self) -> bytes:
        return self.told[0].to_bytes() if self.told else b""


def sent_by(script: Script, *lines: str) -> Request:
    """The one request that t_uac_dlg sends for these lines."""
    Uac(script, *lines)
    (sent,) = script.sent
    message = sent.message
    assert isinstance(message, Request)
    return message


class TestUacDlg:
    def test_an_answer_is_shown_with_its_dialog(self, script: Script) -> None:
        uac = Uac(script)
        assert uac.answer == b""
        script.response(200, reason="OK", headers=IN_DIALOG)
        lines = uac.answer.split(b"\n")
        assert lines[:3] == [b"200 OK", b"sip:joe@192.0.2.9", b"sip:192.0.2.8;lr"]
        assert lines[3] == b"Route: <sip:192.0.2.8;lr>\r"
        assert lines[4].startswith(b"Via: SIP/2.0/UDP 192.0.2.100;branch=z9hG4bK")

    def test_a_refusal_is_shown_without(self, script: Script) -> None:
        uac = Uac(script)
        script.response(404, reason="Nobody here")
        assert uac.answer.startswith(b"404 Nobody here\n.\n.\n.\nVia: ")

    def test_provisional_responses_are_not_shown(self, script: Script) -> None:
        uac = Uac(script, "INVITE", *PLAIN[1:])
        script.response(180)
        assert uac.answer == b""

    def test_silence_is_only_a_line(self, script: Script) -> None:
        uac = Uac(script)
        script.at(31)
        assert uac.answer == b"408 Request Timeout\n"

    def test_a_broken_connection_is_only_a_line(self, script: Script) -> None:
        uac = Uac(script, "OPTIONS", JOE + ";transport=tcp", *PLAIN[2:])
        script.environment.errors["198.51.100.1"](script.branches[0].hop, OSError())
        assert uac.answer == b"503 Service Unavailable\n"

    def test_what_leaves_is_what_was_asked_for(self, script: Script) -> None:
        message = sent_by(
            script,
            "MESSAGE",
            JOE,
            "sip:203.0.113.1:5070",
            FROM,
            TO,
            "Content-Type: text/plain",
            "Contact: <sip:daemon@!!>",
            "Route: <sip:a;lr>",
            ".",
            "hello",
            "",
            "world",
            ".",
        )
        assert message.method == b"MESSAGE"
        assert message.uri == JOE.encode()
        assert message.body == b"hello\r\n\r\nworld\r\n"
        assert message.header(b"contact") == b"<sip:daemon@192.0.2.100:5060>"
        assert message.header(b"route") == b"<sip:a;lr>"
        assert message.header(b"user-agent") is not None
        assert (message.cseq_number, message.cseq_method) == (10, b"MESSAGE")

    def test_the_next_hop_takes_it(self, script: Script) -> None:
        Uac(script, "OPTIONS", JOE, "sip:203.0.113.1:5070", *PLAIN[3:])
        (sent,) = script.sent
        assert (sent.hop.host, sent.hop.port) == ("203.0.113.1", 5070)

    def test_from_gets_a_tag_and_to_none(self, script: Script) -> None:
        message = sent_by(script)
        assert message.from_tag
        assert not message.to_tag

    def test_a_call_id_is_made_that_this_receiver_owns(self, script: Script) -> None:
        for _ in range(20):
            call_id = sent_by(script).call_id
            assert script.owns(call_id)
            assert call_id.endswith(b"@192.0.2.100")

    def test_ids_of_the_callers_are_kept(self, script: Script) -> None:
        message = sent_by(
            script,
            "OPTIONS",
            JOE,
            ".",
            FROM + ";tag=mine",
            TO + ";tag=theirs",
            "Call-ID: abc@example.com",
            "CSeq: 77 OPTIONS",
            ".",
            ".",
        )
        assert (message.from_tag, message.to_tag) == (b"mine", b"theirs")
        assert (message.call_id, message.cseq_number) == (b"abc@example.com", 77)

    def test_the_owner_is_that_of_the_callers_call_id(self) -> None:
        owner = declared("t_uac_dlg").owner
        assert owner is not None
        headers = b"From: sip:a@b\r\ni: abc@example.com\r\n"
        assert owner(b"OPTIONS", b"sip:a", b".", headers, b"") == b"abc@example.com"
        assert owner(b"OPTIONS", b"sip:a", b".", b"From: sip:a@b\r\n", b"") == b""
        assert owner(b"OPTIONS", b"sip:a", b".", b"rubbish\r\n", b"") == b""

    def test_whoever_waits_for_it_does_so_for_as_long_as_it_takes(self) -> None:
        assert declared("t_uac_dlg").timeout is None

    def test_without_server_signature_there_is_no_user_agent(self) -> None:
        script = Script(server_signature=False)
        assert sent_by(script).header(b"user-agent") is None

    def test_an_invite_is_acknowledged_and_told(self, script: Script) -> None:
        uac = Uac(script, "INVITE", *PLAIN[1:])
        script.response(200, reason="OK", headers=IN_DIALOG)
        assert script.lines[-1] == "ACK sip:joe@192.0.2.9 SIP/2.0"
        assert uac.answer.startswith(b"200 OK\nsip:joe@192.0.2.9\n")

    def test_an_ack_is_sent_and_that_is_all(self, script: Script) -> None:
        uac = Uac(script, "ACK", *PLAIN[1:])
        assert script.lines == [f"ACK {JOE} SIP/2.0"]
        assert uac.answer == b"200 ACK sent\n.\n.\n.\n"
        assert script.proxy.table.clients == {}

    def test_an_ack_that_cannot_be_sent_tells_why(self, script: Script) -> None:
        script.environment.names[b"nowhere"] = []
        uac = Uac(script, "ACK", "sip:nowhere", *PLAIN[2:])
        assert uac.answer.startswith(b"478 fifo_uac_error: Unresolvable destination (478/FIFO/UAC)")

    def test_a_name_that_leads_nowhere_is_told_at_once(self, script: Script) -> None:
        script.environment.names[b"nowhere"] = []
        uac = Uac(script, "OPTIONS", "sip:nowhere", *PLAIN[2:])
        text = b"478 fifo_uac_error: Unresolvable destination (478/FIFO/UAC)\n"
        assert uac.answer == text

    def test_so_is_a_place_that_cannot_be_sent_to(self, script: Script) -> None:
        script.environment.unreachable.add("198.51.100.1")
        text = b"Unfortunately error on sending to next hop occurred (477/FIFO/UAC)\n"
        assert Uac(script).answer == b"477 fifo_uac_error: " + text

    def test_a_name_may_have_to_be_asked_for(self, script: Script) -> None:
        uac = Uac(script, "OPTIONS", "sip:slow.example", *PLAIN[2:])
        script.environment.waiting[0]([Target("udp", "203.0.113.1", 5060)])
        script._remember()
        script.response(200, reason="OK")
        assert uac.answer.startswith(b"200 OK\n")


BAD = {
    "method expected": ("", JOE, ".", FROM, TO, ".", "."),
    "ruri expected": ("OPTIONS", "", ".", FROM, TO, ".", "."),
    "ruri invalid": ("OPTIONS", "<sip:joe@example.com>", ".", FROM, TO, ".", "."),
    "next hop address expected": ("OPTIONS", JOE, "", FROM, TO, ".", "."),
    "next hop uri invalid": ("OPTIONS", JOE, "example.com", FROM, TO, ".", "."),
    "HFs expected": ("OPTIONS", JOE, ".", ".", "."),
    "HFs unparseable": ("OPTIONS", JOE, ".", FROM, TO, "rubbish", ".", "."),
    "Content-Type missing": ("OPTIONS", JOE, ".", FROM, TO, ".", "hello", "."),
    "Content-Length disallowed": (
        *("OPTIONS", JOE, ".", FROM, TO),
        *("Content-Type: text/plain", "Content-Length: 5", ".", "hello", "."),
    ),
    "To missing": ("OPTIONS", JOE, ".", FROM, ".", "."),
    "From missing": ("OPTIONS", JOE, ".", TO, ".", "."),
    "Error in From": ("OPTIONS", JOE, ".", "From: <sip:daemon@b", TO, ".", "."),
    "non-numerical CSeq": ("OPTIONS", JOE, ".", FROM, TO, "CSeq: x OPTIONS", ".", "."),
    "CSeq method mismatch": ("OPTIONS", JOE, ".", FROM, TO, "CSeq: 1 INFO", ".", "."),
    "method invalid": ("OP TIONS", JOE, ".", FROM, TO, ".", "."),
    "Via disallowed": ("OPTIONS", JOE, ".", FROM, TO, "v: SIP/2.0/UDP a", ".", "."),
}


@pytest.mark.parametrize("text", BAD)
def test_bad_arguments_are_told_in_sers_words(script: Script, text: str) -> None:
    expected = f"400 fifo_uac_error: {text}\n".encode()
    assert script.ask("t_uac_dlg", *BAD[text]).startswith(expected)
    assert script.lines == []
    assert script.tm.total.value == 0


class TestUacCancel:
    INVITE = ("INVITE", JOE, ".", FROM, TO, "Call-ID: abc", "CSeq: 5 INVITE", ".", ".")

    def test_it_cancels(self, script: Script) -> None:
        uac = Uac(script, *self.INVITE)
        script.response(180)
        _ = script.sent
        answer = script.ask("t_uac_cancel", "abc", "5 INVITE")
        assert answer == b"200 fifo_uac_cancel succeeded\n"
        assert script.lines == [f"CANCEL {JOE} SIP/2.0"]
        script.response(487, reason="Request Terminated")
        assert uac.answer.startswith(b"487 Request Terminated\n.\n.\n.\n")

    def test_one_that_waits_for_the_dns_ends_with_a_line(self, script: Script) -> None:
        uac = Uac(script, "INVITE", "sip:slow.example", *self.INVITE[2:])
        script.ask("t_uac_cancel", "abc", "5 INVITE")
        assert uac.answer == b"487 Request Terminated\n"

    def test_its_owner_is_that_of_the_call_id(self) -> None:
        owner = declared("t_uac_cancel").owner
        assert owner is not None
        assert owner(b"abc", b"5 INVITE") == b"abc"

    @pytest.mark.parametrize(
        ("lines", "text"),
        [
            (("", "5 INVITE"), b"400 fifo_uac_cancel: callid expected\n"),
            (("abc", ""), b"400 fifo_uac_cancel: cseq expected\n"),
            (("abc", "6 INVITE"), b"481 fifo_uac_cancel: no such transaction\n"),
            (("abcd", "5 INVITE"), b"481 fifo_uac_cancel: no such transaction\n"),
        ],
    )
    def test_what_is_wrong_is_told(
        self, script: Script, lines: tuple[str, ...], text: bytes
    ) -> None:
        Uac(script, *self.INVITE)
        assert script.ask("t_uac_cancel", *lines) == text


class TestReply:
    def arrived(self, script: Script, method: str = "INVITE") -> str:
        """A request waits for another program; its number."""
        msg = script.arrives(request(method))
        assert script.tm.t_newtran(msg) == 1
        server = msg.transaction
        script.proxy.branches.wait(server.context, msg, msg.now)
        return str(ident_of(server.key))

    def test_the_other_programs_answer_leaves(self, script: Script) -> None:
        number = self.arrived(script)
        lines = ("200", "OK", number, "abc-1", "Contact: <sip:vm@192.0.2.7>", ".", "v=0", ".")
        assert script.ask("t_reply", *lines) == b"200 fifo_t_reply succeeded\n"
        (sent,) = script.sent
        assert sent.line == "SIP/2.0 200 OK"
        assert sent.message.to_tag == b"abc-1"
        assert sent.message.header(b"contact") == b"<sip:vm@192.0.2.7>"
        assert sent.message.body == b"v=0\r\n"
        script.at(200)
        assert script.proxy.table.servers == {}
        assert script.lines == []

    def test_first_a_provisional_one_then_the_final_one(self, script: Script) -> None:
        number = self.arrived(script)
        script.ask("t_reply", "180", "Ringing", number, "x", ".", ".")
        script.ask("t_reply", "486", "Busy here", number, "x", ".", ".")
        assert script.lines == ["SIP/2.0 180 Ringing", "SIP/2.0 486 Busy here"]

    def test_timers_are_armed_though_no_message_came_in(self, script: Script) -> None:
        number = self.arrived(script)
        before = script.core.armed
        script.ask("t_reply", "486", "Busy here", number, "x", ".", ".")
        assert script.core.armed == before + 1

    def test_only_one_final_answer_is_taken(self, script: Script) -> None:
        number = self.arrived(script)
        script.ask("t_reply", "486", "Busy here", number, "x", ".", ".")
        again = script.ask("t_reply", "200", "OK", number, "x", ".", ".")
        assert again == b"500 fifo_t_reply: reply failed\n"

    @pytest.mark.parametrize(
        ("lines", "text"),
        [
            (("", "OK", "1:2", "x", ".", "."), "400 fifo_t_reply: code expected"),
            (("2x0", "OK", "1:2", "x", ".", "."), "400 fifo_t_reply: code(int) has wrong format"),
            (("99", "OK", "1:2", "x", ".", "."), "400 fifo_t_reply: code(int) has wrong format"),
            (("700", "OK", "1:2", "x", ".", "."), "400 fifo_t_reply: code(int) has wrong format"),
            (("200", "", "1:2", "x", ".", "."), "400 fifo_t_reply: reason expected"),
            (("200", "OK", "", "x", ".", "."), "400 fifo_t_reply: trans_id expected"),
            (("200", "OK", "12", "x", ".", "."), "400 fifo_t_reply: invalid trans_id"),
            (("200", "OK", "a:b", "x", ".", "."), "400 fifo_t_reply: invalid trans_id"),
            (("200", "OK", "1:2", "", ".", "."), "400 fifo_t_reply: to-ta expected"),
            (("200", "OK", "1:2", "x;y", ".", "."), "400 fifo_t_reply: to-tag is not a token"),
            (("200", "OK", "1:2", "x", "nonsense", ".", "."), "400 fifo_t_reply: while reading"),
            (("200", "OK", "1:2", "x", "Via: a", ".", "."), "400 fifo_t_reply: while reading"),
            (("200", "OK", "1:2", "x", "l: 3", ".", "."), "400 fifo_t_reply: while reading"),
            (("200", "OK", "1:2", "x", ".", "."), "481 fifo_t_reply: no such transaction"),
        ],
    )
    def test_what_is_wrong_is_told(self, script: Script, lines: tuple[str, ...], text: str) -> None:
        assert script.ask("t_reply", *lines).decode().startswith(text)

    def test_the_receiver_that_has_the_transaction_is_heard(self) -> None:
        merge = declared("t_reply").merge
        assert merge is not None
        assert merge([NOT_HERE, Reply(200, "done"), NOT_HERE]) == Reply(200, "done")
        with pytest.raises(FifoError, match="481"):
            merge([NOT_HERE, NOT_HERE])


class TestStatistics:
    def test_stats_have_sers_layout(self, script: Script) -> None:
        script.tm.t_relay(script.arrives(request("MESSAGE")))
        script._remember()
        script.response(404)
        Uac(script)
        assert script.ask("t_stats") == (
            b"200 ok\n"
            b"Current: 2 (1 waiting) Total: 2 (1 local)       \n"
            b"Replied localy: 0      \n"
            b"Completion status 6xx: 0, 5xx: 0, 4xx: 1, 3xx: 0,2xx: 0      \n"
        )

    def test_stats_need_no_receiver(self) -> None:
        assert declared("t_stats").where is Where.FIFO

    def test_the_hash_table_is_told_in_full(self, script: Script) -> None:
        script.tm.t_relay(script.arrives(request("MESSAGE")))
        Uac(script)
        lines = script.ask("t_hash").splitlines()
        assert lines[:2] == [b"200 ok", b"\tcurrent\ttotal"]
        assert len(lines) == 2 + 65536
        counts = [line.split(b"\t") for line in lines[2:]]
        assert [int(each[0][:-1]) for each in counts] == list(range(65536))
        assert sum(int(each[1]) for each in counts) == 2  # as many as t_stats calls current


def test_the_fifos_and_the_scripts_t_reply_are_two(script: Script) -> None:
    msg = script.arrives(request(), BOB)
    script.tm.t_newtran(msg)
    assert script.tm.t_reply(msg, 486, b"x")  # type: ignore[arg-type]
    assert declared("t_reply").method == "answer_request"
