from __future__ import annotations

import subprocess
import sys
import threading
from importlib.metadata import version
from typing import Any

import pytest
from click.testing import CliRunner

from sertui import web
from sertui.__main__ import end_in_any_case, has_terminal, main, web_command
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
    assert "there is no theme pink; there are ser-dark, ser-light, ansi-dark," in result.output


@pytest.mark.parametrize("theme", ["", "ser-light", "ansi-dark", "nord"])
def test_the_app_runs_with_the_theme(monkeypatch: pytest.MonkeyPatch, theme: str) -> None:
    seen = []
    monkeypatch.setattr("sertui.__main__.has_terminal", lambda: True)
    monkeypatch.setattr(SertuiApp, "run", lambda self: seen.append(self.theme))
    result = CliRunner().invoke(main, ["--theme", theme] if theme else [])
    assert (result.exit_code, seen) == (0, [theme or "ser-dark"])


def test_with_no_color_the_theme_is_the_one_without(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr("sertui.__main__.has_terminal", lambda: True)
    monkeypatch.setattr(SertuiApp, "run", lambda self: seen.append(self.theme))
    for options in ([], ["--theme", "ser-light"]):
        CliRunner().invoke(main, options)
    assert seen == ["ansi-dark", "ser-light"]


def test_without_a_terminal_it_says_so_and_ends() -> None:
    command = [sys.executable, "-m", "sertui"]
    run = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=30)
    assert run.returncode == 1
    assert run.stderr.decode().startswith("Error: sertui needs a terminal")


def test_in_a_browser_none_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "__stdin__", None)
    assert not has_terminal()
    monkeypatch.setenv("TEXTUAL_DRIVER", "textual.drivers.web_driver:WebDriver")
    assert has_terminal()


def test_the_web_server_runs_the_same_line_without_web(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    monkeypatch.setattr(web, "serve", lambda command, port: seen.append((command, port)))
    monkeypatch.setattr(sys, "argv", ["sertui", "--fifo", "/a b", "--web"])
    result = CliRunner().invoke(main, ["--fifo", "/a b", "--web", "--port", "8123"])
    assert result.exit_code == 0
    assert seen == [(f"{sys.executable} -m sertui --fifo '/a b'", 8123)]


def test_web_command_quotes_what_a_shell_would_read() -> None:
    assert web_command(["sertui", "--web", "--fifo", "$x"]).endswith("-m sertui --fifo '$x'")


def test_a_program_that_can_write_nowhere_any_more_ends_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ended = threading.Event()
    monkeypatch.setattr("os._exit", lambda status: ended.set())
    end_in_any_case(0.01)
    assert ended.wait(10)
