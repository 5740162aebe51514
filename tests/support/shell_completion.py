"""Presses TAB in bash, zsh and fish, with the completion files of serctl."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

COMPLETIONS = Path(__file__).parents[2] / "completions"

BASH = """
source %(file)s
COMP_LINE=%(line)s
COMP_POINT=${#COMP_LINE}
_serctl
printf '%%s\\n' "${COMPREPLY[@]}"
"""

ZSH = """
compadd() { while [[ $1 == -* && $1 != -- ]]; do shift; done; shift; print -lr -- "$@" }
_describe() { [[ $1 == -o ]] && shift; print -lr -- "${(@)${(P)2}%%%%:*}" }
_files() { print -r -- "files $*" }
_message() { }
compset() { PREFIX=${PREFIX#*=} }
line=%(line)s
words=("${(@s: :)line}")
CURRENT=$#words
PREFIX=$words[-1]
autoload -Uz _serctl
fpath=(%(directory)s $fpath)
_serctl
"""

FISH = """
source %(file)s
complete -C %(line)s
"""


class Shell:
    """Runs a shell on a line, as if TAB had been pressed at its end."""

    def __init__(self, name: str, directory: Path, program: str) -> None:
        """`program`: the text of a script that stands for serctl."""
        self._name = name
        self._directory = directory
        script = directory / "serctl"
        script.write_text(program)
        script.chmod(0o755)
        self._environment = {
            **os.environ,
            "PATH": f"{directory}:{os.environ['PATH']}",
            "HOME": str(directory),
        }

    def __call__(self, line: str) -> set[str]:
        """The words that it offers."""
        run = subprocess.run(
            self._command(line),
            cwd=self._directory,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
        assert run.stderr == ""
        return {line.split("\t")[0] for line in run.stdout.splitlines() if line}

    def _command(self, line: str) -> list[str]:
        quoted = f"'{line}'"
        if self._name == "bash":
            program = BASH % {"file": COMPLETIONS / "serctl.bash", "line": quoted}
            return ["bash", "--norc", "--noprofile", "-c", program]
        if self._name == "zsh":
            return ["zsh", "-f", "-c", ZSH % {"directory": COMPLETIONS, "line": quoted}]
        program = FISH % {"file": COMPLETIONS / "serctl.fish", "line": quoted}
        return ["fish", "--no-config", "-c", program]
