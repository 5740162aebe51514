"""Walking a tree meets everything once, in the order of the text."""

from __future__ import annotations

from ser_core.script import nodes
from ser_core.script.walk import conditions, leaves
from tests.support.script_trees import shown, tree_of


def test_everything_is_met_in_the_order_of_the_text() -> None:
    (block,) = tree_of(
        "route { a(); if (b() && !(c() or 1)) { d(); } else if ({ e(); break; }) f(); "
        'else { route(1); } if (if (method=="X") g();) ; exit; }'
    ).blocks
    met = []
    for leaf in leaves(block.body):
        made = shown(leaf)
        met.append(made[0] if isinstance(leaf, nodes.Call | nodes.Compare) else made)
    assert met == [
        "a", "b", "c", 1, "d", "e", "break", "f", ("route", "1"), "method", "g", "exit",
    ]  # fmt: skip


def test_each_condition_is_met_once() -> None:
    (block,) = tree_of(
        "route { if (a()) { if (b()) ; } else if (c()) ; else if (1) { if (d()) ; } }"
    ).blocks
    met = [shown(x) for x in conditions(block.body)]
    assert met == [("a", []), ("b", []), ("c", []), 1, ("d", [])]
