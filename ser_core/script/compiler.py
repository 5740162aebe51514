"""The checked tree as Python code: one function for each route block.

SER's rules for results (reference §6) become ordinary Python control flow. A route function answers
with the result of its list: that of the last command run, or 0 when the list was left. Only a
command whose declaration allows a 0 is looked at for one; a command that answers with a bool costs
its call and nothing more.

Names in the code: a command has its own name, everything else begins with an underscore, which no
name in ser.cfg does.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from types import FunctionType
from typing import TYPE_CHECKING, Any

from ser_core.modules.api import ONREPLY
from ser_core.script import nodes
from ser_core.script.bound import MAIN, BoundCall, Checked, Route, RouteKey
from ser_core.script.call_graph import MAX_DEPTH, CallGraph
from ser_core.script.control import (
    ExitScript,
    clear_error,
    exit_script,
    refuse_number,
    refuse_truth,
    too_deep,
)
from ser_core.script.emit import MESSAGE, Emitter
from ser_core.script.namespace import Namespace
from ser_core.script.signatures import Answer
from ser_core.script.subjects import SubjectCode
from ser_core.script.walk import leaves

if TYPE_CHECKING:
    from ser_core.script.runtime import ScriptMessage

RouteFunction = Callable[["ScriptMessage"], int]

_RESULT = "_result"
_METHOD = "_method"
_DEPTH = "_depth"


@dataclass(frozen=True, slots=True)
class Compiled:
    """Functions by route, and the code that they were made from."""

    functions: dict[RouteKey, RouteFunction]
    tree: ast.Module
    namespace: Namespace


def compile_routes(checked: Checked, graph: CallGraph, text: str) -> Compiled:
    """Compile all route blocks of a ser.cfg without mistakes; `text` is what it was read from."""
    return _Compiler(checked, graph, text).run()


def identifier(key: RouteKey) -> str:
    """The Python name of a route's function."""
    block, name = key
    prefix = {"route": "route", "failure_route": "failure", "onreply_route": "onreply"}
    return f"_{prefix[block.value]}_{name}"


class _Compiler:
    def __init__(self, checked: Checked, graph: CallGraph, text: str) -> None:
        self.checked = checked
        self.graph = graph
        self.emit = Emitter(text)
        self.namespace = Namespace()
        self.subjects = SubjectCode(self.emit, self.namespace, _METHOD)
        self.functions: list[ast.FunctionDef] = []
        self.defaults = {_DEPTH: 0} if graph.needs_depth() else {}
        self.raises_exit: set[RouteKey] = set()
        self.key = MAIN
        self.blocks = 0

    def run(self) -> Compiled:
        for route in self.checked.routes.values():
            self._route(route)
        entries = {key: self._entry(key) for key in self.graph.entries()}
        tree = ast.Module(list(self.functions), [])
        scope = self.namespace.scope
        for function in self.functions:  # one by one: a reload must not hold up calls for long
            self._define(function, scope)
        self._name_functions(scope)
        functions = {key: scope[entries.get(key, identifier(key))] for key in self.checked.routes}
        return Compiled(functions, tree, self.namespace)

    def _define(self, function: ast.FunctionDef, scope: dict[str, Any]) -> None:
        code = compile(
            ast.Module([function], []), self.checked.file.name, "exec", dont_inherit=True
        )
        exec(code, scope)

    def _name_functions(self, scope: dict[str, Any]) -> None:
        """Let tracebacks and profilers say `route[1]`."""
        titles = {identifier(key): route.title for key, route in self.checked.routes.items()}
        for made in self.functions:
            function = scope[made.name]
            assert isinstance(function, FunctionType)
            title = titles.get(made.name, made.name)
            function.__code__ = function.__code__.replace(co_name=title, co_qualname=title)
            function.__name__ = function.__qualname__ = title

    # --- functions

    def _route(self, route: Route) -> None:
        self.key = route.key
        self.functions.append(self._function(identifier(route.key), route.span, route.body))

    def _function(self, name: str, span: Any, body: tuple[nodes.Statement, ...]) -> ast.FunctionDef:
        emit = self.emit
        emit.at(span)
        start: list[ast.stmt] = []
        if self.defaults:
            self.namespace.add("_too_deep", too_deep)
            test = emit.compare(emit.name(_DEPTH), ">", emit.constant(MAX_DEPTH))
            answer = emit.call(emit.name("_too_deep"), emit.name(MESSAGE))
            start.append(emit.branch(test, [emit.returns(answer)], []))
        if self._prepare_subjects(body):
            start.append(emit.assign(_METHOD, self.subjects.method_expression()))
        empty = emit.returns(0)
        statements = self._list(body, last=True) or [empty]
        emit.at(span)
        return emit.function(name, start + statements, self.defaults)

    def _prepare_subjects(self, body: tuple[nodes.Statement, ...]) -> bool:
        """Set how this function reads its subjects; True when the method is read once, at the
        start, because more than one comparison needs it."""
        replies = bool(self.graph.kinds_of(self.key) & ONREPLY)
        uses = sum(
            isinstance(leaf, nodes.Compare) and self.subjects.is_method(self.checked.tests[leaf])
            for leaf in leaves(body)
        )
        self.subjects.begin(replies=replies, method_is_read=uses > 1)
        return uses > 1

    def _entry(self, key: RouteKey) -> str:
        """The function to start at: the block's own, or one around it that ends at an `exit`."""
        reachable = self.graph.reachable_from(key)
        if not reachable & self.raises_exit:
            return identifier(key)
        emit = self.emit
        emit.at(self.checked.routes[key].span)
        self.namespace.add("_ExitScript", ExitScript)
        call = emit.call(emit.name(identifier(key)), emit.name(MESSAGE))
        body = emit.catch([emit.returns(call)], "_ExitScript", [emit.returns(0)])
        name = f"_enter{identifier(key)}"
        self.functions.append(emit.function(name, [body], {}))
        return name

    # --- statements

    def _list(self, body: tuple[nodes.Statement, ...], *, last: bool) -> list[ast.stmt]:
        """Statements; with `last` the list's result is returned behind them."""
        made: list[ast.stmt] = []
        for index, statement in enumerate(body):
            at_end = last and index == len(body) - 1
            made += self._statement(statement, last=at_end)
            if isinstance(statement, nodes.Leave):
                break
        return made

    def _statement(self, statement: nodes.Statement, *, last: bool) -> list[ast.stmt]:
        if isinstance(statement, nodes.If):
            return self._if(statement, last=last)
        self.emit.at(statement.span)
        if isinstance(statement, nodes.Leave):
            return [self._leave(statement)]
        if isinstance(statement, nodes.CallRoute):
            return [self._route_statement(statement, last=last)]
        return self._call_statement(statement, last=last)

    def _leave(self, leave: nodes.Leave) -> ast.stmt:
        emit = self.emit
        if leave.word == "return":
            return emit.returns(1 if leave.value is None else leave.value)
        if leave.word == "exit" and not self._ends_all_by_returning():
            return emit.expression(self._raise_exit())
        return emit.returns(0)

    def _ends_all_by_returning(self) -> bool:
        """True in a block that nothing calls: leaving it ends the script."""
        return self.key in self.graph.entries() and not self.graph.is_called(self.key)

    def _raise_exit(self) -> ast.expr:
        self.raises_exit.add(self.key)
        self.namespace.add("_exit", exit_script)
        return self.emit.call(self.emit.name("_exit"))

    def _route_statement(self, call: nodes.CallRoute, *, last: bool) -> ast.stmt:
        """A called list's result counts when it is negative, else 1."""
        emit = self.emit
        value = self._route_call(call)
        if not last:
            return emit.expression(value)
        negative = emit.compare(emit.walrus(_RESULT, value), "<", emit.constant(0))
        return emit.returns(emit.choice(negative, emit.name(_RESULT), emit.constant(1)))

    def _route_call(self, call: nodes.CallRoute) -> ast.expr:
        name = identifier((nodes.Block.ROUTE, call.target.text))
        return self._call_function(name)

    def _call_function(self, name: str) -> ast.expr:
        emit = self.emit
        arguments = [emit.name(MESSAGE)]
        if self.defaults:
            arguments.append(emit.plus_one(_DEPTH))
        return emit.call(emit.name(name), *arguments)

    def _call_statement(self, call: nodes.Call, *, last: bool) -> list[ast.stmt]:
        emit = self.emit
        bound = self.checked.calls[call]
        made: list[ast.stmt] = []
        if bound.sets_error:
            made.append(self._clear_error())
        value = self._command(bound)
        if bound.answer is Answer.TRUTH and last:
            value = emit.choice(value, emit.constant(1), emit.constant(-1))
        if last:
            made.append(emit.returns(value))
        elif bound.answer is Answer.STOPS:
            made.append(emit.branch(emit.negation(value), [emit.returns(0)], []))
        else:
            made.append(emit.expression(value))
        return made

    def _clear_error(self) -> ast.stmt:
        """sl_reply_error answers for the command before it only. A command that can't set the
        error number leaves the old one: no test could tell, but for sl_reply_error right behind a
        command that has no errors, where the last error known is the better answer."""
        return self.emit.assign_attribute(MESSAGE, "error", self.emit.constant(0))

    def _command(self, bound: BoundCall) -> ast.expr:
        emit, namespace = self.emit, self.namespace
        function = emit.name(namespace.add(bound.name, bound.function))
        arguments = [namespace.expression(emit, x) for x in bound.arguments]
        value = emit.call(function, emit.name(MESSAGE), *arguments)
        if self.graph.kinds_of(self.key) & ONREPLY and not bound.routes & ONREPLY:
            return self._unless_reply(value, bound)
        return value

    def _unless_reply(self, value: ast.expr, bound: BoundCall) -> ast.expr:
        """A command for requests, in a block that an onreply_route comes to run, too: it would
        look for a method and a Request-URI. SER ran it, with whatever happened then."""
        emit, namespace = self.emit, self.namespace
        kind = emit.attribute(MESSAGE, "kind")
        is_reply = emit.compare(kind, "is", emit.name(namespace.add("_ONREPLY", ONREPLY)))
        refuse = refuse_truth if bound.answer is Answer.TRUTH else refuse_number
        name = namespace.add(f"_{refuse.__name__}", refuse)
        refused = emit.call(emit.name(name), emit.name(MESSAGE), emit.constant(bound.name))
        return emit.choice(is_reply, refused, value)

    # --- if

    def _if(self, statement: nodes.If, *, last: bool) -> list[ast.stmt]:
        emit = self.emit
        emit.at(statement.span)
        otherwise: list[ast.stmt] = [emit.returns(1)] if last else []
        if statement.otherwise is not None:
            otherwise = self._list(statement.otherwise, last=last) or otherwise
        for arm in reversed(statement.arms):
            otherwise = self._arm(arm, otherwise, last=last)
        return otherwise

    def _arm(self, arm: nodes.Arm, otherwise: list[ast.stmt], *, last: bool) -> list[ast.stmt]:
        emit = self.emit
        span = arm.condition.span
        emit.at(span)
        made: list[ast.stmt] = []
        condition = _Condition(self)
        test = condition.truth(arm.condition, negated=False)
        emit.at(span)
        if condition.clears_error_first:
            made.append(self._clear_error())
        if condition.needs_start:
            made.append(emit.assign(_RESULT, emit.constant(1)))
        if condition.stops:
            stopped = emit.negation(emit.name(_RESULT))
            otherwise = [emit.branch(stopped, [emit.returns(0)], otherwise)]
        body = self._list(arm.body, last=last)
        emit.at(span)
        if last and not body:
            body = [emit.returns(1)]
        made.append(emit.branch(test, body, otherwise))
        return made

    def condition_block(self, body: nodes.Statements) -> str:
        """A function for a block that stands in a condition; the answer is its name."""
        outer = self.subjects.state
        self.blocks += 1
        name = f"_block_{self.blocks}"
        made = self._function(name, body.span, body.body)
        self.functions.append(made)
        self.subjects.state = outer
        return name


class _Condition:
    """One condition as an expression that is false when a command in it yields 0.

    `not` is pushed down to the operands, so that a 0 can't be turned into true on the way up. The
    command's result stays in `_result`; a 0 there, seen behind the test, ends the list.
    """

    def __init__(self, compiler: _Compiler) -> None:
        self.compiler = compiler
        self.emit = compiler.emit
        self.stops = False
        """Some command in it can yield 0."""
        self.needs_start = False
        """`_result` may be read before a command has set it."""
        self.clears_error_first = False
        self._leaves = 0
        self._calls = 0

    def truth(self, condition: nodes.Condition, *, negated: bool) -> ast.expr:
        """True when the condition is true (false, if negated) and no command in it yielded 0."""
        if isinstance(condition, nodes.Not):
            return self.truth(condition.operand, negated=not negated)
        if isinstance(condition, nodes.And | nodes.Or):
            return self._several(condition, negated)
        self.emit.at(condition.span)
        made = self._leaf(condition, negated)
        self._leaves += 1
        return made

    def _several(self, condition: nodes.And | nodes.Or, negated: bool) -> ast.expr:
        conjunction = isinstance(condition, nodes.And) is not negated
        made: list[ast.expr] = []
        for operand in condition.operands:
            stopped_before = self.stops
            value = self.truth(operand, negated=negated)
            if made and not conjunction and stopped_before:
                # Not `or` the next one, when the one before has ended the list.
                self.emit.at(operand.span)
                value = self.emit.all_of([self.emit.name(_RESULT), value])
            made.append(value)
        self.emit.at(condition.span)
        return self.emit.all_of(made) if conjunction else self.emit.any_of(made)

    def _leaf(self, condition: nodes.Condition, negated: bool) -> ast.expr:
        emit, compiler = self.emit, self.compiler
        if isinstance(condition, nodes.Compare):
            test = compiler.checked.tests[condition]
            return compiler.subjects.expression(test, negated)
        if isinstance(condition, nodes.Number):
            return emit.constant(bool(condition.value) is not negated)
        if isinstance(condition, nodes.CallRoute):
            value = compiler._route_call(condition)
            self._calls += 1
            return emit.compare(value, "<" if negated else ">=", emit.constant(0))
        if isinstance(condition, nodes.Statements):
            name = compiler.condition_block(condition)
            emit.at(condition.span)
            return self._may_stop(compiler._call_function(name), negated)
        if isinstance(condition, nodes.Leave):
            if condition.word == "exit":
                return compiler._raise_exit()
            return self._may_stop(emit.constant(0), negated)
        assert isinstance(condition, nodes.Call)
        return self._command(condition, negated)

    def _command(self, call: nodes.Call, negated: bool) -> ast.expr:
        emit = self.emit
        bound = self.compiler.checked.calls[call]
        value = self.compiler._command(bound)
        if bound.sets_error:
            if self._calls == 0:
                self.clears_error_first = True
            else:
                clear = emit.name(self.compiler.namespace.add("_clear_error", clear_error))
                value = emit.any_of([emit.call(clear, emit.name(MESSAGE)), value])
        self._calls += 1
        if bound.answer is Answer.TRUTH:
            return emit.negation(value) if negated else value
        if bound.answer is Answer.NUMBER:
            return emit.compare(value, "<" if negated else ">", emit.constant(0))
        return self._may_stop(value, negated)

    def _may_stop(self, value: ast.expr, negated: bool) -> ast.expr:
        if not self.stops and self._leaves:
            self.needs_start = True
        self.stops = True
        self._calls += 1
        kept = self.emit.walrus(_RESULT, value)
        return self.emit.compare(kept, "<" if negated else ">", self.emit.constant(0))
