"""The names that compiled code knows: commands, and constants that can't be written in code."""

from __future__ import annotations

import ast
from typing import Any

from ser_core.script.emit import Emitter

_PLAIN = (bool, int, str, bytes, type(None))
"""Exactly these stand in the code itself; a subclass would lose its class there."""


class Namespace:
    """The global names of one script's functions."""

    def __init__(self) -> None:
        self.scope: dict[str, Any] = {"__name__": "ser.cfg"}
        self.constants: dict[str, object] = {}
        """What the numbered names stand for, to be shown beside the code."""
        self._names: dict[int, str] = {}

    def add(self, name: str, value: object) -> str:
        """Make `value` known as `name`; the same name always means the same value."""
        self.scope.setdefault(name, value)
        return name

    def constant(self, value: object) -> str:
        """The name of a value that has none of its own: `_constant_1` …"""
        name = self._names.get(id(value))
        if name is None:
            name = f"_constant_{len(self.constants) + 1}"
            self.constants[name] = value
            self.scope[name] = value
            self._names[id(value)] = name
        return name

    def expression(self, emit: Emitter, value: object) -> ast.expr:
        """`value` as an expression: written out, or by its name."""
        if type(value) in _PLAIN:
            return emit.constant(value)  # type: ignore[arg-type]  # one of _PLAIN
        return emit.name(self.constant(value))
