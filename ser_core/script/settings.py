"""Every directive of ser.cfg: its name, type, default, limits and meaning, declared once.

`Settings` is what the rest of ser reads; the checker, the reference in docs/ser-cfg.md and the
notes at start-up are derived from its fields through `DIRECTIVES`.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

LOG_FACILITIES = (
    "LOG_AUTH",
    "LOG_AUTHPRIV",
    "LOG_CRON",
    "LOG_DAEMON",
    "LOG_FTP",
    "LOG_KERN",
    *(f"LOG_LOCAL{n}" for n in range(8)),
    "LOG_LPR",
    "LOG_MAIL",
    "LOG_NEWS",
    "LOG_SYSLOG",
    "LOG_USER",
    "LOG_UUCP",
)

TLS_METHODS = {
    spelling: method
    for method, spellings in {
        "SSLv23": ("sslv23", "SSLv23", "SSLV23"),
        "SSLv2": ("sslv2", "SSLv2", "SSLV2"),
        "SSLv3": ("sslv3", "SSLv3", "SSLV3"),
        "TLSv1": ("tlsv1", "TLSv1", "TLSV1"),
    }.items()
    for spelling in spellings
}


class ListenAddress(NamedTuple):
    """One item of `listen` or `alias`: [proto:]host[:port]."""

    transport: str
    """"udp", "tcp", "tls", or "*" for any."""
    host: str
    """Address without brackets, interface or host name, as written."""
    port: int = 0
    """0: none was given. For `listen` that is the port of the `port` directive."""


class Kind(enum.Enum):
    """What may stand behind a directive's `=`; the value is how the reference calls it."""

    NUMBER = "number"
    SWITCH = "yes or no"
    STRING = "string"
    WORD = "string or word"
    FACILITY = "log facility"
    TLS_METHOD = "TLS method"
    HOST = "host"
    ADDRESSES = "list of [proto:]host[:port]"


@dataclass(frozen=True, slots=True)
class Directive:
    """One row of the table of directives."""

    name: str
    kind: Kind
    default: Any  # int, bool, str or tuple, as the field of Settings
    help: str
    synonyms: tuple[str, ...] = ()
    minimum: int = 0
    maximum: int = 2**31 - 1
    without_meaning: str = ""
    """Why it does nothing here; empty when it does something."""
    ours: bool = False
    """SER 0.9 doesn't know it."""
    fixed: bool = False
    """A reload doesn't change it: another value needs a restart."""


def _directive(kind: Kind, default: Any, help_text: str, **more: Any) -> Any:
    """A field of Settings; Any, because its type is that of the annotation."""
    return field(default=default, metadata={"kind": kind, "help": help_text, **more})


def _number(default: int, help_text: str, **more: Any) -> int:
    made: int = _directive(Kind.NUMBER, default, help_text, **more)
    return made


def _switch(default: bool, help_text: str, **more: Any) -> bool:
    made: bool = _directive(Kind.SWITCH, default, help_text, **more)
    return made


def _string(default: str, help_text: str, kind: Kind = Kind.STRING, **more: Any) -> str:
    made: str = _directive(kind, default, help_text, **more)
    return made


def _addresses(help_text: str, **more: Any) -> tuple[ListenAddress, ...]:
    made: tuple[ListenAddress, ...] = _directive(Kind.ADDRESSES, (), help_text, **more)
    return made


_NO_TLS = "there is no TLS transport yet"
_NO_POOL = "memory is the Python runtime's, there is no pool to report on"
_NO_MULTICAST = "multicast isn't sent"
_ONE_FIFO_SERVER = "one process serves FIFO and socket, and a slow command doesn't hold it up"


@dataclass(slots=True)
class Settings:
    """The directives of one ser.cfg. Only the loader and the command line change them."""

    # What it says and how it runs
    debug: int = _number(
        2, "messages of this level and below are logged: 1 warnings … 9 whole messages", maximum=9
    )
    fork: bool = _switch(True, "run in the background, with `children` receivers", fixed=True)
    log_stderror: bool = _switch(False, "log to standard error instead of syslog", fixed=True)
    log_facility: str = _string("LOG_DAEMON", "syslog facility", Kind.FACILITY)
    children: int = _number(8, "receiver processes", minimum=1, maximum=256, fixed=True)
    user: str = _string(
        "", "user, by name or number, to run as once the sockets are open", Kind.WORD,
        synonyms=("uid",), fixed=True)  # fmt: skip
    group: str = _string(
        "", "group to run as; empty: that of `user`", Kind.WORD, synonyms=("gid",), fixed=True
    )
    chroot: str = _string(
        "", "directory to lock the process into", Kind.WORD,
        without_meaning="a Python process needs its library; use the service manager's sandbox",
    )  # fmt: skip
    wdir: str = _string(
        "/",
        "working directory of the background process",
        Kind.WORD,
        synonyms=("workdir",),
        fixed=True,
    )
    disable_core_dump: bool = _switch(
        False, "write no core file when a process crashes", fixed=True
    )
    open_files_limit: int = _number(
        -1, "how many files a process may open; unset: enough for tcp_max_connections", fixed=True
    )

    # Where it listens
    listen: tuple[ListenAddress, ...] = _addresses(
        "addresses, interfaces or names to listen on; without it every interface", fixed=True
    )
    port: int = _number(
        5060, "port of `listen` items that name none", minimum=1, maximum=65535, fixed=True
    )
    alias: tuple[ListenAddress, ...] = _addresses("further names that count as `myself`")
    dns: bool = _switch(
        False, "at start-up, take the names that DNS has for our addresses as aliases", fixed=True
    )
    rev_dns: bool = _switch(False, "the same as `dns`", fixed=True)
    advertised_address: str = _string(
        "", "host in our Via, instead of the socket's", Kind.HOST, fixed=True
    )
    advertised_port: int = _number(0, "port in our Via", minimum=1, maximum=65535, fixed=True)
    mhomed: bool = _switch(False, "choose the outgoing socket by the kernel's routing table")
    disable_tcp: bool = _switch(False, "listen and connect on UDP only", fixed=True)
    tcp_children: int = _number(
        0, "TCP processes", maximum=256, without_meaning="every receiver serves UDP and TCP"
    )
    tcp_connect_timeout: int = _number(
        10, "seconds for a TCP connection to be made", minimum=1, fixed=True
    )
    tcp_send_timeout: int = _number(
        10, "seconds for a TCP peer to take what we send", minimum=1, fixed=True
    )
    tcp_accept_aliases: bool = _switch(False, "honour `;alias` in the top Via over TCP")
    maxbuffer: int = _number(
        262144, "upper bound of a UDP socket's receive buffer, in bytes", fixed=True
    )

    # How it treats messages
    check_via: bool = _switch(False, "drop replies whose top Via isn't ours")
    sip_warning: bool = _switch(False, "add a Warning header to replies made here")
    server_signature: bool = _switch(True, "add Server to replies and User-Agent to requests")
    reply_to_via: bool = _switch(False, "send replies made here to the Via address")
    syn_branch: bool = _switch(
        True, "short branch parameters in stateless forwarding",
        without_meaning="every branch is unguessable, so that a reply which matches is believed",
    )  # fmt: skip

    # The control channel
    fifo: str = _string(
        "",
        'path of the command FIFO; empty: ser_fifo in the run directory; "none": no FIFO',
        fixed=True,
    )
    fifo_dir: str = _string("", "directory of reply FIFOs; empty: that of `fifo`", fixed=True)
    fifo_mode: int = _number(
        0o660, "permissions of the FIFO, in octal", maximum=0o7777,
        synonyms=("sock_mode", "file_mode"), fixed=True)  # fmt: skip
    fifo_user: str = _string(
        "", "owner of the FIFO", Kind.WORD, synonyms=("sock_user",), fixed=True
    )
    fifo_group: str = _string(
        "", "group of the FIFO", Kind.WORD, synonyms=("sock_group",), fixed=True
    )
    fifo_db_url: str = _string(
        "", "database of the FIFO's DB command", without_meaning="there is no DB command yet"
    )
    unix_sock: str = _string(
        "", "path of a Unix datagram socket that takes commands, too", fixed=True
    )
    unix_sock_children: int = _number(
        1, "processes of the command socket", without_meaning=_ONE_FIFO_SERVER
    )
    unix_tx_timeout: int = _number(
        2000, "milliseconds for a reply to leave by the command socket", fixed=True
    )

    # TLS
    disable_tls: bool = _switch(False, "no TLS", without_meaning=_NO_TLS)
    tls_log: int = _number(
        4, "level of TLS messages", synonyms=("tlslog",), without_meaning=_NO_TLS
    )
    tls_port_no: int = _number(5061, "TLS port", maximum=65535, without_meaning=_NO_TLS)
    tls_method: str = _string(
        "SSLv23", "protocol versions", Kind.TLS_METHOD, without_meaning=_NO_TLS
    )
    tls_verify: bool = _switch(False, "verify certificates", without_meaning=_NO_TLS)
    tls_require_certificate: bool = _switch(
        False, "ask clients for a certificate", without_meaning=_NO_TLS
    )
    tls_certificate: str = _string("", "certificate file", without_meaning=_NO_TLS)
    tls_private_key: str = _string("", "key file", without_meaning=_NO_TLS)
    tls_ca_list: str = _string("", "file of trusted certificates", without_meaning=_NO_TLS)
    tls_handshake_timeout: int = _number(120, "seconds", without_meaning=_NO_TLS)
    tls_send_timeout: int = _number(120, "seconds", without_meaning=_NO_TLS)

    # What only SER's C needs
    memlog: int = _number(
        4, "level of memory dumps", synonyms=("mem_log",), without_meaning=_NO_POOL
    )
    statistics: str = _string(
        "", "file of statistics", without_meaning="counters are read through the FIFO"
    )
    mcast_loopback: bool = _switch(
        False, "receive one's own multicast", without_meaning=_NO_MULTICAST
    )
    mcast_ttl: int = _number(-1, "hops of multicast", maximum=255, without_meaning=_NO_MULTICAST)

    # Limits that SER 0.9 has not
    max_branches: int = _number(
        12, "destinations of one request, the Request-URI among them", minimum=1, maximum=64,
        ours=True,
    )  # fmt: skip
    max_breadth: int = _number(
        60, "Max-Breadth put into requests that have none (RFC 5393)", minimum=1, maximum=255,
        ours=True,
    )  # fmt: skip
    loop_detection: bool = _switch(
        True, "answer 482 to a request that comes back unchanged (RFC 5393)",
        ours=True,
    )  # fmt: skip
    stray_replies: bool = _switch(
        False, "forward replies that match no transaction, as SER does, instead of dropping them",
        ours=True,
    )  # fmt: skip
    send_anywhere: bool = _switch(
        False, "send to multicast, broadcast and unspecified addresses too", ours=True, fixed=True
    )
    tcp_idle_timeout: int = _number(
        120,
        "seconds after which a silent TCP connection is closed",
        minimum=1,
        ours=True,
        fixed=True,
    )
    tcp_message_timeout: int = _number(
        30, "seconds for a message that has begun to arrive whole", minimum=1, ours=True, fixed=True
    )
    tcp_max_connections: int = _number(
        1024, "TCP connections of all receivers together", minimum=1, ours=True, fixed=True
    )
    tcp_max_per_source: int = _number(
        32, "TCP connections from one address", minimum=1, ours=True, fixed=True
    )


def _directives() -> dict[str, Directive]:
    return {
        x.name: Directive(name=x.name, default=x.default, **x.metadata) for x in fields(Settings)
    }


DIRECTIVES: dict[str, Directive] = _directives()
"""By name, in the order of the reference."""

BY_ANY_NAME: dict[str, Directive] = DIRECTIVES | {
    synonym: x for x in DIRECTIVES.values() for synonym in x.synonyms
}
"""Synonyms included."""
