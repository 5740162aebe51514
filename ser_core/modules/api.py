"""What a SER module declares, and what it can ask of the process it runs in.

A module is a plain class. Everything about it stands in declarations that the registry, the
checker of ser.cfg, the generated docs and the tools read:

    class Maxfwd(Module):
        '''Adds, decrements and checks Max-Forwards (RFC 3261 §16.3).'''

        name = "maxfwd"
        max_limit: int = param(70, "upper bound put into outgoing requests", minimum=0, maximum=255)

        @command(routes=REQUEST)
        def mf_process_maxfwd_header(self, msg: ScriptMessage, default: int) -> bool:
            '''Add the header or decrement it; false once it has reached zero.'''

Life of a module: made when ser.cfg is loaded, parameters set, `check()`; all this before the fork.
In each receiver after the fork: `start(core)`, `take_effect()`; then commands and hooks; at the end
`stop()`.

A reload makes new instances beside the running ones: `take_over(previous)`, `start(core)`; once all
processes have come so far `take_effect()`. The previous instance serves the transactions that it
began with, and is stopped behind the last of them. If any process fails, the new ones are stopped,
and the previous ones have noticed nothing.

Arguments of a command are quoted strings in ser.cfg. Each is converted once, when the script is
compiled, by the annotation of its parameter: `int`, `str`, `bytes`, `re.Pattern[bytes]` (POSIX
extended, case-insensitive), or a class with `from_script(text: str)` that raises ValueError with a
sentence for the user. A parameter with a default may be left out.

A command answers with a bool, or with an int or IntEnum: above 0 is true, below 0 is false, and 0
ends the route list that the call stands in.
"""

from __future__ import annotations

import enum
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar, overload

from ser_core.proxy.environment import Environment, Routes

if TYPE_CHECKING:
    from ser_core.database.worker import Database
    from ser_core.proxy.environment import Watcher
    from ser_core.proxy.response_context import ProxyBranch, ResponseContext
    from ser_core.proxy.stateful import StatefulProxy
    from ser_core.registrar.location import Location
    from ser_core.script.runtime import ScriptMessage
    from ser_core.script.settings import Settings
    from ser_core.sip.stateless_tag import StatelessTag


class RouteKind(enum.Flag):
    """The kinds of route block that a command may stand in."""

    REQUEST = enum.auto()
    """route: a request that came in."""
    FAILURE = enum.auto()
    """failure_route: every branch has failed."""
    ONREPLY = enum.auto()
    """onreply_route: a response matched a transaction."""


REQUEST = RouteKind.REQUEST
FAILURE = RouteKind.FAILURE
ONREPLY = RouteKind.ONREPLY


class FailureRoute(str):
    """Argument that names a failure_route; the checker makes sure that it exists. "0" disarms."""

    __slots__ = ()

    @classmethod
    def from_script(cls, text: str) -> FailureRoute:
        return cls(text)


class ReplyRoute(str):
    """Argument that names an onreply_route; the checker makes sure that it exists. "0" disarms."""

    __slots__ = ()

    @classmethod
    def from_script(cls, text: str) -> ReplyRoute:
        return cls(text)


Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class CommandInfo:
    """What `@command` knows of a script function."""

    name: str
    routes: RouteKind
    blocking: bool
    """It may wait (SQL, a program); scripts that call it run in a greenlet per request."""
    signature: inspect.Signature
    doc: str


def command(*, routes: RouteKind, blocking: bool = False) -> Callable[[Function], Function]:
    """Make a method callable from the given kinds of route block under its own name."""

    def declare(function: Function) -> Function:
        function.__command__ = CommandInfo(  # type: ignore[attr-defined]  # read by commands_of
            name=function.__name__,
            routes=routes,
            blocking=blocking,
            signature=inspect.signature(function, eval_str=False),
            doc=inspect.getdoc(function) or "",
        )
        return function

    return declare


class Param:
    """A modparam: default, limits and help. Reads as its default until the instance has a value."""

    def __init__(
        self,
        default: int | str,
        help_text: str,
        minimum: int | None,
        maximum: int | None,
        cumulative: bool,
    ) -> None:
        self.default = default
        self.type: type = type(default)
        self.help = help_text
        self.minimum = minimum
        self.maximum = maximum
        self.cumulative = cumulative
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: object, owner: type) -> Any:  # Any: int or str as declared
        return self if instance is None else self.default

    def problem_with(self, value: int | str) -> str:
        """Why `value` can't be set, as a sentence for the user; empty when it can."""
        if type(value) is not self.type:
            wanted = "a number" if self.type is int else "a string in quotes"
            return f"parameter {self.name} takes {wanted}"
        if isinstance(value, int):
            if self.minimum is not None and value < self.minimum:
                return f"parameter {self.name} must be at least {self.minimum}"
            if self.maximum is not None and value > self.maximum:
                return f"parameter {self.name} must be at most {self.maximum}"
        return ""


@overload
def param(
    default: int, help_text: str, *, minimum: int | None = None, maximum: int | None = None
) -> int: ...
@overload
def param(default: str, help_text: str, *, cumulative: bool = False) -> str: ...
def param(
    default: int | str,
    help_text: str,
    *,
    minimum: int | None = None,
    maximum: int | None = None,
    cumulative: bool = False,
) -> Any:  # Any: the attribute has the type of its default
    """Declare a modparam. A cumulative string collects its values, newline-separated."""
    return Param(default, help_text, minimum, maximum, cumulative)


class Counter:
    """One number in this process's row of the shared page of counters."""

    __slots__ = ("doc", "index", "name", "row")

    def __init__(self, name: str, doc: str) -> None:
        self.name = name
        self.doc = doc
        self.row: Any = [0]  # Any: a memoryview of 64-bit cells once attached, a list before
        self.index = 0

    def attach(self, row: Any, index: int) -> None:
        """Count from now on in cell `index` of `row`."""
        self.row = row
        self.index = index

    def add(self, amount: int = 1) -> None:
        self.row[self.index] += amount

    @property
    def value(self) -> int:
        """What this process has counted."""
        return int(self.row[self.index])


class CounterDeclaration:
    """`counter(…)` in a class body; each instance of the module gets a `Counter` of its own."""

    def __init__(self, doc: str) -> None:
        self.doc = doc
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name


def counter(doc: str) -> Counter:
    """Declare a counter. In `stats` it is called module.attribute."""
    return CounterDeclaration(doc)  # type: ignore[return-value]  # replaced per instance


class Core(Environment, Routes, Protocol):
    """What the process gives to modules and to the script's own commands.

    It belongs to one ser.cfg: after a reload there is another one, with its own settings, modules
    and routes.
    """

    @property
    def environment(self) -> Environment:
        """What stays when another ser.cfg takes effect; for what outlives a script."""

    @property
    def settings(self) -> Settings: ...
    @property
    def location(self) -> Location: ...
    @property
    def stateless_tag(self) -> StatelessTag: ...
    @property
    def watcher(self) -> Watcher | None:
        """Whom the transactions of this script's requests tell how they go."""

    def table_path(self, name: str) -> str:
        """Where a file that all processes of this ser share may stand: only they get there, and it
        is gone when ser stops. To be opened after the fork."""

    def database(self, url: str) -> Database:
        """The database of a db_url, the same for all modules of this process; nothing waits yet.

        Raises ValueError when the URL can't be read or its driver isn't installed.
        """

    def module(self, name: str) -> Any:
        """The running instance of a loaded module; KeyError when it isn't loaded."""

    def wall_time(self) -> float:
        """Seconds since 1970."""

    def log(self, level: int, text: str, msg: ScriptMessage | None = None) -> None:
        """Write a line to the log when `debug` is at least `level`."""

    def complain(self, kind: str, text: str, msg: ScriptMessage, level: int = 1) -> None:
        """Log what is wrong with a message: of each kind one line a second, with a count, since
        whoever sends messages could fill the disk with it."""

    def log_level(self) -> int:
        """The current `debug` level, so that costly texts are built only when wanted."""

    def reply(
        self, msg: ScriptMessage, status: int, reason: bytes, *, headers: list[bytes] | None = None
    ) -> bool:
        """Answer the request statelessly (sl); `headers` are whole lines with CRLF."""

    def forward(self, msg: ScriptMessage, uri: bytes, transport: str | None = None) -> int:
        """Relay the message statelessly to a SIP URI; 1, or an error number below 0."""

    def add_alias(self, msg: ScriptMessage, port: int) -> bool:
        """Send requests for the peer's `port` (0: that of its Via) on the connection in hand."""

    def send_raw(self, msg: ScriptMessage, host: str, port: int, transport: str) -> int:
        """Send the bytes as they were received; 1 or below 0."""

    def contact_header(self, msg: ScriptMessage) -> list[bytes]:
        """The Contact line of a 3xx: the rewritten Request-URI and the appended branches."""

    def transactions(self) -> StatefulProxy | None:
        """The stateful proxy of this process, with its transactions; None before there is one."""

    def use_transactions(self, proxy: StatefulProxy) -> None:
        """Give responses and timers to the stateful proxy (tm does, when it takes effect)."""

    def execute(self, shell_command: str) -> int:
        """Run a shell command and wait for it (in a greenlet)."""


class ParamError(ValueError):
    """What `Module.check` raises when one parameter alone is to blame: its modparam is shown.

    The text is a sentence for the user. Modules that got the same value by the same modparam
    tell it once.
    """

    def __init__(self, param: str, reason: str) -> None:
        super().__init__(reason)
        self.param = param


class Module:
    """Base of all modules; a subclass declares and overrides what it needs."""

    name: ClassVar[str]
    """As in loadmodule."""
    needs: ClassVar[tuple[str, ...]] = ()
    """Modules that must be loaded as well."""
    export_names: ClassVar[tuple[str, ...]] = ()
    """Further names that modparam knows it by (SER's sl_module, maxfwd_module)."""
    fixed: ClassVar[tuple[str, ...]] = ()
    """Parameters that can't change while ser runs: a reload keeps their values, and tells so."""

    def __init__(self) -> None:
        for declaration in params_of(type(self)):
            self.__dict__[declaration.name] = declaration.default
        self.behind = False
        """The last on_tick left work; it is called again soon instead of in a second."""
        self.keeps_open = False
        """Set before `stop` when another instance goes on with what `take_over` handed on."""
        self.counters: list[Counter] = []
        for declared in _declared(type(self), CounterDeclaration):
            made = Counter(f"{self.name}.{declared.name}", declared.doc)
            self.__dict__[declared.name] = made
            self.counters.append(made)

    def check(self) -> None:
        """Look at the parameters together, before the fork. ValueError: a sentence for the user."""

    def check_beside(self, modules: Mapping[str, Module]) -> None:
        """Look at the modules it `needs` as well. ValueError: a sentence for the user."""

    def waits(self) -> bool:
        """Whether with these parameters its commands may wait, those that aren't `blocking` too.

        Asked when the parameters have been checked, before the fork.
        """
        return False

    def database_urls(self) -> tuple[str, ...]:
        """The db_urls that this module will use, so that drivers are loaded before the fork."""
        url = getattr(self, "db_url", None)
        return () if url is None else (url,)

    def has_errands(self) -> bool:
        """Whether `before_all` and `after_all` have anything to do."""
        return False

    def before_all(self, location: str) -> None:
        """Before the first process serves; in one that ends afterwards, as the user that they will
        be. It may block. `location`: the file of the location table. SerError: ser can't start."""

    def rehearse(self) -> None:
        """Before the ser that runs is stopped: see, in a process like that of `before_all`, whether
        that would do, and change nothing. The databases of `database_urls` have been looked at.
        SerError: why it would not."""

    def after_all(self, location: str) -> None:
        """When all processes have ended, likewise: write what must not be lost. It may block for
        some seconds. SerError: what has been lost."""

    def location_table(self, database: Callable[[str], Database]) -> Location | None:
        """What stands in for the location table in shared memory; None: nothing does.

        Asked in each process, once; `database` gives that of a db_url.
        """
        return None

    def take_over(self, previous: Module) -> None:
        """Before `start`, at a reload: get what must survive from the running instance.

        `previous` is of the same class. It goes on for the transactions it began with, and alone
        when the reload comes to nothing: so take references, and change nothing of it.
        """

    def start(self, core: Core) -> None:
        """Begin to work in this process. At a reload the previous instance still has charge."""

    def take_effect(self) -> None:
        """Messages come through this instance from now on. It must neither fail nor wait."""

    def stop(self) -> None:
        """The process ends, or nobody needs this instance any more (see `keeps_open`)."""

    def before_request(self, msg: ScriptMessage) -> bool:
        """Called for each request before the script; False: the request is dealt with."""
        return True

    def after_request(self, msg: ScriptMessage) -> None:
        """Called for each request when the script has ended."""

    def on_response_sent(self, context: ResponseContext, status: int, data: bytes) -> None:
        """Called for the responses of a transaction that go upstream: each provisional one, the
        first final one, and the first 2xx to an INVITE behind another final one.

        `data` is the response; empty when none is sent, because it would come too late
        (RFC 4320 §4.2). A module that doesn't override this costs nothing.
        """

    def on_branches_failed(self, context: ResponseContext, best: ProxyBranch) -> None:
        """Called when all branches of a request have failed, before its failure_route."""

    def on_tick(self, wall_time: float) -> None:
        """Called about once a second in the process that keeps house (receiver 0)."""


Declared = TypeVar("Declared")


def _declared(module: type[Module], kind: type[Declared]) -> list[Declared]:
    found: dict[str, Declared] = {}
    for base in reversed(module.__mro__):
        for name, value in vars(base).items():
            if isinstance(value, kind):
                found[name] = value
    return list(found.values())


def params_of(module: type[Module]) -> list[Param]:
    """The modparams of a module class, in the order they are declared."""
    return _declared(module, Param)


def counters_of(module: type[Module]) -> list[CounterDeclaration]:
    """The counters of a module class, in the order they are declared."""
    return _declared(module, CounterDeclaration)


def commands_of(module: type[Module]) -> list[CommandInfo]:
    """The script functions of a module class, in the order they are declared."""
    return [
        function.__command__
        for base in reversed(module.__mro__)
        for function in vars(base).values()
        if callable(function) and hasattr(function, "__command__")
    ]


__all__ = [
    "FAILURE",
    "ONREPLY",
    "REQUEST",
    "CommandInfo",
    "Core",
    "Counter",
    "FailureRoute",
    "Module",
    "Param",
    "ParamError",
    "ReplyRoute",
    "RouteKind",
    "command",
    "commands_of",
    "counter",
    "counters_of",
    "param",
    "params_of",
]
