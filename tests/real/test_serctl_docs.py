"""docs/serctl.md: each example prints what the page says, and each command line can be read."""

from __future__ import annotations

import os
import pty
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

from docs.click_tree import every_entry
from tests.support.console import Example, examples_in, outputs, shell_script
from tests.support.daemon import Ser
from tests.support.serctl_process import environment, until_end
from tests.support.serctl_runs import serctl

PAGE = Path(__file__).parents[2] / "docs" / "serctl.md"
EXAMPLES = examples_in(PAGE.read_text())
CONFIG = """\
alias="example.com"
loadmodule "sl.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
route { if (!lookup("location")) { lookup("aliases"); }; sl_send_reply("404", "Not Found"); }
"""


@pytest.fixture(scope="module")
def shown() -> list[str]:
    """What a terminal of 100 columns shows for each example, all in one shell."""
    with Ser(CONFIG) as ser:
        command = f"{sys.executable} -m serctl --run-dir {ser.directory}/run"
        url = f"sqlite:///{ser.directory}/ser.db"
        script = f'serctl() {{ {command} "$@"; }}\n{shell_script(EXAMPLES)}'
        text = on_terminal(f"export SER_DB_URL={url}\n{script}")
    return outputs(text, EXAMPLES)


def on_terminal(script: str) -> str:
    controlling, terminal = pty.openpty()
    variables = environment(COLUMNS="100", NO_COLOR="1", TZ="UTC")
    with subprocess.Popen(
        ["sh", "-c", script], env=variables, cwd=PAGE.parents[1],
        stdin=subprocess.DEVNULL, stdout=terminal, stderr=terminal,
    ):  # fmt: skip
        os.close(terminal)
        text = b"".join(until_end(controlling)).decode()
    os.close(controlling)
    return text.replace("\r\n", "\n")


@pytest.mark.parametrize("number", range(len(EXAMPLES)), ids=lambda n: EXAMPLES[n].command)
def test_an_example_prints_what_the_page_says(number: int, shown: list[str]) -> None:
    example, output = EXAMPLES[number], shown[number]
    assert re.fullmatch(example.pattern(), output), f"{example.command}\n{output}"


def test_there_are_examples() -> None:
    assert len(EXAMPLES) > 20
    assert Example("echo $?", ("5",)) in EXAMPLES


def command_lines() -> list[str]:
    """Those in the help of verbs, continued lines joined."""
    texts = (re.sub(r"\\\n\s*", "", entry.command.help or "") for entry in every_entry())
    blocks = (
        block for text in texts for block in re.findall(r"\x08\n(.*?)(?:\n\n|\Z)", text, re.S)
    )
    return [line for block in blocks for line in re.findall(r"\b(serctl .*)$", block, re.M)]


@pytest.mark.parametrize("line", command_lines())
def test_a_command_line_of_the_help_can_be_read(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(click.Context, "invoke", lambda *_, **__: None)
    _, *words = shlex.split(re.split(r" [<>|] ", line)[0])
    run = serctl(*words)
    assert (run.status, run.stderr) == (0, "")
