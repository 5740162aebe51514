"""The arguments of t_uac_dlg; the texts of what is wrong are in test_fifo_commands.py."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ser_core.fifo.protocol import FifoError
from ser_core.modules.tm.uac_arguments import Ids, call_id_in, read_destination, read_draft
from ser_core.sip.hop import Listener
from ser_core.sip.parser import parse_message
from ser_core.sip.request import Draft, build_request

LISTENER = Listener("udp", "192.0.2.1", 5060)
IDS = Ids(lambda: b"made-here", lambda: b"new-tag")
HEADERS = b"From: <sip:daemon@example.com>\r\nTo: <sip:joe@example.com>\r\n"


def draft(headers: bytes = HEADERS, body: bytes = b"", method: bytes = b"MESSAGE") -> Draft:
    return read_draft(method, b"sip:joe@example.com", headers, body, IDS, LISTENER)


def refusal(headers: bytes, body: bytes = b"", method: bytes = b"MESSAGE") -> str:
    with pytest.raises(FifoError) as caught:
        draft(headers, body, method)
    assert caught.value.code == 400
    return caught.value.text.removeprefix("fifo_uac_error: ")


class TestDestination:
    def test_a_dot_stands_for_the_request_uri(self) -> None:
        uri, goes_to = read_destination(b"sip:joe@example.com", b".")
        assert uri == goes_to.raw == b"sip:joe@example.com"

    def test_the_next_hop_takes_its_place(self) -> None:
        uri, goes_to = read_destination(b"sip:joe@example.com", b"sip:192.0.2.9:5070")
        assert (uri, goes_to.raw) == (b"sip:joe@example.com", b"sip:192.0.2.9:5070")

    def test_what_no_request_uri_has_is_left_out(self) -> None:
        uri, _goes_to = read_destination(b"sip:joe@example.com;method=BYE?Subject=x", b".")
        assert uri == b"sip:joe@example.com"

    def test_a_telephone_needs_a_next_hop(self) -> None:
        with pytest.raises(FifoError, match="416 fifo_uac_error: Unsupported URI Scheme"):
            read_destination(b"tel:+4930123", b".")
        uri, _goes_to = read_destination(b"tel:+4930123", b"sip:gateway.example")
        assert uri == b"tel:+4930123"

    @pytest.mark.parametrize("hop", [b"192.0.2.9", b"<sip:a>", b"sip:a b", b"sip:[::x]"])
    def test_a_next_hop_is_a_uri(self, hop: bytes) -> None:
        with pytest.raises(FifoError, match="next hop uri invalid"):
            read_destination(b"sip:joe@example.com", hop)


class TestDraft:
    def test_ids_are_made_where_none_are_given(self) -> None:
        made = draft()
        assert made.sender == b"<sip:daemon@example.com>;tag=new-tag"
        assert (made.call_id, made.cseq) == (b"made-here", 10)
        assert made.to == b"<sip:joe@example.com>"

    def test_ids_that_are_given_stay(self) -> None:
        given = b"f: <sip:d@b>;tag=1\r\nt: <sip:j@b>;tag=2\r\ni: x@y\r\nCSeq: 5  MESSAGE\r\n"
        made = draft(given)
        assert made.sender == b"<sip:d@b>;tag=1"
        assert made.to == b"<sip:j@b>;tag=2"
        assert (made.call_id, made.cseq) == (b"x@y", 5)

    def test_other_headers_follow_in_their_order(self) -> None:
        made = draft(b"X-One: 1\r\n" + HEADERS + b"Route: <sip:a;lr>\r\nX-One: 2\r\n")
        assert [header.line for header in made.headers] == [
            b"X-One: 1\r\n",
            b"Route: <sip:a;lr>\r\n",
            b"X-One: 2\r\n",
        ]

    def test_content_length_without_a_body_is_left_out(self) -> None:
        assert draft(HEADERS + b"Content-Length: 0\r\n").headers == ()

    def test_call_id_of_the_arguments(self) -> None:
        assert call_id_in(b"", b"", b"", HEADERS + b"Call-ID: x@y \r\n", b"") == b"x@y"


class TestInjection:
    """What comes in here may have been typed by anybody."""

    @pytest.mark.parametrize(
        "headers",
        [
            HEADERS + b"X: a\rEvil: b\r\n",
            HEADERS + b"X: a\nEvil: b\r\n",
            HEADERS + b"X: a\0b\r\n",
            HEADERS + b"From: <sip:second@example.com>\r\n",
            HEADERS + b"t: <sip:second@example.com>\r\n",
            HEADERS + b"Max-Forwards: 1\r\nMax-Forwards: 2\r\n",
            HEADERS + b"Call-ID: a b\r\n",
            HEADERS + b"Call-ID: a\r\n b\r\n",
            b" " + HEADERS,
            b"From: <sip:a@b>\r\nTo: <sip:a@b\r\n",
            HEADERS + b"X: y\r\n" * 300,
        ],
    )
    def test_what_two_could_read_in_two_ways_is_refused(self, headers: bytes) -> None:
        assert refusal(headers) == "HFs unparseable"

    @pytest.mark.parametrize(
        ("headers", "text"),
        [
            (b"To: <sip:a@b>\r\nFrom: <sip:a@b>;tag=\r\n", "Error in From"),
            (b"To: <sip:a@b>\r\nFrom: <sip:a@b>;tag=;\r\n", "Error in From"),
            (b"To: <sip:a@b>\r\nFrom:\r\n", "From missing"),
            (HEADERS + b"CSeq: -1 MESSAGE\r\n", "non-numerical CSeq"),
            (HEADERS + b"CSeq: 4294967296 MESSAGE\r\n", "non-numerical CSeq"),
            (HEADERS + b"CSeq: 1 message\r\n", "CSeq method mismatch"),
            (HEADERS + b"CSeq: 1\r\n", "CSeq method mismatch"),
            (HEADERS + b"Via: SIP/2.0/UDP a\r\n", "Via disallowed"),
        ],
    )
    def test_values_are_what_they_should_be(self, headers: bytes, text: str) -> None:
        assert refusal(headers) == text

    @pytest.mark.parametrize("method", [b"A B", b"A\tB", b"(A)", "Ä".encode(), b"A:B"])
    def test_a_method_is_a_token(self, method: bytes) -> None:
        assert refusal(HEADERS, method=method) == "method invalid"

    @given(
        st.lists(st.binary(max_size=30).map(lambda text: text + b"\r\n"), max_size=5),
        st.binary(max_size=40),
        st.sampled_from([b"MESSAGE", b"INVITE", b"OPTIONS"]),
    )
    def test_whatever_is_taken_is_one_request(
        self, lines: list[bytes], body: bytes, method: bytes
    ) -> None:
        headers = HEADERS + b"Content-Type: text/plain\r\n" + b"".join(lines)
        try:
            made = draft(headers, body, method)
        except FifoError as error:
            assert error.code == 400  # noqa: PT017  # nothing else may come out
            return
        read = parse_message(build_request(made, LISTENER, b"z9hG4bKx", b""))
        assert read.body == body
        assert read.cseq_method == method
        assert len(read.fields) <= 8 + len(headers.split(b"\r\n"))
