"""What another ser.cfg would change: directives, modules, their parameters, routes.

`differences` compares the script that runs with one that was read; `keep_fixed` makes the latter
one that can run now: what can't change while ser runs stays as it is, until ser is started anew.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from ser_core.modules.api import Module, params_of
from ser_core.script.diagnostics import Span
from ser_core.script.settings import DIRECTIVES, Directive, ListenAddress, Settings

if TYPE_CHECKING:
    from ser_core.script.bound import RouteKey
    from ser_core.script.loader import Program

_PASSWORD = re.compile(r"(?<=://)([^:/@\s]*):[^@/\s]*@")
_SECRET = re.compile(r"secret|passw|pwd", re.IGNORECASE)
"""Names of parameters whose values are nobody's business."""
HIDDEN = "***"


class Kind(enum.Enum):
    """What differs."""

    DIRECTIVE = "directive"
    MODULE = "module"
    PARAMETER = "modparam"
    ROUTE = "route"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that the new script has otherwise."""

    kind: Kind
    name: str
    before: str
    """Its value now; empty for what isn't there."""
    after: str
    needs_restart: bool = False
    """It takes effect when ser is started the next time."""

    def __str__(self) -> str:
        match self.kind:
            case Kind.DIRECTIVE:
                return f"{self.name} {self.before} -> {self.after}"
            case Kind.PARAMETER:
                return f"modparam {self.name} {self.before} -> {self.after}"
        change = "changed" if self.before and self.after else self.after or "removed"
        kind = "module " if self.kind is Kind.MODULE else ""
        return f"{kind}{self.name} {change}"


def differences(running: Program, wanted: Program) -> list[Difference]:
    """What `wanted` would change of `running`, in the order of ser.cfg: directives first."""
    return [
        *_of_settings(running.settings, wanted.settings),
        *_of_modules(running.modules, wanted.modules),
        *_of_routes(running.blocks, wanted.blocks),
    ]


def keep_fixed(settings: Settings, running: Settings) -> None:
    """Let what can't change while ser runs stay in `settings` as it is in `running`."""
    for name, directive in DIRECTIVES.items():
        if directive.fixed:
            setattr(settings, name, getattr(running, name))


def _of_settings(running: Settings, wanted: Settings) -> Iterator[Difference]:
    for name, directive in DIRECTIVES.items():
        before, after = getattr(running, name), getattr(wanted, name)
        if before != after and not directive.without_meaning:
            yield Difference(
                Kind.DIRECTIVE,
                name,
                _shown(directive, before),
                _shown(directive, after),
                directive.fixed,
            )


def _shown(directive: Directive, value: Any) -> str:
    """A value as it stands in ser.cfg."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return " ".join(map(_address, value)) or '""'
    if directive.name == "fifo_mode":
        return f"0{value:o}"
    return str(value) if isinstance(value, int) else _quoted(value)


def _address(address: ListenAddress) -> str:
    transport = "" if address.transport == "*" else f"{address.transport}:"
    host = f"[{address.host}]" if ":" in address.host else address.host
    return f"{transport}{host}" + (f":{address.port}" if address.port else "")


def _quoted(value: str) -> str:
    hidden = _PASSWORD.sub(rf"\1:{HIDDEN}@", value)
    return f'"{hidden}"'


def _of_modules(running: dict[str, Module], wanted: dict[str, Module]) -> Iterator[Difference]:
    for name in running:
        if name not in wanted:
            yield Difference(Kind.MODULE, name, "loaded", "")
    for name, module in wanted.items():
        if name not in running:
            yield Difference(Kind.MODULE, name, "", "loaded")
        else:
            yield from _of_params(running[name], module)


def _of_params(running: Module, wanted: Module) -> Iterator[Difference]:
    for param in params_of(type(wanted)):
        before = getattr(running, param.name, param.default)
        after = getattr(wanted, param.name)
        if before != after:
            yield Difference(
                Kind.PARAMETER,
                f"{wanted.name} {param.name}",
                _shown_param(param.name, before),
                _shown_param(param.name, after),
                param.name in wanted.fixed,
            )


def _shown_param(name: str, value: int | str) -> str:
    if isinstance(value, int):
        return str(value)
    return HIDDEN if _SECRET.search(name) and value else _quoted(value)


def _of_routes(
    running: dict[RouteKey, Any], wanted: dict[RouteKey, Any]
) -> Iterator[Difference]:  # Any: Route; only title and body are looked at
    for key, route in running.items():
        if key not in wanted:
            yield Difference(Kind.ROUTE, route.title, "there", "")
    for key, route in wanted.items():
        if key not in running:
            yield Difference(Kind.ROUTE, route.title, "", "added")
        elif _shape(route.body) != _shape(running[key].body):
            yield Difference(Kind.ROUTE, route.title, "there", "changed")


def _shape(node: object) -> object:
    """A node without its places: what is the same when only lines and blanks have moved."""
    if isinstance(node, tuple) and not hasattr(node, "_fields"):
        return tuple(map(_shape, node))
    if not hasattr(node, "__dataclass_fields__"):
        return node
    values = [getattr(node, each.name) for each in fields(node)]  # type: ignore[arg-type]  # it is one
    return (type(node).__name__, *(_shape(x) for x in values if not isinstance(x, Span)))
