"""What the checker hands to the compiler: the tree with its names looked up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ser_core.modules.api import FAILURE, ONREPLY, REQUEST, Module, RouteKind
from ser_core.script import nodes
from ser_core.script.core_arguments import SendSocket
from ser_core.script.diagnostics import Span
from ser_core.script.operands import Test
from ser_core.script.settings import Settings
from ser_core.script.signatures import Answer

RouteKey = tuple[nodes.Block, str]
"""Kind and name of a route block; the main one is (ROUTE, "0")."""

MAIN: RouteKey = (nodes.Block.ROUTE, "0")

KIND_OF_BLOCK: dict[nodes.Block, RouteKind] = {
    nodes.Block.ROUTE: REQUEST,
    nodes.Block.FAILURE: FAILURE,
    nodes.Block.ONREPLY: ONREPLY,
}


Running = Mapping[str, Module]
"""The modules that run, by name, when a text is to take the place of another one."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A parameter that stays what it is until ser is started anew."""

    module: str
    name: str
    before: int | str
    wanted: int | str
    """What the text says."""


@dataclass(frozen=True, slots=True)
class BoundCall:
    """A call, ready to be compiled."""

    name: str
    function: Callable[..., Any]
    """Called with the message and `arguments`; answers as `answer` says."""
    arguments: tuple[Any, ...]
    answer: Answer
    sets_error: bool
    """It may leave an error number for sl_reply_error, so the old one is cleared before it."""
    blocking: bool
    routes: RouteKind


@dataclass(frozen=True, slots=True)
class Route:
    """All blocks of one kind and name, joined."""

    key: RouteKey
    span: Span
    """Of the first one's head."""
    body: tuple[nodes.Statement, ...]

    @property
    def title(self) -> str:
        """As it is written in ser.cfg and shown in tracebacks."""
        block, name = self.key
        return "route" if self.key == MAIN else f"{block.value}[{name}]"


@dataclass(slots=True)
class Checked:
    """A tree in which everything that could be looked up has been."""

    file: nodes.File
    settings: Settings
    modules: dict[str, Module] = field(default_factory=dict)
    """By name, in the order they are loaded; parameters set."""
    routes: dict[RouteKey, Route] = field(default_factory=dict)
    calls: dict[nodes.Call, BoundCall] = field(default_factory=dict)
    tests: dict[nodes.Compare, Test] = field(default_factory=dict)
    armed: set[RouteKey] = field(default_factory=set)
    """failure_routes and onreply_routes that some call names."""
    sockets: list[tuple[Span, SendSocket]] = field(default_factory=list)
    """What force_send_socket names, to be found among the listeners."""
    kept: list[Kept] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
