"""Follows the ways that a request can take through ser.cfg, as far as one question needs it:
can a REGISTER that save() has answered still be relayed?

Only what is sure counts: a way that compares the method with two different literals, both true,
is no way.
"""

from __future__ import annotations

from typing import NamedTuple

from ser_core.script import nodes
from ser_core.script.bound import MAIN, Checked, RouteKey
from ser_core.script.operands import Subject

SAVING = ("save", "save_memory")
"""Functions that answer a REGISTER themselves; save_noreply leaves that to somebody behind us."""

RELAYING = (
    "t_relay",
    "t_relay_to_udp",
    "t_relay_to_tcp",
    "t_relay_to_tls",
    "forward",
    "forward_udp",
    "forward_tcp",
    "forward_tls",
)


class _State(NamedTuple):
    saved: bool = False
    method: bytes | None = None
    """In capitals, when it is known."""


_States = frozenset[_State]
_NONE: _States = frozenset()

MAX_DEPTH = 100
"""Lists of statements within each other, through route(n) too, that are followed."""


class _Ways(NamedTuple):
    """How a list of statements can end."""

    through: _States
    """At its end."""
    left: _States
    """By break, return, or a command that yields 0."""


def relays_after_save(checked: Checked) -> list[nodes.Call]:
    """The calls that relay a request which save() has answered, in the order of the text."""
    if MAIN not in checked.routes:
        return []
    walk = _Walk(checked)
    walk.route(MAIN, _State())
    return sorted(walk.found, key=lambda call: (call.span.line, call.span.column))


class _Walk:
    def __init__(self, checked: Checked) -> None:
        self.checked = checked
        self.found: set[nodes.Call] = set()
        self.depth = 0
        self.known: dict[tuple[RouteKey, _State], _States] = {}

    def route(self, key: RouteKey, state: _State) -> _States:
        """The states behind a route(n)."""
        route = self.checked.routes.get(key)
        if route is None:
            return frozenset([state])
        if (key, state) not in self.known:
            self.known[key, state] = _NONE  # a block that calls itself adds no other end
            ways = self.statements(route.body, frozenset([state]))
            self.known[key, state] = ways.through | ways.left
        return self.known[key, state]

    def statements(self, body: tuple[nodes.Statement, ...], states: _States) -> _Ways:
        left = _NONE
        if self.depth >= MAX_DEPTH:
            return _Ways(states, left)
        self.depth += 1
        for statement in body:
            ways = self.statement(statement, states)
            states, left = ways.through, left | ways.left
        self.depth -= 1
        return _Ways(states, left)

    def statement(self, statement: nodes.Statement, states: _States) -> _Ways:
        if isinstance(statement, nodes.Leave):
            return _Ways(_NONE, _NONE if statement.word == "exit" else states)
        if isinstance(statement, nodes.If):
            return self.if_statement(statement, states)
        true, false, left = self.condition(statement, states)
        return _Ways(true | false, left)

    def if_statement(self, statement: nodes.If, states: _States) -> _Ways:
        through, left = _NONE, _NONE
        for arm in statement.arms:
            true, states, stopped = self.condition(arm.condition, states)
            ways = self.statements(arm.body, true)
            through, left = through | ways.through, left | ways.left | stopped
        ways = self.statements(statement.otherwise or (), states)
        return _Ways(through | ways.through, left | ways.left)

    def condition(
        self, condition: nodes.Condition, states: _States
    ) -> tuple[_States, _States, _States]:
        """The states in which it is true, in which it is false, and in which it ends the list."""
        if isinstance(condition, nodes.Not):
            true, false, left = self.condition(condition.operand, states)
            return false, true, left
        if isinstance(condition, nodes.And | nodes.Or):
            return self.several(condition, states)
        if isinstance(condition, nodes.Compare):
            return self.compare(condition, states)
        if isinstance(condition, nodes.Number):
            return (states, _NONE, _NONE) if condition.value else (_NONE, states, _NONE)
        if isinstance(condition, nodes.Statements):
            ways = self.statements(condition.body, states)
            return ways.through, ways.through, ways.left
        if isinstance(condition, nodes.Leave):
            return _NONE, _NONE, states
        if isinstance(condition, nodes.CallRoute):
            key = (nodes.Block.ROUTE, condition.target.text)
            after = frozenset(x for state in states for x in self.route(key, state))
            return after, after, _NONE
        return self.call(condition, states)

    def several(
        self, condition: nodes.And | nodes.Or, states: _States
    ) -> tuple[_States, _States, _States]:
        decided, left = _NONE, _NONE
        for operand in condition.operands:
            true, false, stopped = self.condition(operand, states)
            left |= stopped
            if isinstance(condition, nodes.And):
                decided, states = decided | false, true
            else:
                decided, states = decided | true, false
        if isinstance(condition, nodes.And):
            return states, decided, left
        return decided, states, left

    def compare(self, compare: nodes.Compare, states: _States) -> tuple[_States, _States, _States]:
        test = self.checked.tests[compare]
        if test.subject is not Subject.METHOD or test.operator not in ("==", "!="):
            return states, states, _NONE
        literal = test.constant
        assert isinstance(literal, bytes)
        same = frozenset(x._replace(method=literal) for x in states if x.method in (None, literal))
        other = frozenset(x for x in states if x.method != literal)
        return (same, other, _NONE) if test.operator == "==" else (other, same, _NONE)

    def call(self, call: nodes.Call, states: _States) -> tuple[_States, _States, _States]:
        name = self.checked.calls[call].name
        if name in RELAYING and any(x.saved for x in states):
            self.found.add(call)
        if name in SAVING:
            return frozenset(x._replace(saved=True) for x in states), states, states
        return states, states, _NONE
