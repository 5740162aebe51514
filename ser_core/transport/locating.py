"""RFC 3263 without I/O: which questions to ask the DNS, and what follows from the answers.

`locate` is a generator: it yields the questions whose answers it needs next, is sent the answers in
the same order, and returns the targets, the best first. Whoever drives it decides where answers
come from: a cache, the network, a test's table.

What is asked and believed is bounded, because the names come from strangers: whoever owns one of
them can put any number of records behind it.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ser_core.sip.hop import DEFAULT_PORT, DEFAULT_TLS_PORT, Transport

MAX_SERVICES = 4
"""NAPTR records followed."""
MAX_SERVERS = 10
"""SRV records followed, over all services."""
MAX_TARGETS = 16

_NAME = re.compile(
    r"(?=.{1,253}\Z)(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?\.)*"
    r"[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.?"
)
"""RFC 3261 §25.1 hostname (the last label begins with a letter, so 1.2.3.400 isn't one), and the
underscores that names in the field have."""

_SRV_PREFIXES: dict[Transport, str] = {
    "udp": "_sip._udp.",
    "tcp": "_sip._tcp.",
    "tls": "_sips._tcp.",
}
_SERVICES: dict[str, Transport] = {"SIP+D2U": "udp", "SIP+D2T": "tcp", "SIPS+D2T": "tls"}


class Target(NamedTuple):
    """Where a message can be sent."""

    transport: Transport
    host: str
    """IP address without brackets."""
    port: int


class Question(NamedTuple):
    """One question to the DNS."""

    name: str
    """Lower-case, without the dot at the end."""
    type: str
    """A, AAAA, SRV or NAPTR."""


class Srv(NamedTuple):
    """RFC 2782."""

    priority: int
    weight: int
    port: int
    target: str
    """Without the dot at the end; empty when the service is decidedly not there."""


class Naptr(NamedTuple):
    """RFC 3403, as far as RFC 3263 uses it."""

    order: int
    preference: int
    flags: str
    service: str
    replacement: str


Record = str | Srv | Naptr
"""An address, as text, for A and AAAA."""
Answer = tuple[Record, ...]
"""Empty when there is nothing, or when nobody could tell."""
Steps = Generator[list[Question], list[Answer], list[Target]]


class Wanted(NamedTuple):
    """What a URI says about where it leads (RFC 3263 §4: TARGET and what goes with it)."""

    host: str
    """maddr, else the host; without brackets."""
    port: int
    """0 when not given."""
    transport: Transport | None
    """None when not given."""
    is_secure: bool
    """A sips URI."""


@dataclass(frozen=True, slots=True)
class Abilities:
    """What this process can send by; the order of both is its preference."""

    transports: tuple[Transport, ...] = ("udp", "tcp")
    families: tuple[str, ...] = ("A", "AAAA")


class _Server(NamedTuple):
    """A name that is left to be turned into addresses."""

    transport: Transport
    name: str
    port: int


def is_address(host: str) -> bool:
    """True for an IPv4 or IPv6 address without brackets."""
    if ":" not in host and not host[-1:].isdigit():
        return False  # most names: spares them the exception
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_name(host: str) -> bool:
    """True for what may be asked the DNS."""
    return _NAME.fullmatch(host) is not None


def default_port(transport: Transport) -> int:
    """5061 for TLS, else 5060."""
    return DEFAULT_TLS_PORT if transport == "tls" else DEFAULT_PORT


def given_transport(wanted: Wanted, abilities: Abilities) -> Transport | None:
    """The transport a numeric host or an explicit port leads to (§4.1); None when we lack it.

    A sips URI goes over TLS, whether it says transport=tcp or nothing.
    """
    transport = wanted.transport
    if wanted.is_secure:
        transport = "tls" if transport in (None, "tcp", "tls") else None
    elif transport is None and abilities.transports:
        transport = "udp" if "udp" in abilities.transports else abilities.transports[0]
    return transport if transport in abilities.transports else None


def targets_of_address(wanted: Wanted, abilities: Abilities) -> list[Target]:
    """Targets of a numeric host."""
    transport = given_transport(wanted, abilities)
    if transport is None:
        return []
    return [Target(transport, wanted.host, wanted.port or default_port(transport))]


def locate(
    wanted: Wanted, abilities: Abilities, random: Callable[[], float], *, is_local: bool = False
) -> Steps:
    """Find the targets of a name; the list is empty when there are none.

    `random` gives numbers from 0 up to, not including, 1. `is_local`: the name is known on this
    host (/etc/hosts), so only its addresses are asked for.
    """
    if not is_name(wanted.host):
        return []
    if wanted.port or is_local:
        servers = _only_server(wanted, abilities)
    else:
        servers = yield from _servers(wanted, abilities, random)
    return (yield from _targets(servers, abilities))


def _only_server(wanted: Wanted, abilities: Abilities) -> list[_Server]:
    transport = given_transport(wanted, abilities)
    if transport is None:
        return []
    return [_Server(transport, _plain(wanted.host), wanted.port or default_port(transport))]


def _servers(
    wanted: Wanted, abilities: Abilities, random: Callable[[], float]
) -> Generator[list[Question], list[Answer], list[_Server]]:
    """§4.1 and §4.2: NAPTR unless the transport is given, then SRV, else the name itself."""
    if wanted.transport is None:
        (answer,) = yield [Question(_plain(wanted.host), "NAPTR")]
        services = choose_services(answer, abilities, secure_only=wanted.is_secure)
    else:
        services = []
    if not services:
        services = _services_to_try(wanted, abilities)
    answers = yield [Question(name, "SRV") for _, name in services]
    found = [
        _Server(transport, srv.target, srv.port)
        for (transport, _), answer in zip(services, answers, strict=True)
        for srv in order_servers(answer, random)
    ]
    if found or any(answers):
        # A lone "." says that the service isn't there, which is not the same as saying nothing.
        return [server for server in found if server.name][:MAX_SERVERS]
    return _only_server(wanted, abilities)


def _services_to_try(wanted: Wanted, abilities: Abilities) -> list[tuple[Transport, str]]:
    """The SRV names to ask for when no NAPTR record names them."""
    host = _plain(wanted.host)
    if wanted.transport is not None or wanted.is_secure:
        transport = given_transport(wanted, abilities)
        return [] if transport is None else [(transport, _SRV_PREFIXES[transport] + host)]
    return [
        (transport, _SRV_PREFIXES[transport] + host)
        for transport in abilities.transports
        if transport != "tls"
    ]


def choose_services(
    answer: Iterable[Record], abilities: Abilities, *, secure_only: bool
) -> list[tuple[Transport, str]]:
    """The services to use, as transport and SRV name, the domain's favourite first (§4.1).

    Of the NAPTR records that we can follow at all, only those of the lowest order count.
    """
    usable = sorted(
        record
        for record in answer
        if isinstance(record, Naptr)
        and record.flags.lower() == "s"
        and _SERVICES.get(record.service.upper()) in abilities.transports
        and (not secure_only or record.service.upper().startswith("SIPS"))
        and record.replacement
    )
    return [
        (_SERVICES[record.service.upper()], _plain(record.replacement))
        for record in usable
        if record.order == usable[0].order
    ][:MAX_SERVICES]


def order_servers(answer: Iterable[Record], random: Callable[[], float]) -> list[Srv]:
    """SRV records in the order to try them: by priority, and within one by weighted lot
    (RFC 2782)."""
    waiting = sorted(record for record in answer if isinstance(record, Srv))
    ordered: list[Srv] = []
    while waiting and len(ordered) < MAX_SERVERS:
        best = [record for record in waiting if record.priority == waiting[0].priority]
        chosen = _draw(best, random)
        ordered.append(chosen)
        waiting.remove(chosen)
    return ordered


def _draw(records: Sequence[Srv], random: Callable[[], float]) -> Srv:
    """One of `records`, sorted by weight, so that those of weight 0 have their small chance."""
    lot = int(random() * (sum(record.weight for record in records) + 1))
    for record in records:
        lot -= record.weight
        if lot <= 0:
            return record
    return records[-1]


def _targets(
    servers: list[_Server], abilities: Abilities
) -> Generator[list[Question], list[Answer], list[Target]]:
    """Every address of every server, in the servers' order."""
    wanted = [server for server in servers if is_name(server.name)]
    if not wanted:
        return []
    questions = [
        Question(_plain(server.name), family) for server in wanted for family in abilities.families
    ]
    answers = iter((yield questions))
    targets: dict[Target, None] = {}
    for server in wanted:
        for _ in abilities.families:
            for address in next(answers):
                if isinstance(address, str):
                    targets[Target(server.transport, address, server.port)] = None
    return list(targets)[:MAX_TARGETS]


def _plain(name: str) -> str:
    return name.rstrip(".").lower()
