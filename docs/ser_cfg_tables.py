"""The generated tables of docs/ser-cfg.md: directives, core commands, operands."""

from __future__ import annotations

from docs.markdown import table
from ser_core.script.block_checker import describe_routes
from ser_core.script.core_commands import ANYWHERE, COMMANDS, CoreCommand
from ser_core.script.operands import OPERANDS
from ser_core.script.settings import DIRECTIVES, Directive, Kind

NO_LIMIT = 2**31 - 1


def directive_table() -> str:
    """The directives of ser.cfg, those with a meaning here first."""
    used = table(
        ["directive", "takes", "default", "what it does"],
        (
            [_names(d), takes(d), default_of(d), d.help]
            for d in DIRECTIVES.values()
            if not d.without_meaning
        ),
    )
    unused = table(
        ["directive", "takes", "why it does nothing here"],
        (
            [_names(d), takes(d), d.without_meaning]
            for d in DIRECTIVES.values()
            if d.without_meaning
        ),
    )
    return f"{used}\nRead, and then left alone:\n\n{unused}"


def _names(directive: Directive) -> str:
    names = ", ".join(f"`{name}`" for name in (directive.name, *directive.synonyms))
    names += " (new)" if directive.ours else ""
    return names + " (restart)" if directive.fixed else names


def takes(directive: Directive) -> str:
    """What may stand behind its `=`."""
    if directive.kind is not Kind.NUMBER:
        return str(directive.kind.value)
    if directive.name.endswith("_mode"):
        return "number, in octal"
    if directive.maximum == NO_LIMIT:
        return f"number from {directive.minimum}" if directive.minimum else "number"
    return f"number, {directive.minimum} to {directive.maximum}"


def default_of(directive: Directive) -> str:
    """As it would be written; empty where there is none to write."""
    default = directive.default
    if isinstance(default, bool):
        return "yes" if default else "no"
    if default in ("", (), -1) or (default == 0 and directive.minimum > 0):
        return ""
    return f"{default:04o}" if directive.name.endswith("_mode") else str(default)


def command_table() -> str:
    """The commands that need no module."""
    return table(
        ["command", "arguments", "in", "what it does"],
        (
            [_spellings(c), arguments_of(c), where(c), " ".join(c.doc.split())]
            for c in COMMANDS.values()
        ),
    )


def _spellings(command: CoreCommand) -> str:
    bare = ", with or without ()" if command.bare is not None else ""
    return ", ".join(f"`{name}`" for name in (command.name, *command.synonyms)) + bare


def arguments_of(command: CoreCommand) -> str:
    """What may stand between the parentheses."""
    parts = [
        x.description if number < command.required else f"perhaps {x.description}"
        for number, x in enumerate(command.arguments)
    ]
    return "; ".join(parts)


def where(command: CoreCommand) -> str:
    """The blocks that it may stand in."""
    return "every block" if command.routes == ANYWHERE else describe_routes(command.routes)


def operand_table() -> str:
    """What conditions compare."""
    return table(
        ["operand", "operators", "compared with", "is"],
        (
            [
                ", ".join(f"`{name}`" for name in (x.name, *x.synonyms)),
                " ".join(f"`{operator}`" for operator in x.operators),
                x.right_sides,
                x.doc,
            ]
            for x in OPERANDS.values()
        ),
    )
