"""What a command gets from outside: streams, settings, the connection. Tests replace all of it."""

from __future__ import annotations

import io
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol, Self, TextIO

import click

from serctl.escaping import escaped, escaped_lines
from serctl.exit_status import Failure, Refused
from serctl.output import Format
from serctl.settings import Settings

if TYPE_CHECKING:
    from ser_core.fifo.protocol import Reply, Sendable

REPLY_NAME = "serctl"
"""What --dry-run writes as the name of the reply pipe."""

_STYLES = {"bold": "1", "dim": "2", "red": "31", "yellow": "33", "green": "32"}


class Client(Protocol):
    """What verbs need of ser_core.fifo.client; tests have their own."""

    def ask(self, command: str, *arguments: Sendable, timeout: float | None = None) -> Reply:
        """The reply, whatever its code. Raises CannotReach, NoReply, ValueError."""

    def close(self) -> None:
        """Leave nothing behind."""


def connect(settings: Settings) -> Client:
    """A client of the ser that the settings mean."""
    from ser_core.fifo.client import FifoClient, open_client
    from serctl.instances import control_path

    path = control_path(settings)
    if settings.fifo_dir and not settings.unix_socket:
        return FifoClient(path, reply_dir=settings.fifo_dir)
    return open_client(path)


@dataclass(slots=True)
class Environment:
    """One run of one command line has one of its own."""

    stdin: TextIO
    stdout: TextIO
    """Data and nothing else."""
    stderr: TextIO
    settings: Settings = field(default_factory=Settings)
    assume_yes: bool = False
    dry_run: bool = False
    wide: bool = False
    in_shell: bool = False
    """This is a line of the shell or of a script."""
    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    connect: Callable[[Settings], Client] = connect
    variables: dict[str, str] = field(default_factory=dict)
    """The process's own (os.environ)."""
    _client: Client | None = None

    @classmethod
    def of_process(cls) -> Environment:
        """The one of a real run; settings are still the defaults."""
        stdin, stdout, stderr = map(_opened, (sys.stdin, sys.stdout, sys.stderr))
        return cls(stdin, stdout, stderr, variables=dict(os.environ))

    def for_one_run(self) -> Self:
        """A copy, so that the options of one line don't stay for the next one of the shell."""
        return replace(self, _client=None)

    # -- what it is shown on ---------------------------------------------------------------------

    @property
    def is_terminal(self) -> bool:
        return self.stdout.isatty()

    @property
    def input_is_terminal(self) -> bool:
        return self.stdin.isatty()

    @property
    def is_typed(self) -> bool:
        """Somebody types and looks, and hasn't said that nothing need be asked."""
        at_terminal = self.is_terminal and self.input_is_terminal
        return at_terminal and not (self.assume_yes or self.dry_run)

    @property
    def has_unicode(self) -> bool:
        """Whether stdout can show every character."""
        encoding = getattr(self.stdout, "encoding", None) or "utf-8"
        return encoding.lower().replace("-", "").startswith("utf")

    @property
    def format(self) -> Format:
        """As asked for; else a table on a terminal, and lines in a pipe."""
        if self.settings.format:
            return Format(self.settings.format)
        return Format.TABLE if self.is_terminal else Format.LINES

    @property
    def width(self) -> int | None:
        """How wide a table may be; None: as wide as it comes."""
        if self.wide or not self.is_terminal:
            return None
        import shutil

        return shutil.get_terminal_size().columns

    @property
    def height(self) -> int:
        """Lines of the terminal."""
        import shutil

        return shutil.get_terminal_size().lines

    def painted(self, text: str, style: str) -> str:
        """`text` in bold, dim, red, yellow or green, where colours are wanted."""
        if not style or not text or not self.wants_colors:
            return text
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m"

    @property
    def wants_colors(self) -> bool:
        """--color beats NO_COLOR (no-color.org), which beats the terminal."""
        if self.settings.color != "auto":
            return self.settings.color == "always"
        if self.variables.get("NO_COLOR") or self.variables.get("TERM") == "dumb":
            return False
        return self.is_terminal

    def write(self, text: str) -> None:
        """Data for stdout."""
        self.stdout.write(text)

    def note(self, text: str) -> None:
        """A line for stderr; what can't be told there doesn't change how the run ends."""
        self.stdout.flush()
        with suppress(OSError):
            self.stderr.write(f"serctl: {escaped(text)}\n")
            self.stderr.flush()

    # -- ser -------------------------------------------------------------------------------------

    @property
    def client(self) -> Client:
        """The connection, opened when first used."""
        if self._client is None:
            self._client = DryRunClient(self) if self.dry_run else self.connect(self.settings)
        return self._client

    def close(self) -> None:
        """Let go of the connection."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def ask(
        self, command: str, *arguments: Sendable, timeout: float | None = None, hint: str = ""
    ) -> Reply:
        """The reply of ser to a request. Raises Refused, with `hint`, for any but a 2xx.

        With --dry-run the request is printed, and the run ends there.
        """
        reply = self.request(command, *arguments, timeout=timeout)
        if self.dry_run:
            raise click.exceptions.Exit(0)
        if not reply.is_ok:
            raise Refused(reply, hint)
        return reply

    def request(self, command: str, *arguments: Sendable, timeout: float | None = None) -> Reply:
        """As `ask`, but leaves it to the caller what a reply means, also with --dry-run."""
        wait = self.settings.timeout if timeout is None else timeout
        try:
            return self.client.ask(command, *arguments, timeout=wait)
        except ValueError as error:  # what can't be said in SER's protocol
            raise click.UsageError(str(error)) from None

    # -- the user --------------------------------------------------------------------------------

    def confirm(self, question: str) -> None:
        """Return when the user agrees. Raises Failure, or UsageError where nobody can be asked."""
        if self.assume_yes or self.dry_run:
            return
        if not self.input_is_terminal:
            raise click.UsageError(f"{question} Nobody can be asked here: repeat it with -y")
        self.stderr.write(f"{escaped(question)} [y/N] ")
        self.stderr.flush()
        answer = ""
        try:
            answer = self.stdin.readline()
        finally:
            if not answer.endswith("\n"):  # Ctrl-D, Ctrl-C
                self.stderr.write("\n")
        if answer.strip().lower() not in ("y", "yes"):
            raise Failure("nothing was changed")

    @contextmanager
    def frame(self) -> Iterator[tuple[Environment, io.StringIO]]:
        """An environment whose output is kept in a string, for pictures drawn at one go.

        On a terminal so are the notes, which would be drawn over as soon as they are written.
        """
        kept = _Frame(self.is_terminal)
        environment = replace(self, stdout=kept, stderr=kept if self.is_terminal else self.stderr)
        try:
            yield environment, kept
        finally:
            self._client = environment._client


class _Frame(io.StringIO):
    """A string that looks like the terminal it will be written to."""

    def __init__(self, is_terminal: bool) -> None:
        super().__init__()
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


class DryRunClient:
    """Prints requests instead of sending them."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    def ask(self, command: str, *arguments: Sendable, timeout: float | None = None) -> Reply:
        from ser_core.fifo.protocol import Reply, encode_request

        request = encode_request(command, REPLY_NAME, arguments)
        text = request.decode("utf-8", "surrogateescape")
        environment = self._environment
        environment.write(escaped_lines(text) if environment.is_terminal else text)
        return Reply(200, "dry run")

    def close(self) -> None:
        """There is nothing to close."""


def _opened(stream: TextIO | None) -> TextIO:
    """A stream of the process; nothing, if it was started without.

    What ser passes on from phones needn't be UTF-8, and needn't fit the user's locale.
    """
    if stream is None:
        return open(os.devnull, "r+")
    if isinstance(stream, io.TextIOWrapper):
        is_utf8 = stream.encoding.lower().replace("-", "") == "utf8"
        stream.reconfigure(errors="surrogateescape" if is_utf8 else "backslashreplace")
    return stream
