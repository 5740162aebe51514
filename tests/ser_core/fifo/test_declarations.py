"""What `@fifo_command` notes, and answers that come later."""

from __future__ import annotations

import pytest

from ser_core.fifo.declarations import (
    Argument,
    Control,
    Pending,
    Shape,
    Where,
    body,
    fifo_command,
    fifo_commands_of,
    headers,
    line,
    rest,
)
from ser_core.fifo.protocol import Reply


class Base:
    @fifo_command()
    def plain(self, control: Control) -> Reply:
        """Answer.

        And no more.
        """
        return Reply()


class Derived(Base):
    @fifo_command(
        line("who", "a user", missing="who expected"),
        name="t_reply",
        where=Where.OWNER,
        changes=True,
        slow=True,
        timeout=None,
        example=("joe",),
        reply="200 ok",
    )
    def fifo_t_reply(self, control: Control, who: bytes) -> Reply:
        return Reply()

    def no_command(self) -> None:
        """Not declared."""


def test_a_declaration_has_what_was_said_and_sensible_defaults() -> None:
    plain, reply = fifo_commands_of(Derived)
    assert (plain.name, plain.method, plain.arguments) == ("plain", "plain", ())
    assert (plain.where, plain.changes, plain.slow) == (Where.FIFO, False, False)
    assert (plain.timeout, plain.example, plain.reply) == (2.0, (), "")
    assert plain.doc == "Answer.\n\nAnd no more."
    assert (reply.name, reply.method) == ("t_reply", "fifo_t_reply")
    assert (reply.where, reply.changes, reply.slow) == (Where.OWNER, True, True)
    assert (reply.timeout, reply.example, reply.doc) == (None, ("joe",), "")
    assert reply.reply == "200 ok"


@pytest.mark.parametrize(
    ("argument", "shape", "missing"),
    [
        (line("a", "help"), Shape.LINE, ""),
        (line("a", "help", missing="a expected"), Shape.LINE, "a expected"),
        (headers("a", "help", missing="a expected"), Shape.HEADERS, "a expected"),
        (body("a", "help"), Shape.BODY, ""),
        (rest("a", "help"), Shape.REST, ""),
    ],
)
def test_each_kind_of_argument_has_its_shape(
    argument: Argument, shape: Shape, missing: str
) -> None:
    assert argument == Argument("a", "help", shape, missing)


def test_an_answer_that_is_there_is_given_at_once() -> None:
    pending, got = Pending(), list[Reply]()
    pending.answer(Reply(200))
    pending.when_answered(got.append)
    assert got == [Reply(200)]


def test_an_answer_is_given_when_it_comes_and_only_once() -> None:
    pending, got = Pending(), list[Reply]()
    pending.when_answered(got.append)
    assert got == []
    pending.answer(Reply(200))
    pending.answer(Reply(500))
    assert got == [Reply(200)]
