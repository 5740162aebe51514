"""The completion files in the shells that they are for, with a serctl that only says what it was
asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.shell_completion import Shell

SERCTL = """\
#!/bin/sh
echo "$*" >>"$(dirname "$0")/asked"
case "$*" in
*"ul show"*) printf 'joe@example.com\\tsip:joe@10.0.0.9:5062\\njim@example.com\\tsip:jim@x\\n' ;;
*"alias show"*) printf '0049123@example.com\\tsip:joe@example.com\\n' ;;
*which*) printf 'uptime\\nul_show_contact\\nul_rm\\n' ;;
*--list*) printf 'message\\tA text message\\noptions\\tAsk\\n' ;;
esac
"""


@pytest.fixture(
    params=[
        pytest.param(shell, marks=pytest.mark.needs(shell)) for shell in ("bash", "zsh", "fish")
    ]
)
def complete(request: pytest.FixtureRequest, tmp_path: Path) -> Shell:
    return Shell(request.param, tmp_path, SERCTL)


def asked(directory: Path) -> str:
    """What serctl was asked."""
    return (directory / "asked").read_text()


def starting(words: set[str], start: str) -> set[str]:
    """bash and fish leave out what doesn't fit, zsh's own code does it for ours."""
    return {word for word in words if word.startswith(start)}


def test_verbs(complete: Shell) -> None:
    assert {"ul", "ping", "moni", "monitor", "cisco_restart"} <= complete("serctl ")
    assert starting(complete("serctl pi"), "pi") == {"ping"}


def test_verbs_of_a_subject(complete: Shell) -> None:
    assert complete("serctl ul ") == {"show", "add", "rm", "dump"}


def test_options_of_a_verb_and_those_of_all(complete: Shell) -> None:
    words = complete("serctl ping -")
    assert {"-c", "--interval", "--format", "-y"} <= words
    assert "--sort" not in words


def test_values_of_an_option(complete: Shell) -> None:
    assert complete("serctl -F ") == {"table", "json", "lines", "raw", "csv"}
    assert starting(complete("serctl ul show --sort exp"), "exp") == {"expires"}


def test_an_option_and_its_value_in_one_word(complete: Shell) -> None:
    words = {word.removeprefix("--format=") for word in complete("serctl --format=js")}
    assert starting(words, "js") == {"json"}


def test_registered_users(complete: Shell, tmp_path: Path) -> None:
    assert starting(complete("serctl ping jo"), "jo") == {"joe@example.com"}
    assert "--timeout 1 -F lines ul show --limit 100 --filter jo" in asked(tmp_path)
    assert complete("serctl ping joe@example.com ") == {"joe@example.com", "jim@example.com"}


def test_the_second_place_is_another_kind(complete: Shell) -> None:
    assert "sip:jim@x" in {f"{word}" for word in complete("serctl ul rm joe ")}


def test_no_more_than_there_is(complete: Shell) -> None:
    assert complete("serctl alias rm 0049123@example.com ") == set()
    assert complete("serctl ping -c ") == set()


def test_aliases(complete: Shell) -> None:
    assert complete("serctl alias rm 0049") == {"0049123@example.com"}


def test_commands_of_the_fifo(complete: Shell) -> None:
    assert starting(complete("serctl fifo ul_"), "ul_") == {"ul_show_contact", "ul_rm"}


def test_templates_and_methods(complete: Shell) -> None:
    assert complete("serctl send -t ") == {"message", "options"}
    assert "MESSAGE" in complete("serctl send ")


def test_the_ser_that_is_meant_is_asked(complete: Shell, tmp_path: Path) -> None:
    complete("serctl --fifo /tmp/f -F json --instance=x ul show ")
    assert "--fifo /tmp/f --instance=x -F lines ul show" in asked(tmp_path)


def test_an_option_before_the_verb_doesnt_hide_it(complete: Shell) -> None:
    assert complete("serctl -F json -y ul ") == {"show", "add", "rm", "dump"}


def test_files(complete: Shell, tmp_path: Path) -> None:
    (tmp_path / "example.cfg").touch()
    words = complete("serctl start -f ex")
    assert words in ({"example.cfg"}, {"files "})


@pytest.mark.needs("bash")
def test_bash_leaves_out_what_it_takes_for_a_word_of_its_own(tmp_path: Path) -> None:
    complete = Shell("bash", tmp_path, SERCTL)
    assert complete("serctl ul rm joe sip:joe@10") == {"10.0.0.9:5062"}
