"""What the transports count. Nothing is dropped uncounted."""

from __future__ import annotations

from ser_core.modules.api import Counter

_DECLARED = {
    "udp_received": "datagrams handed to the SIP layer",
    "udp_sent": "datagrams sent",
    "udp_short": "datagrams below 32 bytes, ignored",
    "udp_keepalives": "datagrams of only CR, LF, NUL or blanks",
    "udp_stun": "STUN messages on a SIP port, ignored",
    "udp_tls": "TLS or DTLS records on a UDP port, ignored",
    "udp_rubbish": "datagrams that can't begin a SIP message, ignored",
    "udp_port_zero": "datagrams from source port 0, ignored",
    "udp_shed": "INVITEs ignored because more came in than could be dealt with",
    "udp_receive_errors": "errors that reading a UDP socket gave",
    "udp_send_drops": "datagrams dropped because the socket's send buffer was full",
    "udp_send_errors": "datagrams that could not be sent",
    "tcp_received": "messages read from connections",
    "tcp_sent": "messages handed to connections",
    "tcp_keepalives": "CRLF keep-alives answered",
    "tcp_accepted": "connections accepted",
    "tcp_opened": "connections that we opened",
    "tcp_connect_errors": "connections that we could not open",
    "tcp_closed": "connections closed",
    "tcp_refused_total": "connections refused: too many in all",
    "tcp_refused_source": "connections refused: too many from one source address",
    "tcp_evicted": "connections closed because others needed their place",
    "tcp_accept_errors": "errors that accepting gave, running out of file descriptors among them",
    "tcp_framing_errors": "connections closed because what came in isn't SIP",
    "tcp_idle_timeouts": "connections closed because nothing happened on them",
    "tcp_message_timeouts": "connections closed because a message did not arrive whole in time",
    "tcp_send_timeouts": "connections closed because the peer took nothing",
    "tcp_queue_overflows": "messages refused because too much waited on a connection",
    "tcp_truncated": "connections that the peer closed in the middle of a message",
    "tcp_send_errors": "messages that could not be delivered to a connection",
    "destinations_refused": "messages not sent: the destination is one that we never send to",
    "guard_exceptions": "exceptions stopped where one message is handed over",
}


class TransportCounters:
    """One `Counter` for each name above, as an attribute."""

    __slots__ = ("all", *_DECLARED)

    # Declared for mypy; __init__ fills them from the table.
    udp_received: Counter
    udp_sent: Counter
    udp_short: Counter
    udp_keepalives: Counter
    udp_stun: Counter
    udp_tls: Counter
    udp_rubbish: Counter
    udp_port_zero: Counter
    udp_shed: Counter
    udp_receive_errors: Counter
    udp_send_drops: Counter
    udp_send_errors: Counter
    tcp_received: Counter
    tcp_sent: Counter
    tcp_keepalives: Counter
    tcp_accepted: Counter
    tcp_opened: Counter
    tcp_connect_errors: Counter
    tcp_closed: Counter
    tcp_refused_total: Counter
    tcp_refused_source: Counter
    tcp_evicted: Counter
    tcp_accept_errors: Counter
    tcp_framing_errors: Counter
    tcp_idle_timeouts: Counter
    tcp_message_timeouts: Counter
    tcp_send_timeouts: Counter
    tcp_queue_overflows: Counter
    tcp_truncated: Counter
    tcp_send_errors: Counter
    destinations_refused: Counter
    guard_exceptions: Counter

    def __init__(self) -> None:
        self.all: list[Counter] = []
        """In the order declared, to attach them to the shared page."""
        for name, doc in _DECLARED.items():
            made = Counter(f"transport.{name}", doc)
            setattr(self, name, made)
            self.all.append(made)
