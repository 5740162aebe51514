"""Sockets, bound once before privileges drop; they outlive the receivers that read them.

For each listener one socket per receiver, all on the same address by SO_REUSEPORT, so the kernel
spreads the peers over the receivers and nobody fights for a datagram.
"""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Sequence
from typing import NamedTuple

from ser_core import log
from ser_core.server.addresses import AddressError
from ser_core.sip.hop import Listener

SO_RCVBUFFORCE = 33
"""Linux, for root: a receive buffer above the system's limit. Python has no name for it."""
BACKLOG = 1024
"""Connections that may wait to be accepted; the kernel cuts it to its own limit."""


class BoundSocket(NamedTuple):
    """A listener and one receiver's socket for it."""

    listener: Listener
    socket: socket.socket


def _new_socket(listener: Listener) -> socket.socket:
    family = socket.AF_INET6 if listener.family == 6 else socket.AF_INET
    kind = socket.SOCK_DGRAM if listener.transport == "udp" else socket.SOCK_STREAM
    made = socket.socket(family, kind)
    if family == socket.AF_INET6:  # IPv4 has listeners of its own
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    if listener.transport != "udp":  # connections of a former run may linger in TIME_WAIT
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return made


def _bind(made: socket.socket, listener: Listener) -> None:
    try:
        made.bind((listener.host, listener.port))
    except OSError as error:
        made.close()
        raise AddressError(f"cannot bind {listener!r}: {os.strerror(error.errno or 0)}") from error


def probe(listener: Listener) -> None:
    """Make sure that nobody has the address. Raises AddressError.

    SO_REUSEPORT shares an address with any program of the same user that set it too, another ser
    for instance, without a word; only a socket without it learns that the address is in use.
    """
    with _new_socket(listener) as made:
        _bind(made, listener)


def _raise_receive_buffer(made: socket.socket, wanted: int) -> None:
    """Let the socket hold `wanted` bytes if the system permits; never less than it did."""
    if made.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) >= 2 * wanted:  # Linux tells double
        return
    try:
        made.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, wanted)
    except PermissionError:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, wanted)


def bind(listener: Listener, receive_buffer: int) -> BoundSocket:
    """One more socket on the listener's address, ready to be read. Raises AddressError."""
    made = _new_socket(listener)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    if listener.transport == "udp":
        _raise_receive_buffer(made, receive_buffer)
    _bind(made, listener)
    if listener.transport != "udp":
        made.listen(BACKLOG)
    made.setblocking(False)
    return BoundSocket(listener, made)


def bind_all(
    listeners: Sequence[Listener], receivers: int, receive_buffer: int
) -> list[list[BoundSocket]]:
    """For each receiver a socket for each listener. Raises AddressError; then nothing stays bound.

    All addresses are probed before the first is bound, since our own wildcard socket would be in
    the way of a probe for one of its addresses.
    """
    for listener in listeners:
        probe(listener)
    bound: list[list[BoundSocket]] = [[] for _ in range(receivers)]
    try:
        for listener in listeners:
            for sockets in bound:
                sockets.append(bind(listener, receive_buffer))
    except AddressError:
        close_all(bound)
        raise
    return bound


def close_all(bound: Sequence[Sequence[BoundSocket]]) -> None:
    """Close sockets that aren't ours to read."""
    for sockets in bound:
        for _, made in sockets:
            made.close()


def without_tentative(listeners: Sequence[Listener]) -> list[Listener]:
    """The listeners whose address can be bound at all, for when nobody chose them by name.

    A fresh IPv6 address isn't usable for about a second, while it is checked for duplicates; when
    every interface is to be listened on, that is no reason not to start.
    """
    usable = []
    for listener in listeners:
        try:
            probe(listener)
        except AddressError as error:
            cause = error.__cause__
            if not isinstance(cause, OSError) or cause.errno != errno.EADDRNOTAVAIL:
                raise
            log.warning("not listening on %r: %s", listener, os.strerror(cause.errno))
            continue
        usable.append(listener)
    return usable
