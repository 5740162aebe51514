from __future__ import annotations

import click
import pytest

from serctl.cli import root
from serctl.place import Place
from serctl.value_kinds import Value, ValueKind


def behind(line: str) -> Place:
    return Place.behind(root, line.split())


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("ul rm", ValueKind.USER),
        ("ul rm joe", ValueKind.CONTACT),
        ("ul rm -y joe", ValueKind.CONTACT),
        ("ul -F json rm joe", ValueKind.CONTACT),
        ("-F json ul rm", ValueKind.USER),
        ("alias rm", ValueKind.ALIAS),
        ("fifo", ValueKind.COMMAND),
        ("help", ValueKind.COMMAND),
        ("ul show --format", ValueKind.WORDS),
        ("ul show -F", ValueKind.WORDS),
        ("ul show -yF", ValueKind.WORDS),
        ("send -t", ValueKind.TEMPLATE),
        ("send", ValueKind.METHOD),
        ("send OPTIONS", ValueKind.USER),
        ("ping joe jane", ValueKind.USER),
        ("--run-dir", ValueKind.DIRECTORY),
        ("ul show --filter", ValueKind.ANYTHING),
        ("ul show --watch", ValueKind.USER),
        ("ul show --watch 2.5", ValueKind.USER),
        ("ul show --watch=2", ValueKind.USER),
        ("ul show -- --filter", None),
        ("moni 3", None),
        ("ps", None),
    ],
)
def test_what_may_stand_behind_some_words(line: str, kind: ValueKind | None) -> None:
    value = behind(line).value()
    assert (value.kind if value else None) == kind


@pytest.mark.parametrize(
    ("line", "path"), [("", []), ("ul", ["ul"]), ("-y ul --wide", ["ul"]), ("con", ["con"])]
)
def test_the_path_of_verbs(line: str, path: list[str]) -> None:
    place = behind(line)
    assert place.path == path
    assert (place.group is not None) == (line != "con")


def test_the_value_of_an_option_that_is_given() -> None:
    place = behind("-Fjson --fifo=/a/b ul --instance x show")
    assert place.given == {"format": "json", "fifo": "/a/b", "instance": "x"}
    assert place.used == set(place.given)


def test_options_that_stand_there() -> None:
    assert behind("ul show -y --all --limit 3").used == {"yes", "all_of_them", "limit"}


def test_arguments_before() -> None:
    place = behind("ul rm joe sip:joe@example.com")
    assert place.arguments == ["joe", "sip:joe@example.com"]
    assert place.argument_of(ValueKind.USER) == "joe"
    assert place.argument_of(ValueKind.ALIAS) is None
    assert behind("ul rm").argument_of(ValueKind.USER) is None


def test_behind_the_fifo_command_all_words_are_arguments() -> None:
    place = behind("fifo t_uac_dlg -y --x -F")
    assert place.arguments == ["t_uac_dlg", "-y", "--x", "-F"]
    assert place.waiting is None


def test_a_verb_that_is_none() -> None:
    place = behind("ull show joe")
    assert (place.unknown, place.path) == ("ull", [])


def test_an_option_that_is_none_is_passed_over() -> None:
    assert behind("ul show --nothing -% joe").arguments == ["joe"]


def test_own_options_come_before_those_that_all_share() -> None:
    hidden = [option.hidden for option in behind("ul show").options]
    assert hidden == sorted(hidden)
    assert hidden[-1]


def test_help_is_an_option() -> None:
    assert behind("ul show").option("--help") is not None


def test_a_tree_of_ones_own() -> None:
    command = click.Command(
        "x", params=[click.Argument(["file"], nargs=-1, metavar="FILE..."), click.Option(["--a"])]
    )
    place = Place.behind(command, ["one", "two"])
    assert place.value() == Value(ValueKind.FILE, repeats=True)
