"""What conditions compare: operands, which operators and right sides they take, and the tests that
they stand for. `comparisons.py` has what compiled code calls to make them."""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ser_core.script import nodes
from ser_core.script.comparisons import (
    address_in,
    address_matches,
    destination_is_myself,
    from_uri_equals,
    from_uri_is_myself,
    from_uri_matches,
    network_of,
    source_is_myself,
    to_uri_equals,
    to_uri_is_myself,
    to_uri_matches,
    uri_is_myself,
)
from ser_core.script.core_arguments import encoded
from ser_core.script.literals import BadLiteral, ip_at
from ser_core.script.posix import compile_test

if TYPE_CHECKING:
    from ser_core.script.runtime import ScriptMessage

MAX_LEN = 65535
"""`max_len`, SER's receive buffer."""

Resolve = Callable[[str], Sequence[str]]
"""Addresses of a host name; empty when it can't be resolved."""

EQUALITY = ("==", "!=")
TEXT = ("==", "!=", "=~")
ORDER = ("==", "!=", "<", ">", "<=", ">=")


class Subject(enum.Enum):
    """The left side of a test, as the compiler reads it from the message."""

    MESSAGE = "the message itself, given to a function"
    METHOD = "method, in capitals"
    URI = "Request-URI"
    URI_LOWER = "Request-URI, in small letters"
    SOURCE_IP = "address of the peer"
    LOCAL_IP = "address it arrived on"
    SOURCE_PORT = "port of the peer"
    LOCAL_PORT = "port it arrived on"
    TRANSPORT = "transport"
    TRANSPORT_NUMBER = "transport as SER numbers it"
    FAMILY = "4 or 6"
    FAMILY_NUMBER = "AF_INET or AF_INET6"
    LENGTH = "length of the message"


@dataclass(frozen=True, slots=True)
class Test:
    """A comparison, ready to be compiled: subject, operator, and what it is compared with.

    `operator` is one of Python's comparisons ("in", "not in" too), or "call": `function` is called
    with the subject and `arguments`.
    """

    __test__ = False  # pytest takes the name for its own

    subject: Subject
    operator: str
    constant: object = None
    function: Callable[..., object] | None = None
    arguments: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class OperandInfo:
    """One row of the table of operands."""

    name: str
    operators: tuple[str, ...]
    right_sides: str
    doc: str
    synonyms: tuple[str, ...] = ()


OPERANDS: dict[str, OperandInfo] = {
    x.name: x
    for x in (
        OperandInfo("method", TEXT, "string or word", "the request's method"),
        OperandInfo(
            "uri", TEXT, "string, host; == and != also myself",
            "the Request-URI as rewritten so far; in onreply_route the status code",
            ("status",),
        ),
        OperandInfo("from_uri", TEXT, "string, host; == and != also myself", "the URI in From"),
        OperandInfo("to_uri", TEXT, "string, host; == and != also myself", "the URI in To"),
        OperandInfo(
            "src_ip", TEXT, "string, host; == and != also address, network, myself",
            "the address that the message came from",
        ),
        OperandInfo(
            "dst_ip", TEXT, "string, host; == and != also address, network, myself",
            "our address that the message arrived on",
        ),
        OperandInfo("src_port", ORDER, "number", "the port that the message came from"),
        OperandInfo("dst_port", ORDER, "number", "our port that the message arrived on"),
        OperandInfo("proto", ORDER, "udp, tcp, tls or *", "the transport; * is none of them"),
        OperandInfo("af", ORDER, "inet, inet6 or number", "the address family of the peer"),
        OperandInfo(
            "msg:len", ORDER, "number or max_len (65535)", "length of the message in bytes"
        ),
        OperandInfo(
            "myself", EQUALITY, "uri, from_uri, to_uri, src_ip or dst_ip",
            "the addresses and names that ser listens on, and each alias",
        ),
    )
}  # fmt: skip

_URIS = ("uri", "from_uri", "to_uri")
_ADDRESSES = {"src_ip": Subject.SOURCE_IP, "dst_ip": Subject.LOCAL_IP}
_PORTS = {"src_port": Subject.SOURCE_PORT, "dst_port": Subject.LOCAL_PORT}

PROTO_NUMBERS = {"udp": 1, "tcp": 2, "tls": 3}
"""SER's order of transports, for `<` and `>`; `*` is 0."""
FAMILY_NUMBERS = {4: 2, 6: 10}
"""AF_INET and AF_INET6 as on Linux."""
_FAMILY_WORDS = {"inet": 2, "INET": 2, "inet6": 10, "INET6": 10}


def resolve_test(compare: nodes.Compare, resolve: Resolve | None) -> Test:
    """The test that a comparison stands for. Raises ValueError with a sentence for the user."""
    name, operator, right = _sides(compare)
    info = OPERANDS[name]
    if operator not in info.operators:
        allowed = " ".join(info.operators)
        raise ValueError(f'"{name}" can\'t be compared with "{operator}", only with {allowed}')
    if isinstance(right, nodes.Myself):
        return _myself(name, operator)
    if name == "method" or name in _URIS:
        return _text(name, operator, right)
    if name in _ADDRESSES:
        return _address(name, operator, right, resolve)
    if name in _PORTS:
        return Test(_PORTS[name], operator, _number(name, right, 65535))
    if name == "proto":
        return _proto(operator, right)
    if name == "af":
        return _family(operator, right)
    return _length(operator, right)


def _sides(compare: nodes.Compare) -> tuple[str, str, nodes.Value | nodes.Operand]:
    """Operand, operator and value; `myself==uri` is turned round."""
    left, right = compare.left, compare.right
    if isinstance(left, nodes.Myself):
        if not isinstance(right, nodes.Operand):
            raise ValueError(f'"myself" can be compared with {OPERANDS["myself"].right_sides}')
        left, right = right, left
    elif isinstance(right, nodes.Operand):
        right = nodes.Word(right.span, right.name)  # a host may be called like an operand
    name = "uri" if left.name == "status" else left.name
    return name, compare.operator, right


def _wrong(name: str) -> ValueError:
    return ValueError(f'"{name}" is compared with {OPERANDS[name].right_sides}')


def _number(name: str, right: nodes.Value | nodes.Operand, maximum: int) -> int:
    if not isinstance(right, nodes.Number):
        raise _wrong(name)
    if not 0 <= right.value <= maximum:
        raise ValueError(f'"{name}" is compared with a number from 0 to {maximum}')
    return right.value


def _length(operator: str, right: nodes.Value | nodes.Operand) -> Test:
    if isinstance(right, nodes.MaxLen):
        return Test(Subject.LENGTH, operator, MAX_LEN)
    return Test(Subject.LENGTH, operator, _number("msg:len", right, 2**31 - 1))


def _proto(operator: str, right: nodes.Value | nodes.Operand) -> Test:
    if isinstance(right, nodes.Star):
        return Test(Subject.TRANSPORT_NUMBER, operator, 0)
    if not isinstance(right, nodes.Word) or right.text.lower() not in PROTO_NUMBERS:
        raise _wrong("proto")
    transport = right.text.lower()
    if operator in EQUALITY:
        return Test(Subject.TRANSPORT, operator, transport)
    return Test(Subject.TRANSPORT_NUMBER, operator, PROTO_NUMBERS[transport])


def _family(operator: str, right: nodes.Value | nodes.Operand) -> Test:
    if isinstance(right, nodes.Word) and right.text in _FAMILY_WORDS:
        number = _FAMILY_WORDS[right.text]
        if operator in EQUALITY:
            return Test(Subject.FAMILY, operator, 4 if number == FAMILY_NUMBERS[4] else 6)
        return Test(Subject.FAMILY_NUMBER, operator, number)
    return Test(Subject.FAMILY_NUMBER, operator, _number("af", right, 2**31 - 1))


def _text(name: str, operator: str, right: nodes.Value | nodes.Operand) -> Test:
    """method and the URIs: whole values compare without regard to case, expressions search."""
    if isinstance(right, nodes.String):
        text = right.value
    elif isinstance(right, nodes.Word | nodes.Ip):
        text = right.text
    else:
        raise _wrong(name)
    wanted = operator != "!="
    search = compile_test(text) if operator == "=~" else None
    if name == "method":
        if search is not None:
            return Test(Subject.METHOD, "call", function=search)
        return Test(Subject.METHOD, operator, encoded(text).upper())
    if name == "uri":
        if search is not None:
            return Test(Subject.URI, "call", function=search)
        return Test(Subject.URI_LOWER, operator, encoded(text).lower())
    if search is not None:
        matches = from_uri_matches if name == "from_uri" else to_uri_matches
        return Test(Subject.MESSAGE, "call", function=matches, arguments=(search,))
    equals = from_uri_equals if name == "from_uri" else to_uri_equals
    literal = encoded(text).lower()
    return Test(Subject.MESSAGE, "call", function=equals, arguments=(literal, wanted))


_MYSELF: dict[str, Callable[[ScriptMessage, bool], bool]] = {
    "uri": uri_is_myself,
    "from_uri": from_uri_is_myself,
    "to_uri": to_uri_is_myself,
    "src_ip": source_is_myself,
    "dst_ip": destination_is_myself,
}


def _myself(name: str, operator: str) -> Test:
    if name not in _MYSELF or operator not in EQUALITY:
        if name in _MYSELF:
            raise ValueError(f'"myself" can\'t be compared with "{operator}", only with == !=')
        raise ValueError(f'"{name}" can\'t be compared with myself')
    wanted = operator == "=="
    return Test(Subject.MESSAGE, "call", function=_MYSELF[name], arguments=(wanted,))


def _address(
    name: str, operator: str, right: nodes.Value | nodes.Operand, resolve: Resolve | None
) -> Test:
    subject = _ADDRESSES[name]
    if isinstance(right, nodes.Network):
        if operator == "=~":
            raise ValueError('a network can be compared with == and != only, not with "=~"')
        network = network_of(right.text)
        return Test(subject, "call", function=address_in, arguments=(network, operator == "=="))
    text = right.value if isinstance(right, nodes.String) else getattr(right, "text", None)
    if text is None or isinstance(right, nodes.Number):
        raise _wrong(name)
    address = _ip(text)
    if operator == "=~":
        if address:
            raise ValueError('an address can be compared with == and != only, not with "=~"')
        search = compile_test(text)
        return Test(subject, "call", function=address_matches, arguments=(search,))
    if address:
        return Test(subject, operator, address)
    hosts = frozenset((text.lower(), *(resolve(text) if resolve is not None else ())))
    return Test(subject, "in" if operator == "==" else "not in", hosts)


def _ip(text: str) -> str:
    """Canonical address when `text` is one as a whole, else empty."""
    try:
        found = ip_at(text, 0)
    except BadLiteral:
        return ""
    return found.text if found and found.end == len(text) else ""
