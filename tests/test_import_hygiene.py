"""What importing a part of ser brings in, shown in a fresh interpreter.

The import contracts in pyproject.toml say the same of the source text; this also sees what is
imported by libraries, and by name at run time.
"""

from __future__ import annotations

import json
import pkgutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

SANS_IO = ["ser_core.sip", "ser_core.transaction", "ser_core.proxy", "ser_core.script"]
"""Packages without I/O and clock: time, bytes and random ids are arguments."""

SANS_IO_MODULES = [
    "ser_core.registrar.bindings",
    "ser_core.fifo.arguments",
    "ser_core.fifo.contacts",
    "ser_core.fifo.datagrams",
    "ser_core.fifo.declarations",
    "ser_core.fifo.line_reader",
    "ser_core.fifo.log_ring",
    "ser_core.fifo.probes",
    "ser_core.fifo.protocol",
    "ser_core.fifo.requests",
    "ser_core.fifo.tables",
    "ser_core.fifo.uac",
]

OF_THE_CLIENT = {
    f"ser_core.fifo.{name}"
    for name in ("client", "own_pipe", "pipe_io", "places", "protocol", "reach", "tables")
} | {f"ser_core.fifo.{name}" for name in ("contacts", "probes", "uac")}
OF_THE_CLIENT |= {"ser_core.fifo.unix_client", "ser_core.fifo"}
"""What the tools may have of the FIFO's code."""

PROBE = """
import builtins, importlib, json, sys

asked = []
original = builtins.__import__

def noting(name, globals=None, locals=None, fromlist=(), level=0):
    importer = (globals or {}).get("__name__", "")
    if importer.startswith("ser_core"):
        asked.append((importer, name))
    return original(name, globals, locals, fromlist, level)

before = set(sys.modules)
builtins.__import__ = noting
for module in sys.argv[1:]:
    importlib.import_module(module)
print(json.dumps({"asked": asked, "loaded": sorted(set(sys.modules) - before)}))
"""


class Imports:
    """Which modules became loaded, and which ones our own code asked for by name."""

    def __init__(self, *modules: str) -> None:
        run = subprocess.run(
            [sys.executable, "-c", PROBE, *modules],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert run.returncode == 0, run.stderr
        answer = json.loads(run.stdout)
        self.modules = set(answer["loaded"])
        self.loaded = {name.partition(".")[0] for name in answer["loaded"]}
        self.asked = {(importer, name.partition(".")[0]) for importer, name in answer["asked"]}

    def askers_for(self, *names: str) -> set[tuple[str, str]]:
        return {(importer, name) for importer, name in self.asked if name in names}


def modules_of(package: str) -> list[str]:
    found = pkgutil.iter_modules(import_module(package).__path__, package + ".")
    return [module.name for module in found if not module.ispkg]


def modules_below(package: str) -> list[str]:
    found = pkgutil.walk_packages(import_module(package).__path__, package + ".")
    return [module.name for module in found if not module.ispkg]


def exists(module: str) -> bool:
    return (ROOT / Path(*module.split("."))).with_suffix(".py").exists()


def test_the_attendant_brings_in_no_gevent() -> None:
    """So that no hub crosses a fork."""
    assert "gevent" not in Imports("ser_core.server.attendant").loaded


def test_the_command_line_brings_in_no_gevent() -> None:
    """`ser -c` and the attendant's process start from here."""
    assert "gevent" not in Imports("ser_core.__main__").loaded


@pytest.mark.parametrize("package", SANS_IO)
def test_a_package_without_io_brings_in_neither_sockets_nor_clock(package: str) -> None:
    imports = Imports(*modules_of(package))
    assert not imports.loaded & {"gevent", "socket", "threading", "asyncio", "ssl"}
    assert not imports.askers_for("gevent", "socket", "threading", "time", "select")


@pytest.mark.parametrize("module", [name for name in SANS_IO_MODULES if exists(name)])
def test_a_module_without_io_brings_in_neither_sockets_nor_clock(module: str) -> None:
    imports = Imports(module)
    assert not imports.loaded & {"gevent", "socket", "threading", "asyncio", "ssl"}
    assert not imports.askers_for("gevent", "socket", "threading", "time", "select")


@pytest.mark.parametrize("tool", ["serctl.__main__", "sertui.__main__"])
def test_the_tools_bring_in_nothing_of_the_daemon(tool: str) -> None:
    imports = Imports(tool)
    assert not imports.loaded & {"gevent", "lmdb", "dns"}


def test_the_tools_have_the_clients_side_of_the_fifo_only() -> None:
    """They must work with any version of ser, and start fast."""
    imports = Imports(*modules_below("serctl"), *modules_below("sertui"))
    of_ser = {name for name in imports.modules if name.startswith("ser_core.")}
    allowed = {"ser_core.errors", *OF_THE_CLIENT}
    database = "ser_core.database"  # they look after subscribers; the daemon's worker isn't theirs
    own = ("ser_core.sip", database)
    assert {x for x in of_ser if not x.startswith(own)} <= allowed
    assert f"{database}.worker" not in of_ser


@pytest.mark.parametrize(
    "module",
    ["ser_core.__main__", "ser_core.server.receiver", "serctl.commands.server", "sertui.__main__"],
)
def test_who_has_no_database_doesnt_load_sqlalchemy(module: str) -> None:
    """It takes longer to import than all of serctl."""
    assert not Imports(module).loaded & {"sqlalchemy", "psycopg", "pymysql"}


def test_gevent_patches_nothing() -> None:
    """Edge files import gevent's sockets by name; the standard library stays what it is."""
    script = (
        "import gevent.monkey, ser_core.server.receiver\n"
        "assert not gevent.monkey.saved, gevent.monkey.saved"
    )
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, timeout=60)
