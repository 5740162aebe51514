from __future__ import annotations

import click
import pytest

from serctl.value_kinds import Value, ValueKind, value_of_option, values_of_arguments


@pytest.mark.parametrize(
    ("option", "value"),
    [
        (click.Option(["-q"], is_flag=True), None),
        (click.Option(["-v"], count=True), None),
        (click.Option(["--watch"], metavar="[SECONDS]"), None),
        (click.Option(["-c"], metavar="N"), Value(ValueKind.ANYTHING)),
        (click.Option(["-x"]), Value(ValueKind.ANYTHING)),
        (click.Option(["--fifo"], metavar="PATH"), Value(ValueKind.FILE)),
        (click.Option(["--run-dir"], metavar="DIR"), Value(ValueKind.DIRECTORY)),
        (click.Option(["--instance"], metavar="INSTANCE"), Value(ValueKind.INSTANCE)),
        (click.Option(["-b"], metavar="TEXT|@FILE"), Value(ValueKind.FILE)),
        (click.Option(["-t", "--template"], metavar="NAME|FILE|-"), Value(ValueKind.TEMPLATE)),
        (
            click.Option(["--sort"], metavar="COLUMN", type=click.Choice(["aor", "q"])),
            Value(ValueKind.WORDS, ("aor", "q")),
        ),
    ],
)
def test_the_metavar_tells_what_stands_behind_an_option(
    option: click.Option, value: Value | None
) -> None:
    assert value_of_option(option) == value


def places(*arguments: click.Argument) -> list[Value]:
    return values_of_arguments(click.Command("x", params=list(arguments)))


def test_an_argument_without_metavar_is_told_by_its_name() -> None:
    assert places(click.Argument(["user"]), click.Argument(["contact"])) == [
        Value(ValueKind.USER),
        Value(ValueKind.CONTACT),
    ]


def test_an_argument_may_repeat() -> None:
    assert places(click.Argument(["targets"], metavar="URI|USER...", nargs=-1)) == [
        Value(ValueKind.USER, repeats=True)
    ]


def test_one_argument_may_name_several_places() -> None:
    assert places(click.Argument(["words"], metavar="[METHOD] [URI|USER]", nargs=-1)) == [
        Value(ValueKind.METHOD),
        Value(ValueKind.USER),
    ]


def test_choices_are_words() -> None:
    assert places(click.Argument(["when"], type=click.Choice(["now", "later"]))) == [
        Value(ValueKind.WORDS, ("now", "later"))
    ]


def test_other_params_are_no_places() -> None:
    assert values_of_arguments(click.Command("x", params=[click.Option(["-q"])])) == []
