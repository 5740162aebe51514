"""Script functions read from Python annotations."""

from __future__ import annotations

import re
from enum import IntEnum
from typing import Any

import pytest

from ser_core.modules.api import REQUEST, Module, command, commands_of
from ser_core.script.nodes import Block
from ser_core.script.runtime import ScriptMessage
from ser_core.script.signatures import Answer, Signature, signature_of
from tests.support.scripts import Fake


class WithZero(IntEnum):
    """May stop."""

    STOP = 0
    GOOD = 1


class Shout(str):
    """An argument class of its own."""

    __slots__ = ()

    @classmethod
    def from_script(cls, text: str) -> Shout:
        if not text:
            raise ValueError("there is nothing to shout")
        return cls(text.upper())


class Odd(Module):
    """Declarations, good and bad."""

    name = "odd"

    @command(routes=REQUEST)
    def shout(self, msg: ScriptMessage, text: Shout, times: int = 1) -> WithZero:
        """Shouts."""
        return WithZero.GOOD

    @command(routes=REQUEST)
    def number(self, msg: ScriptMessage) -> int:
        return 1

    @command(routes=REQUEST)
    def no_answer(self, msg: ScriptMessage) -> None:
        """Answers nothing."""

    @command(routes=REQUEST)
    def unknown_type(self, msg: ScriptMessage, what: list[int]) -> bool:
        return True

    @command(routes=REQUEST)
    def bare_pattern(self, msg: ScriptMessage, what: re.Pattern) -> bool:  # type: ignore[type-arg]
        return True


def signature(name: str, module: type[Module] = Odd) -> Signature:
    (found,) = (x for x in commands_of(module) if x.name == name)
    return signature_of(module, found)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("say", Answer.TRUTH),
        ("answer", Answer.STOPS),
        ("outcome", Answer.NUMBER),
    ],
)
def test_the_answer_says_what_the_compiler_has_to_look_for(name: str, answer: Answer) -> None:
    assert signature(name, Fake).answer is answer


def test_an_enum_with_a_zero_may_stop() -> None:
    assert signature("shout").answer is Answer.STOPS
    assert signature("number").answer is Answer.STOPS


def test_parameters_are_named_and_counted() -> None:
    found = signature("shout")
    assert [x.name for x in found.parameters] == ["text", "times"]
    assert found.required == 1
    assert found.doc == "Shouts."
    assert found.routes is REQUEST
    assert not found.blocking
    assert signature("dawdles", Fake).blocking


@pytest.mark.parametrize(
    ("name", "index", "text", "converted"),
    [
        ("shout", 0, "hey", "HEY"),
        ("shout", 1, "-12", -12),
    ],
)
def test_arguments_are_converted(name: str, index: int, text: str, converted: Any) -> None:
    assert signature(name).parameters[index].convert(text) == converted


def test_patterns_are_posix() -> None:
    for name, module in (("bare_pattern", Odd), ("arguments", Fake)):
        convert = signature(name, module).parameters[-1 if module is Odd else 3].convert
        assert convert("[[:digit:]]+").search(b"a12")  # type: ignore[attr-defined]


def test_route_names_know_their_kind_of_block() -> None:
    assert signature("on_failure", Fake).parameters[0].block is Block.FAILURE
    assert signature("on_reply", Fake).parameters[0].block is Block.ONREPLY
    assert signature("say", Fake).parameters[0].block is None


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("no_answer", "Odd.no_answer: a script function answers with bool, int or an IntEnum"),
        ("unknown_type", "Odd.unknown_type: list[int] can't be an argument of a script function"),
    ],
)
def test_a_declaration_that_means_nothing_is_a_mistake_of_the_module(
    name: str, reason: str
) -> None:
    with pytest.raises(TypeError, match=re.escape(reason)):
        signature(name)


def test_an_annotation_that_is_not_there_at_run_time_is_told() -> None:
    class Broken(Module):
        name = "broken"

        @command(routes=REQUEST)
        def say(self, msg: ScriptMessage, text: Missing) -> bool:  # type: ignore[name-defined]  # noqa: F821
            return True

    with pytest.raises(TypeError, match=r"Broken\.say: name 'Missing' is not defined"):
        signature_of(Broken, commands_of(Broken)[0])
