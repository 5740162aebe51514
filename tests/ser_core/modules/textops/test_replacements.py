from __future__ import annotations

from ser_core.modules.textops.replacements import insert_text, replace_spans
from ser_core.sip.message import Message
from ser_core.sip.parser import parse_message
from tests.support.script_messages import request_bytes


def message() -> Message:
    return parse_message(request_bytes(body="0123456789"))


def body_after(made: Message) -> bytes:
    return parse_message(made.to_bytes()).body


def test_all_spans_are_recorded() -> None:
    made = message()
    start = made.body_start
    assert replace_spans(made, [(start, start + 1, b"a"), (start + 9, start + 10, b"bc")]) == 2
    assert body_after(made) == b"a12345678bc"


def test_what_touches_an_earlier_replacement_is_left_out() -> None:
    made = message()
    start = made.body_start
    made.replace(start + 2, start + 4, b"--")
    made.replace(start + 6, start + 8, b"==")
    spans = [(start + n, start + n + 1, b"x") for n in range(10)]
    assert replace_spans(made, spans) == 6
    assert body_after(made) == b"xx--xx==xx"


def test_a_span_that_covers_an_earlier_replacement_is_left_out() -> None:
    made = message()
    start = made.body_start
    made.delete(start + 4, start + 5)
    assert replace_spans(made, [(start + 3, start + 6, b"x")]) == 0
    assert replace_spans(made, [(start, start + 4, b"x"), (start + 5, start + 10, b"y")]) == 2
    assert body_after(made) == b"xy"


def test_insertions_are_in_nobodys_way() -> None:
    made = message()
    start = made.body_start
    made.insert(start + 4, b"+")
    assert replace_spans(made, [(start + 4, start + 5, b"x")]) == 1
    assert body_after(made) == b"0123+x56789"


def test_what_begins_in_the_headers_and_ends_in_the_body_is_left_out() -> None:
    made = message()
    start = made.body_start
    assert replace_spans(made, [(start - 2, start + 1, b"x"), (start + 1, start + 2, b"y")]) == 1
    assert body_after(made) == b"0y23456789"


def test_nothing_is_inserted_into_what_is_gone() -> None:
    made = message()
    start = made.body_start
    made.replace(start + 2, start + 6, b"--")
    assert not insert_text(made, start + 3, b"x")
    assert insert_text(made, start + 2, b"<")
    assert insert_text(made, start + 6, b">")
    assert body_after(made) == b"01<-->6789"
