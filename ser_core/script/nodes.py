"""The tree of a ser.cfg: what the parser makes, the checker looks at and the compiler compiles.

Nodes are compared by identity, so that they can key what the checker finds out about them.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from ser_core.script.diagnostics import Span
from ser_core.script.settings import ListenAddress


class Block(enum.Enum):
    """The three kinds of route block, by their keyword."""

    ROUTE = "route"
    FAILURE = "failure_route"
    ONREPLY = "onreply_route"


# --- values and arguments


@dataclass(frozen=True, slots=True, eq=False)
class String:
    """A quoted string. Bytes that aren't UTF-8 are kept as surrogate escapes."""

    span: Span
    value: str


@dataclass(frozen=True, slots=True, eq=False)
class Number:
    """A number or a boolean word; `text` as written."""

    span: Span
    value: int
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Word:
    """A bare word: identifier, or a host name with dots and dashes."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Ip:
    """An IPv4 or IPv6 address; `text` is its canonical form without brackets."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """Address and mask, canonical, as `10.0.0.0/8`."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class SocketName:
    """[proto:]host[:port] where it names a socket."""

    span: Span
    address: ListenAddress


@dataclass(frozen=True, slots=True, eq=False)
class UriPart:
    """`uri:host` or `uri:port`; `part` is the word behind the colon."""

    span: Span
    part: str


@dataclass(frozen=True, slots=True, eq=False)
class Star:
    """`*`, any protocol."""

    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Myself:
    """`myself`."""

    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class MaxLen:
    """`max_len`."""

    span: Span


Value = String | Number | Word | Ip | Network | SocketName | UriPart | Star | Myself | MaxLen


# --- conditions


@dataclass(frozen=True, slots=True, eq=False)
class Operand:
    """What is compared: `method`, `uri`, `msg:len` …"""

    span: Span
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Compare:
    """left operator right; `operator` is one of == != < > <= >= =~."""

    span: Span
    left: Operand | Myself
    operator: str
    right: Value | Operand


@dataclass(frozen=True, slots=True, eq=False)
class Not:
    span: Span
    operand: Condition


@dataclass(frozen=True, slots=True, eq=False)
class And:
    span: Span
    operands: tuple[Condition, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Or:
    span: Span
    operands: tuple[Condition, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Statements:
    """`{…}` or an `if` used as a condition: its result decides."""

    span: Span
    body: tuple[Statement, ...]


# --- statements


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """A command: of the core, of a module, or route(n). `arguments` is None without parentheses."""

    span: Span
    name: Word
    arguments: tuple[Value, ...] | None


@dataclass(frozen=True, slots=True, eq=False)
class CallRoute:
    """route(n)."""

    span: Span
    target: Word


@dataclass(frozen=True, slots=True, eq=False)
class Leave:
    """`break`, `drop`, `exit`, or `return` with an optional value."""

    span: Span
    word: str
    value: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Arm:
    """`if` or `else if` with its condition and what follows."""

    condition: Condition
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True, eq=False)
class If:
    span: Span
    arms: tuple[Arm, ...]
    otherwise: tuple[Statement, ...] | None


Condition = Compare | Not | And | Or | Number | Call | CallRoute | Statements | Leave
Statement = Call | CallRoute | Leave | If


# --- the top level


@dataclass(frozen=True, slots=True, eq=False)
class Assign:
    """name=value …; more than one value only where a list may stand."""

    span: Span
    name: Word
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True, eq=False)
class LoadModule:
    span: Span
    path: String


@dataclass(frozen=True, slots=True, eq=False)
class ModParam:
    span: Span
    module: String
    name: String
    value: String | Number


@dataclass(frozen=True, slots=True, eq=False)
class RouteBlock:
    """One block as written; blocks of the same kind and name are joined later."""

    span: Span
    kind: Block
    name: str
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True, eq=False)
class File:
    """A whole ser.cfg in the order of the text."""

    name: str
    assigns: tuple[Assign, ...]
    modules: tuple[LoadModule, ...]
    params: tuple[ModParam, ...]
    blocks: tuple[RouteBlock, ...]
