"""What modules declare."""

from __future__ import annotations

import pytest

from ser_core.modules.api import (
    FAILURE,
    ONREPLY,
    REQUEST,
    Counter,
    FailureRoute,
    Module,
    ReplyRoute,
    command,
    commands_of,
    counter,
    counters_of,
    param,
    params_of,
)


class Sample(Module):
    """A module with one of each."""

    name = "sample"
    limit: int = param(70, "a number", minimum=0, maximum=255)
    text: str = param("x", "a string")
    lines: str = param("", "several strings", cumulative=True)
    seen = counter("things seen")

    @command(routes=REQUEST | FAILURE)
    def look(self, msg: object, what: str) -> bool:
        """Look at it."""
        return True

    @command(routes=ONREPLY, blocking=True)
    def wait(self, msg: object) -> int:
        """Wait for it."""
        return 1


class Heir(Sample):
    """One more parameter, one function replaced."""

    name = "heir"
    more: int = param(1, "another")


def test_parameters_read_as_their_default_until_they_are_set() -> None:
    module = Sample()
    assert (module.limit, module.text) == (70, "x")
    module.limit = 5
    assert module.limit == 5
    assert Sample().limit == 70


def test_parameters_are_listed_in_the_order_of_their_declaration() -> None:
    assert [each.name for each in params_of(Sample)] == ["limit", "text", "lines"]
    assert [each.name for each in params_of(Heir)] == ["limit", "text", "lines", "more"]


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("limit", 5, ""),
        ("limit", "5", "parameter limit takes a number"),
        ("limit", -1, "parameter limit must be at least 0"),
        ("limit", 256, "parameter limit must be at most 255"),
        ("text", "y", ""),
        ("text", 1, "parameter text takes a string in quotes"),
    ],
)
def test_a_value_that_cannot_be_set_is_explained(name: str, value: int | str, problem: str) -> None:
    (declared,) = (each for each in params_of(Sample) if each.name == name)
    assert declared.problem_with(value) == problem


def test_commands_know_their_routes_signature_and_help() -> None:
    look, wait = commands_of(Sample)
    assert (look.name, look.routes, look.blocking) == ("look", REQUEST | FAILURE, False)
    assert look.doc == "Look at it."
    assert list(look.signature.parameters) == ["self", "msg", "what"]
    assert (wait.routes, wait.blocking) == (ONREPLY, True)
    assert commands_of(Heir) == [look, wait]


def test_each_instance_counts_for_itself() -> None:
    first, second = Sample(), Sample()
    first.seen.add()
    first.seen.add(2)
    assert (first.seen.value, second.seen.value) == (3, 0)
    assert first.counters[0].name == "sample.seen"
    assert [each.name for each in counters_of(Sample)] == ["seen"]


def test_an_attached_counter_counts_in_its_cell() -> None:
    made = Counter("a.b", "x")
    row = [0, 0, 7]
    made.attach(row, 2)
    made.add()
    assert row == [0, 0, 8]


def test_hooks_do_nothing_until_they_are_overridden() -> None:
    module = Sample()
    module.check()
    assert module.before_request(None) is True  # type: ignore[arg-type]
    assert module.behind is False


def test_names_of_routes_are_strings_of_their_own() -> None:
    assert FailureRoute.from_script("1") == "1"
    assert isinstance(ReplyRoute.from_script("2"), ReplyRoute)
