"""Requests out of the byte stream of a FIFO: RequestReader. No I/O; time is an argument.

Anybody who may write to the FIFO may write anything, and what one client writes stands right
behind what another left unfinished. So the reader never raises, keeps a bounded amount, and always
finds its way back to the next request:

    WAITING     for a command line; empty lines don't count
    ARGUMENTS   the command takes the lines it needs
    REFUSED     the same, but something is wrong, which has been told: nothing is kept, and what
                stands behind the arguments is skipped, too, up to an empty line
    LAST_LINE   one more is read and thrown away, whatever came of the request
    SKIPPING    behind something that was no request: to an empty line or a command line

Two seconds of silence bring every state back to WAITING. A line thrown away may be an argument of
a client that counts differently than we do; one that looks like a command line is more likely the
next client's, after one that left out the empty line, and SER would have eaten it.

Where an argument is expected, a command line is an argument: arguments come from anywhere, a web
form maybe, and must never become commands. So a request that lacks one, or has one that is too
long, is read on to its end.

But when half a request is all that was written, and the next thing written begins with a command
line whose reply pipe is there, that is another client. Nobody who only has a say in arguments can
make such a pipe; but they may know of one. Therefore this holds only as long as less has come than
a pipe takes in one piece: of more it isn't known where each write began. Where the pipe's name is
one that can't be guessed, as FifoClient's, the command line may stand anywhere: when many write at
once, what they write comes in one piece.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ser_core.fifo.arguments import ArgumentReader
from ser_core.fifo.declarations import Argument
from ser_core.fifo.line_reader import LineReader
from ser_core.fifo.protocol import Reply, shown, why_forbidden

SILENCE = 2.0
"""Seconds after which half a request is given up."""
LONGEST_REQUEST = 1 << 20
"""Bytes of a request, all its lines together."""

PIECE = 4096
"""Bytes: PIPE_BUF, up to which what is written comes in one piece, and as many as are read at once.
So what is shorter ends where a write ended."""

INCOMPLETE = Reply(400, "request incomplete")
LINE_TOO_LONG = Reply(400, "line too long")
REQUEST_TOO_LONG = Reply(400, "request too long")

ArgumentsOf = Callable[[str], Sequence[Argument] | None]
"""From the name of a command, in lower case, to what it takes; None: there is no such command."""

HasPipe = Callable[[str], bool]
"""Whether a client has made a reply pipe of that name."""

_SOME_LINE = b"?"
"""In place of one that is too long; it isn't kept."""
_COMMAND_LINE = re.compile(rb":[\w-]+:[\w-]+")
_COMMAND_LINE_FIRST = re.compile(rb"[\r\n]*:([\w-]+):([\w-]+)[ \t\r]*\n")
_COMMAND_LINE_OF_OURS = re.compile(rb":([\w-]+):(ser_[0-9a-f]{32})")
"""As FifoClient writes it; own_pipe.py makes the name."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request with all its arguments."""

    command: str
    """In lower case."""
    reply_name: str
    """Of the pipe that the reply goes to, safe to use in a path; empty: no reply is wanted."""
    arguments: tuple[bytes | list[bytes], ...]
    """As declared: HEADERS and BODY with CRLF behind each line, REST as a list."""


@dataclass(frozen=True, slots=True)
class BadRequest:
    """What can't be carried out."""

    reply_name: str
    """Where the reply goes; empty: nobody can be told."""
    reply: Reply
    text: str
    """For the log."""


@dataclass(frozen=True, slots=True)
class CommandLine:
    """The first line of a request."""

    name: bytes
    """As it was written."""
    reply_name: str
    refusal: str = ""
    """Why no command can be run for it."""

    @property
    def command(self) -> str:
        return self.name.decode("utf-8", "surrogateescape").lower()


def read_command_line(line: bytes) -> CommandLine:
    """Take `:COMMAND:REPLYNAME` apart; the texts of refusals are SER's."""
    if len(line) < 3:
        return CommandLine(b"", "", "command must have at least 3 chars")
    if not line.startswith(b":"):
        return CommandLine(b"", "", f"command must begin with :: {shown(line)}")
    name, colon, reply_name = line[1:].partition(b":")
    if not colon:
        return CommandLine(name, "", "file separator missing")
    if refusal := why_forbidden(reply_name):
        return CommandLine(name, "", refusal)
    refusal = "" if name else "empty command"
    return CommandLine(name, reply_name.decode("utf-8", "surrogateescape"), refusal)


class _State(enum.Enum):
    WAITING = enum.auto()
    ARGUMENTS = enum.auto()
    REFUSED = enum.auto()
    LAST_LINE = enum.auto()
    SKIPPING = enum.auto()


class RequestReader:
    """Bytes in, requests out."""

    def __init__(
        self, arguments_of: ArgumentsOf, has_pipe: HasPipe = lambda reply_name: False
    ) -> None:
        self._arguments_of = arguments_of
        self._has_pipe = has_pipe
        self._lines = LineReader()
        self._state = _State.WAITING
        self._command = CommandLine(b"", "")
        self._arguments = ArgumentReader(())
        self._size = 0
        self._due_size = 0
        """Bytes that have come since nothing was due."""
        self._fed_at = 0.0

    def feed(self, data: bytes, now: float) -> list[Request | BadRequest]:
        """What the bytes complete, in order. Also does what `expire` does, first."""
        events: list[Request | BadRequest] = [*self.expire(now)]
        if 0 < self._due_size < PIECE and self._is_of_another_client(
            _COMMAND_LINE_FIRST.match(data)
        ):
            events += self._give_up()
        if data:
            self._fed_at = now
        for line in self._lines.feed(data):
            if line is not None and self._begins_another_clients(line):
                events += self._give_up()
            event = self._take_too_long() if line is None else self._take(line)
            if event is not None:
                events.append(event)
        self._due_size = self._due_size + len(data) if self._is_due else 0
        return events

    def expire(self, now: float) -> list[BadRequest]:
        """Give up what nobody goes on writing; at most one, for the request it belongs to."""
        deadline = self.deadline
        return self._give_up() if deadline is not None and now >= deadline else []

    def _give_up(self) -> list[BadRequest]:
        """Forget what has begun, and tell of it unless that was done."""
        unfinished = self._state is _State.ARGUMENTS or self._lines.has_part_of_a_line
        told = self._state in (_State.SKIPPING, _State.REFUSED)
        reply_name = self._command.reply_name if self._state is _State.ARGUMENTS else ""
        self._lines.clear()
        self._state = _State.WAITING
        self._due_size = 0
        bad = BadRequest(reply_name, INCOMPLETE, INCOMPLETE.text)
        return [bad] if unfinished and not told else []

    @property
    def _is_due(self) -> bool:
        """More of a request is to come."""
        return self._is_amidst or self._lines.has_part_of_a_line

    @property
    def _is_amidst(self) -> bool:
        return self._state in (_State.ARGUMENTS, _State.REFUSED)

    def _begins_another_clients(self, line: bytes) -> bool:
        """A whole line that is no argument of the request in hand, but the next request."""
        return self._is_amidst and self._is_of_another_client(_COMMAND_LINE_OF_OURS.fullmatch(line))

    def _is_of_another_client(self, found: re.Match[bytes] | None) -> bool:
        """The command line names a command, and the reply pipe of somebody else who is waiting."""
        if found is None or self._arguments_of(found[1].decode().lower()) is None:
            return False
        name = found[2].decode()
        is_own = self._state is _State.ARGUMENTS and name == self._command.reply_name
        return not is_own and self._has_pipe(name)

    @property
    def deadline(self) -> float | None:
        """When `expire` has something to do; None: it hasn't, however much time goes by."""
        if self._state is _State.WAITING and not self._lines.has_part_of_a_line:
            return None
        return self._fed_at + SILENCE

    def _take(self, line: bytes) -> Request | BadRequest | None:
        """One line, stripped."""
        match self._state:
            case _State.WAITING:
                return self._begin(line) if line else None
            case _State.ARGUMENTS:
                return self._take_argument(line)
            case _State.REFUSED:
                self._pass_over(line)
                return None
            case _State.LAST_LINE | _State.SKIPPING:
                return self._throw_away(line)

    def _throw_away(self, line: bytes) -> Request | BadRequest | None:
        """A line that nobody waits for, unless it begins the next request."""
        if _COMMAND_LINE.fullmatch(line):
            return self._begin(line)
        if not line or self._state is _State.LAST_LINE:
            self._state = _State.WAITING
        return None

    def _begin(self, line: bytes) -> Request | BadRequest | None:
        command = read_command_line(line)
        self._state = _State.SKIPPING
        if command.refusal:
            return _bad(command, 400, command.refusal)
        declared = self._arguments_of(command.command)
        if declared is None:
            return _bad(command, 500, f"command '{shown(command.name)}' not available")
        self._command = command
        self._arguments = ArgumentReader(declared)
        self._size = len(line) + 1
        return self._go_on()

    def _take_argument(self, line: bytes) -> Request | BadRequest | None:
        self._size += len(line) + 1
        if self._size > LONGEST_REQUEST:
            return self._too_large(REQUEST_TOO_LONG, line)
        self._arguments.take(line)
        return self._go_on()

    def _pass_over(self, line: bytes) -> None:
        """A line of a request that nothing comes of; behind its arguments, up to an empty one."""
        if not self._arguments.is_complete:
            self._arguments.take(line)
            is_over = self._arguments.had_empty_line
        else:
            is_over = not line
        if is_over:
            self._state = _State.WAITING

    def _go_on(self) -> Request | BadRequest | None:
        """The request, when all of it is there."""
        arguments, command = self._arguments, self._command
        if not arguments.is_complete:
            self._state = _State.ARGUMENTS
            if not arguments.is_missing:
                return None
            self._refuse()
        else:
            self._state = _State.WAITING if arguments.had_empty_line else _State.LAST_LINE
        if arguments.refusal:
            return _bad(command, 400, arguments.refusal)
        return Request(command.command, command.reply_name, arguments.values)

    def _refuse(self) -> None:
        """Read what is left of the request, but keep nothing."""
        self._state = _State.REFUSED
        self._arguments.forget()

    def _take_too_long(self) -> BadRequest | None:
        """A line was longer than any may be; most of it is gone already."""
        if self._state is _State.ARGUMENTS:
            return self._too_large(LINE_TOO_LONG, _SOME_LINE)
        if self._state is _State.REFUSED:
            self._pass_over(_SOME_LINE)
            return None
        told = self._state is _State.SKIPPING
        self._state = _State.SKIPPING
        return None if told else BadRequest("", LINE_TOO_LONG, "request line too long")

    def _too_large(self, reply: Reply, line: bytes) -> BadRequest:
        self._refuse()
        self._pass_over(line)
        return BadRequest(self._command.reply_name, reply, _told(self._command, reply.text))


def _bad(command: CommandLine, code: int, text: str) -> BadRequest:
    return BadRequest(command.reply_name, Reply(code, text), _told(command, text))


def _told(command: CommandLine, text: str) -> str:
    """For the log, which doesn't know what the request was."""
    return f"{shown(command.name)}: {text}" if command.name else text
