"""What a module exports, as its README lists it."""

from __future__ import annotations

import enum
import inspect
from collections.abc import Callable
from importlib import import_module

from docs.fifo_lists import described
from docs.markdown import table
from docs.member_docs import member_docs
from ser_core.fifo.declarations import fifo_commands_of
from ser_core.modules.api import (
    CommandInfo,
    Module,
    Param,
    RouteKind,
    commands_of,
    counters_of,
    params_of,
)

ROUTE_NAMES = {
    RouteKind.REQUEST: "route",
    RouteKind.FAILURE: "failure_route",
    RouteKind.ONREPLY: "onreply_route",
}


def module_class(name: str) -> type[Module]:
    """The class behind loadmodule "NAME.so"."""
    found: type[Module] = import_module(f"ser_core.modules.{name}").MODULE
    return found


def module_lists(module: type[Module]) -> str:
    """Parameters, functions, FIFO commands and counters, each with its heading."""
    params = table(
        ["parameter", "type", "default", "range", "what it does"],
        (
            [_name_of(p, module), _kind_of(p), f"`{value_of(p)}`", range_of(p), p.help]
            for p in params_of(module)
        ),
    )
    functions = "\n".join(_function(module, info) for info in commands_of(module))
    counters = table(
        ["counter", "counts"],
        ([f"`{module.name}.{c.name}`", c.doc] for c in counters_of(module)),
    )
    commands = described(fifo_commands_of(module))
    parts = [("Parameters", params), ("Functions", functions)]
    parts += [("FIFO commands", commands)] if commands else []
    parts += [("Counters", counters)]
    return "\n".join(f"## {title}\n\n{text or 'None.'}".rstrip() + "\n" for title, text in parts)


def _name_of(declared: Param, module: type[Module]) -> str:
    """Marked when a reload doesn't change it."""
    return f"`{declared.name}`" + (" (restart)" if declared.name in module.fixed else "")


def _kind_of(declared: Param) -> str:
    kind = "number" if declared.type is int else "string"
    return kind + ", repeatable" if declared.cumulative else kind


def value_of(declared: Param) -> str:
    """The default of a parameter as modparam would set it."""
    default = declared.default
    return f'"{default}"' if isinstance(default, str) else f"{default}"


def range_of(declared: Param) -> str:
    """The values that a parameter may have; empty when there is no limit."""
    low, high = declared.minimum, declared.maximum
    if low is None and high is None:
        return ""
    if high is None:
        return f"from {low}"
    return f"{low} to {high}" if low is not None else f"up to {high}"


def _function(module: type[Module], info: CommandInfo) -> str:
    method = getattr(module, info.name)
    lines = [f"### `{signature_of(info)}`", "", f"In {routes_of(info)}."]
    if info.blocking:
        lines[-1] += " May wait."
    lines += ["", info.doc, ""]
    answers = _answers(_evaluated(info.signature.return_annotation, method))
    if answers:
        lines += [answers]
    return "\n".join(lines)


def signature_of(info: CommandInfo) -> str:
    """A function as a script calls it."""
    arguments = list(info.signature.parameters.values())[2:]  # behind self and msg
    return f"{info.name}({', '.join(_argument(argument) for argument in arguments)})"


def routes_of(info: CommandInfo) -> str:
    """The kinds of block that a function may be called in."""
    return ", ".join(name for kind, name in ROUTE_NAMES.items() if kind in info.routes)


def _argument(argument: inspect.Parameter) -> str:
    if argument.default is argument.empty:
        return argument.name
    return f"{argument.name}={argument.default!r}"


def _evaluated(annotation: object, method: Callable[..., object]) -> object:
    """What an annotation stands for in the file of the method."""
    if not isinstance(annotation, str):
        return annotation
    return getattr(inspect.getmodule(method), annotation, annotation)


def _answers(returned: object) -> str:
    """The table of return codes when a function answers with an IntEnum."""
    if not (isinstance(returned, type) and issubclass(returned, enum.IntEnum)):
        return ""
    docs = member_docs(returned)
    rows = ([f"{int(member)}", docs.get(member.name, "")] for member in returned)
    return table(["returns", "when"], rows)
