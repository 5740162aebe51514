"""ser.cfg(5), from the tables that the checker of the language reads, and the modules."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from pathlib import Path

from docs import roff
from docs.module_lists import module_class, range_of, routes_of, signature_of, value_of
from docs.ser_cfg_tables import arguments_of, default_of, takes, where
from ser_core.modules.api import CommandInfo, Module, Param, commands_of, params_of
from ser_core.script.core_commands import COMMANDS, CoreCommand
from ser_core.script.operands import OPERANDS
from ser_core.script.settings import DIRECTIVES, Directive

MODULES = Path(__file__).parent.parent / "ser_core" / "modules"

DESCRIPTION = """\
ser(8) runs this script with each request. The language is that of SER 0.9: directives, modules with
their parameters, and blocks of statements. `ser -c` checks a file and shows each mistake where it
stands.
"""

EXAMPLE = """\
debug=3
listen=192.0.2.10
loadmodule "sl.so"
loadmodule "tm.so"
modparam("tm", "fr_timer", 20)

route {
    if (uri==myself && method=="OPTIONS") { sl_send_reply("200", "OK"); break; };
    if (!t_relay()) { sl_reply_error(); };
}""".splitlines()

BLOCKS = [
    ("route { }", "runs with each request"),
    ("route[NAME] { }", "runs when another block calls `route(NAME)`; NAME may be a number"),
    ("failure_route[NAME] { }", "when every branch has failed, after `t_on_failure(NAME)`"),
    ("onreply_route[NAME] { }", "with each response to the request, after `t_on_reply(NAME)`"),
]


def page() -> str:
    """The text of the page."""
    used = [each for each in DIRECTIVES.values() if not each.without_meaning]
    unused = [each for each in DIRECTIVES.values() if each.without_meaning]
    return roff.page(
        roff.heading("ser.cfg", 5, "File formats"),
        roff.section("Name", roff.prose("ser.cfg - routing script of ser")),
        roff.section("Description", roff.prose(DESCRIPTION), roff.example(EXAMPLE)),
        roff.section("Directives", roff.entries(map(_directive, used))),
        roff.section("Directives without effect", roff.entries(map(_unused, unused))),
        roff.section("Blocks", roff.entries((roff.bold(k), roff.prose(v)) for k, v in BLOCKS)),
        roff.section("Commands", roff.entries(map(_command, COMMANDS.values()))),
        roff.section("Conditions", roff.entries(_operands())),
        *(_module(module_class(name)) for name in module_names()),
        roff.section("Files", roff.entries([(roff.italic("/etc/ser/ser.cfg"), "")])),
        roff.section("See also", roff.prose("ser(8), serctl(8)")),
    )


def module_names() -> list[str]:
    """The modules there are."""
    return sorted(path.parent.name for path in MODULES.glob("*/__init__.py"))


def _names(names: Iterable[str]) -> str:
    return ", ".join(map(roff.bold, names))


def _directive(directive: Directive) -> tuple[str, str]:
    name = _names((directive.name, *directive.synonyms))
    default = default_of(directive)
    behind = f" (default {default})" if default else ""
    return (
        f"{name}={roff.italic(takes(directive))}",
        roff.prose(f"{directive.help}{behind}{' New.' if directive.ours else ''}"),
    )


def _unused(directive: Directive) -> tuple[str, str]:
    return _names((directive.name, *directive.synonyms)), roff.prose(directive.without_meaning)


def _command(command: CoreCommand) -> tuple[str, str]:
    arguments = arguments_of(command)
    takes_what = f" Takes: {arguments}." if arguments else ""
    text = f"{' '.join(command.doc.split())}{takes_what} In {where(command)}."
    return _names((command.name, *command.synonyms)), roff.prose(text)


def _operands() -> Iterable[tuple[str, str]]:
    for each in OPERANDS.values():
        operators = roff.escaped(" ".join(each.operators))
        text = f"{each.doc}; compared with {each.right_sides}" if each.right_sides else each.doc
        yield f"{_names((each.name, *each.synonyms))} {operators}", roff.prose(text)


def _module(module: type[Module]) -> str:
    about = inspect.getdoc(module) or ""
    return roff.section(
        f"Module {module.name}",
        roff.prose(about),
        roff.entries(map(_param, params_of(module))),
        roff.entries(map(_function, commands_of(module))),
    )


def _param(param: Param) -> tuple[str, str]:
    limits = f"; {range_of(param)}" if range_of(param) else ""
    name = f"{roff.bold('modparam')} {roff.bold(param.name)}"
    return name, roff.prose(f"{param.help} (default {value_of(param)}{limits})")


def _function(info: CommandInfo) -> tuple[str, str]:
    paragraphs = info.doc.split("\n\n")
    text = roff.apart(*map(roff.prose, [f"In {routes_of(info)}.", *paragraphs]))
    return roff.bold(signature_of(info)), text
