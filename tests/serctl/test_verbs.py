from __future__ import annotations

import io

import click
import pytest

from serctl import cli
from serctl.environment import Environment
from serctl.settings import Settings
from serctl.verbs import Subject, Verb
from tests.support.serctl_runs import FakeSer, serctl


def all_verbs() -> dict[str, click.Command]:
    found = {}
    with click.Context(cli.root) as context:
        for name in cli.root.list_commands(context):
            command = cli.root.get_command(context, name)
            assert command is not None
            found[name] = command
            if isinstance(command, click.Group):
                found |= {f"{name} {word}": sub for word, sub in command.commands.items()}
    return found


VERBS = all_verbs()
READING = ["config", "debug", "help", "online", "ps", "stats", "ul show", "alias show", "uptime",
    "version", "which", "ul dump"]  # fmt: skip
CHANGING = ["alias rm", "restart", "stop", "ul rm"]


@pytest.mark.parametrize("name", READING)
def test_every_reading_verb_has_watch(name: str) -> None:
    verb = VERBS[name]
    assert isinstance(verb, Verb)
    assert verb.reads
    assert "--watch" in [option for x in verb.params for option in x.opts]


@pytest.mark.parametrize("name", CHANGING)
def test_verbs_that_remove_or_stop_are_marked(name: str) -> None:
    verb = VERBS[name]
    assert isinstance(verb, Verb)
    assert verb.changes
    assert not verb.reads


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_knows_the_shared_options(name: str) -> None:
    options = [option for x in VERBS[name].params for option in x.opts]
    for shared in ("--format", "--yes", "--dry-run", "--fifo", "--timeout"):
        assert shared in options
    assert len(options) == len(set(options))


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_has_help(name: str) -> None:
    verb = VERBS[name]
    assert verb.help
    for parameter in verb.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.opts


def test_help_of_a_verb_leaves_the_shared_options_to_the_root() -> None:
    text = serctl("ps", "--help").stdout
    assert "--fifo" not in text
    assert text.endswith("Options that every command takes: serctl --help\n")
    assert "--fifo" in serctl("--help").stdout


def test_a_subject_without_a_verb_says_what_there_is() -> None:
    run = serctl("ul")
    assert (run.status, run.stdout) == (2, "")
    assert (
        run.stderr
        == "serctl: a verb is missing: there are show, add, rm, dump (serctl ul --help)\n"
    )


def test_a_subject_with_options_only_wants_a_verb_too() -> None:
    assert "a verb is missing" in serctl("ul", "-F", "json").stderr


def test_a_wrong_verb_of_a_subject_gets_the_nearest_or_all() -> None:
    assert "there is no 'shwo'; did you mean show?" in serctl("ul", "shwo").stderr
    assert "there is no 'xyz'; there are show, add, rm" in serctl("ul", "xyz").stderr


def test_verbs_stand_in_the_order_of_their_declaration() -> None:
    subject = VERBS["ul"]
    assert isinstance(subject, Subject)
    with click.Context(subject) as context:
        assert subject.list_commands(context)[:3] == ["show", "add", "rm"]


def test_a_shared_option_may_stand_between_the_words() -> None:
    run = serctl("ul", "--dry-run", "rm", "joe", ser=FakeSer())
    assert (run.status, run.stdout) == (0, ":ul_rm:serctl\nlocation\njoe\n\n")


def test_a_wrong_value_of_a_shared_option_is_a_usage_error() -> None:
    run = serctl("ps", "--timeout", "soon")
    assert (run.status, run.stderr) == (2, "serctl: --timeout: 'soon' is not a number\n")


@pytest.mark.parametrize("option", ["--fifo", "--unix-socket", "--instance"])
def test_the_ser_named_on_the_command_line_is_meant_whatever_is_set(option: str) -> None:
    key = option[2:].replace("-", "_")
    seen: list[Settings] = []

    def connect(settings: Settings) -> FakeSer:
        seen.append(settings)
        return FakeSer(ps="200 ok\n")

    environment = Environment(
        io.StringIO(), io.StringIO(), io.StringIO(), connect=connect,
        settings=Settings(fifo="a", unix_socket="b", instance="c", run_dir="d"),
    )  # fmt: skip
    assert cli.run([option, "chosen", "ps"], environment) == 0
    [settings] = seen
    named = {"fifo": settings.fifo, "unix_socket": settings.unix_socket}
    named["instance"] = settings.instance
    assert {name: text for name, text in named.items() if text} == {key: "chosen"}
    assert settings.run_dir == "d"
