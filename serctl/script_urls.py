"""Which database each module of a ser.cfg uses.

The text is read by ser's own grammar, up to the tree: no module is loaded, no name resolved,
nothing run. Of a text with mistakes counts what can be read.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ser_core.script.nodes import File, ModParam

MODULES = ("auth_db", "uri_db", "group", "alias_db", "domain", "usrloc")
"""Those whose tables serctl looks after; whose database counts first when ser.cfg hasn't the one
that a verb is about."""
REGISTRATIONS = "usrloc"
"""Uses its database only when db_mode says so."""


@dataclass(frozen=True, slots=True)
class ScriptUrls:
    """What a ser.cfg says."""

    given: dict[str, str]
    """By module: what modparam says."""
    used: frozenset[str] = frozenset()
    """The modules that ask a database, with a db_url or without."""
    mistake: str = ""
    """The first thing in the text that isn't ser's language, and its line."""

    def of(self, module: str) -> str:
        """The db_url of a module, or of the next best; empty: the usual place."""
        for each in (module, *MODULES):
            if each in self.used or each in self.given:
                return self.given.get(each, "")
        return ""


def urls_in(text: str, file: str = "ser.cfg") -> ScriptUrls:
    """What a text says; of a parameter that is set twice the later counts, as in ser."""
    from ser_core.script.diagnostics import Reporter
    from ser_core.script.lexer import Source
    from ser_core.script.parser import parse

    reporter = Reporter(file, text, limit=len(text) + 1)
    tree = parse(Source(file, text), reporter)
    mistake = reporter.errors[0] if reporter.errors else None
    urls, modes = _values(tree, "db_url"), _values(tree, "db_mode")
    return ScriptUrls(
        {module: value for module, value in urls.items() if isinstance(value, str)},
        _loaded(tree) - (frozenset() if modes.get(REGISTRATIONS) else {REGISTRATIONS}),
        f"line {mistake.span.line}: {mistake.text}" if mistake else "",
    )


def urls_of(path: Path) -> ScriptUrls:
    """What a file says. Raises OSError."""
    return urls_in(path.read_bytes().decode("utf-8", "surrogateescape"), str(path))


def _loaded(tree: File) -> frozenset[str]:
    names = (each.path.value.rpartition("/")[2].removesuffix(".so") for each in tree.modules)
    return frozenset(names) & frozenset(MODULES)


def _values(tree: File, name: str) -> dict[str, str | int]:
    found: dict[str, str | int] = {}
    for param in tree.params:
        if param.name.value == name:
            found.update(dict.fromkeys(_meant(param), param.value.value))
    return found


def _meant(param: ModParam) -> list[str]:
    """The modules that a modparam is for; its first argument may be an expression."""
    text = param.module.value
    if text.isidentifier():
        return [module for module in MODULES if module == text.lower()]
    from ser_core.script.posix import compile_test

    try:
        is_meant = compile_test(f"^{text}$")
    except ValueError:
        return []
    return [module for module in MODULES if is_meant(module.encode())]
