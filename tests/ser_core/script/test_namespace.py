"""Names for what can't be written into code."""

from __future__ import annotations

import ast

import pytest

from ser_core.script.emit import Emitter
from ser_core.script.namespace import Namespace


class Loud(str):
    """A str that is more than a str."""

    __slots__ = ()


@pytest.mark.parametrize("value", [1, "x", b"x", True, None])
def test_plain_values_are_written_out(value: object) -> None:
    namespace = Namespace()
    assert ast.unparse(namespace.expression(Emitter(""), value)) == repr(value)
    assert namespace.constants == {}


def test_other_values_get_numbered_names() -> None:
    namespace, emit = Namespace(), Emitter("")
    loud, pair = Loud("x"), (1, 2)
    names = [ast.unparse(namespace.expression(emit, x)) for x in (loud, pair, loud)]
    assert names == ["_constant_1", "_constant_2", "_constant_1"]
    assert namespace.scope["_constant_1"] is loud
    assert list(namespace.constants.values()) == [loud, pair]


def test_a_name_keeps_its_first_value() -> None:
    namespace = Namespace()
    assert namespace.add("say", 1) == "say"
    namespace.add("say", 2)
    assert namespace.scope["say"] == 1
