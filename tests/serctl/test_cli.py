from __future__ import annotations

from importlib.metadata import version

from click.testing import CliRunner

from serctl.cli import main


def test_the_version_is_that_of_the_package() -> None:
    result = CliRunner().invoke(main, ["--version"])
    assert (result.exit_code, result.output) == (0, f"serctl, version {version('ser')}\n")


def test_without_a_command_it_says_what_there_is() -> None:
    alone = CliRunner().invoke(main, [])
    asked = CliRunner().invoke(main, ["--help"])
    assert alone.exit_code == asked.exit_code == 0
    assert alone.output == asked.output
    assert "This version has no commands yet." in " ".join(alone.output.split())


def test_a_command_that_does_not_exist_is_a_usage_error() -> None:
    result = CliRunner().invoke(main, ["ul", "show"])
    assert result.exit_code == 2
    assert "No such command 'ul'" in result.output
