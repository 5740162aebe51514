"""Drives the core of one process: bytes in, script and transactions run, bytes out, timers kept.

`receive` is where every message enters, from whichever transport or process. The Driver is what
modules know as `Core` and the proxy as `Environment`. Nothing here waits: names are resolved and
programs run in greenlets of their own.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gevent

from ser_core import log
from ser_core.database.counters import DatabaseCounters
from ser_core.database.open_databases import OpenDatabases
from ser_core.errors import ParseError
from ser_core.modules.location_tables import location_of
from ser_core.proxy.redirection import contact_line
from ser_core.proxy.stateful import StatefulProxy
from ser_core.proxy.stateless import StatelessProxy
from ser_core.proxy.validation import validate
from ser_core.script.runtime import E_BAD_ADDRESS, E_SEND, ScriptMessage
from ser_core.sip.hop import DEFAULT_PORT, Hop, Listener, LocalAddresses, bracketed
from ser_core.sip.message import Request, Response
from ser_core.sip.params import find
from ser_core.sip.parser import parse_message
from ser_core.sip.stateless_tag import StatelessTag
from ser_core.transport.driver_counters import DriverCounters
from ser_core.transport.execution import run_shell
from ser_core.transport.housekeeping import Housekeeping
from ser_core.transport.multihomed import KernelRoutes
from ser_core.transport.random_ids import RandomIds
from ser_core.transport.running_script import RunningScript
from ser_core.transport.scripts import Candidate, Scripts
from ser_core.transport.turns import Turns

if TYPE_CHECKING:
    from ser_core.database.worker import Database
    from ser_core.registrar.location import Location
    from ser_core.script.loader import Program
    from ser_core.script.settings import Settings
    from ser_core.sip.uri import Uri
    from ser_core.transport.resolver import Resolver
    from ser_core.transport.transports import Transports

TIMER_GRAIN = 0.01
"""Seconds that timers may be late, so that many fire in one wake-up."""
RETRY_AFTER = b"Retry-After: 2\r\n"


class Driver:
    """One process's proxy."""

    def __init__(
        self,
        program: Program,
        local: LocalAddresses,
        transports: Transports,
        resolver: Resolver,
        location: Location,
        *,
        counters: DriverCounters,
        stateless_tag: StatelessTag,
        database_counters: DatabaseCounters | None = None,
        tables: Path = Path(),
        process_index: int = 0,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self.settings: Settings = program.settings
        self.local = local
        self.counters = counters
        self.stateless_tag = stateless_tag
        self._tables = tables
        self._databases = OpenDatabases(database_counters or DatabaseCounters())
        self.location = location_of(program.modules.values(), self.database, location)
        self.monotonic = clock
        self.wall_time = wall_clock
        self.log_level = log.level
        self._transports = transports
        self._send = transports.send
        self.unique = RandomIds().next
        self.resolve_now = resolver.resolve_now
        self._resolver = resolver
        self._kernel_routes = KernelRoutes(local)
        self._process_index = process_index
        self._sent_bys = frozenset(listener.sent_by for listener in local.listeners)
        self._stateless = StatelessProxy(self, stateless_tag)
        self._count_reply: Callable[[int], None] | None = None
        self._transactions: StatefulProxy | None = None
        self._wake_at = float("inf")
        self._timer: Any = None  # Any: gevent's watchers have no public type
        self._housekeeping: Housekeeping | None = None
        self._turns = Turns(self._process)
        self._waits = False
        """A script that is in use may wait: each message gets its turn, and a greenlet."""
        self.script = RunningScript(self, program)
        """What the next message runs through, and knows as its core."""
        self.replies = self.script.replies
        self._scripts = Scripts(self, counters.failures, gevent.get_hub().loop.run_callback)

    # -- life ------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the modules and, in the first process, the housekeeping tick."""
        if self._process_index == 0:
            self._housekeeping = Housekeeping(self.wall_time, self.counters.failures)
            self._housekeeping.start()
        self.switch(self.prepare(self.script.program))

    def prepare(self, program: Program) -> Candidate:
        """Make a script ready to take the place of the one that runs, which notices nothing.

        Raises whatever a module raises that can't start.
        """
        return self._scripts.prepare(program)

    def abandon(self, candidate: Candidate) -> None:
        """Give up a script that was made ready."""
        self._scripts.abandon(candidate)

    def switch(self, candidate: Candidate) -> None:
        """Let a script take effect with the next message; transactions end on theirs."""
        script = self.script = self._scripts.switch(candidate)
        modules = script.program.modules
        self.settings = script.settings
        self.replies = script.replies
        self._count_reply = modules["sl"].count if "sl" in modules else None  # type: ignore[attr-defined]
        if "tm" not in modules and self._transactions is not None:
            script.before.insert(0, self._is_new)
        if self._housekeeping is not None:
            self._housekeeping.use(list(modules.values()))
        self._waits = self._waits or script.program.may_block
        self.on_script_end()

    def on_script_end(self) -> None:
        """An earlier script isn't needed any more: maybe nothing waits in those that are left."""
        if not self._waits or self.script.program.may_block or self._scripts.may_block:
            return
        if self._turns:  # spawned, but they have not begun
            gevent.get_hub().loop.run_callback(self.on_script_end)
        else:
            self._waits = False

    def _is_new(self, msg: ScriptMessage) -> bool:
        """False for what belongs to a transaction, of which the script in force knows nothing."""
        return self._transactions is None or not self._transactions.take(msg)

    def stop(self) -> None:
        """Stop timers and modules."""
        if self._timer is not None:
            self._timer.stop()
            self._timer.close()
            self._timer = None
        if self._housekeeping is not None:
            self._housekeeping.stop()
        self._scripts.stop()
        self._databases.close()

    def transactions(self) -> StatefulProxy | None:
        return self._transactions

    def use_transactions(self, proxy: StatefulProxy) -> None:
        self._transactions = proxy

    def database(self, url: str) -> Database:
        return self._databases.get(url)

    def table_path(self, name: str) -> str:
        return str(self._tables / name)

    # -- messages --------------------------------------------------------------------------------

    def receive(self, data: bytes, source: Hop) -> None:
        """Deal with one message; never raises."""
        try:
            message = parse_message(data)
        except ParseError as error:
            self.counters.unreadable.add()
            self._reject(error, source)
            return
        if log.enabled(log.DEBUG):
            _tell_of(message, source)
        if not self._waits:
            self._process(message, source)
        elif not self._turns.take(message, source):
            self._turn_away(message, source)

    def _process(self, message: Request | Response, source: Hop) -> None:
        try:
            if isinstance(message, Request):
                self._on_request(message, source)
            else:
                self._on_response(message)
        except Exception:  # noqa: BLE001  guard: one message must not end the process
            self.counters.failures.add()
            log.exception("a message could not be processed", call_id=message.call_id)
        if self._transactions is not None and self._transactions.heap.earliest() < self._wake_at:
            self.arm_timers()

    def _turn_away(self, message: Request | Response, source: Hop) -> None:
        """Too much waits, for a database that hangs, say: ask to try again later (§21.5.4)."""
        self.counters.turned_away.add()
        log.limited("waiting", log.WARNING, "too many messages wait, turned away")
        if isinstance(message, Request) and message.method != b"ACK":
            msg = ScriptMessage(message, source, self.monotonic(), self.script)
            self.reply(msg, 503, b"Service Unavailable", headers=[RETRY_AFTER])

    def refuse(self, data: bytes, error: ParseError, source: Hop) -> None:
        """Answer what a stream can't be cut into messages behind, as far as it can be read."""
        try:
            error.message = parse_message(data)
        except ParseError as unreadable:
            error.message = unreadable.message
        self.counters.unreadable.add()
        self._reject(error, source)

    def _on_request(self, request: Request, source: Hop) -> None:
        self.counters.requests.add()
        self.counters.received.request(request.method)
        script = self.script
        msg = ScriptMessage(request, source, self.monotonic(), script)
        msg.max_branches = self.settings.max_branches
        try:
            validate(request)
            if source.listener.reliable and self.settings.tcp_accept_aliases:
                self._accept_alias(request, source)
            for hook in script.before:
                if not hook(msg):
                    log.write(log.TRANSACTIONS, "dealt with before the script")
                    return
        except ParseError as error:
            error.message = request
            self.counters.refused.add()
            self._reject(error, source)
            return
        self._run_script(msg, script)

    def _accept_alias(self, request: Request, source: Hop) -> None:
        """`;alias` in the topmost Via: send requests for its sent-by on this connection, too."""
        if find(request.via.params, b"alias") is not None:
            self._transports.add_alias(source, request.via.port or DEFAULT_PORT)

    def _run_script(self, msg: ScriptMessage, script: RunningScript) -> None:
        try:
            script.main(msg)
        except ParseError as error:
            error.message = msg.message
            self._answer_error(msg, error.status, error.reason.encode())
        except Exception:  # noqa: BLE001  guard: a script or module that fails answers 500 and harms nobody else
            self.counters.failures.add()
            log.exception("the script failed", call_id=msg.message.call_id)
            self._answer_error(msg, 500, b"Server Internal Error")
        try:
            for hook in script.after:
                hook(msg)
        except Exception:  # noqa: BLE001  guard: what the script has done stays done
            self.counters.failures.add()
            log.exception("a module failed after the script", call_id=msg.message.call_id)

    def _answer_error(self, msg: ScriptMessage, status: int, reason: bytes) -> None:
        """Answer a request that failed: through its transaction when it has one."""
        if msg.message.method == b"ACK":
            return
        server = msg.transaction
        if server is not None and server.context is not None and self._transactions is not None:
            self._transactions.responses.answer(server.context, status, reason, msg.now)
        else:
            self.reply(msg, status, reason)

    def _reject(self, error: ParseError, source: Hop) -> None:
        """Answer what can't be read, where it can be answered; else drop and count it."""
        request = error.message
        call_id = b""
        if isinstance(request, Request):
            call_id = request.call_id
        peer = _peer(source)
        log.limited("refused", log.INFO, "refused from %s: %s", peer, error.reason, call_id=call_id)
        if not isinstance(request, Request) or request.method == b"ACK":
            return
        msg = ScriptMessage(request, source, self.monotonic(), self.script)
        if not self.reply(msg, error.status, error.reason.encode(), headers=error.headers):
            self.counters.unanswerable.add()

    def _on_response(self, response: Response) -> None:
        self.counters.responses.add()
        self.counters.received.response(response.status)
        transactions = self._transactions
        try:
            if self.settings.check_via and response.via.sent_by not in self._sent_bys:
                self.counters.stray_responses.add()
                return
            if transactions is not None:
                if transactions.clients.receive(response, self.monotonic()):
                    return
                log.write(log.TRANSACTIONS, "the response matches no transaction")
            forwarded = self._stateless.forward_response(
                response, any_branch=self.settings.stray_replies
            )
        except ParseError as error:
            log.limited("response", log.INFO, "unreadable response: %s", error.reason)
            forwarded = False
        if not forwarded:
            self.counters.stray_responses.add()

    # -- Core and Environment --------------------------------------------------------------------

    def log(self, level: int, text: str, msg: ScriptMessage | None = None) -> None:
        if log.enabled(level):
            log.write(level, "%s", text, call_id=msg.message.call_id if msg is not None else b"")

    def complain(self, kind: str, text: str, msg: ScriptMessage, level: int = 1) -> None:
        log.limited(kind, level, "%s", text, call_id=msg.message.call_id)

    def send(
        self,
        data: bytes,
        hop: Hop,
        on_error: Callable[[Hop, OSError], None] | None = None,
        fallback: Hop | None = None,
    ) -> bool:
        if log.enabled(log.MESSAGES):
            log.write(log.MESSAGES, "sending to %s:\n%s", _peer(hop), data)
        if on_error is not None:
            on_error = partial(self._on_send_error, on_error)
        sent = self._send(data, hop, on_error, fallback)
        if sent:
            self.counters.sent.message(data)
        return sent

    def _on_send_error(
        self, on_error: Callable[[Hop, OSError], None], hop: Hop, error: OSError
    ) -> None:
        """A send has failed in the hub, long after whoever asked for it has gone on."""
        self._call_later(partial(on_error, hop, error))

    def _call_later(self, call: Callable[[], object]) -> None:
        """Go on with what waited for a connection, a name or a timer."""
        if self._waits:
            gevent.spawn(self._guarded, call)
        else:
            self._guarded(call)

    def _guarded(self, call: Callable[[], object]) -> None:
        try:
            call()
        except Exception:  # noqa: BLE001  guard: nobody else waits here who could be told
            self.counters.failures.add()
            log.exception("going on with a message failed")
        if self._transactions is not None:
            self.arm_timers()

    def reply(
        self, msg: ScriptMessage, status: int, reason: bytes, *, headers: list[bytes] | None = None
    ) -> bool:
        request = msg.message
        to_tag = b""
        try:
            if status >= 180 and not request.to_tag:
                to_tag = self.stateless_tag.tag_for(request)
        except ParseError:  # To or Via can't be read: then any tag is as good
            to_tag = self.unique()
        sent = self._stateless.reply(msg, status, reason, to_tag, headers or [])
        if sent and self._count_reply is not None:
            self._count_reply(status)
        return sent

    def contact_header(self, msg: ScriptMessage) -> list[bytes]:
        line = contact_line(msg)
        return [line] if line else []

    def forward(self, msg: ScriptMessage, uri: bytes, transport: str | None = None) -> int:
        return self._stateless.forward(msg, uri, transport)

    def add_alias(self, msg: ScriptMessage, port: int) -> bool:
        if not msg.source.listener.reliable:
            return True  # as in SER, there is nothing to do over UDP
        return self._transports.add_alias(msg.source, port or msg.message.via.port or DEFAULT_PORT)

    def send_raw(self, msg: ScriptMessage, host: str, port: int, transport: str) -> int:
        listener = self.listener_for(msg, transport, host)
        if listener is None:
            return E_BAD_ADDRESS
        hop = Hop(listener.transport, host, port, listener)
        return 1 if self.send(msg.message.buffer, hop) else E_SEND

    def failed_lately(self, hop: Hop) -> bool:
        return self._transports.connections.failed_lately(hop)

    def resolve(
        self, uri: Uri, found: Callable[[list[Any]], object], transport: Any = None
    ) -> None:
        def answered(result: Any) -> None:  # Any: targets, or the error that the resolver met
            self._call_later(partial(found, result if isinstance(result, list) else []))

        self._resolver.resolve(uri, answered, transport)

    def listener_for(self, msg: ScriptMessage | None, transport: str, host: str) -> Listener | None:
        if msg is not None:
            chosen = msg.send_listener
            if chosen is not None and chosen.transport == transport:
                return chosen
            if not self.settings.mhomed:
                arrived = msg.source.listener
                if arrived.transport == transport and (arrived.family == 6) == (":" in host):
                    return arrived
        if self.settings.mhomed:
            routed = self._kernel_routes.listener_for(transport, host)
            if routed is not None:
                return routed
        return self.local.for_peer(transport, host)

    def execute(self, shell_command: str) -> int:
        return run_shell(shell_command)

    # -- timers ----------------------------------------------------------------------------------

    def arm_timers(self) -> None:
        assert self._transactions is not None
        earliest = self._transactions.heap.earliest()
        if earliest >= self._wake_at:
            return
        self._wake_at = earliest
        if self._timer is not None:
            self._timer.stop()
            self._timer.close()
        delay = max(earliest - self.monotonic(), 0.0) + TIMER_GRAIN
        self._timer = gevent.get_hub().loop.timer(delay)
        self._timer.start(self._on_timer)

    def _on_timer(self) -> None:
        assert self._transactions is not None
        self._wake_at = float("inf")
        log.write(log.TIMERS, "timers run; %d are set", len(self._transactions.heap))
        self._call_later(self._run_timers)

    def _run_timers(self) -> None:
        assert self._transactions is not None
        self._transactions.run_timers(self.monotonic())


def _peer(hop: Hop) -> str:
    return f"{hop.transport}:{bracketed(hop.host)}:{hop.port}"


def _tell_of(message: Request | Response, source: Hop) -> None:
    """Log what has come in: a line, or from level 9 on all of it."""
    if log.enabled(log.MESSAGES):
        log.write(log.MESSAGES, "received from %s:\n%s", _peer(source), message.buffer)
        return
    first_line = message.buffer[: message.first_header_position].strip()
    log.debug("received from %s: %s", _peer(source), first_line, call_id=message.call_id)
