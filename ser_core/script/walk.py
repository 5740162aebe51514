"""Walking the tree: statements, the conditions in them, and the calls that those make."""

from __future__ import annotations

from collections.abc import Iterator

from ser_core.script import nodes

Leaf = nodes.Call | nodes.CallRoute | nodes.Leave | nodes.Compare | nodes.Number


def leaves(body: tuple[nodes.Statement, ...]) -> Iterator[Leaf]:
    """Everything in `body` that does or compares something, in the order of the text."""
    for statement in body:
        if isinstance(statement, nodes.If):
            for arm in statement.arms:
                yield from condition_leaves(arm.condition)
                yield from leaves(arm.body)
            yield from leaves(statement.otherwise or ())
        else:
            yield statement


def conditions(body: tuple[nodes.Statement, ...]) -> Iterator[nodes.Condition]:
    """The condition of each `if` in `body`, but not of those that stand in a condition."""
    for statement in body:
        if isinstance(statement, nodes.If):
            for arm in statement.arms:
                yield arm.condition
                yield from conditions(arm.body)
            yield from conditions(statement.otherwise or ())


def condition_leaves(condition: nodes.Condition) -> Iterator[Leaf]:
    """The same for a condition."""
    if isinstance(condition, nodes.Not):
        yield from condition_leaves(condition.operand)
    elif isinstance(condition, nodes.And | nodes.Or):
        for operand in condition.operands:
            yield from condition_leaves(operand)
    elif isinstance(condition, nodes.Statements):
        yield from leaves(condition.body)
    else:
        yield condition
