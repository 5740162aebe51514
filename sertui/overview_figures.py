"""Which counters make which rows of the overview. No Textual."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from sertui.snapshot import Snapshot
from sertui.trends import CLASSES, METHODS, RECEIVED, SENT, replies_of, requests_of, total
from sertui.widgets.figures import Figure

TROUBLE = (
    "core.failures",
    "core.unreadable",
    "transport.udp_shed",
    "transport.udp_receive_errors",
    "transport.udp_send_drops",
    "transport.udp_send_errors",
    "transport.tcp_send_errors",
    "transport.guard_exceptions",
    "bus.dropped",
    "bus.failures",
    "sl.failures",
    "attendant.restarts",
)
"""What an operator wants to stay at nought."""
_TRAFFIC = (
    ("requests", ("core.requests",)),
    ("responses", ("core.responses",)),
    ("sent", SENT),
)
_MORE = (
    ("REGISTER ok", ("registrar.accepted",)),
    ("REGISTER no", ("registrar.refused",)),
    ("expired", ("usrloc.expired",)),
    ("received", RECEIVED),
    ("own requests", ("tm.local",)),
    ("DNS queries", ("dns.queries",)),
)
_SIGNS = {"1": ("… ", "$faint"), "2": ("● ", "$text-success"), "3": ("→ ", "$text-secondary")}
_BAD = ("▲ ", "$text-warning")
_SHOWN_METHODS = ("INVITE", "REGISTER", "BYE", "CANCEL", "OPTIONS")
"""One by one; the plot has all."""


def traffic(new: Snapshot, old: Snapshot) -> Sequence[Figure]:
    """Messages, transactions, registrations; what is less important comes later."""
    return [
        *(_figure(label, names, new, old) for label, names in _TRAFFIC),
        Figure(
            "transactions",
            new.rates.get("tm.total"),
            _active(new.counters),
            _active(old.counters),
            ("tm.total",),
        ),
        Figure(
            "registered",
            new.rates.get("registrar.accepted"),
            new.registrations,
            old.registrations,
            ("registrar.accepted",),
        ),
        _trouble(new, old),
        *(_figure(label, names, new, old) for label, names in _MORE),
    ]


def replies(new: Snapshot, old: Snapshot) -> Sequence[Figure]:
    """What goes out by class, and where there is room what comes in by method; colour is for what
    passes just now."""
    return [*_replies(new, old), *_requests(new, old)]


def since(snapshot: Snapshot, zero: Mapping[str, int]) -> Snapshot:
    """With counters that begin at `zero`; transactions go by two of them, so they stay right."""
    kept = ("tm.total", "tm.finished")
    counters = {
        name: value if name in kept else max(value - zero.get(name, 0), 0)
        for name, value in snapshot.counters.items()
    }
    return replace(snapshot, counters=counters)


def _replies(new: Snapshot, old: Snapshot) -> Iterator[Figure]:
    for digit in CLASSES:
        sign, style = _SIGNS.get(digit, _BAD)
        names = replies_of(digit)
        calm = not total(new.rates, names)
        yield _figure(f"{digit}xx", names, new, old, sign=sign, style="$faint" if calm else style)


def _requests(new: Snapshot, old: Snapshot) -> Iterator[Figure]:
    for method in _SHOWN_METHODS:
        yield _figure(method, requests_of(method), new, old)
    others = [method for method in METHODS if method not in _SHOWN_METHODS]
    yield _figure("others", requests_of(*others), new, old)


def _figure(
    label: str,
    names: tuple[str, ...],
    new: Snapshot,
    old: Snapshot,
    sign: str = "",
    style: str = "",
) -> Figure:
    return Figure(
        label,
        total(new.rates, names),
        total(new.counters, names),
        total(old.counters, names),
        names,
        style,
        sign,
    )


def _trouble(new: Snapshot, old: Snapshot) -> Figure:
    count = total(new.counters, TROUBLE)
    sign, style = ("▲ ", "$text-warning") if count else ("", "")
    return _figure("failures", TROUBLE, new, old, sign=sign, style=style)


def _active(counters: Mapping[str, int]) -> int | None:
    """Begun and not yet ended."""
    if "tm.total" not in counters:
        return None
    return max(counters["tm.total"] - counters.get("tm.finished", 0), 0)
