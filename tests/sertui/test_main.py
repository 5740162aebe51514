from __future__ import annotations

import sys
from importlib.metadata import version
from typing import Any

import pytest
from click.testing import CliRunner

from sertui import web
from sertui.__main__ import main, web_command
from sertui.app import SertuiApp


def test_the_version_is_that_of_the_package() -> None:
    result = CliRunner().invoke(main, ["-V"])
    assert (result.exit_code, result.output) == (0, f"sertui, version {version('ser')}\n")


def test_help_tells_of_the_keys() -> None:
    result = CliRunner().invoke(main, ["--help"])
    assert result.exit_code == 0
    assert "? tells the keys, q quits" in " ".join(result.output.split())


def test_a_theme_that_is_none_is_refused_with_those_that_are() -> None:
    result = CliRunner().invoke(main, ["--theme", "pink"])
    assert result.exit_code == 2
    assert "there is no theme pink; there are ansi-dark, ansi-light," in result.output


@pytest.mark.parametrize("theme", ["", "ansi-dark", "nord"])
def test_the_app_runs_with_the_theme(monkeypatch: pytest.MonkeyPatch, theme: str) -> None:
    seen = []
    monkeypatch.setattr(SertuiApp, "run", lambda self: seen.append(self.theme))
    result = CliRunner().invoke(main, ["--theme", theme] if theme else [])
    assert (result.exit_code, seen) == (0, [theme or "textual-dark"])


def test_the_web_server_runs_the_same_line_without_web(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    monkeypatch.setattr(web, "serve", lambda command, port: seen.append((command, port)))
    monkeypatch.setattr(sys, "argv", ["sertui", "--fifo", "/a b", "--web"])
    result = CliRunner().invoke(main, ["--fifo", "/a b", "--web", "--port", "8123"])
    assert result.exit_code == 0
    assert seen == [(f"{sys.executable} -m sertui --fifo '/a b'", 8123)]


def test_web_command_quotes_what_a_shell_would_read() -> None:
    assert web_command(["sertui", "--web", "--fifo", "$x"]).endswith("-m sertui --fifo '$x'")
