"""Writes the parts of the docs that repeat what the code declares; `--check` only compares.

    python -m docs.generate [--check]

Between `<!-- generated: NAME -->` and `<!-- end -->` in a Markdown file stands what this program
writes; everything round it is written by hand. NAME is `module` in the README of a module,
`directives`, `commands` or `operands` in docs/ser-cfg.md, `fifo_commands` in docs/fifo.md, one
of `serctl_…` in docs/serctl.md, `sertui_keys` in docs/sertui.md, or `transitions` in
docs/transactions.md.
The manual pages and the completions of shells are written whole.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from docs import (
    completion_bash,
    completion_fish,
    completion_zsh,
    man_ser,
    man_ser_cfg,
    man_serctl,
    serctl_reference,
    sertui_keys,
)
from docs.fifo_reference import commands_of_all
from docs.markdown import table
from docs.module_lists import module_class, module_lists
from docs.ser_cfg_tables import command_table, directive_table, operand_table
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
SERCTL_PARTS = {
    "serctl_commands": serctl_reference.commands,
    "serctl_formats": serctl_reference.formats,
    "serctl_statuses": serctl_reference.statuses,
}

WHOLE_FILES: dict[str, Callable[[], str]] = {
    "docs/man/ser.8": man_ser.page,
    "docs/man/ser.cfg.5": man_ser_cfg.page,
    "docs/man/serctl.8": man_serctl.page,
    "completions/serctl.bash": completion_bash.text,
    "completions/_serctl": completion_zsh.text,
    "completions/serctl.fish": completion_fish.text,
}
"""Files with nothing written by hand in them, as pyproject.toml installs them."""


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
        elif found[2] in SERCTL_PARTS:
            made = SERCTL_PARTS[found[2]]()
        elif found[2] == "transitions":
            made = transition_tables()
        elif found[2] == "sertui_keys":
            made = sertui_keys.keys()
        elif found[2] == "fifo_commands":
            made = commands_of_all()
        else:
            raise ValueError(f"{path}: nothing is called {found[2]}")
        return f"{found[1]}\n{made}\n{found[3]}"

    return BLOCK.sub(block, text)


def pages() -> list[Path]:
    """Every file that may hold a generated block."""
    return sorted([*MODULES.glob("*/README.md"), *(ROOT / "docs").glob("*.md")])


def wanted() -> Iterator[tuple[Path, str]]:
    """Every generated file, with the text that it should have."""
    for path in pages():
        yield path, rewritten(path, path.read_text())
    for name, text in WHOLE_FILES.items():
        yield ROOT / name, text()


def main(arguments: list[str]) -> int:
    """Write, or with --check compare; 1 when a file is stale."""
    stale = [(path, text) for path, text in wanted() if not _holds(path, text)]
    for path, text in stale:
        if "--check" in arguments:
            sys.stderr.write(f"{path.relative_to(ROOT)} is stale: make docs\n")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            sys.stdout.write(f"{path.relative_to(ROOT)} written\n")
    return 1 if stale and "--check" in arguments else 0


def _holds(path: Path, text: str) -> bool:
    return path.exists() and path.read_text() == text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
