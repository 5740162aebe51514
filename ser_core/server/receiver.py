"""A receiver: one process with one hub that serves its sockets, its place on the bus, its timers.

Everything made after the fork is made here: the hub, the location table, transports, driver.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import gevent

from ser_core import log
from ser_core.errors import ParseError
from ser_core.exit_codes import ExitCode
from ser_core.fifo.dispatcher import OwnReceiver, Runner, tell
from ser_core.fifo.protocol import Reply
from ser_core.registrar.lmdb_location import LmdbLocation
from ser_core.server import errand
from ser_core.server.acquaintance import Acquaintance
from ser_core.server.bus import BusConnection
from ser_core.server.bus_messages import (
    Command,
    CommandReply,
    ConnectionClosed,
    ConnectionOpened,
    ConnectionsTold,
    Received,
    ReceiverEnded,
    ReceiverStarted,
    WriteOut,
    hop_of,
    peer_of,
)
from ser_core.server.call_id import find_call_id, owner_of
from ser_core.server.child import Side
from ser_core.server.control import ProcessControl, make_runner
from ser_core.server.hub import log_errors_of, tune_collector
from ser_core.server.life import Life
from ser_core.server.log_tap import tap_into
from ser_core.server.own_reload import OwnReload
from ser_core.server.plan import Plan
from ser_core.server.privileges import become
from ser_core.server.script_change import ScriptChange
from ser_core.sip.hop import Hop, Transport
from ser_core.sip.stateless_tag import StatelessTag
from ser_core.transport.connections import process_of
from ser_core.transport.dns_client import DnsClient
from ser_core.transport.driver import Driver
from ser_core.transport.limits import Limits
from ser_core.transport.locating import Abilities
from ser_core.transport.resolver import Resolver
from ser_core.transport.transports import Transports

if TYPE_CHECKING:
    from ser_core.script.loader import Program
    from ser_core.server.control_channel import ControlChannel
    from ser_core.transport.scripts import Candidate


def serve(plan: Plan, side: Side) -> int:
    """Run receiver number `side.index` until it is told to stop; the exit status.

    Raises OSError or SerError when it can't start.
    """
    # Made here, it imports what it needs: the user we become may not get at Python's library.
    hub = gevent.get_hub()
    if plan.takes_commands_itself:
        import ser_core.server.control_channel  # noqa: F401  # receivers needn't have it
    become(plan.identity, plan.command_groups if plan.takes_commands_itself else ())
    log_errors_of(hub, plan.counters.driver.failures)
    alone = not plan.program.settings.fork
    if alone:
        errand.load_here(plan)
    receiver = Receiver(plan, side)
    tune_collector()
    receiver.start()
    side.ready()
    receiver.wait()
    receiver.stop()
    if alone and (lost := errand.save_here(plan)):
        sys.stderr.write(f"ser: {lost}\n")
        return ExitCode.NOT_SAVED
    return ExitCode.OK


class Receiver:
    """The parts of one receiver, and what goes between them."""

    def __init__(self, plan: Plan, side: Side) -> None:
        index = side.index
        plan.attach_counters(index)
        self._plan = plan
        self._index = index
        self._receivers = plan.receivers
        self._others = [x for x in range(plan.receivers) if x != index]
        self._life = Life(side, plan.pages, plan.counters.driver.failures, self._on_beat)
        self._bus = BusConnection(
            plan.bus,
            index,
            gevent.get_hub().loop,
            {
                Received: self._on_received,
                WriteOut: self._on_write_out,
                ConnectionOpened: self._on_connection_opened,
                ConnectionClosed: self._on_connection_closed,
                ReceiverEnded: self._on_receiver_ended,
                ReceiverStarted: self._on_receiver_started,
                ConnectionsTold: self._on_connections_told,
                Command: self._on_command,
                **ScriptChange(plan, side, self, plan.counters.driver.failures).handlers(),
            },
            plan.counters.bus,
            time.monotonic,
        )
        self._location = LmdbLocation.open(str(plan.location))
        several = self._receivers > 1
        self._transports = Transports.open(
            plan.sockets[index],
            self._receive_or_hand_on if several else self._receive,
            self._on_framing_error,
            self._on_exception,
            process_index=index,
            counters=plan.counters.transport,
            limits=limits_of(plan),
            send_elsewhere=self._send_elsewhere,
            counts=plan.connection_counts,
            **({"on_open": self._on_open, "on_close": self._on_close} if several else {}),
        )
        resolver = Resolver(DnsClient(), abilities_of(plan))
        plan.pages.attach(resolver.counters, index)
        self._driver = Driver(
            plan.program,
            plan.local,
            self._transports,
            resolver,
            self._location,
            counters=plan.counters.driver,
            stateless_tag=StatelessTag(plan.secret),
            database_counters=plan.counters.database,
            tables=plan.location.parent,
            process_index=index,
        )
        self._acquaintance = Acquaintance(self._others, self._receive)
        self._control = ProcessControl(plan, self._driver.location, index, self._driver.database)
        self._reload = OwnReload(plan, side, self, plan.counters.driver.failures)
        """What is asked for when there is no attendant to do it (fork=no)."""
        self._channel = self._make_channel(side) if plan.takes_commands_itself else None

    # Life

    def start(self) -> None:
        """Begin to work."""
        self._life.start()
        if not self._plan.program.settings.fork:
            gevent.signal_handler(signal.SIGHUP, self._reload.hang_up)
        self._driver.start()
        self._bus.start()
        self._bus.send_to_all(self._others, ReceiverStarted(self._index))
        if not self._acquaintance.wait():
            log.warning("another receiver hasn't told its connections, going on without")
        self._transports.start()
        if self._channel is not None:
            self._channel.start(OwnReceiver(self._channel.runner))

    def wait(self) -> None:
        """Let the hub run until the process is to stop."""
        self._life.wait()

    def stop(self) -> None:
        """Stop and close everything; in the reverse order of start."""
        self._life.stop()
        if self._channel is not None:
            self._channel.stop()
        self._transports.stop()
        self._driver.stop()
        self._transports.close()
        self._bus.close()
        self._location.close()
        self._life.ended()

    def _on_beat(self) -> None:
        self._bus.expire()
        if self._channel is not None:
            self._channel.on_beat()

    # Messages from the network

    def _receive(self, data: bytes, source: Hop) -> None:
        self._driver.receive(data, source)

    def _receive_or_hand_on(self, data: bytes, source: Hop) -> None:
        """All messages of a call go to one receiver; what has no Call-ID stays here."""
        call_id = find_call_id(data)
        if call_id:
            owner = owner_of(call_id, self._receivers)
            if owner != self._index:
                self._bus.hand_on(owner, data, source)
                return
        self._driver.receive(data, source)

    def _on_framing_error(self, error: ParseError, source: Hop, head: bytes) -> None:
        """A stream can't be followed further: answer what can be answered of it."""
        if head:
            self._driver.refuse(head, error, source)

    def _on_exception(self, doing: str, error: Exception) -> None:
        self._plan.counters.driver.failures.add()
        log.exception("%s: %s", doing, error)

    # Messages from other processes

    def _on_received(self, message: Received) -> None:
        source = self._hop(message)
        if not self._acquaintance.holds_back(message.data, source):
            self._driver.receive(message.data, source)

    def _on_write_out(self, message: WriteOut) -> None:
        fallback = message.fallback
        listeners = self._plan.local.listeners
        self._transports.send(
            message.data,
            hop_of(message.peer, listeners),
            None,
            hop_of(fallback, listeners) if fallback is not None else None,
        )

    def _on_connection_opened(self, message: ConnectionOpened) -> None:
        self._transports.connections.learn(self._hop(message))

    def _on_connection_closed(self, message: ConnectionClosed) -> None:
        self._transports.connections.forget(self._hop(message))

    def _on_receiver_ended(self, message: ReceiverEnded) -> None:
        self._transports.connections.forget_process(message.receiver)
        self._acquaintance.told_all(message.receiver)

    def _on_receiver_started(self, message: ReceiverStarted) -> None:
        """What its predecessor knew of our connections has died with it."""
        newcomer = message.receiver

        def tell_newcomer(hop: Hop) -> None:
            self._bus.send(newcomer, ConnectionOpened(peer_of(hop)))

        self._transports.connections.forget_process(newcomer)
        self._transports.connections.tell_all(tell_newcomer)
        self._bus.send(newcomer, ConnectionsTold(self._index))

    def _on_connections_told(self, message: ConnectionsTold) -> None:
        self._acquaintance.told_all(message.receiver)

    # Another ser.cfg

    def prepare(self, program: Program) -> Candidate:
        """Start its modules, beside those that run."""
        return self._driver.prepare(program)

    def switch(self, candidate: Candidate) -> None:
        """Let it take effect with the next message."""
        self._driver.switch(candidate)
        self.__dict__.pop("_runner", None)  # it is made again, with the commands of its modules
        if self._channel is not None:
            self._channel.use(candidate.program)

    def abandon(self, candidate: Candidate) -> None:
        """Stop its modules."""
        self._driver.abandon(candidate)

    # Commands

    def _make_channel(self, side: Side) -> ControlChannel:
        """fork=no: there is no fifo server, this process takes the commands, too."""
        from ser_core.server.control_channel import ControlChannel  # is loaded, see `serve`

        channel = ControlChannel(self._plan, side, self._control, self._reload)
        tap_into(channel.ring)
        return channel

    @cached_property
    def _runner(self) -> Runner:
        """Made when the first command comes."""
        return make_runner(self._plan, self._control)

    def _on_command(self, message: Command) -> None:
        if message.pid != os.getpid():
            return  # meant for a predecessor; whoever asked has been told that it died
        entry = self._runner.table.find(message.name)
        if entry is not None:
            tell(self._runner.run(entry, message.arguments), partial(self._answer, message.id))

    def _answer(self, number: int, reply: Reply) -> None:
        text = reply.text.encode("utf-8", "surrogateescape")
        message = CommandReply(number, reply.code, text, reply.body)
        if not self._bus.send(self._plan.fifo_place, message):
            log.error("the reply to a FIFO command is lost")

    def _hop(self, message: Any) -> Hop:  # Any: each kind of message that has a peer
        return hop_of(message.peer, self._plan.local.listeners)

    # Messages to other processes

    def _send_elsewhere(self, data: bytes, hop: Hop, fallback: Hop | None) -> bool:
        owner = process_of(hop.connection)
        if owner >= self._receivers:
            return False
        elsewhere = peer_of(fallback) if fallback is not None else None
        return self._bus.send(owner, WriteOut(peer_of(hop), data, elsewhere))

    def _on_open(self, hop: Hop) -> None:
        self._bus.send_to_all(self._others, ConnectionOpened(peer_of(hop)))

    def _on_close(self, hop: Hop) -> None:
        self._bus.send_to_all(self._others, ConnectionClosed(peer_of(hop)))


def abilities_of(plan: Plan) -> Abilities:
    """By which transports and to which families of addresses this process can send at all."""
    listeners = plan.local.listeners
    transports: list[Transport] = ["udp", "tcp"]
    families = (("A", 4), ("AAAA", 6))
    return Abilities(
        tuple(x for x in transports if any(y.transport == x for y in listeners)),
        tuple(x for x, family in families if any(y.family == family for y in listeners)),
    )


def limits_of(plan: Plan) -> Limits:
    """The limits that ser.cfg sets."""
    settings = plan.program.settings
    return Limits(
        connect_timeout=settings.tcp_connect_timeout,
        send_timeout=settings.tcp_send_timeout,
        idle_timeout=settings.tcp_idle_timeout,
        message_timeout=settings.tcp_message_timeout,
        max_connections=settings.tcp_max_connections,
        max_connections_per_source=settings.tcp_max_per_source,
        allow_multicast=settings.send_anywhere,
        allow_broadcast=settings.send_anywhere,
        allow_unspecified=settings.send_anywhere,
    )
