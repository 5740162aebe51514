"""Comparisons as Python expressions: how the code reads what it compares from the message."""

from __future__ import annotations

import ast
from typing import NamedTuple

from ser_core.script.comparisons import method_of, uri_of
from ser_core.script.emit import MESSAGE, Emitter
from ser_core.script.namespace import Namespace
from ser_core.script.operands import (
    FAMILY_NUMBERS,
    PROTO_NUMBERS,
    Subject,
    Test,
)

_ATTRIBUTES: dict[Subject, tuple[str, ...]] = {
    Subject.MESSAGE: (MESSAGE,),
    Subject.URI: (MESSAGE, "message", "uri"),
    Subject.SOURCE_IP: (MESSAGE, "source", "host"),
    Subject.LOCAL_IP: (MESSAGE, "source", "listener", "host"),
    Subject.SOURCE_PORT: (MESSAGE, "source", "port"),
    Subject.LOCAL_PORT: (MESSAGE, "source", "listener", "port"),
    Subject.TRANSPORT: (MESSAGE, "source", "transport"),
    Subject.FAMILY: (MESSAGE, "source", "listener", "family"),
    Subject.LENGTH: (MESSAGE, "message", "length"),
}

_OPPOSITE = {
    "==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">", "in": "not in",
    "not in": "in",
}  # fmt: skip


class State(NamedTuple):
    """What is special in the function that is being compiled."""

    replies: bool = False
    """It may run with a response, which has neither method nor Request-URI."""
    method_is_read: bool = False
    """The method stands in a local name already."""


class SubjectCode:
    """Writes tests as expressions."""

    def __init__(self, emit: Emitter, namespace: Namespace, method_name: str) -> None:
        self.emit = emit
        self.namespace = namespace
        self.method_name = method_name
        self.state = State()

    def begin(self, *, replies: bool, method_is_read: bool) -> None:
        """Another function begins."""
        self.state = State(replies, method_is_read)

    @staticmethod
    def is_method(test: Test) -> bool:
        return test.subject is Subject.METHOD

    def expression(self, test: Test, negated: bool) -> ast.expr:
        """True when the test holds, or with `negated` when it doesn't."""
        emit = self.emit
        subject = self._subject(test.subject)
        if test.operator != "call":
            operator = _OPPOSITE[test.operator] if negated else test.operator
            right = self.namespace.expression(emit, test.constant)
            return emit.compare(subject, operator, right)
        assert test.function is not None
        name = getattr(test.function, "__name__", "")
        if name == "search":
            name = self.namespace.constant(test.function)
        else:
            name = self.namespace.add(f"_{name}", test.function)
        arguments = [self.namespace.expression(emit, x) for x in test.arguments]
        value = emit.call(emit.name(name), subject, *arguments)
        return emit.negation(value) if negated else value

    def _subject(self, subject: Subject) -> ast.expr:
        emit = self.emit
        if subject is Subject.METHOD:
            if self.state.method_is_read:
                return emit.name(self.method_name)
            return self.method_expression()
        if subject in (Subject.URI, Subject.URI_LOWER):
            return self._uri(lower=subject is Subject.URI_LOWER)
        if subject is Subject.TRANSPORT_NUMBER:
            numbers = emit.name(self.namespace.add("_proto_numbers", PROTO_NUMBERS))
            return emit.item(numbers, emit.attribute(*_ATTRIBUTES[Subject.TRANSPORT]))
        if subject is Subject.FAMILY_NUMBER:
            numbers = emit.name(self.namespace.add("_family_numbers", FAMILY_NUMBERS))
            return emit.item(numbers, emit.attribute(*_ATTRIBUTES[Subject.FAMILY]))
        return emit.attribute(*_ATTRIBUTES[subject])

    def method_expression(self) -> ast.expr:
        """The method in capitals: SER compares it without regard to case."""
        emit = self.emit
        if self.state.replies:
            return self._call(method_of)
        return emit.call(emit.attribute(MESSAGE, "message", "method", "upper"))

    def _uri(self, *, lower: bool) -> ast.expr:
        emit = self.emit
        if self.state.replies:
            return self._call(uri_of)  # digits have no case
        if lower:
            return emit.call(emit.attribute(MESSAGE, "message", "uri", "lower"))
        return emit.attribute(*_ATTRIBUTES[Subject.URI])

    def _call(self, function: object) -> ast.expr:
        name = f"_{getattr(function, '__name__', '')}"
        self.namespace.add(name, function)
        return self.emit.call(self.emit.name(name), self.emit.name(MESSAGE))
