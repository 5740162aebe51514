"""What a FIFO command declares: arguments, where it runs, whether it changes anything.

The server, `which`, `help`, the docs and completion read these declarations; nothing says them
twice. A command is a method of a module, or of `commands.CoreCommands`:

    @fifo_command(
        line("table", "usually location", missing="ul_rm: table name expected"),
        line("aor", "joe@example.com", missing="ul_rm: user name expected"),
        changes=True,
        example=("location", "joe@example.com"),
    )
    def ul_rm(self, control: Control, table: bytes, aor: bytes) -> Reply:
        '''Remove a user with all contacts.'''

Arguments arrive as declared: a LINE as bytes; HEADERS and BODY as bytes with CRLF behind each line;
REST as a list of bytes. A command answers with a Reply, raises FifoError, or, when the answer takes
time, returns a `Pending` and answers that later.
"""

from __future__ import annotations

import enum
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from ser_core.fifo.protocol import Reply

if TYPE_CHECKING:
    from ser_core.database.worker import Database
    from ser_core.registrar.location import Location
    from ser_core.script.loader import Program


class Shape(enum.Enum):
    """How an argument stands in a request."""

    LINE = "line"
    """One line; empty means missing."""
    HEADERS = "headers"
    """Lines up to an empty one or a dot."""
    BODY = "body"
    """Lines up to a dot; empty ones belong to it."""
    REST = "rest"
    """Lines up to the empty one that ends the request, possibly none. Stands last."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a command."""

    name: str
    help: str
    shape: Shape
    missing: str = ""
    """What a 400 says when it isn't there; empty: it may be missing (LINE) or empty (BODY)."""


def line(name: str, help_text: str, *, missing: str = "") -> Argument:
    """An argument of one line."""
    return Argument(name, help_text, Shape.LINE, missing)


def headers(name: str, help_text: str, *, missing: str = "") -> Argument:
    """SIP headers."""
    return Argument(name, help_text, Shape.HEADERS, missing)


def body(name: str, help_text: str) -> Argument:
    """The body of a SIP message."""
    return Argument(name, help_text, Shape.BODY)


def rest(name: str, help_text: str) -> Argument:
    """Any number of lines, also none."""
    return Argument(name, help_text, Shape.REST)


class Where(enum.Enum):
    """Which process runs a command."""

    FIFO = "fifo"
    """The FIFO's own: it has the location table and everybody's counters."""
    OWNER = "owner"
    """The receiver that a Call-ID belongs to."""
    ALL = "all"
    """Every receiver; `merge` makes one reply of theirs."""


class Pending:
    """An answer that comes later. It is given once; a second one is ignored."""

    __slots__ = ("_reply", "_take")

    def __init__(self) -> None:
        self._reply: Reply | None = None
        self._take: Callable[[Reply], None] | None = None

    def answer(self, reply: Reply) -> None:
        """Give the answer, from wherever it becomes known."""
        if self._reply is not None:
            return
        self._reply = reply
        if self._take is not None:
            self._take(reply)

    def when_answered(self, take: Callable[[Reply], None]) -> None:
        """Have `take` called with the answer, at once when it is there already."""
        self._take = take
        if self._reply is not None:
            take(self._reply)


@dataclass(frozen=True, slots=True)
class ProcessInfo:
    """A process of this ser."""

    index: int
    """As `ps` numbers them: 0 is the attendant."""
    pid: int
    """0: it is being started."""
    description: str


class Control(Protocol):
    """What a command gets from the process it runs in."""

    @property
    def program(self) -> Program: ...
    @property
    def location(self) -> Location: ...
    @property
    def receivers(self) -> int:
        """How many there are."""

    def database(self, url: str) -> Database:
        """The database of a db_url; who asks it waits, so its command is `slow` or `waits`.

        Raises ValueError when the URL can't be read or its driver isn't installed.
        """

    def wall_time(self) -> float:
        """Unix seconds."""

    def monotonic(self) -> float:
        """Seconds on the clock of all timers."""

    def total(self, counter: str) -> int:
        """A counter summed over all processes; KeyError for an unknown name."""

    def totals(self) -> dict[str, int]:
        """All counters, summed."""

    def processes(self) -> list[ProcessInfo]:
        """All processes of this ser, the attendant first."""

    def owns(self, call_id: bytes) -> bool:
        """True in the receiver that messages with this Call-ID belong to."""

    def pause(self) -> None:
        """Let others have their turn, in the midst of work that takes more than a few ms."""


Result = Reply | Pending
Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class FifoCommand:
    """What `@fifo_command` knows."""

    name: str
    arguments: tuple[Argument, ...]
    where: Where
    changes: bool
    """It changes something, so tools ask before."""
    slow: bool
    """It may take more than some 5 ms: it gets a greenlet, so that the next one needn't wait."""
    timeout: float | None
    """Seconds until whoever waits for another process gives up; None: never."""
    owner: Callable[..., bytes] | None
    """From the arguments to the Call-ID whose owner runs it (OWNER); b"": any receiver."""
    merge: Callable[[Sequence[Reply]], Reply] | None
    settles: Callable[[Reply], bool] | None
    """Tells of one receiver's reply whether it is the answer, whatever the others say (ALL)."""
    example: tuple[str, ...]
    """Arguments of an example, one for each line behind the command line, dots included."""
    doc: str
    reply: str = ""
    """The reply to the example, for the docs; a line `...` stands for any number of lines, `...`
    inside one for any text. Of numbers, hashes, paths and dates only the kind is told."""
    method: str = ""
    """Its method, where a script function has taken the name; empty: called as the command."""
    waits: bool = False
    """It is slow when its module `waits`, for a database."""


def fifo_command(
    *arguments: Argument,
    name: str = "",
    where: Where = Where.FIFO,
    changes: bool = False,
    slow: bool = False,
    waits: bool = False,
    timeout: float | None = 2.0,
    owner: Callable[..., bytes] | None = None,
    merge: Callable[[Sequence[Reply]], Reply] | None = None,
    settles: Callable[[Reply], bool] | None = None,
    example: tuple[str, ...] = (),
    reply: str = "",
) -> Callable[[Function], Function]:
    """Make a method a FIFO command under its own name, or under `name`."""

    def declare(function: Function) -> Function:
        function.__fifo_command__ = FifoCommand(  # type: ignore[attr-defined]  # read by fifo_commands_of
            name=name or function.__name__,
            arguments=arguments,
            where=where,
            changes=changes,
            slow=slow,
            timeout=timeout,
            owner=owner,
            merge=merge,
            settles=settles,
            example=example,
            doc=inspect.getdoc(function) or "",
            reply=reply,
            method=function.__name__,
            waits=waits,
        )
        return function

    return declare


def fifo_commands_of(owner: type) -> list[FifoCommand]:
    """The FIFO commands of a module class or of CoreCommands, in the order they are declared."""
    return [
        function.__fifo_command__
        for base in reversed(owner.__mro__)
        for function in vars(base).values()
        if callable(function) and hasattr(function, "__fifo_command__")
    ]
