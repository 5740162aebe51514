from __future__ import annotations

from ser_core.log import NOTICE
from ser_core.modules.usrloc.expiry import MAX_LINES, ExpiryLog
from ser_core.registrar.location import Expired
from tests.support.registrar import binding


def told(*crowds: int) -> list[tuple[int, str]]:
    lines: list[tuple[int, str]] = []
    log = ExpiryLog(lambda level, text: lines.append((level, text)))
    for crowd in crowds:
        log.tell([Expired("location", b"joe\n", binding(b"sip:\xfe@h"))] * crowd)
    log.close()
    return lines


def test_each_binding_is_told_on_one_printable_line() -> None:
    assert told(2) == [(NOTICE, r"Binding 'joe\n','sip:\xfe@h' has expired")] * 2


def test_when_nothing_has_expired_nothing_is_told() -> None:
    assert told(0) == []


def test_of_a_crowd_the_number_is_told() -> None:
    assert len(told(MAX_LINES)) == MAX_LINES
    lines = told(60, 60, 60)
    assert len(lines) == MAX_LINES + 1
    assert lines[-1] == (NOTICE, "80 more bindings have expired")
