"""The tree of a ser.cfg as nested tuples, to be compared at a glance."""

from __future__ import annotations

from typing import Any

from ser_core.script import nodes
from ser_core.script.diagnostics import Reporter
from ser_core.script.lexer import Source
from ser_core.script.parser import parse


def tree_of(text: str) -> nodes.File:
    reporter = Reporter("ser.cfg", text)
    tree = parse(Source("ser.cfg", text), reporter)
    assert not reporter.errors, reporter.errors[0].text
    return tree


def shown(node: Any) -> Any:
    """A statement or condition as nested tuples without places."""
    match node:
        case nodes.Call():
            arguments = None if node.arguments is None else [value(x) for x in node.arguments]
            return (node.name.text, arguments)
        case nodes.CallRoute():
            return ("route", node.target.text)
        case nodes.Leave():
            return (node.word, node.value) if node.value is not None else node.word
        case nodes.If():
            arms = [(shown(x.condition), [shown(y) for y in x.body]) for x in node.arms]
            other = None if node.otherwise is None else [shown(x) for x in node.otherwise]
            return ("if", arms, other)
        case nodes.Not():
            return ("not", shown(node.operand))
        case nodes.And():
            return ("and", *map(shown, node.operands))
        case nodes.Or():
            return ("or", *map(shown, node.operands))
        case nodes.Compare():
            return (value(node.left), node.operator, value(node.right))
        case nodes.Statements():
            return ("block", *map(shown, node.body))
        case _:
            return value(node)


def value(node: Any) -> Any:
    match node:
        case nodes.String() | nodes.Number():
            return node.value
        case nodes.Operand():
            return node.name
        case nodes.SocketName():
            return tuple(node.address)
        case nodes.UriPart():
            return f"uri:{node.part}"
        case nodes.Star():
            return "*"
        case nodes.Myself():
            return "myself"
        case nodes.MaxLen():
            return "max_len"
        case _:
            return node.text


def body_of(text: str) -> list[Any]:
    """The statements of `route {text}`."""
    (block,) = tree_of(f"route {{ {text} }}").blocks
    return [shown(x) for x in block.body]


def condition_of(text: str) -> Any:
    ((_, ((condition, _),), _),) = body_of(f"if ({text}) ;")
    return condition
