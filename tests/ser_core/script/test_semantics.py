"""Compiled code against a plain interpreter of the tree that follows reference §6 word for word."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ser_core.script import nodes
from ser_core.script.compiler import RouteFunction
from tests.support.script_trees import tree_of
from tests.support.scripts import LOAD, fake_of, load, message

STOP = 0


class Left(Exception):
    """`return(n)`: the list is left with this result."""

    def __init__(self, result: int) -> None:
        self.result = result


class Exited(Exception):
    """`exit`."""


class Interpreter:
    """Runs route blocks by walking their trees."""

    def __init__(self, text: str) -> None:
        self.blocks = {x.name: x.body for x in tree_of(text).blocks}
        self.calls: list[Any] = []

    def main(self) -> int:
        try:
            return self.block("0")
        except Exited:
            return STOP

    def block(self, name: str) -> int:
        try:
            return self.list(self.blocks[name], empty=0)
        except Left as left:
            return left.result

    def list(self, body: tuple[nodes.Statement, ...], empty: int = 1) -> int:
        """The result of the last command, or 0 as soon as one yields 0."""
        result = empty
        for statement in body:
            result = self.do(statement)
            if result == STOP:
                return STOP
        return result

    def do(self, statement: Any) -> int:
        match statement:
            case nodes.Leave(word="exit"):
                raise Exited
            case nodes.Leave(word="return", value=value):
                raise Left(1 if value is None else value)
            case nodes.Leave():
                return STOP
            case nodes.CallRoute(target=target):
                result = self.block(target.text)
                return result if result < 0 else 1
            case nodes.If():
                return self.choose(statement)
        return self.command(statement)

    def command(self, call: nodes.Call) -> int:
        assert call.arguments is not None
        (argument,) = call.arguments
        assert isinstance(argument, nodes.String)
        if call.name.text == "truth":
            self.calls.append(argument.value)
            return -1 if argument.value == "no" else 1
        self.calls.append(int(argument.value))
        return int(argument.value)

    def choose(self, statement: nodes.If) -> int:
        for arm in statement.arms:
            result = self.truth(arm.condition)
            if result == STOP:
                return STOP
            if result > 0:
                return self.list(arm.body)
        return self.list(statement.otherwise or ())

    def truth(self, condition: Any) -> int:
        """1, -1, or STOP."""
        match condition:
            case nodes.Not(operand=operand):
                return -self.truth(operand)
            case nodes.And(operands=operands):
                return self.several(operands, goes_on=1)
            case nodes.Or(operands=operands):
                return self.several(operands, goes_on=-1)
            case nodes.Number(value=value):
                return 1 if value else -1
            case nodes.Statements(body=body):
                result = self.list(body, empty=0)
            case _:
                result = self.do(condition)
        return (result > 0) - (result < 0)

    def several(self, operands: tuple[Any, ...], goes_on: int) -> int:
        for operand in operands:
            result = self.truth(operand)
            if result != goes_on:
                return result
        return goes_on


COMMANDS = [
    'truth("yes")', 'truth("no")', 'answer("1")', 'answer("-1")', 'answer("0")', 'answer("7")',
    'outcome("1")', 'outcome("-1")', "route(1)", "route(2)",
]  # fmt: skip
LEAVES = ["break", "drop", "return", "return(-3)", "return(0)", "return(4)", "exit"]


def statements(depth: int) -> st.SearchStrategy[str]:
    simple = st.sampled_from([*COMMANDS, *COMMANDS, *LEAVES]).map(lambda x: x + ";")
    if depth == 0:
        return simple
    body = blocks(depth - 1)
    condition = conditions(depth - 1)
    plain = st.builds("if ({}) {{ {} }}".format, condition, body)
    both = st.builds("if ({}) {{ {} }} else {{ {} }}".format, condition, body, body)
    chain = st.builds(
        "if ({}) {{ {} }} else if ({}) {{ {} }} else {{ {} }}".format,
        condition, body, condition, body, body,
    )  # fmt: skip
    return st.one_of(simple, simple, plain, both, chain)


def blocks(depth: int) -> st.SearchStrategy[str]:
    return st.lists(statements(depth), max_size=3).map(lambda x: " ".join(x) or ";")


def conditions(depth: int) -> st.SearchStrategy[str]:
    simple = st.sampled_from([*COMMANDS, "1", "0", "break"])
    if depth == 0:
        return simple
    inner = conditions(depth - 1)
    without_return = st.sampled_from([*COMMANDS, "break", "exit"]).map(lambda x: x + ";")
    return st.one_of(
        simple,
        inner.map("!({})".format),
        st.builds("({}) && ({})".format, inner, inner),
        st.builds("({}) || ({})".format, inner, inner),
        st.builds("({}) || !({}) || ({})".format, inner, inner, inner),
        st.lists(without_return, max_size=2).map(lambda x: "{ " + " ".join(x) + ";}"),
    )


LAST_BLOCK = st.sampled_from(
    ['truth("in");', 'answer("-2");', "break;", "return(-1);", "exit;", ";", 'answer("0");']
)


@given(blocks(3), blocks(2), LAST_BLOCK)
def test_compiled_code_does_what_the_reference_says(main: str, first: str, last: str) -> None:
    first = first.replace("route(1)", "route(2)")
    text = f"route {{ {main} }} route[1] {{ {first} }} route[2] {{ {last} }}"
    expected = Interpreter(text)
    result = expected.main()
    program = load(LOAD + text)
    compiled: RouteFunction = program.main
    assert compiled(message()) == result, text
    assert fake_of(program).calls == expected.calls, text
