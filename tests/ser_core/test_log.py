"""The log: levels, one line a call, escaping, sinks that never wait, limited complaints."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ser_core import log


class ListSink:
    """Keeps the lines; refuses them while `full`."""

    def __init__(self) -> None:
        self.lines: list[tuple[int, str, str]] = []
        self.full = False

    def write(self, level: int, call_id: str, text: str) -> bool:
        if self.full:
            return False
        self.lines.append((level, call_id, text))
        return True

    @property
    def texts(self) -> list[str]:
        return [text for _, _, text in self.lines]


@pytest.fixture
def sink() -> Iterator[ListSink]:
    made = ListSink()
    old_sink, old_level = log._log.sink, log._level
    log.use_sink(made)
    log.attach_level([log.DEBUG])
    log._kinds.clear()
    yield made
    log.tap(None)
    log._log.dropped = 0
    log.use_sink(old_sink)
    log.attach_level(old_level)
    log._kinds.clear()


def test_a_line_is_written_when_debug_is_at_least_its_level(sink: ListSink) -> None:
    log.set_level(log.NOTICE)
    log.notice("shown")
    log.info("not shown")
    assert sink.texts == ["shown"]
    assert log.enabled(log.NOTICE)
    assert not log.enabled(log.INFO)


def test_the_level_is_read_from_the_shared_cell(sink: ListSink) -> None:
    cell = [log.ERROR]
    log.attach_level(cell)
    log.warning("too much")
    cell[0] = log.WARNING
    log.warning("just right")
    assert sink.texts == ["just right"]
    assert log.level() == log.WARNING


def test_each_function_has_its_level(sink: ListSink) -> None:
    for function in (
        log.alert, log.critical, log.error, log.warning, log.notice, log.info, log.debug,
    ):  # fmt: skip
        function("x")
    assert [level for level, _, _ in sink.lines] == [-3, -2, -1, 1, 2, 3, 4]


def test_bytes_are_shown_as_text(sink: ListSink) -> None:
    log.notice("from %s to %s", b"sip:a@b", "sip:c@d")
    assert sink.texts == ["from sip:a@b to sip:c@d"]


def test_control_bytes_are_escaped_so_one_call_makes_one_line(sink: ListSink) -> None:
    log.notice("bad %s", b"a\r\nNov 1 fake line\x1b[2J\x00\xff\t", call_id=b"x\ny")
    assert sink.lines == [(log.NOTICE, "x\\ny", "bad a\\r\\nNov 1 fake line\\x1b[2J\\x00\\xff\\t")]


def test_marks_that_reorder_text_are_escaped(sink: ListSink) -> None:
    log.notice("%s", "a\u202eb\u2028c\x9bd")
    assert sink.texts == ["a\\u202eb\\u2028c\\x9bd"]


@given(st.text() | st.binary())
def test_escaped_text_is_printable_and_has_no_line_ends(text: str | bytes) -> None:
    escaped = log.escape(text)
    assert len(escaped.splitlines()) <= 1
    assert not any(ord(x) < 32 or 0x7F <= ord(x) < 0xA0 for x in escaped)


def test_a_wrong_format_is_shown_and_raises_nothing(sink: ListSink) -> None:
    log.notice("%d of %s", "x")
    assert sink.texts == ["%d of %s ('x',)"]


def test_an_argument_that_cannot_be_shown_raises_nothing(sink: ListSink) -> None:
    class Broken:
        def __str__(self) -> str:
            raise RuntimeError("no")

        __repr__ = object.__repr__

    log.notice("%s", Broken())
    assert "Broken object" in sink.texts[0]


def test_percent_signs_without_arguments_are_left_alone(sink: ListSink) -> None:
    log.notice("100% of %s")
    assert sink.texts == ["100% of %s"]


def test_long_texts_go_in_pieces(sink: ListSink) -> None:
    text = "".join(f"{number:05d}" for number in range(3 * log.LINE_LIMIT // 5))
    log.notice("%s", text)
    assert [len(x) for x in sink.texts[:-1]] == [log.LINE_LIMIT] * 3
    assert "".join(x.removeprefix(log.CONTINUED) for x in sink.texts) == text


@pytest.mark.parametrize("letter", ["x", "\u20ac"])
def test_no_long_text_makes_a_line_that_looks_like_another(sink: ListSink, letter: str) -> None:
    """A caller could put the beginning of a line where the second piece begins."""
    for length in range(log.LINE_LIMIT // 4 - 30, log.LINE_LIMIT + 1, 7):
        log.notice("from %s", letter * length + "ACC: transaction answered: code=200" * 200)
    assert len(sink.texts) > 500
    assert not any(x.startswith("ACC") for x in sink.texts)
    assert {x[:5] for x in sink.texts if not x.startswith(log.CONTINUED)} == {"from "}


def test_an_exception_is_logged_with_its_traceback_a_line_each(sink: ListSink) -> None:
    try:
        raise ValueError("first\nsecond")
    except ValueError:
        log.exception("while %s", "testing", call_id=b"c1")
    assert sink.texts[0] == "while testing"
    assert sink.texts[1] == "  Traceback (most recent call last):"
    assert sink.texts[-2:] == ["  ValueError: first", "  second"]
    assert {call_id for _, call_id, _ in sink.lines} == {"c1"}


def test_exception_without_an_exception_is_an_error_line(sink: ListSink) -> None:
    log.exception("nothing in hand")
    assert sink.lines == [(log.ERROR, "", "nothing in hand")]


def test_lines_that_the_sink_refused_are_counted_and_told(sink: ListSink) -> None:
    sink.full = True
    log.notice("one")
    log.notice("two")
    sink.full = False
    log.notice("three")
    log.notice("four")
    assert sink.texts == ["2 lines of the log were lost", "three", "four"]


def test_one_line_a_second_for_a_kind_of_complaint(
    sink: ListSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    for number in range(5):
        log.limited("flood", log.WARNING, "from %d", number)
    log.limited("other", log.WARNING, "another kind")
    now[0] += 1.0
    log.limited("flood", log.WARNING, "from %d", 5)
    assert sink.texts == ["from 0", "another kind", "from 5 (4 more like it before)"]


def test_complaints_held_back_are_told_when_nothing_follows(
    sink: ListSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    for number in range(4):
        log.limited("flood", log.WARNING, "from %d", number)
    log.report_suppressed()
    now[0] += 1.0
    log.report_suppressed()
    log.report_suppressed()
    assert sink.texts == ["from 0", "from 3 (2 more like it)"]


def test_kinds_of_complaints_are_bounded(sink: ListSink) -> None:
    for number in range(3000):
        log.limited(f"kind {number}", log.WARNING, "x")
    assert len(log._kinds) <= 1024


def test_stderr_line_has_time_level_process_and_call_id() -> None:
    reading, writing = os.pipe()
    try:
        sink = log.StderrSink(writing)
        assert sink.write(log.NOTICE, "abc@host", "hello")
        assert sink.write(7, "", "lookup")
        lines = os.read(reading, 4096).decode().splitlines()
    finally:
        os.close(reading)
        os.close(writing)
    date, clock, level, rest = lines[0].split(maxsplit=3)
    assert len(date) == 10
    assert len(clock) == 12
    assert level == "NOTICE"
    assert rest == f"{log._log.heading().strip()} hello [abc@host]"
    assert " DBG7 " in lines[1]


def test_a_pipe_that_nobody_empties_does_not_hold_us_up() -> None:
    reading, writing = os.pipe()
    try:
        sink = log.StderrSink(writing)
        taken = 0
        while sink.write(log.NOTICE, "", "x" * log.LINE_LIMIT):
            taken += 1
        assert taken > 0
        os.read(reading, 65536)
        assert sink.write(log.NOTICE, "", "room again")
    finally:
        os.close(reading)
        os.close(writing)


def test_a_closed_stderr_loses_lines_but_raises_nothing(sink: ListSink) -> None:
    reading, writing = os.pipe()
    log.use_sink(log.StderrSink(writing))
    os.close(reading)
    os.close(writing)
    log.notice("into the void")
    assert log._log.dropped >= 1
    log._log.dropped = 0


@pytest.fixture
def syslog(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as made:
        made.bind(str(tmp_path / "log"))
        made.settimeout(2)
        yield made


def test_syslog_gets_facility_severity_ident_process_and_call_id(
    syslog: socket.socket, tmp_path: Path
) -> None:
    sink = log.SyslogSink("LOG_LOCAL3", "ser", str(tmp_path / "log"))
    assert sink.write(log.ERROR, "c@d", "it broke")
    sink.close()
    line = syslog.recv(4096).decode()
    assert line.startswith(f"<{(16 + 3) * 8 + 3}>")
    assert line.endswith(f" ser[{os.getpid()}]: ERR {log._log.heading()} it broke [c@d]")


@pytest.mark.parametrize(
    ("level", "severity"), [(-3, 1), (-2, 2), (-1, 3), (1, 4), (2, 5), (3, 6), (4, 7), (9, 7)]
)
def test_levels_become_severities(
    level: int, severity: int, syslog: socket.socket, tmp_path: Path
) -> None:
    sink = log.SyslogSink("LOG_DAEMON", path=str(tmp_path / "log"))
    assert sink.write(level, "", "x")
    sink.close()
    assert syslog.recv(4096).startswith(b"<%d>" % (3 * 8 + severity))


def test_a_full_syslog_drops_lines_instead_of_waiting(
    syslog: socket.socket, tmp_path: Path
) -> None:
    sink = log.SyslogSink("LOG_DAEMON", path=str(tmp_path / "log"))
    for _ in range(100_000):
        if not sink.write(log.NOTICE, "", "x"):
            break
    else:
        pytest.fail("the socket never was full")
    syslog.recv(4096)
    assert sink.write(log.NOTICE, "", "x")
    sink.close()


def test_a_restarted_syslog_is_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    path = tmp_path / "log"
    sink = log.SyslogSink("LOG_DAEMON", path=str(path))
    assert not sink.write(log.NOTICE, "", "nobody there")
    for _ in range(2):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as syslog:
            syslog.bind(str(path))
            assert not sink.write(log.NOTICE, "", "not yet: one try a second")
            now[0] += 1.0
            assert sink.write(log.NOTICE, "", "hello")
            assert syslog.recv(4096).endswith(b"hello")
        path.unlink()
    sink.close()


def test_a_tap_gets_every_line_even_those_that_the_sink_refuses(sink: ListSink) -> None:
    got: list[tuple[int, str, str]] = []
    log.tap(lambda level, call_id, text: got.append((level, call_id, text)))
    log.notice("first\n", call_id=b"abc")
    sink.full = True
    log.error("second")
    log.info("x" * (log.LINE_LIMIT + 1))
    log.write(log.MESSAGES, "not shown")
    assert got[0] == (log.NOTICE, "abc", "first\\n")
    assert got[1] == (log.ERROR, "", "second")
    assert [text for _, _, text in got[2:]] == ["x" * log.LINE_LIMIT, log.CONTINUED + "x"]
    log.tap(None)
    log.error("third")
    assert len(got) == 4


def test_what_a_tap_logs_itself_does_not_come_back_to_it(sink: ListSink) -> None:
    got: list[str] = []

    def take(level: int, call_id: str, text: str) -> None:
        got.append(text)
        log.error("the tap says %s", text)

    log.tap(take)
    log.notice("x")
    log.notice("y")
    assert got == ["x", "y"]
    assert sink.texts == ["x", "the tap says x", "y", "the tap says y"]


def test_a_tap_that_fails_ends_no_call(sink: ListSink) -> None:
    def take(level: int, call_id: str, text: str) -> None:
        raise RuntimeError("leaking")

    log.tap(take)
    log.notice("x")
    log.notice("y")
    assert sink.texts[0::2] == ["x", "y"]
    assert all("RuntimeError: leaking" in text for text in sink.texts[1::2])


@pytest.mark.parametrize(
    ("level", "name"), [(log.ALERT, "ALERT"), (0, "LOG"), (log.NOTICE, "NOTICE"), (9, "DBG9")]
)
def test_a_level_has_the_name_that_lines_bear(level: int, name: str) -> None:
    assert log.name_of(level) == name


def test_a_process_knows_its_name() -> None:
    index, name = log._log.index, log.process_name()
    log.set_process(3, "receiver 2")
    assert log.process_name() == "receiver 2"
    log.set_process(index, name)


def test_another_sink_lets_go_of_the_syslog_before_it(
    syslog: socket.socket, tmp_path: Path, sink: ListSink
) -> None:
    former = log.SyslogSink(path=str(tmp_path / "log"))
    assert former.connect()
    log.use_sink(former)
    log.use_sink(sink)
    assert former._socket is None
