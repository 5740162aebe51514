from __future__ import annotations

from importlib.metadata import version

from click.testing import CliRunner

from sertui.__main__ import main


def test_the_version_is_that_of_the_package() -> None:
    result = CliRunner().invoke(main, ["-V"])
    assert (result.exit_code, result.output) == (0, f"sertui, version {version('ser')}\n")


def test_help_says_that_there_are_no_screens_yet() -> None:
    result = CliRunner().invoke(main, ["--help"])
    assert result.exit_code == 0
    assert "no screens yet" in result.output


def test_starting_it_fails_with_a_sentence() -> None:
    result = CliRunner().invoke(main, [])
    assert result.exit_code == 1
    assert result.output.startswith("Error: there are no screens yet")
