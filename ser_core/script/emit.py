"""Python `ast` nodes that carry ser.cfg's own positions.

Every node that is made gets the place of the piece of ser.cfg that it was made from, so that
tracebacks, tracing and profilers speak ser.cfg.
"""

from __future__ import annotations

import ast
import sys
from typing import TypedDict

from ser_core.script.diagnostics import Span

MESSAGE = "msg"
"""The one argument of every compiled function."""


class Position(TypedDict):
    """Where a node stands, as Python counts: lines from 1, columns in UTF-8 bytes from 0."""

    lineno: int
    col_offset: int
    end_lineno: int
    end_col_offset: int


class Emitter:
    """Makes nodes at the place set last with `at`."""

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")
        self.position: Position = {
            "lineno": 1, "col_offset": 0, "end_lineno": 1, "end_col_offset": 0,
        }  # fmt: skip

    def at(self, span: Span) -> None:
        """All nodes made from now on stand here."""
        self.position = {
            "lineno": span.line,
            "col_offset": self._bytes_before(span.line, span.column),
            "end_lineno": span.end_line,
            "end_col_offset": self._bytes_before(span.end_line, span.end_column),
        }

    def _bytes_before(self, line: int, column: int) -> int:
        text = self._lines[line - 1] if line <= len(self._lines) else ""
        before = text[: column - 1]
        return len(before.encode("utf-8", "surrogateescape"))

    # --- expressions

    def name(self, name: str) -> ast.expr:
        return ast.Name(name, ast.Load(), **self.position)

    def constant(self, value: str | int | bytes | None) -> ast.expr:
        return ast.Constant(value, **self.position)

    def attribute(self, *names: str) -> ast.expr:
        """`a.b.c`"""
        expression = self.name(names[0])
        for name in names[1:]:
            expression = ast.Attribute(expression, name, ast.Load(), **self.position)
        return expression

    def call(self, function: ast.expr, *arguments: ast.expr) -> ast.expr:
        return ast.Call(function, list(arguments), [], **self.position)

    def compare(self, left: ast.expr, operator: str, right: ast.expr) -> ast.expr:
        return ast.Compare(left, [_COMPARISONS[operator]()], [right], **self.position)

    def negation(self, operand: ast.expr) -> ast.expr:
        return ast.UnaryOp(ast.Not(), operand, **self.position)

    def all_of(self, operands: list[ast.expr]) -> ast.expr:
        return ast.BoolOp(ast.And(), operands, **self.position)

    def any_of(self, operands: list[ast.expr]) -> ast.expr:
        return ast.BoolOp(ast.Or(), operands, **self.position)

    def walrus(self, name: str, value: ast.expr) -> ast.expr:
        target = ast.Name(name, ast.Store(), **self.position)
        return ast.NamedExpr(target, value, **self.position)

    def choice(self, test: ast.expr, yes: ast.expr, no: ast.expr) -> ast.expr:
        """`yes if test else no`"""
        return ast.IfExp(test, yes, no, **self.position)

    def item(self, mapping: ast.expr, key: ast.expr) -> ast.expr:
        return ast.Subscript(mapping, key, ast.Load(), **self.position)

    def plus_one(self, name: str) -> ast.expr:
        return ast.BinOp(self.name(name), ast.Add(), self.constant(1), **self.position)

    # --- statements

    def expression(self, value: ast.expr) -> ast.stmt:
        return ast.Expr(value, **self.position)

    def returns(self, value: ast.expr | int) -> ast.stmt:
        if isinstance(value, int):
            value = self.constant(value)
        return ast.Return(value, **self.position)

    def branch(self, test: ast.expr, body: list[ast.stmt], otherwise: list[ast.stmt]) -> ast.stmt:
        return ast.If(test, body or [self.nothing()], otherwise, **self.position)

    def nothing(self) -> ast.stmt:
        return ast.Pass(**self.position)

    def assign(self, name: str, value: ast.expr) -> ast.stmt:
        target = ast.Name(name, ast.Store(), **self.position)
        return ast.Assign([target], value, **self.position)

    def assign_attribute(self, owner: str, name: str, value: ast.expr) -> ast.stmt:
        target = ast.Attribute(self.name(owner), name, ast.Store(), **self.position)
        return ast.Assign([target], value, **self.position)

    def catch(self, body: list[ast.stmt], exception: str, handler: list[ast.stmt]) -> ast.stmt:
        caught = ast.ExceptHandler(self.name(exception), None, handler, **self.position)
        return ast.Try(body, [caught], [], [], **self.position)

    def function(
        self, name: str, body: list[ast.stmt], defaults: dict[str, int]
    ) -> ast.FunctionDef:
        """`def name(msg, **defaults)`, the defaults as positional arguments."""
        arguments = ast.arguments(
            posonlyargs=[],
            args=[ast.arg(x, None, **self.position) for x in (MESSAGE, *defaults)],
            vararg=None,
            kwonlyargs=[],
            kw_defaults=[],
            kwarg=None,
            defaults=[self.constant(x) for x in defaults.values()],
        )
        made = ast.FunctionDef(name, arguments, body, [], None, None, **self.position)
        if sys.version_info >= (3, 12):
            made.type_params = []
        return made


_COMPARISONS: dict[str, type[ast.cmpop]] = {
    "==": ast.Eq,
    "!=": ast.NotEq,
    "<": ast.Lt,
    ">": ast.Gt,
    "<=": ast.LtE,
    ">=": ast.GtE,
    "is": ast.Is,
    "in": ast.In,
    "not in": ast.NotIn,
}
