"""How much of anything the transports allow: one place, safe without any setting."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what peers can make us hold, wait for, or send to. Times are in seconds."""

    udp_messages_per_turn: int = 32
    """Datagrams read before timers and other sockets get their turn."""
    tcp_messages_per_turn: int = 32
    """Messages of one connection dealt with before others get their turn."""
    tcp_accepts_per_turn: int = 32
    max_connections: int = 1024
    """Of all processes together, accepted and opened."""
    max_connections_per_source: int = 32
    """Of all processes together, accepted from one address."""
    message_timeout: float = 30.0
    """From the first byte of a message on a stream to its last."""
    idle_timeout: float = 120.0
    """Without a byte in either direction."""
    connect_timeout: float = 10.0
    """tcp_connect_timeout."""
    send_timeout: float = 10.0
    """tcp_send_timeout: a peer that takes nothing for so long is given up."""
    drain_timeout: float = 2.0
    """What a connection that we close has for its last bytes."""
    sweep_interval: float = 1.0
    """How often the timeouts of connections are looked at, so how exact they are."""
    queue_bytes: int = 262_144
    """What may wait to be written on one connection."""
    queue_messages: int = 1024
    aliases_per_connection: int = 4
    accept_backoff: float = 0.5
    """Pause in accepting after the process has run out of file descriptors."""
    allow_multicast: bool = False
    allow_broadcast: bool = False
    allow_unspecified: bool = False
    """Send to 0.0.0.0/8 and ::, which Linux takes for this host."""
    allow_reserved_ports: bool = True
    """Send to ports below 1024 (other than port 0, which is never sent to)."""


DEFAULT_LIMITS = Limits()
