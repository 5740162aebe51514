"""Accounts for transactions whose flags say so, and for requests that the script tells of."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ser_core.database.url import DatabaseUrl
from ser_core.errors import ParseError
from ser_core.log import ERROR
from ser_core.modules.acc.acks import AwaitedAcks
from ser_core.modules.acc.leftovers import write
from ser_core.modules.acc.log_line import (
    ACCOUNTED,
    ACKNOWLEDGED,
    ANSWERED,
    MISSED,
    check_format,
    line,
)
from ser_core.modules.acc.parameters import AccParameters
from ser_core.modules.acc.record import Record
from ser_core.modules.acc.rows import Row, Tables, local, values_of
from ser_core.modules.acc.spill import FILE, Spill, take
from ser_core.modules.api import REQUEST, Core, Module, command
from ser_core.modules.database_param import check_db_url
from ser_core.modules.uri.uri import AUTHORIZED_USER
from ser_core.sip.message import Request, Response
from ser_core.sip.parser import parse_message

if TYPE_CHECKING:
    from ser_core.modules.acc.writer import Writer
    from ser_core.proxy.response_context import ProxyBranch, ResponseContext
    from ser_core.script.runtime import ScriptMessage

STOP_SECONDS = 0.4
"""What writing the rest may take at the end of a receiver, which has a second for all."""
EARLY = "acc"
"""Key in `ScriptMessage.state`: early media has been told of."""
TOLD = "acc.missed"
"""Key of the flags by which a missed call has been told of, and that are still set."""
CHALLENGES = (401, 407)
ASSUMED = {408: b"Request Timeout", 487: b"Request Terminated", 503: b"Service Unavailable"}
"""Reasons of responses that nobody sent."""


class TableName(str):
    """A table that acc_db_request writes to."""

    __slots__ = ()

    @classmethod
    def from_script(cls, text: str) -> TableName:
        """Raises ValueError when it can't be the name of a table."""
        if not text or not text.isprintable() or len(text) > 64:
            raise ValueError(f"{text!r} is not the name of a table")
        return cls(text)


class Acc(AccParameters):
    """Tells of calls and other transactions, in the log and in a database."""

    name = "acc"
    needs = ("tm",)
    fixed = ("db_url", "db_queue")

    def __init__(self) -> None:
        super().__init__()
        self._acks = AwaitedAcks()
        self._writer: Writer | None = None
        self._took_over = False

    # -- life ------------------------------------------------------------------------------------

    def check(self) -> None:
        """Refuse letters, tables and addresses that would only fail later."""
        check_format(self.log_fmt)
        TableName.from_script(self.db_table_acc)
        TableName.from_script(self.db_table_missed_calls)
        check_db_url(self)

    def database_urls(self) -> tuple[str, ...]:
        """None while nothing is said of a database."""
        is_used = self.db_url or self.db_flag or self.db_missed_flag
        return (self.db_url,) if is_used else ()

    def has_errands(self) -> bool:
        """Without its database ser doesn't start."""
        return bool(self.database_urls())

    def before_all(self, location: str) -> None:
        """Wait some seconds for a database that starts as well, and make its tables."""
        from ser_core.database.schema import prepare_patiently  # acc alone needs no SQLAlchemy

        prepare_patiently(DatabaseUrl.parse(self.db_url))

    def take_over(self, previous: Module) -> None:
        assert isinstance(previous, Acc)
        self._took_over = True
        self._acks = previous._acks
        self._writer = previous._writer

    def start(self, core: Core) -> None:
        from ser_core.modules.acc.writer import Writer  # gevent, behind the fork only

        self._core = core
        self._tables = Tables(self)
        if self._writer is None:
            spill = Spill(core.table_path(FILE) if self.has_errands() else "")
            self._writer = Writer(lambda: core.database(self.db_url), self, self.db_queue, spill)
        if not self._took_over:
            self._go_on_after_a_kill(self._writer)

    def _go_on_after_a_kill(self, writer: Writer) -> None:
        waited = self.waiting.value
        self.waiting.add(-waited)
        lost = waited - writer.adopt(self._tables)
        if lost > 0:
            self.lost.add(lost)
            text = f"acc: a receiver was killed; {lost} records, or fewer, are lost with it"
            self._core.log(ERROR, text)

    def stop(self) -> None:
        if self._writer is not None and not self.keeps_open:
            self._writer.flush(STOP_SECONDS)

    def after_all(self, location: str) -> None:
        """Write what receivers had no time for."""
        rows = take(Path(location).parent)
        if rows:
            write(self.db_url, Tables(self), rows)

    # -- what the script tells of ----------------------------------------------------------------

    @command(routes=REQUEST)
    def acc_log_request(self, msg: ScriptMessage, text: bytes) -> bool:
        """Write a line about the request to the log, with `text` as its code; always true."""
        self._log(ACCOUNTED, _record_of(msg, text), msg)
        return True

    @command(routes=REQUEST)
    def acc_db_request(self, msg: ScriptMessage, text: bytes, table: TableName) -> bool:
        """Write a record of the request to a table, with `text` as its status; always true.

        It never waits: the record is written soon.
        """
        self._store(_record_of(msg, text), str(table))  # a plain one, which a file can take
        return True

    # -- what transactions tell of ---------------------------------------------------------------

    def on_response_sent(self, context: ResponseContext, status: int, data: bytes) -> None:
        """An answer goes upstream."""
        msg = context.msg
        if msg is None or not msg.flags:
            return
        method = msg.message.method
        if status < 200:
            if self.early_media and self._is_accounted(msg):
                self._on_provisional(context, msg, status, data)
            return
        if status >= 300 and method == b"INVITE":
            self._on_missed(context, msg, status, _reason_in(data))
        if status >= 300 and not self.failed_transactions:
            return
        if method == b"CANCEL" and not self.report_cancels:
            return
        if self._is_accounted(msg):
            self._on_answered(context, msg, status, data)

    def on_branches_failed(self, context: ResponseContext, best: ProxyBranch) -> None:
        """A call that nobody takes has been missed, even if its failure_route finds somebody."""
        msg = context.msg
        if msg is None or not msg.flags or msg.message.method != b"INVITE":
            return
        response = best.response
        reason = ASSUMED.get(best.status, b"") if response is None else response.reason
        self._on_missed(context, msg, best.status, reason)

    def after_request(self, msg: ScriptMessage) -> None:
        """The first ACK to a 2xx; it has no transaction of its own."""
        request = msg.message
        if request.method != b"ACK" or not self._acks:
            return
        expected = self._acks.take(request, msg.now)
        if expected is not None:
            status, flags = expected
            self._account(ACKNOWLEDGED, Record(request, request.uri, status), msg, flags)

    def _on_provisional(
        self, context: ResponseContext, msg: ScriptMessage, status: int, data: bytes
    ) -> None:
        """Early media, once for a call."""
        response = parse_message(data)
        state = msg.state = msg.state or {}
        if response.body and not state.get(EARLY):
            state[EARLY] = True
            self._account(ANSWERED, _record(context, msg, b"%d" % status, response), msg, msg.flags)

    def _on_answered(
        self, context: ResponseContext, msg: ScriptMessage, status: int, data: bytes
    ) -> None:
        code = b"%d" % status
        response = parse_message(data) if data else None
        self._account(ANSWERED, _record(context, msg, code, response), msg, msg.flags)
        if self.report_ack and status < 300 and msg.message.method == b"INVITE":
            self._acks.expect(msg.message, (code, msg.flags), msg.core.monotonic())

    def _on_missed(
        self, context: ResponseContext, msg: ScriptMessage, status: int, reason: bytes
    ) -> None:
        """A call that is challenged isn't missed: its caller tries again, with credentials."""
        if status in CHALLENGES:
            return
        flags = self._missed_flags(msg)
        record = _record(context, msg, b"%d %b" % (status, reason))
        if _has(flags, self.log_missed_flag):
            self._log(MISSED, record, msg)
        if _has(flags, self.db_missed_flag):
            self._store(record, self.db_table_missed_calls)

    def _missed_flags(self, msg: ScriptMessage) -> int:
        """The flags by which a missed call is to be told of, once: they are taken back, so only a
        failure_route can ask for it again. One that also stands for answered calls has to stay."""
        ours = (1 << self.log_missed_flag | 1 << self.db_missed_flag) & ~1  # 0 is none
        shared = ours & (1 << self.log_flag | 1 << self.db_flag)
        state = msg.state = msg.state or {}
        found: int = msg.flags & ours & ~state.get(TOLD, 0)
        state[TOLD] = state.get(TOLD, 0) | found & shared
        msg.flags &= ~(ours & ~shared)
        return found

    # -- where it goes ---------------------------------------------------------------------------

    def _is_accounted(self, msg: ScriptMessage) -> bool:
        return _has(msg.flags, self.log_flag) or _has(msg.flags, self.db_flag)

    def _account(self, heading: str, record: Record, msg: ScriptMessage, flags: int) -> None:
        if _has(flags, self.log_flag):
            self._log(heading, record, msg)
        if _has(flags, self.db_flag):
            self._store(record, self.db_table_acc)

    def _log(self, heading: str, record: Record, msg: ScriptMessage) -> None:
        if self.log_level <= self._core.log_level():
            self.logged.add()
            self._core.log(self.log_level, line(heading, self.log_fmt, record), msg)

    def _store(self, record: Record, table: str) -> None:
        assert self._writer is not None
        when = self._core.wall_time()
        if self.db_localtime:
            when = local(when)
        missed = table == self.db_table_missed_calls
        self._writer.put(self._tables, Row(table, values_of(record, when, missed=missed)))


def _has(flags: int, number: int) -> bool:
    return number > 0 and bool(flags >> number & 1)


def _record_of(msg: ScriptMessage, text: bytes) -> Record:
    return Record(msg.message, msg.uri, text, user=_user_of(msg))


def _record(
    context: ResponseContext,
    msg: ScriptMessage,
    status: bytes,
    response: Request | Response | None = None,
) -> Record:
    out_uri = _out_uri(context, msg, int(status[:3]))
    return Record(msg.message, out_uri, status, _to_tag_of(response), _user_of(msg))


def _to_tag_of(response: Request | Response | None) -> bytes:
    """Empty when it can't be read: what a callee sends must not hide the call."""
    try:
        return response.to_tag if response is not None else b""
    except ParseError:
        return b""


def _out_uri(context: ResponseContext, msg: ScriptMessage, status: int) -> bytes:
    """Where the request went whose response this is; the Request-URI when it is our own."""
    if status < 200:
        found = [branch for branch in context.branches if branch.provisional]
    else:
        found = [branch for branch in context.branches if branch.status == status]
    return found[0].uri if found else msg.uri


def _user_of(msg: ScriptMessage) -> bytes:
    user = msg.state.get(AUTHORIZED_USER) if msg.state else None
    return user if isinstance(user, bytes) else b""


def _reason_in(data: bytes) -> bytes:
    response = parse_message(data) if data else None
    return response.reason if isinstance(response, Response) else b""
