"""Nodes with ser.cfg's own positions."""

from __future__ import annotations

import ast

from ser_core.script.diagnostics import Span
from ser_core.script.emit import Emitter


def test_nodes_stand_where_the_piece_of_ser_cfg_stands() -> None:
    emit = Emitter("one\ntwo words")
    emit.at(Span("ser.cfg", 2, 5, 2, 10))
    node = emit.call(emit.attribute("a", "b"), emit.constant(1))
    assert (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset) == (2, 4, 2, 9)
    assert ast.unparse(node) == "a.b(1)"


def test_columns_are_counted_in_bytes_as_python_wants_them() -> None:
    emit = Emitter('say("ä\udcff");')
    emit.at(Span("ser.cfg", 1, 5, 1, 9))
    assert emit.position["col_offset"] == 4
    assert emit.position["end_col_offset"] == 9


def test_everything_that_is_emitted_compiles() -> None:
    emit = Emitter("x")
    body = [
        emit.assign("_a", emit.choice(emit.name("msg"), emit.constant(1), emit.constant(None))),
        emit.assign_attribute("msg", "error", emit.constant(0)),
        emit.catch(
            [emit.expression(emit.negation(emit.name("_a")))], "ValueError", [emit.nothing()]
        ),
        emit.branch(
            emit.all_of([emit.name("_a"), emit.any_of([emit.name("_a"), emit.name("msg")])]), [], []
        ),
        emit.returns(emit.item(emit.name("_d"), emit.plus_one("_depth"))),
    ]
    made = emit.function("f", body, {"_depth": 0})
    assert ast.unparse(made) == (
        "def f(msg, _depth=0):\n"
        "    _a = 1 if msg else None\n"
        "    msg.error = 0\n"
        "    try:\n"
        "        not _a\n"
        "    except ValueError:\n"
        "        pass\n"
        "    if _a and (_a or msg):\n"
        "        pass\n"
        "    return _d[_depth + 1]"
    )
    compile(ast.Module([made], []), "ser.cfg", "exec")
