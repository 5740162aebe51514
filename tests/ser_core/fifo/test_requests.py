"""Requests out of the FIFO's stream (sections 2 to 4 of the reference)."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ser_core.fifo.declarations import Argument, Shape, body, headers, line, rest
from ser_core.fifo.protocol import BodyLines, HeaderLines, Reply, Sendable, encode_request
from ser_core.fifo.requests import (
    INCOMPLETE,
    LINE_TOO_LONG,
    LONGEST_REQUEST,
    PIECE,
    REQUEST_TOO_LONG,
    SILENCE,
    BadRequest,
    Request,
    RequestReader,
)

Event = Request | BadRequest

COMMANDS: dict[str, tuple[Argument, ...]] = {
    "uptime": (),
    "print": (line("text", ""),),
    "ul_rm": (
        line("table", "", missing="ul_rm: table name expected"),
        line("aor", "", missing="ul_rm: user name expected"),
    ),
    "t_uac_dlg": (
        line("method", "", missing="fifo_uac_error: method expected"),
        line("ruri", "", missing="fifo_uac_error: ruri expected"),
        line("next_hop", "", missing="fifo_uac_error: next hop address expected"),
        headers("headers", "", missing="fifo_uac_error: HFs expected"),
        body("body", ""),
    ),
    "ul_list": (rest("options", ""),),
}

UPTIME = b":uptime:next\n\n"
SERVED = Request("uptime", "next", ())


def read(*pieces: bytes) -> list[Event]:
    reader = RequestReader(COMMANDS.get)
    return [event for piece in pieces for event in reader.feed(piece, 0.0)]


def replies_in(events: Sequence[Event]) -> list[tuple[str, Reply]]:
    return [(event.reply_name, event.reply) for event in events if isinstance(event, BadRequest)]


# Section 2: syntax


def test_a_request() -> None:
    assert read(b":uptime:ser_r1\n\n") == [Request("uptime", "ser_r1", ())]


def test_empty_lines_before_the_command_line_are_skipped() -> None:
    assert read(b"\n \t\r\n\n" + UPTIME) == [SERVED]


def test_lines_are_stripped_on_the_right() -> None:
    assert read(b":print:r \t\r\nhello \t\r\n\r\n") == [Request("print", "r", (b"hello",))]


def test_a_command_is_found_whatever_its_case() -> None:
    assert read(b":UpTime:r\n\n") == [Request("uptime", "r", ())]


def test_no_reply_may_be_wanted() -> None:
    assert read(b":uptime:\n\n") == [Request("uptime", "", ())]


def test_it_is_carried_out_before_its_last_line_comes() -> None:
    assert read(b":print:r\nhello\n") == [Request("print", "r", (b"hello",))]


def test_colons_belong_to_arguments() -> None:
    assert read(b":print:r\n:uptime:r\n\n") == [Request("print", "r", (b":uptime:r",))]


def test_a_colon_may_stand_in_a_reply_name() -> None:
    assert read(b":uptime:a:b\n\n") == [Request("uptime", "a:b", ())]


@pytest.mark.parametrize(
    ("first", "text"),
    [
        (b":x", "command must have at least 3 chars"),
        (b"uptime", "command must begin with :: uptime"),
        (b"\x1b[2J\x00", r"command must begin with :: \x1b[2J\x00"),
        (b":uptime", "uptime: file separator missing"),
        (b":uptime:../r", "uptime: forbidden filename: ../r"),
        (b":uptime:/etc/passwd", "uptime: forbidden filename: /etc/passwd"),
        (b":uptime:a\\b", r"uptime: forbidden filename: a\b"),
        (b":uptime:a\0b", r"uptime: forbidden filename: a\x00b"),
        (b":uptime:" + b"r" * 256, "uptime: forbidden filename: " + "r" * 100 + "..."),
        (b"::" + b"", "command must have at least 3 chars"),
    ],
)
def test_of_a_bad_command_line_the_log_is_told(first: bytes, text: str) -> None:
    event, *others = read(first + b"\n\n" + UPTIME)
    assert isinstance(event, BadRequest)
    assert (event.text, event.reply_name) == (text, "")
    assert others == [SERVED]


def test_who_can_be_told_of_it_is_told() -> None:
    assert read(b"::r\n\n") == [BadRequest("r", Reply(400, "empty command"), "empty command")]


def test_lines_behind_a_bad_command_line_are_not_told_of() -> None:
    events = read(b"rubbish\nmore\n:print\nand more\n\n" + UPTIME)
    assert len(events) == 2
    assert events[1] == SERVED


def test_behind_a_bad_command_line_a_command_line_is_enough() -> None:
    assert read(b"rubbish\nmore\n:uptime:next\n")[1:] == [SERVED]


def test_an_unknown_command_is_told() -> None:
    event, *others = read(b":Nonsense:r\none\ntwo\n\n" + UPTIME)
    assert isinstance(event, BadRequest)
    assert (event.reply_name, event.reply) == ("r", Reply(500, "command 'Nonsense' not available"))
    assert others == [SERVED]


def test_an_unknown_command_is_not_echoed_without_end() -> None:
    ((_, reply),) = replies_in(read(b":" + b"\x07x" * 30_000 + b":r\n\n"))
    assert reply.text.startswith(r"command '\x07x\x07x")
    assert len(reply.to_bytes()) < 700


# Section 2, rule 5: one more line is thrown away


def test_one_line_behind_a_request_is_thrown_away() -> None:
    assert read(b":uptime:r\nwhatever this is\n" + UPTIME)[1:] == [SERVED]


def test_a_request_without_its_empty_line_does_not_eat_the_next() -> None:
    """SER's did."""
    assert read(b":uptime:r\n" + UPTIME) == [Request("uptime", "r", ()), SERVED]


def test_a_missing_argument_is_told_and_one_more_line_thrown_away() -> None:
    events = read(b":ul_rm:r\nlocation\n\nthrown away\n" + UPTIME)
    assert replies_in(events) == [("r", Reply(400, "ul_rm: user name expected"))]
    assert events[1:] == [SERVED]


def test_the_empty_line_may_be_the_missing_argument() -> None:
    reader = RequestReader(COMMANDS.get, lambda name: name == "next")
    events = reader.feed(b":ul_rm:r\n\n", 0.0)
    assert replies_in(events) == [("r", Reply(400, "ul_rm: table name expected"))]
    assert reader.feed(UPTIME, 0.1) == [SERVED]


def test_behind_a_missing_argument_no_other_becomes_a_command() -> None:
    """A form in which somebody has left out one and written another's command into the next."""
    reader = RequestReader(COMMANDS.get, lambda name: True)
    events = reader.feed(b":ul_rm:r\n\n:uptime:next\n\n", 0.0)
    assert replies_in(events) == [("r", Reply(400, "ul_rm: table name expected"))]
    assert events[1:] == []
    message = b":t_uac_dlg:r\nMESSAGE\n\n.\nFrom: x\n.\nhi\n\n:uptime:next\n.\n\n"
    events = reader.feed(message, 0.1)
    assert replies_in(events) == [("r", Reply(400, "fifo_uac_error: ruri expected"))]
    assert events[1:] == []
    assert reader.feed(UPTIME, 0.2) == [SERVED]


def test_a_request_that_ended_early_throws_nothing_away() -> None:
    served, rubbish = read(b":print:r\n\nrubbish\n")
    assert served == Request("print", "r", (b"",))
    assert isinstance(rubbish, BadRequest)


def test_the_rest_ends_at_the_last_line() -> None:
    assert read(b":ul_list:r\nlimit=10\nsort=aor\n\n" + UPTIME) == [
        Request("ul_list", "r", ([b"limit=10", b"sort=aor"],)),
        SERVED,
    ]


# Section 4: arguments


def test_headers_and_body() -> None:
    data = (
        b":t_uac_dlg:ser_r1\nMESSAGE\nsip:joe@10.0.0.9\n.\n"
        b"From: sip:daemon@host\nTo: <sip:joe@10.0.0.9>\n\nhello\n\nworld\n.\n\n"
    )
    assert read(data + UPTIME) == [
        Request(
            "t_uac_dlg",
            "ser_r1",
            (
                b"MESSAGE",
                b"sip:joe@10.0.0.9",
                b".",
                b"From: sip:daemon@host\r\nTo: <sip:joe@10.0.0.9>\r\n",
                b"hello\r\n\r\nworld\r\n",
            ),
        ),
        SERVED,
    ]


def test_a_control_byte_in_a_line_is_told() -> None:
    events = read(b":ul_rm:r\nlocation\njoe\0\n\n" + UPTIME)
    assert replies_in(events) == [("r", Reply(400, "control byte in argument aor"))]
    assert events[1:] == [SERVED]


# Limits


def test_a_command_line_of_a_megabyte() -> None:
    events = read(b":uptime:" + b"x" * (1 << 20) + b"\n" + UPTIME)
    assert replies_in(events) == [("", LINE_TOO_LONG)]
    assert events[1:] == [SERVED]


def test_an_argument_of_a_megabyte() -> None:
    events = read(b":ul_rm:r\nlocation\n" + b"x" * (1 << 20) + b"\n:kill:r\n\n" + UPTIME)
    assert replies_in(events) == [("r", LINE_TOO_LONG)]
    assert events[1:] == [SERVED]


def test_a_line_thrown_away_may_be_too_long() -> None:
    events = read(b":uptime:r\n" + b"x" * 70_000 + b"\n\n" + UPTIME)
    assert replies_in(events) == [("", LINE_TOO_LONG)]
    assert events[2:] == [SERVED]


def test_a_request_of_more_than_a_megabyte() -> None:
    lines = b"X: " + b"x" * 1000 + b"\n"
    many = lines * (LONGEST_REQUEST // len(lines) + 1)
    events = read(b":ul_list:r\n" + many + b":kill:r\n\n" + UPTIME)
    assert replies_in(events) == [("r", REQUEST_TOO_LONG)]
    assert events[1:] == [SERVED]


def test_many_long_lines_behind_a_bad_one_are_told_once() -> None:
    assert len(read((b"x" * 70_000 + b"\n") * 20)) == 1
    assert len(read(b":ul_rm:r\n" + (b"x" * 70_000 + b"\n") * 20)) == 1


# Silence


def test_half_a_request_is_given_up_after_two_seconds() -> None:
    reader = RequestReader(COMMANDS.get)
    assert reader.feed(b":ul_rm:r\nlocation\n", 10.0) == []
    assert reader.deadline == 10.0 + SILENCE
    assert reader.expire(11.9) == []
    assert replies_in(reader.expire(12.0)) == [("r", INCOMPLETE)]
    assert reader.deadline is None
    assert reader.expire(99.0) == []
    assert reader.feed(UPTIME, 99.0) == [SERVED]


def test_what_comes_too_late_begins_anew() -> None:
    reader = RequestReader(COMMANDS.get)
    reader.feed(b":ul_rm:r\nloca", 10.0)
    events = reader.feed(UPTIME, 12.5)
    assert replies_in(events) == [("r", INCOMPLETE)]
    assert events[1:] == [SERVED]


def test_each_piece_gives_two_seconds_more() -> None:
    reader = RequestReader(COMMANDS.get)
    reader.feed(b":ul_rm:r\n", 10.0)
    reader.feed(b"location\n", 11.9)
    reader.feed(b"", 13.0)
    assert reader.deadline == 13.9
    assert reader.feed(b"joe\n\n", 13.8) == [Request("ul_rm", "r", (b"location", b"joe"))]


def test_to_half_a_command_line_no_reply_is_sent() -> None:
    """Its reply name may be cut off, and then be another client's."""
    reader = RequestReader(COMMANDS.get)
    reader.feed(b":uptime:ser_r1", 0.0)
    assert replies_in(reader.expire(2.0)) == [("", INCOMPLETE)]
    assert reader.feed(UPTIME, 2.1) == [SERVED]


def test_nobody_is_told_that_a_last_line_did_not_come() -> None:
    reader = RequestReader(COMMANDS.get)
    reader.feed(b":uptime:r\n", 0.0)
    assert reader.deadline == SILENCE
    assert reader.expire(2.0) == []
    assert reader.feed(b"rubbish\n", 2.1) != [], "which then is not the last line of the first"


@pytest.mark.parametrize("data", [b"rubbish\nmore", b":ul_rm:r\n" + b"x" * 70_000, b"x" * 70_000])
def test_nobody_is_told_twice(data: bytes) -> None:
    reader = RequestReader(COMMANDS.get)
    assert len(reader.feed(data, 0.0)) == 1
    assert reader.expire(2.0) == []
    assert reader.feed(UPTIME, 2.1) == [SERVED]


# Another client, after half a request

HALVES = [
    (b":ul_rm:r\nlocation\n", "r"),
    (b":ul_rm:r\nloca", "r"),
    (b":t_uac_dlg:r\nOPTIONS\nsip:x\n.\nFrom: x\n", "r"),
    (b":t_uac_dlg:r\nOPTIONS\nsip:x\n.\nFrom: x\n\nhalf a body\n", "r"),
    (b":ul_list:r\na=b\n", "r"),
    (b":upti", ""),
]


@pytest.mark.parametrize(("half", "told"), HALVES)
@pytest.mark.parametrize("lead", [b"", b"\n\n"])
def test_a_client_whose_pipe_is_there_is_served_at_once(
    half: bytes, told: str, lead: bytes
) -> None:
    reader = RequestReader(COMMANDS.get, lambda name: name == "next")
    assert reader.feed(half, 0.0) == []
    events = reader.feed(lead + UPTIME, 0.1)
    assert replies_in(events) == [(told, INCOMPLETE)]
    assert events[1:] == [SERVED]


def test_behind_a_request_that_was_too_large_nobody_is_told_again() -> None:
    reader = RequestReader(COMMANDS.get, lambda name: True)
    reader.feed(b":ul_rm:r\n" + b"x" * 70_000, 0.0)
    request = encode_request("print", OURS, ["hello"])
    assert reader.feed(b"\n\n" + request, 0.1) == [Request("print", OURS, (b"hello",))]


@pytest.mark.parametrize(
    "argument", [b":uptime:missing\n", b":nonsense:next\n", b":uptime:r\n", b":uptime:next"]
)
def test_other_command_lines_are_arguments(argument: bytes) -> None:
    """No pipe of that name; no such command; the client's own pipe; no end of the line."""
    reader = RequestReader(COMMANDS.get, lambda name: name in ("next", "r"))
    reader.feed(b":print:r\n", 0.0)
    (request,) = [*reader.feed(argument, 0.1), *reader.feed(b"\n", 0.2)][:1]
    assert request == Request("print", "r", (argument.rstrip(),))


def test_in_the_midst_of_what_is_written_command_lines_are_arguments() -> None:
    reader = RequestReader(COMMANDS.get, lambda name: True)
    request = b":ul_rm:r\nlocation\n:uptime:next\n\n"
    assert reader.feed(request, 0.0) == [Request("ul_rm", "r", (b"location", b":uptime:next"))]


@pytest.mark.parametrize("size", [PIECE, PIECE + 1, 70_000, LONGEST_REQUEST])
def test_nor_is_there_a_beginning_in_what_no_pipe_takes_in_one_piece(size: int) -> None:
    """A stranger's message, which a script passes on, has a command where a read begins."""
    reader = RequestReader(COMMANDS.get, lambda name: True)
    head = b":t_uac_dlg:r\nMESSAGE\nsip:x\n.\nFrom: x\n.\n"
    whole = head + b"x" * (size - len(head) - 1) + b"\n"
    events = [x for at in range(0, size, PIECE) for x in reader.feed(whole[at : at + PIECE], 0.0)]
    events += reader.feed(b":uptime:next\n\n:uptime:next\n.\n\n", 0.1)
    assert [x for x in events if isinstance(x, Request) and x.command == "uptime"] == []
    assert reader.feed(UPTIME, 0.2) == [SERVED]


OURS = "ser_" + "0123456789abcdef" * 2


@pytest.mark.parametrize(("half", "told"), HALVES)
def test_but_not_when_their_pipe_cannot_be_guessed(half: bytes, told: str) -> None:
    """FifoClient's requests, in one piece with what others have written."""
    reader = RequestReader(COMMANDS.get, lambda name: name == OURS)
    request = encode_request("print", OURS, ["hello"])
    events = reader.feed(half + b"\n\n" + request + UPTIME, 0.0)
    assert events[-2:] == [Request("print", OURS, (b"hello",)), SERVED]
    assert [each.reply_name for each in events[:-2] if isinstance(each, BadRequest)] in (
        [told],
        [],
    )


@pytest.mark.parametrize("pipes", [[], ["next"], [OURS[:-1]]])
def test_without_such_a_pipe_it_is_an_argument(pipes: list[str]) -> None:
    reader = RequestReader(COMMANDS.get, pipes.__contains__)
    request = b":print:r\n:uptime:" + OURS.encode() + b"\n\n"
    assert reader.feed(request, 0.0) == [Request("print", "r", (f":uptime:{OURS}".encode(),))]


# Whatever comes

CORPUS = (
    b":uptime:a\n\n:print:b\nhello\n\n:ul_rm:c\nlocation\njoe\n\n:bad\nrubbish\n\n"
    b":t_uac_dlg:d\nOPTIONS\nsip:joe@x\n.\nFrom: a\nTo: b\n.\nbody\n\n.\n\n:ul_list:e\na=b\n\n"
    b":ul_rm:f\nlocation\n\n:nonsense:g\nx\ny\n\n"
    b":ul_list:h\n" + b"x" * 70_000 + b"\n\n:uptime:i\n\n"
)


def test_it_may_come_whole_or_by_the_byte() -> None:
    whole = read(CORPUS)
    assert len(whole) == 10
    assert read(*(CORPUS[at : at + 1] for at in range(len(CORPUS)))) == whole


@pytest.mark.parametrize("seed", range(20))
def test_it_may_be_cut_anywhere(seed: int) -> None:
    chance = random.Random(seed)
    cuts = sorted(chance.choices(range(len(CORPUS)), k=chance.randrange(1, 40)))
    pieces = [CORPUS[a:b] for a, b in zip([0, *cuts], [*cuts, len(CORPUS)], strict=True)]
    assert read(*pieces) == read(CORPUS)


WORDS = st.sampled_from(
    [b":", b"\n", b"\n\n", b".\n", b"uptime", b"print", b"ul_rm", b"t_uac_dlg", b"ul_list", b"r",
     b":uptime:r\n", b":ul_rm:r\n", b":t_uac_dlg:r\n", b":ul_list:r\n", b"location\n", b"\0", b"\r",
     b" ", b"/", b"x" * 66_000]
)  # fmt: skip
RUBBISH = st.one_of(st.binary(), st.lists(WORDS).map(b"".join))


@given(st.lists(st.tuples(RUBBISH, st.sampled_from([0.0, 0.5, 1.9, 2.0, 5.0]))))
def test_whatever_comes_the_next_one_is_served(pieces: list[tuple[bytes, float]]) -> None:
    """Nothing raises; behind an end of whatever was open, a request is understood."""
    reader = RequestReader(COMMANDS.get)
    now = 0.0
    for data, pause in pieces:
        now += pause
        for event in reader.feed(data, now):
            assert isinstance(event, Request | BadRequest)
    reader.feed(b"\n" + b".\n\n" * 4, now)
    assert reader.feed(UPTIME, now)[-1:] == [SERVED]


@given(RUBBISH)
def test_after_silence_the_next_one_is_served(data: bytes) -> None:
    reader = RequestReader(COMMANDS.get)
    reader.feed(data, 0.0)
    reader.expire(SILENCE)
    assert reader.feed(UPTIME, SILENCE) == [SERVED]


@given(RUBBISH, st.data())
def test_how_it_is_cut_makes_no_difference(data: bytes, chance: st.DataObject) -> None:
    cut = chance.draw(st.integers(0, len(data)))
    assert read(data[:cut], data[cut:]) == read(data)


# What a client writes is what the reader reads

TEXT = st.binary(min_size=1).map(
    lambda data: bytes(byte for byte in data if byte >= 32 and byte != 127)
)
LINE = TEXT.filter(lambda text: text.strip() != b"").map(lambda text: b"=" + text.rstrip())
HEADER_LINES = st.lists(LINE, min_size=1)
BODY_LINES = st.lists(st.one_of(LINE, st.just(b"")))


def sendable(shape: Shape) -> st.SearchStrategy[tuple[Sendable, bytes]]:
    """An argument, and what arrives of it."""
    if shape is Shape.LINE:
        return LINE.map(lambda text: (text, text))
    if shape is Shape.HEADERS:
        return HEADER_LINES.map(lambda lines: (HeaderLines(lines), crlf(lines)))
    return BODY_LINES.map(lambda lines: (BodyLines(lines), crlf(lines)))


def crlf(lines: list[bytes]) -> bytes:
    return b"".join(each + b"\r\n" for each in lines)


@pytest.mark.parametrize("command", ["uptime", "print", "ul_rm", "t_uac_dlg"])
@given(chance=st.data())
def test_a_request_is_read_as_it_was_written(command: str, chance: st.DataObject) -> None:
    pairs = [chance.draw(sendable(argument.shape)) for argument in COMMANDS[command]]
    written = encode_request(command, "ser_r1", [sent for sent, _ in pairs])
    arrived = tuple(arrives for _, arrives in pairs)
    assert read(written + UPTIME) == [Request(command, "ser_r1", arrived), SERVED]
