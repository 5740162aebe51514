"""Texts of ser.cfg, a module whose functions do as they are told, and a core that writes down."""

from __future__ import annotations

import enum
import re
from typing import Any

import pytest

from ser_core.modules import registry
from ser_core.modules.api import (
    FAILURE,
    ONREPLY,
    REQUEST,
    FailureRoute,
    Module,
    ReplyRoute,
    RouteKind,
    command,
    param,
)
from ser_core.script.diagnostics import ConfigErrors
from ser_core.script.loader import Program, load_program
from ser_core.script.runtime import ScriptMessage
from ser_core.sip.hop import Hop, Listener, LocalAddresses
from tests.support.script_messages import in_script, request_bytes

ANYWHERE = REQUEST | FAILURE | ONREPLY
OURS = Listener("udp", "192.0.2.1", 5060)
OURS_TCP = Listener("tcp", "192.0.2.1", 5070)
OURS_SIX = Listener("udp", "2001:db8::1", 5060)

LOAD = 'loadmodule "fake.so"\n'


class Outcome(enum.IntEnum):
    """An answer that is never 0."""

    GOOD = 1
    BAD = -1


class Fake(Module):
    """Functions whose answers stand in ser.cfg; `calls` keeps what was called, in order."""

    name = "fake"
    export_names = ("fake_module",)

    level: int = param(5, "a number", minimum=1, maximum=9)
    title: str = param("none", "a string")
    words: str = param("", "strings", cumulative=True)

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[Any] = []
        self.errors_seen: list[int] = []

    def check(self) -> None:
        if self.title == "forbidden":
            raise ValueError('the title can\'t be "forbidden"')

    def waits(self) -> bool:
        return self.title == "slow"

    @command(routes=ANYWHERE)
    def say(self, msg: ScriptMessage, text: str) -> bool:
        """Always true."""
        self.calls.append(text)
        return True

    @command(routes=ANYWHERE)
    def truth(self, msg: ScriptMessage, text: str) -> bool:
        """True unless told "no"."""
        self.calls.append(text)
        return text != "no"

    @command(routes=ANYWHERE)
    def answer(self, msg: ScriptMessage, number: int) -> int:
        """The number."""
        self.calls.append(number)
        return number

    @command(routes=ANYWHERE)
    def outcome(self, msg: ScriptMessage, number: int) -> Outcome:
        """Good or bad."""
        self.calls.append(number)
        return Outcome(number)

    @command(routes=ANYWHERE)
    def fails(self, msg: ScriptMessage, number: int) -> int:
        """Leaves an error number and is false."""
        msg.error = number
        return -1

    @command(routes=ANYWHERE)
    def see_error(self, msg: ScriptMessage) -> bool:
        """Notes the error number that it finds."""
        self.errors_seen.append(msg.error)
        return True

    @command(routes=ANYWHERE)
    def breaks(self, msg: ScriptMessage) -> bool:
        """Raises."""
        raise RuntimeError("broken on purpose")

    @command(routes=REQUEST)
    def request_only(self, msg: ScriptMessage) -> bool:
        """For requests."""
        self.calls.append("request_only")
        return True

    @command(routes=REQUEST | FAILURE)
    def relay(self, msg: ScriptMessage, number: int) -> int:
        """Answers with the number, like t_relay."""
        self.calls.append(number)
        return number

    @command(routes=REQUEST | FAILURE)
    def no_replies(self, msg: ScriptMessage) -> bool:
        """For requests, failed ones too."""
        return True

    @command(routes=ANYWHERE, blocking=True)
    def dawdles(self, msg: ScriptMessage) -> bool:
        """May wait."""
        return True

    @command(routes=ANYWHERE)
    def arguments(
        self,
        msg: ScriptMessage,
        number: int,
        text: str,
        data: bytes,
        expression: re.Pattern[bytes],
        more: str | None = None,
    ) -> bool:
        """Every kind of argument."""
        self.calls.append((number, text, data, expression, more))
        return True

    @command(routes=ANYWHERE)
    def on_failure(self, msg: ScriptMessage, route: FailureRoute) -> bool:
        """Names a failure_route."""
        self.calls.append(route)
        return True

    @command(routes=ANYWHERE)
    def on_reply(self, msg: ScriptMessage, route: ReplyRoute) -> bool:
        """Names an onreply_route."""
        return True


class Needy(Module):
    """Needs the other one."""

    name = "needy"
    needs = ("fake",)


FAKES: dict[str, type[Module]] = {"fake": Fake, "needy": Needy}


@pytest.fixture(autouse=True)
def fake_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    """`fake` and `needy` can be loaded beside the modules that come with ser."""
    real_find = registry.find_module
    real_known = registry.known_modules

    def find(name: str) -> type[Module]:
        return FAKES[name] if name in FAKES else real_find(name)

    monkeypatch.setattr(registry, "find_module", find)
    monkeypatch.setattr(registry, "known_modules", lambda: sorted([*real_known(), *FAKES]))


class RecordingCore:
    """What scripts ask of the process, kept in lists."""

    def __init__(self, *listeners: Listener, aliases: Any = None) -> None:
        self.local = LocalAddresses(list(listeners or (OURS, OURS_TCP, OURS_SIX)), aliases)
        self.logged: list[tuple[int, str]] = []
        self.forwarded: list[tuple[bytes, str | None]] = []
        self.sent: list[tuple[str, int, str]] = []
        self.executed: list[str] = []
        self.aliases: list[int] = []
        self.result = 1
        """What forward and send_raw answer."""

    def complain(self, kind: str, text: str, msg: ScriptMessage, level: int = 1) -> None:
        self.log(level, text, msg)

    def log(self, level: int, text: str, msg: ScriptMessage | None = None) -> None:
        self.logged.append((level, text))

    def forward(self, msg: ScriptMessage, uri: bytes, transport: str | None = None) -> int:
        self.forwarded.append((uri, transport))
        return self.result

    def monotonic(self) -> float:
        return 31.0

    def add_alias(self, msg: ScriptMessage, port: int) -> bool:
        self.aliases.append(port)
        return True

    def send_raw(self, msg: ScriptMessage, host: str, port: int, transport: str) -> int:
        self.sent.append((host, port, transport))
        return self.result

    def execute(self, shell_command: str) -> int:
        self.executed.append(shell_command)
        return 256


RESPONSE = (
    b"SIP/2.0 180 Ringing\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK-2\r\n"
    b"From: <sip:alice@example.org>;tag=1\r\nTo: <sip:bob@example.com>;tag=2\r\n"
    b"Call-ID: 1\r\nCSeq: 1 INVITE\r\n\r\n"
)


def message(
    *,
    core: Any = None,
    kind: RouteKind = REQUEST,
    source: Hop | None = None,
    data: bytes | None = None,
    **parts: str,
) -> ScriptMessage:
    """A message in a script's hand; `parts` as for request_bytes."""
    if data is None:
        data = RESPONSE if kind is ONREPLY else request_bytes(**parts)
    made = in_script(data, core or RecordingCore(), kind=kind, listener=OURS)
    made.source = source or Hop("udp", "192.0.2.101", 5060, OURS)
    return made


def load(text: str, **options: Any) -> Program:
    """The program that `text` is, called ser.cfg."""
    return load_program("ser.cfg", text=text, **options)


def errors_of(text: str, **options: Any) -> list[str]:
    """line:column: text of each mistake in `text`; empty when it is good."""
    try:
        load(text, **options)
    except ConfigErrors as errors:
        return [f"{x.span.line}:{x.span.column}: {x.text}" for x in errors.diagnostics]
    return []


def warnings_of(text: str) -> list[str]:
    """line:column: text of each warning about `text`."""
    return [f"{x.span.line}:{x.span.column}: {x.text}" for x in load(text).warnings]


def fake_of(program: Program) -> Fake:
    """The loaded fake module."""
    module = program.modules["fake"]
    assert isinstance(module, Fake)
    return module


class Run:
    """One run of a route block: its result and what it called."""

    def __init__(self, body: str, msg: ScriptMessage | None = None, *, more: str = "") -> None:
        """`body` is what stands in `route {…}`; `more` further blocks."""
        self.program = load(f"{LOAD}route {{ {body} }}\n{more}")
        self.msg = msg or message()
        self.result = self.program.main(self.msg)
        self.calls = fake_of(self.program).calls

    @property
    def log(self) -> list[tuple[int, str]]:
        logged: list[tuple[int, str]] = self.msg.core.logged  # type: ignore[attr-defined]
        return logged


def is_true(condition: str, msg: ScriptMessage | None = None, *, block: str = "route") -> bool:
    """Whether the condition holds for the message, in a block of that kind."""
    text = f'{LOAD}{block} {{ if ({condition}) {{ say("true"); }} else {{ say("false"); }} }}'
    program = load(text)
    named = {"failure_route[1]": program.failure_routes, "onreply_route[1]": program.reply_routes}
    function = program.main if block == "route" else named[block]["1"]
    function(msg or message())
    (said,) = fake_of(program).calls
    return bool(said == "true")
