"""serctl as tests run it: with a ser made of canned replies, and streams made of strings.

ser = FakeSer(ps="200 ok\\n0\\t812\\tattendant\\n")
run = serctl("ps", ser=ser)
assert run.stdout == "0\\t812\\tattendant\\n"
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ser_core.fifo.protocol import Reply, Sendable, encode_request, parse_reply
from serctl.cli import run
from serctl.environment import Environment, connect
from serctl.settings import Settings

NOW = 1_700_000_000.0
"""The time in all these runs: 2023-11-14 22:13:20 UTC."""

Answer = str | bytes | Exception
Answers = Answer | list[Answer] | Callable[..., Answer]


class FakeSer:
    """Answers each command with the reply given for it; with a list, one after the other.

    A function is called with the arguments. An exception is raised.
    """

    def __init__(self, **answers: Answers) -> None:
        self.answers = answers
        self.requests: list[tuple[str, ...]] = []
        """Each command with its arguments."""
        self.timeouts: list[float | None] = []
        self.closed = 0

    def ask(self, command: str, *arguments: Sendable, timeout: float | None = None) -> Reply:
        encode_request(command, "x", arguments)  # raises what the real client would
        self.requests.append((command, *map(str, arguments)))
        self.timeouts.append(timeout)
        answer = self._answer(command, arguments)
        if isinstance(answer, Exception):
            raise answer
        data = answer.encode("utf-8", "surrogateescape") if isinstance(answer, str) else answer
        return parse_reply(data)

    def _answer(self, command: str, arguments: Iterable[Sendable]) -> Answer:
        answers = self.answers.get(command, f"500 command '{command}' not available\n")
        if isinstance(answers, list):
            return answers.pop(0) if len(answers) > 1 else answers[0]
        return answers(*arguments) if callable(answers) else answers

    def close(self) -> None:
        self.closed += 1


class Screen(io.StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        return True


@dataclass
class Run:
    """How a run ended, and what it wrote."""

    status: int
    stdout: str
    stderr: str
    slept: list[float] = field(default_factory=list)


def serctl(
    *arguments: str,
    ser: FakeSer | None = None,
    terminal: bool = False,
    stdin: str = "",
    asked: bool = False,
    settings: Settings | None = None,
    variables: dict[str, str] | None = None,
    naps: int = 0,
    run_dir: Path | None = None,
) -> Run:
    """Run a command line. `terminal`: stdout is one; `asked`: stdin is one.

    With `run_dir` it is a real ser that is asked.

    After `naps` pauses Ctrl-C is pressed, for what goes on until then.
    """
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) > naps:
            raise KeyboardInterrupt

    environment = Environment(
        stdin=Screen(stdin) if asked else io.StringIO(stdin),
        stdout=Screen() if terminal else io.StringIO(),
        stderr=io.StringIO(),
        settings=settings or Settings(run_dir=str(run_dir or "")),
        now=lambda: NOW,
        sleep=sleep,
        connect=connect if run_dir else lambda _: ser or FakeSer(),
        variables=variables if variables is not None else {"NO_COLOR": "1"},
    )
    status = run(arguments, environment)
    stdout, stderr = environment.stdout, environment.stderr
    assert isinstance(stdout, io.StringIO)
    assert isinstance(stderr, io.StringIO)
    return Run(status, stdout.getvalue(), stderr.getvalue(), slept)
