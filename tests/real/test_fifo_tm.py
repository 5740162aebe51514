"""tm's and sl's FIFO commands against a running ser, with a far end made of sockets."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from ser_core.fifo.client import BodyLines, FifoClient, HeaderLines
from ser_core.fifo.protocol import Reply
from tests.real.conftest import CONFIG as HELLO_WORLD
from tests.support.baresip import Baresip
from tests.support.daemon import Ser, wait_for
from tests.support.sip_peer import Peer
from tests.support.sip_reading import Message

CONFIG = """
loadmodule "sl.so"
loadmodule "tm.so"
modparam("tm", "fr_timer", 1)
modparam("tm", "wt_timer", 1)
route {
    if (method=="OPTIONS") { sl_send_reply("200", "fine"); break; };
    if (method=="MESSAGE" || method=="INVITE") {
        t_newtran();
        if (!t_write_unix("PROGRAM", "vm")) { t_reply("500", "nobody there"); };
        break;
    };
    t_relay();
}
"""
SETUPS: dict[str, Callable[[str], Ser]] = {
    "one receiver": partial(Ser, children=1),
    "two receivers": partial(Ser, children=2),
    "alone": partial(Ser, alone=True),
}
NO_BODY = BodyLines()


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[socket.socket]:
    """Another program, which t_write_unix hands requests over to."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path_factory.mktemp("program") / "socket"))
        listener.settimeout(10)
        yield listener


@pytest.fixture(scope="module", params=list(SETUPS))
def ser(request: pytest.FixtureRequest, program: socket.socket) -> Iterator[Ser]:
    config = CONFIG.replace("PROGRAM", program.getsockname())
    with SETUPS[request.param](config) as made:
        yield made


@pytest.fixture
def fifo(ser: Ser) -> Iterator[FifoClient]:
    with FifoClient(ser.fifo) as client:
        yield client


@pytest.fixture(params=["udp", "tcp"])
def bob(request: pytest.FixtureRequest, ser: Ser) -> Iterator[Peer]:
    with Peer(f"127.0.0.1:{ser.port}", "bob", transport=request.param) as peer:
        yield peer


@pytest.fixture
def phone(ser: Ser) -> Iterator[Peer]:
    """One over UDP, where the transport makes no difference."""
    with Peer(f"127.0.0.1:{ser.port}", "bob") as peer:
        yield peer


@contextmanager
def asked(ser: Ser, *lines: str | HeaderLines | BodyLines) -> Iterator[Future[Reply]]:
    """t_uac_dlg in the background; the answer comes when the request is over."""
    with FifoClient(ser.fifo, timeout=20) as client, ThreadPoolExecutor(1) as thread:
        yield thread.submit(client.ask, "t_uac_dlg", *lines)


def headers(*more: str) -> HeaderLines:
    given = ["From: <sip:daemon@example.com>", "To: <sip:bob@example.com>"]
    return HeaderLines([*given, "Contact: <sip:daemon@!!>", *more])


def transactions(fifo: FifoClient) -> int:
    """How many there are, by t_stats."""
    found = re.match(rb"Current: (\d+) ", fifo.ask("t_stats").body)
    assert found is not None
    return int(found[1])


class TestUacDlg:
    def test_an_answer_comes_with_its_dialog(self, ser: Ser, bob: Peer) -> None:
        with asked(ser, "OPTIONS", bob.uri, ".", headers(), NO_BODY) as answer:
            request = bob.receive("OPTIONS")
            routes = ["Record-Route: <sip:192.0.2.2;lr>, <sip:192.0.2.1;lr>"]
            text = bob.reply(request, 200, "Fine", contact=bob.uri, headers=routes)
            reply = answer.result()
        assert (reply.code, reply.text) == (200, "Fine")
        uri, next_hop, route, response = reply.body.split(b"\n", 3)
        assert uri.decode() == bob.uri
        assert next_hop == b"sip:192.0.2.1;lr"
        assert route == b"Route: <sip:192.0.2.1;lr>, <sip:192.0.2.2;lr>\r"
        assert response.decode() == text.split("\r\n", 1)[1] + "\n"

    def test_the_request_is_well_formed(self, ser: Ser, bob: Peer) -> None:
        lines = headers("Content-Type: text/plain", "X-Mine: 1")
        content = BodyLines(["hello", "", "world"])
        with asked(ser, "MESSAGE", bob.uri, ".", lines, content) as answer:
            request = bob.receive("MESSAGE")
            bob.reply(request, 200)
            assert answer.result().code == 200
        assert request.uri == bob.uri
        assert re.match(rf"SIP/2.0/{bob.transport.upper()} 127.0.0.1", request.header("via"))
        assert ";branch=z9hG4bK" in request.header("via")
        assert request.header("max-forwards") == "70"
        assert request.header("contact") == f"<sip:daemon@127.0.0.1:{ser.port}>"
        assert request.header("from").startswith("<sip:daemon@example.com>;tag=")
        assert request.header("to") == "<sip:bob@example.com>"
        assert request.header("cseq") == "10 MESSAGE"
        assert request.header("call-id")
        assert request.header("x-mine") == "1"
        assert request.body == b"hello\r\n\r\nworld\r\n"

    def test_a_large_request_comes_by_tcp(self, ser: Ser) -> None:
        with Peer(f"127.0.0.1:{ser.port}", transport="tcp") as bob:
            lines = headers("Content-Type: text/plain")
            content = BodyLines(["x" * 1400])
            uri = f"sip:bob@{bob.host_port}"
            with asked(ser, "MESSAGE", uri, ".", lines, content) as answer:
                bob.reply(bob.receive("MESSAGE"), 202)
                assert answer.result().code == 202

    def test_a_refusal_comes_as_it_is(self, ser: Ser, bob: Peer) -> None:
        with asked(ser, "OPTIONS", bob.uri, ".", headers(), NO_BODY) as answer:
            bob.reply(bob.receive("OPTIONS"), 603, "Never", contact=bob.uri)
            reply = answer.result()
        assert (reply.code, reply.text) == (603, "Never")
        assert reply.body.startswith(b".\n.\n.\nVia: ")

    def test_it_goes_to_the_next_hop(self, ser: Ser, phone: Peer) -> None:
        hop = f"sip:{phone.host_port}"
        with asked(ser, "OPTIONS", "tel:+49301234567", hop, headers(), NO_BODY) as answer:
            request = phone.receive("OPTIONS")
            phone.reply(request, 200)
            assert answer.result().code == 200
        assert request.uri == "tel:+49301234567"

    def test_it_is_repeated_until_it_is_answered(self, ser: Ser, phone: Peer) -> None:
        with asked(ser, "OPTIONS", phone.uri, ".", headers(), NO_BODY) as answer:
            first, second = phone.receive("OPTIONS"), phone.receive("OPTIONS")
            phone.reply(second, 200)
            assert answer.result().code == 200
        assert first.raw == second.raw

    def test_silence_is_408(self, ser: Ser, phone: Peer) -> None:
        with asked(ser, "OPTIONS", phone.uri, ".", headers(), NO_BODY) as answer:
            assert answer.result() == Reply(408, "Request Timeout")

    def test_a_refused_connection_is_503(self, ser: Ser, phone: Peer) -> None:
        uri = f"{phone.uri};transport=tcp"  # there it listens to nothing
        with asked(ser, "OPTIONS", uri, ".", headers(), NO_BODY) as answer:
            assert answer.result() == Reply(503, "Service Unavailable")

    def test_ser_itself_may_be_asked(self, ser: Ser) -> None:
        uri = f"sip:ser@127.0.0.1:{ser.port}"
        with asked(ser, "OPTIONS", uri, ".", headers(), NO_BODY) as answer:
            reply = answer.result()
        assert (reply.code, reply.text) == (200, "fine")

    def test_a_call_id_of_the_callers_comes_to_its_receiver(self, ser: Ser, phone: Peer) -> None:
        for number in range(4):
            call_id = f"{number}-of-mine@example.com"
            lines = headers(f"Call-ID: {call_id}", f"CSeq: {number} OPTIONS")
            with asked(ser, "OPTIONS", phone.uri, ".", lines, NO_BODY) as answer:
                request = phone.receive("OPTIONS")
                phone.reply(request, 200)
                assert answer.result().code == 200
            assert request.header("call-id") == call_id
            assert request.header("cseq") == f"{number} OPTIONS"

    def test_many_at_once_get_each_their_own_answer(self, ser: Ser, phone: Peer) -> None:
        with ThreadPoolExecutor(20) as threads:

            def ask(number: int) -> Reply:
                with FifoClient(ser.fifo, timeout=20) as client:
                    uri = f"sip:{number}@{phone.host_port}"
                    return client.ask("t_uac_dlg", "OPTIONS", uri, ".", headers(), NO_BODY)

            answers = [threads.submit(ask, number) for number in range(20)]
            seen: dict[str, Message] = {}
            while len(seen) < 20:
                request = phone.receive("OPTIONS")
                user = request.uri.partition(":")[2].partition("@")[0]
                if seen.setdefault(user, request) is request:
                    phone.reply(request, 200, f"for {user}")
            texts = [answer.result().text for answer in answers]
        assert texts == [f"for {number}" for number in range(20)]

    def test_hostile_answers_do_no_harm(self, ser: Ser, fifo: FifoClient, phone: Peer) -> None:
        spoils = [
            "Contact: <sip:a@b>\r\n\tevil",
            "Contact: *",
            'Contact: "',
            "Record-Route: <sip:x;lr>,,<",
            "Record-Route: <sip:" + "y" * 2000 + ">",
            "Contact: <sip:\xff@\x7f>",
        ]
        for spoil in spoils:
            with asked(ser, "OPTIONS", phone.uri, ".", headers(), NO_BODY) as answer:
                phone.reply(phone.receive("OPTIONS"), 200, "200 OK\t404", headers=[spoil])
                reply = answer.result()
            assert (reply.code, reply.text) == (200, "200 OK\t404")
            assert reply.body.count(b"\nVia: ") == 1
            assert len(reply.body.partition(b"\nVia: ")[0].split(b"\n")) == 3
        assert fifo.ask("uptime").code == 200

    def test_what_is_wrong_is_told(self, fifo: FifoClient, phone: Peer) -> None:
        def refusal(*lines: str | HeaderLines | BodyLines) -> str:
            reply = fifo.ask("t_uac_dlg", *lines)
            return f"{reply.code} {reply.text}"

        uri = phone.uri
        only_from = HeaderLines(["From: sip:a@b"])
        assert refusal("OPTIONS", "bob", ".", headers(), NO_BODY) == bad("ruri invalid")
        assert refusal("OPTIONS", uri, ".", only_from, NO_BODY) == bad("To missing")
        assert refusal("OPTIONS", uri, ".", headers("rubbish"), NO_BODY) == bad("HFs unparseable")
        assert refusal("OPTIONS", uri, ".", headers("X: a\rY: b"), NO_BODY).startswith("400 ")
        text = BodyLines(["hello"])
        assert refusal("OPTIONS", uri, ".", headers(), text) == bad("Content-Type missing")
        assert refusal("OPTIONS", uri, ".", headers("CSeq: 1 BYE"), NO_BODY) == bad(
            "CSeq method mismatch"
        )
        assert phone.nothing_comes()


def bad(text: str) -> str:
    return f"400 fifo_uac_error: {text}"


class TestInvite:
    def test_a_call_that_is_accepted_gets_its_ack(self, ser: Ser, bob: Peer) -> None:
        with asked(ser, "INVITE", bob.uri, ".", headers(), NO_BODY) as answer:
            invite = bob.receive("INVITE")
            bob.reply(invite, 180)
            assert not answer.done()
            bob.reply(invite, 200, contact=bob.uri)
            ack = bob.receive("ACK")
            assert answer.result().code == 200
        assert ack.uri == bob.uri
        assert ack.to_tag == "b"
        assert ack.header("cseq") == "10 ACK"

    def test_a_call_that_is_refused_gets_its_ack(self, ser: Ser, phone: Peer) -> None:
        with asked(ser, "INVITE", phone.uri, ".", headers(), NO_BODY) as answer:
            invite = phone.receive("INVITE")
            phone.reply(invite, 486, "Busy Here")
            ack = phone.receive("ACK")
            assert answer.result().code == 486
        assert ack.header("via") == invite.header("via")

    def test_an_ack_may_be_sent_by_hand(self, ser: Ser, phone: Peer) -> None:
        with asked(ser, "ACK", phone.uri, ".", headers(), NO_BODY) as answer:
            phone.receive("ACK")
            assert answer.result() == Reply(200, "ACK sent", b".\n.\n.\n")

    def test_it_can_be_cancelled_while_it_rings(
        self, ser: Ser, fifo: FifoClient, bob: Peer
    ) -> None:
        lines = headers(f"Call-ID: cancel-{bob.port}", "CSeq: 3 INVITE")
        with asked(ser, "INVITE", bob.uri, ".", lines, NO_BODY) as answer:
            invite = bob.receive("INVITE")
            bob.reply(invite, 180)
            reply = fifo.ask("t_uac_cancel", f"cancel-{bob.port}", "3 INVITE")
            assert reply == Reply(200, "fifo_uac_cancel succeeded")
            cancel = bob.receive("CANCEL")
            bob.reply(cancel, 200)
            bob.reply(invite, 487, "Request Terminated")
            bob.receive("ACK")
            assert answer.result().code == 487
        assert cancel.header("via") == invite.header("via")

    def test_or_before_it_rings(self, ser: Ser, fifo: FifoClient, phone: Peer) -> None:
        lines = headers(f"Call-ID: early-{phone.port}")
        with asked(ser, "INVITE", phone.uri, ".", lines, NO_BODY) as answer:
            invite = phone.receive("INVITE")
            assert fifo.ask("t_uac_cancel", f"early-{phone.port}", "10 INVITE").code == 200
            phone.reply(invite, 100)
            phone.reply(phone.receive("CANCEL"), 200)
            phone.reply(invite, 487)
            assert answer.result().code == 487

    def test_what_is_not_there_cannot_be(self, fifo: FifoClient) -> None:
        reply = fifo.ask("t_uac_cancel", "nobody", "10 INVITE")
        assert reply == Reply(481, "fifo_uac_cancel: no such transaction")
        assert fifo.ask("t_uac_cancel", "").text == "fifo_uac_cancel: callid expected"


class TestReply:
    """Requests that a script hands over to another program."""

    def handed_over(self, program: socket.socket) -> list[bytes]:
        return program.recv(65535).split(b"\n")

    def test_it_answers_by_the_number_that_it_was_told(
        self, ser: Ser, fifo: FifoClient, phone: Peer, program: socket.socket
    ) -> None:
        for number in range(4):  # with two receivers, not always the same one's
            text = phone.request("MESSAGE", f"sip:box-{number}@{phone.proxy}", body="hi")
            phone.send(text)
            lines = self.handed_over(program)
            assert lines[1:4] == [b"sip_request.vm", b"MESSAGE", b"box-%d" % number]
            mine = HeaderLines(["X-Mine: 1", "Content-Type: text/plain"])
            reply = fifo.ask(
                "t_reply", "202", "Kept", lines[15], "vm-1", mine, BodyLines(["stored"])
            )
            assert reply == Reply(200, "fifo_t_reply succeeded")
            response = phone.response(202)
            assert (response.reason, response.to_tag) == ("Kept", "vm-1")
            assert response.header("x-mine") == "1"
            assert response.body == b"stored\r\n"
            again = fifo.ask("t_reply", "200", "OK", lines[15], "x", HeaderLines(), NO_BODY)
            assert again == Reply(500, "fifo_t_reply: reply failed")

    def test_its_silence_is_408(self, phone: Peer, program: socket.socket) -> None:
        phone.send(phone.request("INVITE", f"sip:box@{phone.proxy}"))
        self.handed_over(program)
        assert phone.response(408).reason == "Request Timeout"

    def test_a_number_that_nobody_has_is_481(self, fifo: FifoClient) -> None:
        reply = fifo.ask("t_reply", "200", "OK", "1:2", "x", HeaderLines(), NO_BODY)
        assert reply == Reply(481, "fifo_t_reply: no such transaction")
        reply = fifo.ask("t_reply", "200", "OK", "one", "x", HeaderLines(), NO_BODY)
        assert reply == Reply(400, "fifo_t_reply: invalid trans_id")


class TestStatistics:
    def test_nothing_is_left_when_all_is_over(self, fifo: FifoClient) -> None:
        wait_for(lambda: not transactions(fifo), "the end of all transactions", 20)
        assert b" (0 waiting) " in fifo.ask("t_stats").body

    def test_t_stats_counts_requests_of_our_own(self, ser: Ser, fifo: FifoClient) -> None:
        def local() -> int:
            found = re.search(rb"\((\d+) local\)", fifo.ask("t_stats").body)
            assert found is not None
            return int(found[1])

        before = local()
        uri = f"sip:ser@127.0.0.1:{ser.port}"
        assert fifo.ask("t_uac_dlg", "OPTIONS", uri, ".", headers(), NO_BODY).code == 200
        assert local() == before + 1

    def test_t_hash_has_a_line_for_each_slot(self, fifo: FifoClient) -> None:
        reply = fifo.ask("t_hash")
        lines = reply.body.splitlines()
        assert lines[0] == b"\tcurrent\ttotal"
        assert [line.split(b".")[0] for line in lines[1:]] == [b"%d" % x for x in range(65536)]

    def test_sl_stats_counts_what_sl_sends(self, fifo: FifoClient, phone: Peer) -> None:
        def number() -> int:
            body = fifo.ask("sl_stats").body
            assert len(body.splitlines()) == 7
            assert all(line.endswith(b"      ") for line in body.splitlines())
            return int(body.split()[1])

        before = number()
        phone.send(phone.request("OPTIONS", f"sip:{phone.proxy}"))
        phone.response(200)
        # a response is counted just after it has left
        wait_for(lambda: number() == before + 1, "the response to be counted")


@pytest.mark.real
@pytest.mark.needs("baresip")
class TestBaresip:
    """A phone that somebody else has written."""

    @pytest.fixture(params=["udp", "tcp"])
    def carol(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Ser, str]]:
        with Ser(HELLO_WORLD, children=2) as ser:
            target = f"127.0.0.1:{ser.port}"
            with Baresip("carol", target, tmp_path, transport=request.param):
                yield ser, f"sip:carol@{target}"

    def test_it_answers_a_request_of_ours(self, carol: tuple[Ser, str]) -> None:
        ser, uri = carol
        with FifoClient(ser.fifo) as fifo:
            contacts = fifo.ask("ul_show_contact", "location", "carol")
            contact = contacts.body.decode().partition("<")[2].partition(">")[0]
            direct = fifo.ask("t_uac_dlg", "OPTIONS", contact, ".", headers(), NO_BODY)
            relayed = fifo.ask("t_uac_dlg", "OPTIONS", uri, ".", headers(), NO_BODY)
        assert (direct.code, relayed.code) == (200, 200)
        assert b"\r\nServer: baresip" in direct.body or b"\r\nAllow: " in direct.body
