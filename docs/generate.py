"""Writes the parts of the docs that repeat what the code declares; `--check` only compares.

    python -m docs.generate [--check]

Between `<!-- generated: NAME -->` and `<!-- end -->` in a Markdown file stands what this program
writes; everything round it is written by hand. NAME is `module` in the README of a module,
`directives`, `commands` or `operands` in docs/ser-cfg.md, or `transitions` in docs/transactions.md.
"""

from __future__ import annotations

import ast
import enum
import inspect
import itertools
import re
import sys
import textwrap
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from docs.markdown import table
from docs.ser_cfg_tables import command_table, directive_table, operand_table
from ser_core.modules.api import (
    CommandInfo,
    Module,
    Param,
    RouteKind,
    commands_of,
    counters_of,
    params_of,
)
from ser_core.transaction.client import INVITE_CLIENT, NON_INVITE_CLIENT
from ser_core.transaction.machine import Transitions
from ser_core.transaction.server import INVITE_SERVER, NON_INVITE_SERVER

ROOT = Path(__file__).parent.parent
MODULES = ROOT / "ser_core" / "modules"
BLOCK = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.S)

SER_CFG_TABLES = {
    "directives": directive_table,
    "commands": command_table,
    "operands": operand_table,
}

ROUTE_NAMES = {
    RouteKind.REQUEST: "route",
    RouteKind.FAILURE: "failure_route",
    RouteKind.ONREPLY: "onreply_route",
}


def module_class(name: str) -> type[Module]:
    """The class behind loadmodule "NAME.so"."""
    found: type[Module] = import_module(f"ser_core.modules.{name}").MODULE
    return found


# -- a module's README ---------------------------------------------------------------------------


def module_lists(module: type[Module]) -> str:
    """Parameters, functions and counters, each with its heading."""
    params = table(
        ["parameter", "type", "default", "range", "what it does"],
        (
            [f"`{p.name}`", _kind_of(p), _shown(p.default), _range(p), p.help]
            for p in params_of(module)
        ),
    )
    functions = "\n".join(_function(module, info) for info in commands_of(module))
    counters = table(
        ["counter", "counts"],
        ([f"`{module.name}.{c.name}`", c.doc] for c in counters_of(module)),
    )
    parts = [("Parameters", params), ("Functions", functions), ("Counters", counters)]
    return "\n".join(f"## {title}\n\n{text or 'None.'}".rstrip() + "\n" for title, text in parts)


def _kind_of(declared: Param) -> str:
    kind = "number" if declared.type is int else "string"
    return kind + ", repeatable" if declared.cumulative else kind


def _shown(default: object) -> str:
    return f'`"{default}"`' if isinstance(default, str) else f"`{default}`"


def _range(declared: Param) -> str:
    low, high = declared.minimum, declared.maximum
    if low is None and high is None:
        return ""
    if high is None:
        return f"from {low}"
    return f"{low} to {high}" if low is not None else f"up to {high}"


def _function(module: type[Module], info: CommandInfo) -> str:
    method = getattr(module, info.name)
    arguments = list(info.signature.parameters.values())[2:]  # behind self and msg
    shown = ", ".join(_argument(argument) for argument in arguments)
    routes = ", ".join(name for kind, name in ROUTE_NAMES.items() if kind in info.routes)
    lines = [f"### `{info.name}({shown})`", "", f"In {routes}."]
    if info.blocking:
        lines[-1] += " May wait."
    lines += ["", info.doc, ""]
    answers = _answers(_evaluated(info.signature.return_annotation, method))
    if answers:
        lines += [answers]
    return "\n".join(lines)


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
    docs = _member_docs(returned)
    rows = ([f"{int(member)}", docs.get(member.name, "")] for member in returned)
    return table(["returns", "when"], rows)


def _member_docs(kind: type[enum.Enum]) -> dict[str, str]:
    """The string below each member, as it stands in the source."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(kind)))
    body = tree.body[0].body if isinstance(tree.body[0], ast.ClassDef) else []
    docs = {}
    for statement, following in itertools.pairwise(body):
        if not (isinstance(statement, ast.Assign) and isinstance(following, ast.Expr)):
            continue
        name, text = statement.targets[0], following.value
        if isinstance(name, ast.Name) and isinstance(text, ast.Constant):
            docs[name.id] = inspect.cleandoc(str(text.value)).replace("\n", " ")
    return docs


# -- docs/transactions.md ------------------------------------------------------------------------

MACHINES: dict[str, Transitions] = {
    "INVITE client transaction": INVITE_CLIENT,
    "Non-INVITE client transaction": NON_INVITE_CLIENT,
    "INVITE server transaction": INVITE_SERVER,
    "Non-INVITE server transaction": NON_INVITE_SERVER,
}


def transition_tables() -> str:
    """The four state tables of RFC 3261 §17, as the code has them."""
    parts = []
    for title, machine in MACHINES.items():
        rows = (
            [state.name, event.name, action.__name__.strip("_").replace("_", " "), following.name]
            for (state, event), (action, following) in machine.items()
        )
        parts.append(f"## {title}\n\n" + table(["in", "on", "does", "then"], rows))
    return "\n".join(parts)


# -- files ---------------------------------------------------------------------------------------


def rewritten(path: Path, text: str) -> str:
    """The text of a Markdown file with each generated block as it should be."""

    def block(found: re.Match[str]) -> str:
        if found[2] == "module":
            made = module_lists(module_class(path.parent.name))
        elif found[2] in SER_CFG_TABLES:
            made = SER_CFG_TABLES[found[2]]()
        elif found[2] == "transitions":
            made = transition_tables()
        else:
            raise ValueError(f"{path}: nothing is called {found[2]}")
        return f"{found[1]}\n{made}\n{found[3]}"

    return BLOCK.sub(block, text)


def pages() -> list[Path]:
    """Every file that may hold a generated block."""
    return sorted([*MODULES.glob("*/README.md"), *(ROOT / "docs").glob("*.md")])


def main(arguments: list[str]) -> int:
    """Write, or with --check compare; 1 when a page is stale."""
    stale = [path for path in pages() if rewritten(path, path.read_text()) != path.read_text()]
    for path in stale:
        if "--check" in arguments:
            sys.stderr.write(f"{path.relative_to(ROOT)} is stale: make docs\n")
        else:
            path.write_text(rewritten(path, path.read_text()))
            sys.stdout.write(f"{path.relative_to(ROOT)} written\n")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
