"""How a row reads."""

from __future__ import annotations

import pytest

from sertui.log_row import Piece, as_text, clock, fields, pieces, stamp
from sertui.log_view import Row
from sertui.snapshot import LogLine

NOON = 1_795_348_800.25
"""2026-11-22 12:00:00.250 UTC."""
HOSTILE = "\x1b]0;owned\x07[bold]\r\n\u202egnp.exe\udcff"


def row(text: str, *, level: str = "INFO", call_id: str = "", process: str = "receiver") -> Row:
    return Row(1, LogLine(7, NOON, level, process, 812, call_id, text))


def joined(parts: list[Piece]) -> str:
    return "".join(part.text for part in parts)


def test_a_row_has_sign_time_level_text_and_call() -> None:
    assert joined(pieces(row("no route", level="ERR", call_id="1@h"), wide=False)) == (
        "× 12:00:00 ERR    no route [1@h]"
    )


def test_a_wide_row_has_milliseconds_and_the_process_too() -> None:
    assert joined(pieces(row("ready"), wide=True)) == (
        "· 12:00:00.250 INFO   receiver(812)      ready"
    )


def test_only_what_needs_attention_is_coloured_as_a_whole() -> None:
    assert pieces(row("x", level="WARN"), wide=False)[-1] == Piece("warned", "x")
    assert pieces(row("x", level="NOTICE"), wide=False)[-1] == Piece("", "x")


def test_what_is_searched_is_marked_wherever_it_stands() -> None:
    parts = pieces(row("[Via] via", call_id="VIA@h"), wide=False, search="via")
    assert [part.text for part in parts if part.style == "found"] == ["Via", "via", "VIA"]
    assert joined(parts).endswith("[Via] via [VIA@h]")


def test_a_search_is_no_pattern() -> None:
    parts = pieces(row("a.b (c"), wide=False, search=".b (")
    assert [part.text for part in parts if part.style == "found"] == [".b ("]


def test_a_sentence_stands_out_by_its_form() -> None:
    assert pieces(Row(1, None, "ser is lost"), wide=True) == [Piece("said", "── ser is lost ──")]
    assert as_text(Row(1, None, "ser is lost")) == "── ser is lost ──"


@pytest.mark.parametrize("wide", [False, True])
def test_hostile_text_stays_text(wide: bool) -> None:
    hostile = row(HOSTILE, level=HOSTILE, call_id=HOSTILE, process=HOSTILE)
    texts = [joined(pieces(hostile, wide=wide)), as_text(hostile)]
    texts.append(joined(pieces(Row(1, None, HOSTILE), wide=wide)))
    assert all(text.isprintable() for text in texts)
    assert all("[bold]" in text and "\\x1b]0;owned" in text for text in texts)


def test_a_copied_line_is_as_ser_writes_it() -> None:
    assert as_text(row("no route", level="ERR", call_id="1@h")) == (
        "2026-11-22 12:00:00.250 ERR    receiver(812): no route [1@h]"
    )


def test_all_fields_of_a_line() -> None:
    line = row("x", call_id="1@h").line
    assert line is not None
    assert fields(line) == [
        ("time", "2026-11-22 12:00:00.250"),
        ("level", "INFO"),
        ("process", "receiver (812)"),
        ("Call-ID", "1@h"),
        ("number", "7"),
    ]


@pytest.mark.parametrize("when", [-1.0, 1e18, float("nan"), float("inf")])
def test_a_time_that_no_calendar_has_is_no_failure(when: float) -> None:
    assert clock(when, wide=True) == "??:??:??"
    assert stamp(when)
