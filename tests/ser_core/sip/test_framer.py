from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ser_core.errors import ParseError
from ser_core.sip.framer import PING, StreamFramer, content_length
from ser_core.sip.parser import parse_message
from tests.support.hostile import request
from tests.support.sip_case import Case, outcome
from tests.support.torture import RFC4475, RFC5118

BODY = b"v=0\r\n\r\nTo: not a header\r\n\r\n"
MESSAGE = (
    b"INVITE sip:a@b SIP/2.0\r\nTo: <sip:a@b>\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY
)
EMPTY = b"SIP/2.0 200 OK\r\nl: 0\r\n\r\n"


def read(framer: StreamFramer) -> list[object]:
    found: list[object] = []
    while (message := framer.next_message()) is not None:
        found.append(message)
    return found


def framed(*chunks: bytes) -> list[object]:
    framer = StreamFramer()
    found = []
    for chunk in chunks:
        framer.feed(chunk)
        found += read(framer)
    return found


def test_a_message_comes_out_as_it_went_in() -> None:
    assert framed(MESSAGE) == [MESSAGE]


def test_pipelined_messages_come_one_by_one() -> None:
    assert framed(MESSAGE + EMPTY + MESSAGE) == [MESSAGE, EMPTY, MESSAGE]


def test_half_a_message_waits_for_the_rest() -> None:
    framer = StreamFramer()
    framer.feed(MESSAGE[:40])
    assert framer.next_message() is None
    assert framer.has_partial
    framer.feed(MESSAGE[40:-1])
    assert framer.next_message() is None
    assert framer.has_partial
    framer.feed(MESSAGE[-1:])
    assert framer.next_message() == MESSAGE
    assert not framer.has_partial


@given(st.lists(st.integers(0, len(MESSAGE) * 2 + len(EMPTY)), max_size=8))
def test_cuts_change_nothing(cuts: list[int]) -> None:
    stream = MESSAGE + EMPTY + MESSAGE
    places = [0, *sorted(cuts), len(stream)]
    chunks = [stream[start:end] for start, end in pairwise(places)]
    assert framed(*chunks) == [MESSAGE, EMPTY, MESSAGE]


def test_byte_by_byte_changes_nothing() -> None:
    stream = b"\r\n\r\n" + MESSAGE + b"\r\n" + EMPTY
    assert framed(*(bytes((byte,)) for byte in stream)) == [PING, MESSAGE, EMPTY]


@pytest.mark.parametrize("case", [*RFC4475, *RFC5118], ids=str)
def test_torture_messages_are_framed_or_refused(case: Case) -> None:
    framer = StreamFramer()
    framer.feed(case.data)
    found = outcome(lambda _: framer.next_message(), case.data)
    if isinstance(found, ParseError):
        assert found.status == 400
        assert case.data.startswith(framer.rejected)
    elif found is not None:
        assert isinstance(found, bytes)
        assert case.data.startswith(found)


@given(st.binary(max_size=3), st.sampled_from([b"\n", b"\r\n", b"\n\r\n", b"\n\n", b"\r\r\n"]))
def test_framer_and_parser_see_the_same_message(junk: bytes, ending: bytes) -> None:
    start = request(b"X: " + junk + ending + b"Y: z", Content_Length=b" 3")
    stream = start + b"abc" + EMPTY
    framer = StreamFramer()
    framer.feed(stream)
    found = outcome(lambda _: framer.next_message(), stream)
    if isinstance(found, bytes):
        parsed = outcome(parse_message, found)
        assert isinstance(parsed, ParseError) or parsed.to_bytes() == found


# -- Content-Length ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header",
    [
        b"Content-Length: 3",
        b"content-length:3",
        b"CONTENT-LENGTH \t:  3  ",
        b"l: 3",
        b"L : 3",
        b"Content-Length:\r\n 3",
        b"Content-Length: 003",
        b"Content-Length: 3\r\nl: 3",
        b"X: y\r\n Content-Length: 9\r\nContent-Length: 3",
        b"Content-Length: 3\r\nX-Content-Length: 9\r\nlx: 9",
    ],
)
def test_content_length_is_read_in_every_form(header: bytes) -> None:
    head = b"INVITE sip:a@b SIP/2.0\r\n" + header + b"\r\n\r\n"
    assert framed(head + b"abc" + EMPTY) == [head + b"abc", EMPTY]
    bare = head.replace(b"\r\n", b"\n")
    assert framed(bare + b"abc" + EMPTY) == [bare + b"abc", EMPTY]


@pytest.mark.parametrize(
    "header",
    [
        b"X: y",
        b"Content-Length:",
        b"Content-Length: -1",
        b"Content-Length: +1",
        b"Content-Length: 1_0",
        b"Content-Length: 1, 1",
        b"Content-Length: 1 1",
        b"Content-Length: " + b"1" * 5000,
        b"Content-Length: 3\r\nContent-Length: 4",
        b"Content-Length: 3\r\nl: 4",
        b"Content-Length: 3\r\nl: x",
        b"X: y\r\n Content-Length: 3",
    ],
)
def test_a_stream_that_cannot_be_followed_is_refused(header: bytes) -> None:
    head = b"INVITE sip:a@b SIP/2.0\r\n" + header + b"\r\n\r\n"
    framer = StreamFramer()
    framer.feed(head + b"abc")
    with pytest.raises(ParseError) as caught:
        framer.next_message()
    assert caught.value.status == 400
    assert framer.rejected == head


def test_content_length_in_the_start_line_does_not_count() -> None:
    with pytest.raises(ParseError):
        content_length(b"l: 3\r\nX: y\r\n\r\n")


# -- keep-alive ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (b"\r\n\r\n", [PING]),
        (b"\r\n", []),
        (b"\r\n\r\n\r\n\r\n", [PING]),
        (b"\r\n" + EMPTY, [EMPTY]),
        (b"\r\n\r\n" + EMPTY, [PING, EMPTY]),
        (EMPTY + b"\r\n\r\n" + EMPTY + b"\r\n", [EMPTY, PING, EMPTY]),
        (b"\n" + EMPTY, [EMPTY]),
        (b"\n\n\r" + EMPTY, [EMPTY]),
    ],
)
def test_keep_alives_are_told_apart_from_messages(stream: bytes, expected: list[object]) -> None:
    assert framed(stream) == expected


def test_a_ping_may_come_in_pieces() -> None:
    framer = StreamFramer()
    for chunk in (b"\r", b"\n", b"\r"):
        framer.feed(chunk)
        assert framer.next_message() is None
        assert not framer.has_partial
    framer.feed(b"\n")
    assert framer.next_message() is PING
    assert framer.next_message() is None


def test_a_pong_keeps_nothing_waiting() -> None:
    framer = StreamFramer()
    framer.feed(b"\r\n")
    assert framer.next_message() is None
    assert not framer.has_partial
    framer.feed(EMPTY)
    assert framer.next_message() == EMPTY


def test_a_flood_of_pings_is_answered_once() -> None:
    assert framed(b"\r\n\r\n" * 100_000) == [PING]


def test_a_flood_of_lone_line_ends_is_forgotten() -> None:
    framer = StreamFramer()
    for _ in range(1000):
        framer.feed(b"\r")
        assert framer.next_message() is None
    assert len(framer._buffer) < 8


# -- limits --------------------------------------------------------------------------------------


def test_a_message_of_64_kib_passes_and_one_byte_more_does_not() -> None:
    def message(length: int) -> bytes:
        head = b"INVITE sip:a@b SIP/2.0\r\nl: %05d\r\n\r\n"
        body = length - len(head % 0)
        return head % body + b"x" * body

    assert framed(message(65536)) == [message(65536)]
    with pytest.raises(ParseError) as caught:
        framed(message(65537))
    assert caught.value.status == 513


def test_a_message_that_will_be_too_large_is_refused_before_it_comes() -> None:
    framer = StreamFramer()
    framer.feed(b"INVITE sip:a@b SIP/2.0\r\nContent-Length: 99999999999\r\n\r\n")
    with pytest.raises(ParseError) as caught:
        framer.next_message()
    assert caught.value.status in (400, 513)


@pytest.mark.parametrize("ending", [b"", b"\r\n\r\n"])
def test_a_head_without_end_is_refused(ending: bytes) -> None:
    framer = StreamFramer(max_head=1000)
    framer.feed(b"INVITE sip:a@b SIP/2.0\r\nl: 0\r\nX: " + b"x" * 1000 + ending)
    with pytest.raises(ParseError) as caught:
        framer.next_message()
    assert caught.value.status == 513


@pytest.mark.parametrize(
    "data", [b"\x16\x03\x01\x02\x00", b"\0\1\0\0", b" INVITE", b"\xff", b"<x>"]
)
def test_what_cannot_begin_a_message_is_refused_at_once(data: bytes) -> None:
    framer = StreamFramer()
    framer.feed(data)
    with pytest.raises(ParseError):
        framer.next_message()


def test_slow_senders_cost_no_more_than_fast_ones() -> None:
    stream = (
        b"INVITE sip:a@b SIP/2.0\r\nX: " + b"\ny" * 10_000 + b"\r\nl: 30000\r\n\r\n" + b"z" * 30_000
    )
    framer = StreamFramer()
    begun = time.process_time()
    found = []
    for byte in stream:
        framer.feed(bytes((byte,)))
        message = framer.next_message()
        if message is not None:
            found.append(message)
    assert found == [stream]
    assert time.process_time() - begun < 1.0


PIECES = st.lists(
    st.sampled_from(
        [b"\r\n", b"\n", b"\r", b" ", b"l: 0", b"Content-Length: 5", b":", b"INVITE sip:a SIP/2.0",
         b"\r\n\r\n", MESSAGE, EMPTY, b"abc", b"\0"]
    ),
    max_size=12,
)  # fmt: skip


def framed_or_refused(chunks: list[bytes]) -> list[object] | ParseError:
    try:
        return framed(*chunks)
    except ParseError as error:
        return error


@given(PIECES | st.lists(st.binary(max_size=20), max_size=5))
def test_any_bytes_give_messages_or_a_parse_error(chunks: list[bytes]) -> None:
    found = framed_or_refused(chunks)
    if isinstance(found, ParseError):
        assert found.status in (400, 513)
        return
    stream = b"".join(chunks)
    assert all(message is PING or message in stream for message in found)  # type: ignore[operator]  # bytes
