"""A registrar without a process around it: a Core that keeps its replies, and REGISTER requests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ser_core.modules.registrar import Registrar
from ser_core.modules.usrloc import Usrloc
from ser_core.registrar.location import Binding, Location, LocationError, MemoryLocation
from ser_core.script.runtime import ScriptMessage
from ser_core.sip.hop import Hop, Listener
from ser_core.sip.parser import parse_message

LISTENER = Listener("udp", "127.0.0.1", 5060)
PHONE = Hop("udp", "127.0.0.7", 5062, LISTENER)
START = 1_700_000_000.25


@dataclass
class Reply:
    """What the module asked to be sent."""

    status: int
    reason: bytes
    headers: list[bytes]

    def header(self, name: bytes) -> bytes | None:
        """The value of the header line of that name."""
        for line in self.headers:
            assert line.endswith(b"\r\n")
            if line.startswith(name + b": "):
                return line[len(name) + 2 : -2]
        return None


@dataclass
class FakeCore:
    """As much of `Core` as registrar and usrloc ask for."""

    location: Any = field(default_factory=MemoryLocation)
    now: float = START
    can_send: bool = True
    level: int = 3
    modules: dict[str, Any] = field(default_factory=lambda: {"usrloc": Usrloc()})
    replies: list[Reply] = field(default_factory=list)
    lines: list[tuple[int, str]] = field(default_factory=list)
    elapsed: float = 0.0
    tick_cost: float = 0.0

    def module(self, name: str) -> Any:
        return self.modules[name]

    def wall_time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        self.elapsed += self.tick_cost
        return self.elapsed

    def complain(self, kind: str, text: str, msg: ScriptMessage, level: int = 1) -> None:
        self.log(level, text, msg)

    def log(self, level: int, text: str, msg: ScriptMessage | None = None) -> None:
        if level <= self.level:
            self.lines.append((level, text))

    def log_level(self) -> int:
        return self.level

    def reply(
        self, msg: ScriptMessage, status: int, reason: bytes, *, headers: list[bytes] | None = None
    ) -> bool:
        if self.can_send:
            self.replies.append(Reply(status, reason, list(headers or ())))
        return self.can_send


class BrokenLocation(MemoryLocation):
    """A store that fails in everything."""

    def __init__(self, error: LocationError) -> None:
        super().__init__("location")
        self.error = error

    def get(self, domain: str, aor: bytes) -> list[Binding]:
        raise self.error

    def update(self, domain: str, aor: bytes, change: Any) -> list[Binding]:
        raise self.error

    def expire(self, now: float, limit: int) -> Any:
        raise self.error


def started(core: FakeCore, **params: int | str) -> Registrar:
    """A registrar with these parameters, at work."""
    registrar = Registrar()
    for name, value in params.items():
        assert hasattr(registrar, name)
        setattr(registrar, name, value)
    core.modules["usrloc"].use_domain = registrar.use_domain
    registrar.check()
    some_core: Any = core
    registrar.start(some_core)
    return registrar


def register(
    *contacts: bytes,
    to: bytes = b"<sip:joe@example.com>",
    cseq: int = 1,
    call_id: bytes = b"a84b4c76e66710",
    expires: bytes | None = None,
    extra: Sequence[bytes] = (),
    without: bytes = b"",
) -> ScriptMessage:
    """A REGISTER with these Contact header values; `without` leaves out a header by its name."""
    lines = [
        b"Via: SIP/2.0/UDP 127.0.0.7:5062;branch=z9hG4bKnashds7",
        b"From: " + to + b";tag=456248",
        b"To: " + to,
        b"Call-ID: " + call_id,
        b"CSeq: %d REGISTER" % cseq,
        *(b"Contact: " + contact for contact in contacts),
        *extra,
        b"Content-Length: 0",
    ]
    if expires is not None:
        lines.append(b"Expires: " + expires)
    message = parse_message(
        b"REGISTER sip:example.com SIP/2.0\r\n" + b"\r\n".join(lines) + b"\r\n\r\n"
    )
    if without:
        field_ = message.first_fields.pop(without)
        message.fields.remove(field_)
    return ScriptMessage(message, PHONE, 0.0, None)  # type: ignore[arg-type]  # the core isn't used


def invite(uri: bytes) -> ScriptMessage:
    """An INVITE to `uri`."""
    message = parse_message(
        b"INVITE " + uri + b" SIP/2.0\r\n"
        b"Via: SIP/2.0/UDP 127.0.0.7:5062;branch=z9hG4bKnashds8\r\n"
        b"From: <sip:ann@example.com>;tag=1\r\nTo: <sip:joe@example.com>\r\n"
        b"Call-ID: b84b4c76e66710\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n"
    )
    return ScriptMessage(message, PHONE, 0.0, None)  # type: ignore[arg-type]  # the core isn't used


def binding(
    uri: bytes = b"sip:joe@10.0.0.1:5062",
    *,
    expires_at: float = START + 3600,
    q: int = -1,
    call_id: bytes = b"a84b4c76e66710",
    cseq: int = 1,
    received: bytes = b"",
    flags: int = 0,
    since: float = START,
) -> Binding:
    """A binding in which only what matters needs to be said."""
    return Binding(uri, expires_at, q, call_id, cseq, b"Test", received, flags, since)


def put(location: Location, domain: str, aor: bytes, *bindings: Binding) -> None:
    """Store exactly these bindings."""
    location.add_domain(domain)
    location.update(domain, aor, lambda stored: list(bindings))
