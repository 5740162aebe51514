"""Finding modules by the name that loadmodule has, and what they declare.

Modules that come with ser are packages in ser_core/modules/; others announce themselves by the
entry-point group `ser.modules`. A module's code is imported when it is asked for, not before.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path

import ser_core.modules
from ser_core.errors import SerError
from ser_core.modules.api import Module, commands_of

ENTRY_POINT_GROUP = "ser.modules"

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*", re.ASCII)


OF_SER = frozenset(
    {
        "avpops", "dispatcher", "diversion", "enum", "exec", "lcr", "mediaproxy", "msilo",
        "nathelper", "permissions", "speeddial", "uac",
    }
)  # fmt: skip
"""Modules of SER 0.9 beside those that come with this ser, for error messages."""


class ModuleError(SerError):
    """No such module, or one that can't be used; the text is a sentence for the user."""


def module_name(path: str) -> str:
    """The name in a loadmodule: `/usr/local/lib/ser/modules/sl.so` is `sl`."""
    return path.replace("\\", "/").rsplit("/", 1)[-1].removesuffix(".so")


def built_in() -> list[str]:
    """The names of the modules that come with ser, sorted."""
    found = pkgutil.iter_modules([str(Path(x)) for x in ser_core.modules.__path__])
    return sorted(x.name for x in found if x.ispkg)


def find_module(name: str) -> type[Module]:
    """The class of a module. Raises ModuleError."""
    if not _NAME.fullmatch(name):
        raise ModuleError(f'"{name}" can\'t be the name of a module')
    if name in built_in():
        found = importlib.import_module(f"ser_core.modules.{name}").MODULE
    else:
        found = _from_entry_point(name)
    if not (isinstance(found, type) and issubclass(found, Module)):
        raise ModuleError(f'module "{name}" is broken: it is no subclass of Module')
    return found


def _from_entry_point(name: str) -> object:
    from importlib.metadata import entry_points  # dear, and only needed for others' modules

    for entry in entry_points(group=ENTRY_POINT_GROUP, name=name):
        try:
            return entry.load()
        except Exception as error:  # guard: others' code, whatever it raises
            raise ModuleError(
                f'module "{name}" can\'t be loaded: {type(error).__name__}: {error}'
            ) from error
    raise ModuleError(f'there is no module "{name}"')


def known_modules() -> list[str]:
    """The names of all modules that could be loaded, sorted."""
    from importlib.metadata import entry_points

    return sorted({*built_in(), *entry_points(group=ENTRY_POINT_GROUP).names})


def names_of(module: type[Module]) -> tuple[str, ...]:
    """What modparam may call it: its own name and SER's export names."""
    return (module.name, *module.export_names)


def homes_of_functions() -> dict[str, str]:
    """Script function -> the module that has it, of all that come with ser; for error messages.

    Imports them all.
    """
    return {command.name: name for name in built_in() for command in commands_of(find_module(name))}
