"""Tokens to conditions: `not` binds tighter than `and`, and `and` tighter than `or`."""

from __future__ import annotations

from typing import Protocol

from ser_core.script import nodes, values
from ser_core.script.diagnostics import did_you_mean
from ser_core.script.lexer import Kind, Token
from ser_core.script.tokens import TokenStream, describe

OPERANDS = (
    "method",
    "uri",
    "status",
    "from_uri",
    "to_uri",
    "src_ip",
    "dst_ip",
    "src_port",
    "dst_port",
    "proto",
    "af",
    "msg",
    "myself",
)
"""Words that begin a comparison; `msg` with `:len` behind it."""

OPERATORS = ("==", "!=", "=~", "<", ">", "<=", ">=")


class Statements(Protocol):
    """What a condition needs of the statements' parser: both may stand in a condition, too."""

    def block(self, opening: Token) -> tuple[nodes.Statement, ...]: ...
    def if_statement(self) -> nodes.If: ...
    def simple(self) -> nodes.Call | nodes.CallRoute | nodes.Leave: ...


def condition(stream: TokenStream, statements: Statements) -> nodes.Condition:
    """exp := exp and exp | exp or exp | not exp | ( exp ) | element"""
    return _Conditions(stream, statements).either()


class _Conditions:
    def __init__(self, stream: TokenStream, statements: Statements) -> None:
        self.stream = stream
        self.statements = statements

    def either(self) -> nodes.Condition:
        start = self.stream.token.start
        operands = [self.both()]
        while self.stream.take_if("or", "||", "|"):
            operands.append(self.both())
        if len(operands) == 1:
            return operands[0]
        return nodes.Or(self.stream.span_from(start), tuple(operands))

    def both(self) -> nodes.Condition:
        start = self.stream.token.start
        operands = [self.negation()]
        while self.stream.take_if("and", "&&", "&"):
            operands.append(self.negation())
        if len(operands) == 1:
            return operands[0]
        return nodes.And(self.stream.span_from(start), tuple(operands))

    def negation(self) -> nodes.Condition:
        """Any number of `not`s; two undo each other."""
        stream = self.stream
        start = stream.token.start
        negated = False
        while stream.take_if("not", "!"):
            negated = not negated
        operand = self.primary()
        return nodes.Not(stream.span_from(start), operand) if negated else operand

    def primary(self) -> nodes.Condition:
        stream = self.stream
        opening = stream.take_if("(")
        if not opening:
            return self.element()
        stream.nested(opening)
        inner = self.either()
        stream.depth -= 1
        stream.expect(")", "to close the condition")
        return inner

    def element(self) -> nodes.Condition:
        stream = self.stream
        token = stream.token
        if token.kind is Kind.WORD and token.text in OPERANDS:
            return self.comparison()
        if found := values.number(stream):
            return found
        if stream.at("{"):
            return nodes.Statements(stream.span_of(token), self.statements.block(stream.take()))
        if stream.at("if"):
            made = self.statements.if_statement()
            return nodes.Statements(made.span, (made,))
        if token.kind is Kind.WORD and token.text not in ("and", "or", "not", "else"):
            return self.command()
        if token.kind is Kind.STRING:
            raise stream.fail(
                token, "a string is no condition", "compare it with something, as in method==…"
            )
        raise stream.fail(token, f"expected a condition, not {describe(token)}")

    def command(self) -> nodes.Call | nodes.CallRoute | nodes.Leave:
        stream = self.stream
        token = stream.token
        if token.text == "len_gt":
            raise stream.fail(token, 'unknown function "len_gt"', "write msg:len > …")
        made = self.statements.simple()
        if stream.at(*OPERATORS) or stream.at("="):
            is_bare = isinstance(made, nodes.Call) and made.arguments is None
            raise stream.fail(
                token,
                f'"{token.text}" can\'t be compared',
                (did_you_mean(token.text, OPERANDS) if is_bare else "")
                or "the result of a command is true or false by itself",
            )
        return made

    def comparison(self) -> nodes.Compare:
        stream = self.stream
        start = stream.token.start
        left = self.operand()
        operator = stream.token
        if not stream.take_if(*OPERATORS):
            name = left.name if isinstance(left, nodes.Operand) else "myself"
            hint = 'did you mean "=="?' if operator.text == "=" else ""
            raise stream.fail(
                operator, f'expected a comparison behind "{name}", not {describe(operator)}', hint
            )
        right = self.right_side()
        return nodes.Compare(stream.span_from(start), left, operator.text, right)

    def operand(self) -> nodes.Operand | nodes.Myself:
        stream = self.stream
        token = stream.take()
        span = stream.span_of(token)
        if token.text == "myself":
            return nodes.Myself(span)
        if token.text != "msg":
            if stream.at(":"):
                raise stream.fail_at(
                    span, f'"{token.text}:" can stand in forward() and its like only'
                )
            return nodes.Operand(span, token.text)
        stream.expect(":", 'behind "msg"')
        length = stream.token
        if not stream.take_if("len"):
            raise stream.fail(length, f'expected "len" behind "msg:", not {describe(length)}')
        return nodes.Operand(stream.span_from(token.start), "msg:len")

    def right_side(self) -> nodes.Value | nodes.Operand:
        stream = self.stream
        token = stream.token
        if token.kind is Kind.STRING:
            return values.string(stream)
        if token.text == "myself":
            return nodes.Myself(stream.span_of(stream.take()))
        if token.text == "max_len":
            return nodes.MaxLen(stream.span_of(stream.take()))
        found = values.negative(stream) or values.literal(stream)
        if found is None:
            raise stream.fail(token, f"expected something to compare with, not {describe(token)}")
        if isinstance(found, nodes.Word) and found.text in OPERANDS:
            return nodes.Operand(found.span, found.text)
        return found
