"""Accepting SIP over TCP (RFC 3261 §18.2.1): the listening socket; connections have their own file.

Running out of file descriptors must neither spin nor leave callers hanging: one descriptor is kept
in reserve to accept, close and so refuse whoever waits, and then accepting pauses for a while.
"""

from __future__ import annotations

import errno
import os
import socket

import gevent

from ser_core import log
from ser_core.sip.hop import Listener
from ser_core.transport.connections import Connections
from ser_core.transport.counters import TransportCounters
from ser_core.transport.limits import DEFAULT_LIMITS, Limits

READ = 1

_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class TcpListener:
    """Accepts connections on one listening socket and gives them to the table."""

    def __init__(
        self,
        sock: socket.socket,
        listener: Listener,
        connections: Connections,
        counters: TransportCounters,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        """Takes over `sock`, which must listen already; made non-blocking here."""
        sock.setblocking(False)
        self.listener = listener
        self._socket = sock
        self._connections = connections
        self._counters = counters
        self._limits = limits
        self._reserve = _spare_descriptor()
        loop = gevent.get_hub().loop
        self._watcher = loop.io(sock.fileno(), READ)
        self._pause = loop.timer(limits.accept_backoff)

    def start(self) -> None:
        """Begin to accept."""
        self._watcher.start(self._accept_turn)

    def stop(self) -> None:
        """Accept no more; whoever connects waits in the socket's backlog."""
        self._watcher.stop()
        self._pause.stop()

    def close(self) -> None:
        """Stop, and close our copy of the socket."""
        self.stop()
        self._watcher.close()
        self._pause.close()
        self._socket.close()
        if self._reserve >= 0:
            os.close(self._reserve)
            self._reserve = -1

    def _accept_turn(self) -> None:
        for _ in range(self._limits.tcp_accepts_per_turn):
            try:
                sock, address = self._socket.accept()
            except BlockingIOError:
                return
            except OSError as error:
                self._counters.tcp_accept_errors.add()
                if error.errno in _EXHAUSTED:
                    self._refuse_and_pause(error)
                    return
                continue  # ECONNABORTED and the like: that one has gone, others may wait
            try:
                self._connections.accept(sock, address, self.listener)
            except Exception as error:  # noqa: BLE001  # the guard of one new connection
                sock.close()
                self._connections.guard(f"accepting from {address[0]}", error)

    def _refuse_and_pause(self, error: OSError) -> None:
        log.limited("tcp-accept", log.ERROR, "cannot accept on %s: %s", self.listener, error)
        self._watcher.stop()
        self._pause.start(self._resume)
        if self._reserve < 0:
            return
        os.close(self._reserve)
        try:
            self._socket.accept()[0].close()
        except OSError:
            self._counters.tcp_accept_errors.add()
        self._reserve = _spare_descriptor()

    def _resume(self) -> None:
        if self._reserve < 0:
            self._reserve = _spare_descriptor()
        self._watcher.start(self._accept_turn)


def _spare_descriptor() -> int:
    """A descriptor that can be given up; -1 when there is none left."""
    try:
        return os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return -1
