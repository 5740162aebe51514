"""The statements of reference/ser-fifo.md about tm's commands (section 6), on the wire.

A plain client writes requests, a plain SIP element answers what ser sends. A last newline that SER
left out may be there.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from tests.conformance.plain_fifo import PlainFifo, code_of, read_to_end, request
from tests.support.daemon import Ser
from tests.support.sip_peer import Peer
from tests.support.sip_reading import Message, tag_of

CONFIG = """
loadmodule "sl.so"
loadmodule "tm.so"
modparam("tm", "fr_timer", FR_TIMER)
route { sl_send_reply("404", "Not Found"); }
"""


@pytest.fixture(scope="module")
def ser() -> Iterator[Ser]:
    with Ser(CONFIG.replace("FR_TIMER", "30"), children=2) as made:
        yield made


@pytest.fixture
def fifo(ser: Ser) -> PlainFifo:
    return PlainFifo(ser.fifo)


@pytest.fixture
def joe(ser: Ser) -> Iterator[Peer]:
    with Peer(f"127.0.0.1:{ser.port}", "joe") as peer:
        yield peer


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor() as made:
        yield made


class Asked:
    """A t_uac_dlg that waits for its reply, and the request that it has made."""

    def __init__(self, received: Message, reply: Future[str]) -> None:
        self.request = received
        self._reply = reply

    @property
    def lines(self) -> list[str]:
        """Of the reply, without CR."""
        return self._reply.result().replace("\r\n", "\n").split("\n")

    @property
    def reply(self) -> str:
        return self._reply.result()


class Uac:
    """Sends requests to joe by t_uac_dlg."""

    def __init__(self, fifo: PlainFifo, joe: Peer, pool: ThreadPoolExecutor) -> None:
        self._fifo = fifo
        self._joe = joe
        self._pool = pool

    def ask(
        self,
        *headers: str,
        method: str = "OPTIONS",
        next_hop: str = ".",
        uri: str = "",
        body: tuple[str, ...] = (),
    ) -> Asked:
        lines = [method, uri or self._joe.uri, next_hop, *headers, ".", *body, "."]
        reply = self._pool.submit(self._fifo.ask, "t_uac_dlg", *lines)
        return Asked(self._joe.receive(method), reply)


@pytest.fixture
def uac(fifo: PlainFifo, joe: Peer, pool: ThreadPoolExecutor) -> Uac:
    return Uac(fifo, joe, pool)


FROM = "From: <sip:daemon@host>"
TO = "To: <sip:joe@10.0.0.9>"


# -- 6.1 the request --


def test_the_example(uac: Uac, joe: Peer) -> None:
    asked = uac.ask("From: sip:daemon@host", TO, "Contact: <sip:daemon@!!>")
    answer = joe.reply(asked.request, 200, "OK", contact="sip:joe@10.0.0.9")
    headers = answer.replace("\r\n", "\n").split("\n", 1)[1]
    assert asked.reply.replace("\r\n", "\n").rstrip("\n") == (
        f"200 OK\nsip:joe@10.0.0.9\nsip:joe@10.0.0.9\n.\n{headers}".rstrip("\n")
    )


def test_the_request_has_its_headers_in_order(uac: Uac, joe: Peer) -> None:
    asked = uac.ask(FROM, TO, "X-One: 1", "Accept: x/y", "X-Two: 2")
    names = [name for name, _ in asked.request.fields]
    wanted = [
        "via", "to", "from", "cseq", "call-id", "content-length", "user-agent",
        "x-one", "accept", "x-two",
    ]  # fmt: skip
    assert [name for name in names if name in wanted] == wanted
    joe.reply(asked.request, 200)


def test_from_and_to_are_sent_as_given(uac: Uac, joe: Peer) -> None:
    asked = uac.ask('From: "The Daemon" <sip:daemon@host>;tag=abc;x=y', TO)
    assert asked.request.header("from") == '"The Daemon" <sip:daemon@host>;tag=abc;x=y'
    assert asked.request.header("to") == "<sip:joe@10.0.0.9>"
    joe.reply(asked.request, 200)


def test_a_from_tag_is_added_and_no_to_tag(uac: Uac, joe: Peer) -> None:
    asked = uac.ask(FROM, TO)
    assert asked.request.header("from").startswith("<sip:daemon@host>;tag=")
    assert tag_of(asked.request.header("from"))
    assert not tag_of(asked.request.header("to"))
    joe.reply(asked.request, 200)


def test_cseq_and_call_id_are_made_when_missing(uac: Uac, joe: Peer) -> None:
    asked = uac.ask(FROM, TO)
    assert asked.request.header("cseq") == "10 OPTIONS"
    # SER puts its process number in, which is nobody's business.
    assert re.fullmatch(r"[0-9a-f]+(-\d+)?@127\.0\.0\.1", asked.request.header("call-id"))
    joe.reply(asked.request, 200)


def test_cseq_and_call_id_may_be_given(uac: Uac, joe: Peer) -> None:
    asked = uac.ask(FROM, TO, "CSeq: 77 OPTIONS", "Call-ID: my-own@call")
    assert asked.request.header("cseq") == "77 OPTIONS"
    assert asked.request.headers("call-id") == ["my-own@call"]
    joe.reply(asked.request, 200)


def test_two_exclamation_marks_stand_for_the_sending_socket(uac: Uac, joe: Peer, ser: Ser) -> None:
    asked = uac.ask(FROM, TO, "Contact: <sip:daemon@!!>")
    assert asked.request.header("contact") == f"<sip:daemon@127.0.0.1:{ser.port}>"
    joe.reply(asked.request, 200)


def test_the_next_hop_decides_where_it_goes(uac: Uac, joe: Peer) -> None:
    asked = uac.ask(FROM, TO, uri="sip:far@192.0.2.1", next_hop=joe.uri)
    assert asked.request.uri == "sip:far@192.0.2.1"
    joe.reply(asked.request, 200)


def test_a_body_goes_as_it_is_with_its_empty_lines(uac: Uac, joe: Peer) -> None:
    body = ("first", "", "third")
    asked = uac.ask(FROM, TO, "Content-Type: text/plain", method="MESSAGE", body=body)
    assert asked.request.body == b"first\r\n\r\nthird\r\n"
    assert asked.request.header("content-length") == str(len(asked.request.body))
    joe.reply(asked.request, 200)


def test_content_length_is_always_sent(uac: Uac, joe: Peer) -> None:
    asked = uac.ask(FROM, TO)
    assert asked.request.header("content-length") == "0"
    joe.reply(asked.request, 200)


def test_headers_may_end_with_an_empty_line(fifo: PlainFifo, joe: Peer) -> None:
    with fifo.reply_pipe() as name, ThreadPoolExecutor() as pool:
        lines = ("OPTIONS", joe.uri, ".", FROM, TO, "", ".")
        text = request("t_uac_dlg", name, *lines)
        reply = pool.submit(fifo.ask_on, name, text)
        joe.reply(joe.receive("OPTIONS"), 200, "OK")
        assert code_of(reply.result()) == 200


# -- 6.1 the reply --


@contextmanager
def answered(uac: Uac, joe: Peer, status: int, *headers: str, contact: str = "") -> Iterator[Asked]:
    asked = uac.ask(FROM, TO)
    joe.reply(asked.request, status, "Whatever", headers=headers, contact=contact)
    yield asked


def test_without_contact_and_routes_both_lines_are_a_dot(uac: Uac, joe: Peer) -> None:
    with answered(uac, joe, 200) as asked:
        assert asked.lines[:4] == ["200 Whatever", ".", ".", "."]


def test_a_route_set_is_reversed(uac: Uac, joe: Peer) -> None:
    first, second = "<sip:a.example;lr>", "<sip:b.example;lr>"
    with answered(
        uac, joe, 200, f"Record-Route: {first}", f"Record-Route: {second}", contact="sip:j@h"
    ) as asked:
        assert asked.lines[1] == "sip:j@h"
        assert asked.lines[2] == "sip:b.example;lr"
        assert asked.lines[3] == f"Route: {second}, {first}"
        assert f"Route: {second}, {first}\r\n" in asked.reply


def test_a_strict_first_router_takes_the_place_of_the_contact(uac: Uac, joe: Peer) -> None:
    first, second = "<sip:a.example;lr>", "<sip:b.example>"
    with answered(
        uac, joe, 200, f"Record-Route: {first}", f"Record-Route: {second}", contact="sip:j@h"
    ) as asked:
        assert asked.lines[1:3] == ["sip:b.example", "sip:b.example"]
        assert asked.lines[3].endswith("<sip:j@h>")
        assert first in asked.lines[3]


@pytest.mark.parametrize("status", [299, 302, 404, 486, 500, 603])
def test_other_final_replies_have_three_dots(uac: Uac, joe: Peer, status: int) -> None:
    with answered(uac, joe, status, "X-Reason: none", contact="sip:j@h") as asked:
        assert asked.lines[:4] == [f"{status} Whatever", ".", ".", "."]
        assert "X-Reason: none" in asked.lines


def test_the_headers_of_the_reply_follow_with_its_body(uac: Uac, joe: Peer) -> None:
    asked = uac.ask(FROM, TO)
    answer = joe.reply(asked.request, 200, "OK", headers=["X-Y: z"], body="a body\r\n")
    after_dialog = asked.reply.split("\n", 4)[4]
    assert after_dialog.rstrip("\n") == answer.split("\r\n", 1)[1].rstrip("\n")


def test_a_provisional_reply_is_not_final(uac: Uac, joe: Peer) -> None:
    asked = uac.ask(FROM, TO)
    joe.reply(asked.request, 183, "Wait")
    joe.reply(asked.request, 200, "Done")
    assert asked.lines[0] == "200 Done"


def test_a_timeout_is_408_alone() -> None:
    with Ser(CONFIG.replace("FR_TIMER", "1"), children=1) as ser:
        fifo = PlainFifo(ser.fifo)
        with Peer(f"127.0.0.1:{ser.port}", "deaf") as deaf:
            lines = ("OPTIONS", deaf.uri, ".", FROM, TO, ".", ".")
            assert fifo.ask("t_uac_dlg", *lines, timeout=10).rstrip("\n") == "408 Request Timeout"


def test_an_invites_2xx_gets_its_ack(uac: Uac, joe: Peer) -> None:
    asked = uac.ask(FROM, TO, "Contact: <sip:daemon@!!>", method="INVITE")
    joe.reply(asked.request, 200, "OK", contact=joe.uri)
    assert asked.lines[0] == "200 OK"
    ack = joe.receive("ACK")
    assert ack.header("call-id") == asked.request.header("call-id")
    assert ack.header("cseq") == "10 ACK"


def test_the_fifo_serves_others_meanwhile(uac: Uac, joe: Peer, fifo: PlainFifo) -> None:
    asked = uac.ask(FROM, TO)
    assert fifo.ask("print", "free") == "200 ok\nfree\n"
    joe.reply(asked.request, 200)
    assert code_of(asked.reply) == 200


URI = "sip:joe@127.0.0.1:9"


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        ([], "method expected"),
        (["OPTIONS"], "ruri expected"),
        (["OPTIONS", "joe", ".", FROM, TO, ".", "."], "ruri invalid"),
        (["OPTIONS", URI], "next hop address expected"),
        (["OPTIONS", URI, "next", FROM, TO, ".", "."], "next hop uri invalid"),
        (["OPTIONS", URI, "."], "HFs expected"),
        (["OPTIONS", URI, ".", "no header", ".", "."], "HFs unparseable"),
        (["OPTIONS", URI, ".", FROM, ".", "."], "To missing"),
        (["OPTIONS", URI, ".", TO, ".", "."], "From missing"),
        (["MESSAGE", URI, ".", FROM, TO, ".", "a body", "."], "Content-Type missing"),
        (
            [
                "MESSAGE",
                URI,
                ".",
                FROM,
                TO,
                "Content-Type: x/y",
                "Content-Length: 6",
                ".",
                "b",
                ".",
            ],
            "Content-Length disallowed",
        ),
        (["OPTIONS", URI, ".", FROM, TO, "CSeq: one OPTIONS", ".", "."], "non-numerical CSeq"),
        (["OPTIONS", URI, ".", FROM, TO, "CSeq: 1 INVITE", ".", "."], "CSeq method mismatch"),
        (["OPTIONS", URI, ".", FROM, TO, "CSeq: 1 Options", ".", "."], "CSeq method mismatch"),
    ],
)
def test_bad_input_is_told(fifo: PlainFifo, lines: list[str], text: str) -> None:
    assert fifo.ask("t_uac_dlg", *lines).rstrip("\n") == f"400 fifo_uac_error: {text}"
    assert fifo.ask("print", "next") == "200 ok\nnext\n"


# -- 6.2 the others --


def test_t_uac_cancel_ends_an_invite(uac: Uac, joe: Peer, fifo: PlainFifo) -> None:
    asked = uac.ask(FROM, TO, "Call-ID: to-cancel@h", "CSeq: 5 INVITE", method="INVITE")
    joe.reply(asked.request, 180)
    cancelled = fifo.ask("t_uac_cancel", "to-cancel@h", "5 INVITE")
    assert cancelled == "200 fifo_uac_cancel succeeded\n"
    joe.reply(joe.receive("CANCEL"), 200)
    joe.reply(asked.request, 487, "Request Terminated")
    assert asked.lines[0] == "487 Request Terminated"
    joe.receive("ACK")


@pytest.mark.parametrize(
    ("lines", "reply"),
    [
        ([], "400 fifo_uac_cancel: callid expected"),
        (["nobody@h"], "400 fifo_uac_cancel: cseq expected"),
        (["nobody@h", "1 INVITE"], "481 fifo_uac_cancel: no such transaction"),
    ],
)
def test_t_uac_cancel_tells_what_is_wrong(fifo: PlainFifo, lines: list[str], reply: str) -> None:
    assert fifo.ask("t_uac_cancel", *lines).rstrip("\n") == reply


def test_t_hash_has_65536_lines(fifo: PlainFifo) -> None:
    status, heading, *lines = fifo.ask("t_hash", timeout=10).splitlines()
    assert (status, heading) == ("200 ok", "\tcurrent\ttotal")
    assert len(lines) == 65536
    assert all(re.fullmatch(rf"{index}\.\t\d+\t\d+", line) for index, line in enumerate(lines))


STATS = (
    r"200 ok\n"
    r"Current: (\d+) \((\d+) waiting\) Total: (\d+) \((\d+) local\)       \n"
    r"Replied localy: \d+      \n"
    r"Completion status 6xx: \d+, 5xx: \d+, 4xx: (\d+), 3xx: \d+,2xx: (\d+)      \n"
)


def test_t_stats_counts(uac: Uac, joe: Peer, fifo: PlainFifo) -> None:
    before = re.fullmatch(STATS, fifo.ask("t_stats"))
    asked = uac.ask(FROM, TO)
    during = re.fullmatch(STATS, fifo.ask("t_stats"))
    joe.reply(asked.request, 200)
    assert asked.lines[0].startswith("200 ")
    assert before is not None
    assert during is not None
    assert int(during[3]) == int(before[3]) + 1  # total
    assert int(during[4]) == int(before[4]) + 1  # local
    assert int(during[1]) >= 1


REPLY = ("480", "Temporarily away", "1234:567890", "abc-1", ".", ".")


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        ([], "400 fifo_t_reply: code expected"),
        (["many", *REPLY[1:]], "400 fifo_t_reply: code(int) has wrong format"),
        (["480"], "400 fifo_t_reply: reason expected"),
        (["480", "Away"], "400 fifo_t_reply: trans_id expected"),
        (["480", "Away", "12", *REPLY[3:]], "400 fifo_t_reply: invalid trans_id"),
        (["480", "Away", "1234:567890"], "400 fifo_t_reply: to-ta expected"),
        (REPLY, "481 fifo_t_reply: no such transaction"),
    ],
)
def test_t_reply_tells_what_is_wrong(fifo: PlainFifo, lines: list[str], text: str) -> None:
    assert fifo.ask("t_reply", *lines).rstrip("\n") == text
    assert fifo.ask("print", "next") == "200 ok\nnext\n"


def test_a_reply_comes_only_when_the_transaction_ends(fifo: PlainFifo, joe: Peer, ser: Ser) -> None:
    with fifo.reply_pipe() as name:
        reader = os.open(ser.fifo.with_name(name), os.O_RDONLY | os.O_NONBLOCK)
        fifo.write(request("t_uac_dlg", name, "OPTIONS", joe.uri, ".", FROM, TO, ".", "."))
        received = joe.receive("OPTIONS")
        assert os.read(reader, 100) == b""
        joe.reply(received, 200, "OK")
        assert code_of(read_to_end(reader, 5.0)) == 200
        os.close(reader)
