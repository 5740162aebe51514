"""What to listen on: from `listen`, `port` and `alias` to listeners.

Nothing is bound here. Without `dns` or `rev_dns` no name server is asked for anything but the host
names that stand in `listen`, so that a machine without DNS starts as fast as any.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ser_core import log
from ser_core.errors import SerError
from ser_core.script.settings import ListenAddress
from ser_core.sip.hop import DEFAULT_PORT, Listener, Transport, bracketed

TRANSPORTS: tuple[Transport, ...] = ("udp", "tcp")
ANY = "*"
UNSPECIFIED = ("0.0.0.0", "::")

Alias = tuple[str, str, int]
"""(transport or "*", host, port or 0 for any)."""

_ADDRESS = re.compile(
    r"(?:(?P<transport>udp|tcp|tls|\*):)?"
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|[0-9A-Fa-f]*:[0-9A-Fa-f:.]+|[^\s:\[\]]+)"
    r"(?::(?P<port>\d{1,5}|\*))?",
    re.IGNORECASE,
)


class AddressError(SerError):
    """An address that can't be listened on: not one, not ours, in use, or not allowed."""


def parse_address(text: str) -> ListenAddress:
    """Read `[proto:]host[:port]`, as -l has it; ValueError with a sentence for the user."""
    found = _ADDRESS.fullmatch(text)
    port = found and found["port"]
    if found is None or (port and port != ANY and not 0 < int(port) < 65536):
        raise ValueError(f"{text!r} is not an address: [proto:]host[:port] expected")
    return ListenAddress(
        (found["transport"] or ANY).lower(),
        found["host"].strip("[]"),
        int(port) if port and port != ANY else 0,
    )


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_usable(address: str) -> bool:
    """IPv6 link-local addresses need a zone, which SIP can't write; the others will do."""
    return "%" not in address and not ipaddress.ip_address(address).is_link_local


def _interface_addresses() -> dict[str, list[str]]:
    """The usable addresses of each interface, by name, whether it is up or not."""
    import psutil  # 30 ms, and needed only without plain addresses

    families = (socket.AF_INET, socket.AF_INET6)
    return {
        name: [x.address for x in found if x.family in families and _is_usable(x.address)]
        for name, found in psutil.net_if_addrs().items()
    }


def all_addresses() -> list[str]:
    """The addresses of every interface that is up: IPv4 first, loopback among them."""
    import psutil

    up = {name for name, state in psutil.net_if_stats().items() if state.isup}
    found = [x for name, y in _interface_addresses().items() if name in up for x in y]
    return sorted(found, key=lambda address: ":" in address)


def _hosts_of(host: str) -> list[tuple[str, str]]:
    """(address, name) of each address that one `listen` item stands for.

    The unspecified addresses stand for all of their family: no peer could use them in a Via.
    """
    if host in UNSPECIFIED:
        return [(x, "") for x in all_addresses() if (":" in x) == (":" in host)]
    if _is_ip(host):
        return [(str(ipaddress.ip_address(host)), "")]
    if host == ANY:
        return [(address, "") for address in all_addresses()]
    found = _interface_addresses().get(host)
    if found is not None:
        if not found:
            raise AddressError(f"cannot listen on {host}: the interface has no address")
        return [(address, "") for address in found]
    try:
        first = socket.getaddrinfo(host, None, type=socket.SOCK_DGRAM)[0]
    except (OSError, UnicodeError) as error:
        raise AddressError(f"cannot listen on {host}: could not resolve the name") from error
    return [(str(first[4][0]), host)]  # only the first address of a name, as SER does


@dataclass(frozen=True, slots=True)
class ListenPlan:
    """How `listen` is read."""

    default_port: int = DEFAULT_PORT
    """For items that name none; 0: a free one."""
    tcp: bool = True
    advertised_host: str = ""
    advertised_port: int = 0


def listeners_for(items: Sequence[ListenAddress], plan: ListenPlan) -> list[Listener]:
    """The listeners, UDP ones first, duplicates removed; none given: every interface that is up.

    Raises AddressError for a name that can't be resolved and when nothing is left to listen on.
    """
    items = items or [ListenAddress(ANY, ANY)]
    wanted: dict[tuple[Transport, str, int], str] = {}
    for transport in TRANSPORTS:
        for item in items:
            if item.transport in (ANY, transport) and (transport != "tcp" or plan.tcp):
                for host, name in _hosts_of(item.host):
                    wanted.setdefault((transport, host, item.port or plan.default_port), name)
    if not wanted:
        raise AddressError("there is no address to listen on")
    return [
        Listener(
            transport,
            host,
            port,
            name=name,
            advertised_host=plan.advertised_host,
            advertised_port=plan.advertised_port,
            index=index,
        )
        for index, ((transport, host, port), name) in enumerate(wanted.items())
    ]


def with_free_ports(listeners: Iterable[Listener]) -> list[Listener]:
    """The listeners with a free port wherever theirs is 0: one per host for UDP and TCP alike."""
    chosen: dict[str, int] = {}
    found = []
    for listener in listeners:
        port = listener.port
        if not port:
            port = chosen.get(listener.host) or _free_port(listener)
            chosen[listener.host] = port
        found.append(
            Listener(
                listener.transport,
                listener.host,
                port,
                name=listener.name,
                advertised_host=listener.advertised_host,
                advertised_port=listener.advertised_port,
                index=listener.index,
            )
        )
    return found


def _free_port(listener: Listener) -> int:
    family = socket.AF_INET6 if listener.family == 6 else socket.AF_INET
    for _ in range(100):
        with (
            socket.socket(family, socket.SOCK_DGRAM) as udp,
            socket.socket(family, socket.SOCK_STREAM) as tcp,
        ):
            try:
                udp.bind((listener.host, 0))
                port: int = udp.getsockname()[1]
                tcp.bind((listener.host, port))
            except OSError:
                continue
            return port
    raise AddressError(f"cannot bind {listener!r}: no free port")


def aliases_for(items: Iterable[ListenAddress]) -> list[Alias]:
    """`alias` items as LocalAddresses takes them, duplicates removed."""
    return list(dict.fromkeys((item.transport, item.host, item.port) for item in items))


def reverse_aliases(listeners: Iterable[Listener]) -> list[Alias]:
    """The names that DNS has for our addresses; asked for only with `dns` or `rev_dns`."""
    found: dict[Alias, None] = {}
    for listener in listeners:
        try:
            name, others, _ = socket.gethostbyaddr(listener.host)
        except OSError as error:
            log.warning("could not rev. resolve %s: %s", listener.host, error)
            continue
        for host in (name, *others):
            if host != listener.host:
                found[(listener.transport, host, listener.port)] = None
    return list(found)


_INDENT = " " * 13


def report(listeners: Iterable[Listener], aliases: Iterable[Alias]) -> str:
    """What SER prints at its start, to the blank."""
    lines = ["Listening on "]
    lines += [f"{_INDENT}{x.transport}: {x.name} [{x.host}]:{x.port}" for x in listeners]
    lines.append("Aliases: ")
    lines += [
        f"{_INDENT}{transport}: {bracketed(host)}:{port or ANY}"
        for transport, host, port in aliases
    ]
    return "\n".join(lines) + "\n\n"
