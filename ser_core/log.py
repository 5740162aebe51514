"""The log: SER's levels, one line a call, to stderr or to syslog.

A line has time, level, process (index, pid, name) and, where there is one, the Call-ID. What a
stranger sent can stand in a line, so control bytes are escaped, and a line that goes on with a text
too long for one says so: nobody can make one that looks like another.

The one rule: nothing here waits, and nothing here raises. A line that the sink doesn't take at
once is dropped and counted, and the count is told with the next line that gets through.
"""

from __future__ import annotations

import os
import select
import socket
import sys
import time
import traceback
from collections.abc import Callable, MutableSequence
from typing import Protocol

ALERT = -3
CRITICAL = -2
ERROR = -1
WARNING = 1
NOTICE = 2
INFO = 3
DEBUG = 4
TRANSACTIONS = 5
"""What transactions do: states, matches, retransmissions."""
TIMERS = 6
"""Timers started, stopped and fired."""
LOOKUPS = 7
"""Lookups: locations, names in DNS, routes of a message."""
STEPS = 8
"""Steps inside a process: the bus, sockets, connections."""
MESSAGES = 9
"""Whole messages as they come and go."""

NAMES = {
    ALERT: "ALERT",
    CRITICAL: "CRIT",
    ERROR: "ERR",
    0: "LOG",
    WARNING: "WARN",
    NOTICE: "NOTICE",
    INFO: "INFO",
}
"""Names shown in lines; everything above INFO is DBG with its number."""

SYSLOG_PATH = "/dev/log"
SYSLOG_FACILITIES = {
    "kern": 0,
    "user": 1,
    "mail": 2,
    "daemon": 3,
    "auth": 4,
    "syslog": 5,
    "lpr": 6,
    "news": 7,
    "uucp": 8,
    "cron": 9,
    "authpriv": 10,
    "ftp": 11,
    **{f"local{number}": 16 + number for number in range(8)},
}
_SEVERITIES = {ALERT: 1, CRITICAL: 2, ERROR: 3, 0: 4, WARNING: 4, NOTICE: 5, INFO: 6}
_SEVERITY_DEBUG = 7

LINE_LIMIT = 3500
"""Bytes of text in one line; longer texts go in pieces. With its heading a line stays below
PIPE_BUF (4,096), so it reaches a pipe whole and a poll tells truly whether the write would wait."""
CONTINUED = "... "
"""Stands in front of each further piece. Who sends a long header chooses where the next line begins
with his text, which might read like one of ours."""
_TEXT_LIMIT = 300_000
_CALL_ID_LIMIT = 256
_RECONNECT_SECONDS = 1.0
_KINDS_LIMIT = 1024


def _escapes() -> dict[int, str]:
    """Control characters of ASCII and Latin-1, line separators, and marks that reorder text."""
    unsafe = [*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029]
    unsafe += [*range(0x200E, 0x2010), *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
    table = {code: f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" for code in unsafe}
    return table | {0x0A: "\\n", 0x0D: "\\r", 0x09: "\\t"}


_ESCAPES = _escapes()


def escape(text: str | bytes) -> str:
    """`text` on one printable line: control bytes as \\n or \\x07, what isn't UTF-8 as \\xff."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "backslashreplace")
    return text.translate(_ESCAPES)


class Sink(Protocol):
    """Where lines go."""

    def write(self, level: int, call_id: str, text: str) -> bool:
        """Put one line out without waiting; False when it was not taken."""


Tap = Callable[[int, str, str], None]
"""Gets level, Call-ID and text of each line, as they are written."""


class StderrSink:
    """Lines on a file descriptor, with time and level in front."""

    def __init__(self, descriptor: int = 2) -> None:
        self._descriptor = descriptor
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLOUT)

    def write(self, level: int, call_id: str, text: str) -> bool:
        now = time.time()
        clock = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(now))
        suffix = f" [{call_id}]" if call_id else ""
        heading = f"{name_of(level):<6} {_log.heading()}"
        line = f"{clock}.{int(now * 1000) % 1000:03d} {heading} {text}{suffix}\n"
        if not self._poll.poll(0):  # a pipe that nobody empties must not hold up calls
            return False
        os.write(self._descriptor, line.encode("utf-8", "backslashreplace"))
        return True


class SyslogSink:
    """Lines as datagrams to the local syslog (RFC 3164 without host name, as syslog(3) sends)."""

    def __init__(
        self, facility: str = "LOG_DAEMON", ident: str = "ser", path: str = SYSLOG_PATH
    ) -> None:
        """`facility` is named as in syslog.h, such as LOG_DAEMON; KeyError for an unknown one."""
        self._facility = SYSLOG_FACILITIES[facility.lower().removeprefix("log_")]
        self._ident = ident
        self._path = path
        self._socket: socket.socket | None = None
        self._next_try = 0.0

    def connect(self) -> bool:
        """Reach the syslog, at most once a second; False when it can't be reached."""
        now = time.monotonic()
        if now < self._next_try:
            return False
        self._next_try = now + _RECONNECT_SECONDS
        made = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        try:
            made.connect(self._path)
        except OSError:
            made.close()
            return False
        self._socket = made
        return True

    def close(self) -> None:
        """Let go of the syslog; the next line would reach for it again."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def write(self, level: int, call_id: str, text: str) -> bool:
        if self._socket is None and not self.connect():
            return False
        severity = _SEVERITIES.get(level, _SEVERITY_DEBUG)
        clock = time.strftime("%b %e %H:%M:%S")
        suffix = f" [{call_id}]" if call_id else ""
        line = (
            f"<{self._facility * 8 + severity}>{clock} {self._ident}[{os.getpid()}]: "
            f"{name_of(level)} {_log.heading()} {text}{suffix}"
        )
        return self._send(line.encode("utf-8", "backslashreplace"))

    def _send(self, line: bytes) -> bool:
        assert self._socket is not None
        try:
            self._socket.send(line)
        except BlockingIOError:
            return False
        except OSError:  # the syslog daemon was restarted
            self.close()
            if not self.connect():
                return False
            return self._send(line)
        return True


class _Log:
    """What this process knows about logging."""

    __slots__ = ("dropped", "index", "name", "sink", "tap")

    def __init__(self) -> None:
        self.sink: Sink = StderrSink()
        self.tap: Tap | None = None
        self.index = 0
        self.name = "ser"
        self.dropped = 0

    def heading(self) -> str:
        return f"{self.index:2d}({os.getpid()}) {self.name}:"

    def line(self, level: int, text: str, call_id: bytes) -> None:
        """Write `text` in as many lines as it needs; text is escaped already."""
        shown_call_id = escape(call_id[:_CALL_ID_LIMIT])
        if self.dropped and self._put(WARNING, f"{self.dropped} lines of the log were lost", ""):
            self.dropped = 0
        limit = LINE_LIMIT if text.isascii() else LINE_LIMIT // 4  # UTF-8: up to four bytes each
        further = limit - len(CONTINUED)
        pieces = [text[:limit]]
        pieces += [
            CONTINUED + text[start : start + further] for start in range(limit, len(text), further)
        ]
        for piece in pieces:
            if not self._put(level, piece, shown_call_id):
                self.dropped += 1
            if self.tap is not None:
                self._pass_on(self.tap, level, shown_call_id, piece)

    def _put(self, level: int, text: str, call_id: str) -> bool:
        try:
            return self.sink.write(level, call_id, text)
        except (OSError, ValueError):  # stderr closed, its reader gone
            return False

    def _pass_on(self, tap: Tap, level: int, call_id: str, text: str) -> None:
        self.tap = None  # what the tap itself says would come back to it
        try:
            tap(level, call_id, text)
        except Exception:  # noqa: BLE001  # the guard of one line: to log must never end a call
            self._put(ERROR, escape(traceback.format_exc()), "")
        finally:
            self.tap = tap


class _Kind:
    """One kind of complaint: when it was last written and how often it was held back since."""

    __slots__ = ("args", "fmt", "level", "suppressed", "written_at")

    def __init__(self, written_at: float, level: int, fmt: str) -> None:
        self.written_at = written_at
        self.level = level
        self.fmt = fmt
        self.args: tuple[object, ...] = ()
        self.suppressed = 0


_log = _Log()
_kinds: dict[str, _Kind] = {}
_level: MutableSequence[int] | memoryview = [NOTICE]


def attach_level(cell: MutableSequence[int] | memoryview) -> None:
    """Take the level from now on from `cell[0]`, which all processes share."""
    global _level  # `enabled` must cost no more than one read
    _level = cell


def use_sink(sink: Sink) -> None:
    """Write to `sink` from now on."""
    if isinstance(_log.sink, SyslogSink):
        _log.sink.close()
    _log.sink = sink


def tap(take: Tap | None) -> None:
    """Give every line to `take` as well, also those that the sink doesn't take.

    It must not wait. What it logs itself doesn't come back to it. None: to nobody any more.
    """
    _log.tap = take


def process_name() -> str:
    """The name of this process, as it stands in lines."""
    return _log.name


def set_process(index: int, name: str) -> None:
    """Say which process this is; both stand in every line."""
    _log.index = index
    _log.name = name


def set_level(level: int) -> None:
    """Set the level, in all processes once the shared cell is attached."""
    _level[0] = level


def level() -> int:
    """The current `debug` level."""
    return _level[0]


def enabled(level: int) -> bool:
    """True when a line of `level` would be written."""
    return level <= _level[0]


def name_of(level: int) -> str:
    """The name that lines of a level bear: NOTICE, DBG4."""
    return NAMES.get(level) or f"DBG{level}"


def _text(fmt: str, args: tuple[object, ...]) -> str:
    if args:
        shown = tuple(
            arg.decode("utf-8", "backslashreplace") if isinstance(arg, bytes) else arg
            for arg in args
        )
        try:
            fmt %= shown
        except Exception:  # noqa: BLE001  # a wrong format or __str__ must not end a call
            fmt = f"{fmt} {shown!a}"
    if len(fmt) > _TEXT_LIMIT:
        fmt = f"{fmt[:_TEXT_LIMIT]} ({len(fmt) - _TEXT_LIMIT} characters left out)"
    return fmt


def write(level: int, fmt: str, *args: object, call_id: bytes = b"") -> None:
    """Write a line of `level`: `fmt % args`, bytes among args shown as text."""
    if level <= _level[0]:
        _log.line(level, escape(_text(fmt, args)), call_id)


def alert(fmt: str, *args: object, call_id: bytes = b"") -> None:
    """The program cannot go on."""
    write(ALERT, fmt, *args, call_id=call_id)


def critical(fmt: str, *args: object, call_id: bytes = b"") -> None:
    """A part of the program is broken."""
    write(CRITICAL, fmt, *args, call_id=call_id)


def error(fmt: str, *args: object, call_id: bytes = b"") -> None:
    """Something could not be done."""
    write(ERROR, fmt, *args, call_id=call_id)


def warning(fmt: str, *args: object, call_id: bytes = b"") -> None:
    """Something looks wrong."""
    write(WARNING, fmt, *args, call_id=call_id)


def notice(fmt: str, *args: object, call_id: bytes = b"") -> None:
    """Something an operator wants to know."""
    write(NOTICE, fmt, *args, call_id=call_id)


def info(fmt: str, *args: object, call_id: bytes = b"") -> None:
    """Something happened as it should."""
    write(INFO, fmt, *args, call_id=call_id)


def debug(fmt: str, *args: object, call_id: bytes = b"") -> None:
    """How it happened."""
    write(DEBUG, fmt, *args, call_id=call_id)


def exception(fmt: str, *args: object, call_id: bytes = b"") -> None:
    """An error with the traceback of the exception in hand, a log line for each line of it."""
    if _level[0] < ERROR:
        return
    error(fmt, *args, call_id=call_id)
    if sys.exc_info()[0] is None:
        return
    for chunk in traceback.format_exc().splitlines():
        _log.line(ERROR, "  " + escape(chunk), call_id)


def limited(key: str, level: int, fmt: str, *args: object, call_id: bytes = b"") -> None:
    """Write a line, but of each kind of complaint (`key`) only one a second, with a count.

    `key` must come from the program, never from a message. What is held back is told with the next
    line of the same kind, or by `report_suppressed`.
    """
    if level > _level[0]:
        return
    now = time.monotonic()
    kind = _kinds.get(key)
    if kind is None:
        if len(_kinds) >= _KINDS_LIMIT:
            _kinds.clear()
        kind = _kinds[key] = _Kind(now, level, fmt)
    elif now - kind.written_at < 1.0:
        kind.suppressed += 1
        kind.args = args
        return
    _write_kind(kind, now, level, fmt, args, call_id)


def _write_kind(
    kind: _Kind, now: float, level: int, fmt: str, args: tuple[object, ...], call_id: bytes
) -> None:
    text = _text(fmt, args)
    if kind.suppressed:
        text = f"{text} ({kind.suppressed} more like it before)"
    kind.written_at = now
    kind.suppressed = 0
    kind.args = ()
    _log.line(level, escape(text), call_id)


def report_suppressed() -> None:
    """Tell what `limited` held back and nothing followed; called about once a second."""
    now = time.monotonic()
    for kind in _kinds.values():
        if kind.suppressed and now - kind.written_at >= 1.0:
            held_back, kind.suppressed = kind.suppressed - 1, 0
            more = f" ({held_back} more like it)" if held_back else ""
            kind.written_at = now
            _log.line(kind.level, escape(_text(kind.fmt, kind.args) + more), b"")
            kind.args = ()
