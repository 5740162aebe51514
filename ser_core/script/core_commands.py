"""The commands that ser.cfg has without any module, declared once: forms, arguments, effect.

Each is a function of the message and of arguments that were converted when the script was loaded.
`break`, `drop`, `exit`, `return`, `if` and route(n) aren't here: they are the language itself.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ser_core.errors import ParseError
from ser_core.modules.api import FAILURE, ONREPLY, REQUEST, RouteKind
from ser_core.script import core_arguments as arguments
from ser_core.script.core_arguments import Argument, SendSocket
from ser_core.script.runtime import E_BAD_URI, E_UNSPEC
from ser_core.sip.uri import Uri, parse_uri

if TYPE_CHECKING:
    from ser_core.script.runtime import ScriptMessage

ANYWHERE = REQUEST | FAILURE | ONREPLY
REQUESTS = REQUEST | FAILURE
"""What rewrites or relays needs a request in hand."""

MAX_URI = 1024
"""Longest Request-URI that the set commands make, in bytes, as in SER."""


@dataclass(frozen=True, slots=True)
class CoreCommand:
    """One row of the table of core commands."""

    name: str
    function: Callable[..., bool]
    routes: RouteKind
    arguments: tuple[Argument, ...]
    """In order; optional ones last, unless `prepare` sorts them."""
    required: int
    synonyms: tuple[str, ...]
    prepare: Callable[..., tuple[Any, ...]] | None
    """Turns the arguments that were written into those of the function; ValueError: a sentence."""
    bare: tuple[Any, ...] | None
    """The function's arguments when the command stands without parentheses; None: it can't."""
    sets_error: bool
    blocking: bool
    doc: str


COMMANDS: dict[str, CoreCommand] = {}
"""By name, in the order of the reference."""

BY_ANY_NAME: dict[str, CoreCommand] = {}
"""Synonyms included."""


def _core(
    *given: Argument,
    routes: RouteKind = ANYWHERE,
    required: int | None = None,
    synonyms: tuple[str, ...] = (),
    prepare: Callable[..., tuple[Any, ...]] | None = None,
    bare: tuple[Any, ...] | None = None,
    sets_error: bool = False,
    blocking: bool = False,
) -> Callable[[Callable[..., bool]], Callable[..., bool]]:
    def declare(function: Callable[..., bool]) -> Callable[..., bool]:
        name = function.__name__.removesuffix("_")
        least = len(given) if required is None else required
        doc = function.__doc__ or ""
        made = CoreCommand(
            name, function, routes, given, least, synonyms, prepare, bare, sets_error, blocking, doc
        )
        COMMANDS[name] = made
        for word in (name, *synonyms):
            BY_ANY_NAME[word] = made
        return function

    return declare


# --- relaying without a transaction


def _destination(
    host: bytes | arguments.UriPart, port: int | arguments.UriPart | None = None
) -> tuple[bytes, int]:
    """(SIP URI to send to, 0), or (b"", port that overrides the Request-URI's)."""
    if host is arguments.UriPart.HOST:
        return b"", port if isinstance(port, int) else 0
    if isinstance(port, arguments.UriPart):
        raise ValueError('"uri:port" can stand behind "uri:host" only')
    assert isinstance(host, bytes)
    return b"sip:" + host + (b":%d" % port if port else b""), 0


def _forward(msg: ScriptMessage, uri: bytes, port: int, transport: str | None) -> bool:
    """Relay statelessly to `uri`, or without one to where the message would go anyway."""
    if not uri:
        uri = msg.next_hop or msg.message.uri
        if port:
            uri = parse_uri(uri).replace(port=port).raw
    result = msg.core.forward(msg, uri, transport)
    if result < 0:
        msg.error = result
    return result > 0


_FORWARD: Any = {  # Any: keyword arguments of _core
    "routes": REQUESTS,
    "required": 1,
    "prepare": _destination,
    "sets_error": True,
}
_DESTINATION = (arguments.DESTINATION, arguments.DESTINATION_PORT)


@_core(*_DESTINATION, **_FORWARD)
def forward(msg: ScriptMessage, uri: bytes, port: int) -> bool:
    """Relay the request statelessly, to a host by the transport it came in on, or with uri:host
    to its Route or Request-URI; false when it can't be sent."""
    return _forward(msg, uri, port, msg.source.transport if uri else None)


@_core(*_DESTINATION, **_FORWARD)
def forward_udp(msg: ScriptMessage, uri: bytes, port: int) -> bool:
    """forward() over UDP."""
    return _forward(msg, uri, port, "udp")


@_core(*_DESTINATION, **_FORWARD)
def forward_tcp(msg: ScriptMessage, uri: bytes, port: int) -> bool:
    """forward() over TCP."""
    return _forward(msg, uri, port, "tcp")


@_core(*_DESTINATION, **_FORWARD)
def forward_tls(msg: ScriptMessage, uri: bytes, port: int) -> bool:
    """forward() over TLS; fails for as long as there is no TLS transport."""
    return _forward(msg, uri, port, "tls")


def _raw_destination(host: bytes, port: int = 5060) -> tuple[str, int]:
    address = host.decode("ascii").strip("[]")
    try:
        ipaddress.ip_address(address)
    except ValueError:
        raise ValueError(
            f'"{address}" is not an IP address, and no name is looked up here'
        ) from None
    return address, port


@_core(arguments.HOST, arguments.PORT, required=1, prepare=_raw_destination, sets_error=True)
def send(msg: ScriptMessage, host: str, port: int) -> bool:
    """Send the bytes as they were received over UDP, with nothing added or changed."""
    return _send(msg, host, port, "udp")


@_core(arguments.HOST, arguments.PORT, required=1, prepare=_raw_destination, sets_error=True)
def send_tcp(msg: ScriptMessage, host: str, port: int) -> bool:
    """Send the bytes as they were received over TCP."""
    return _send(msg, host, port, "tcp")


def _send(msg: ScriptMessage, host: str, port: int, transport: str) -> bool:
    result = msg.core.send_raw(msg, host, port, transport)
    if result < 0:
        msg.error = result
    return result > 0


# --- logging and programs

DEFAULT_LOG_LEVEL = 4


def _log_arguments(first: int | str, text: str | None = None) -> tuple[int, str]:
    if isinstance(first, str):
        if text is not None:
            raise ValueError('the level stands in front of the text, as in log(1, "…")')
        return DEFAULT_LOG_LEVEL, first
    if text is None:
        raise ValueError("the text to log is missing")
    return first, text


@_core(arguments.LEVEL_OR_TEXT, arguments.TEXT, required=1, prepare=_log_arguments)
def log(msg: ScriptMessage, level: int, text: str) -> bool:
    """Write a line to the log when `debug` is at least the level, which is 4 when left out."""
    msg.core.log(level, text.rstrip("\n"), msg)
    return True


@_core(arguments.TEXT, arguments.TEXT)
def error(msg: ScriptMessage, first: str, second: str) -> bool:
    """Write both texts to the log as a warning; SER never made it do more."""
    msg.core.log(1, f'error("{first}", "{second}")', msg)
    return True


@_core(arguments.TEXT, blocking=True)
def exec_(msg: ScriptMessage, shell_command: str) -> bool:
    """Run a shell command and wait for it; true whatever its exit status."""
    msg.core.execute(shell_command)
    msg.now = msg.core.monotonic()  # see `control.on_time`
    return True


# --- flags


@_core(arguments.FLAG)
def setflag(msg: ScriptMessage, number: int) -> bool:
    """Set a flag of the message; its transaction keeps it."""
    msg.flags |= 1 << number
    return True


@_core(arguments.FLAG)
def resetflag(msg: ScriptMessage, number: int) -> bool:
    """Clear a flag of the message."""
    msg.flags &= ~(1 << number)
    return True


@_core(arguments.FLAG)
def isflagset(msg: ScriptMessage, number: int) -> bool:
    """True when the flag is set."""
    return bool(msg.flags >> number & 1)


# --- the Request-URI


def _rewrite(msg: ScriptMessage, **parts: Any) -> bool:
    """Put other parts into the Request-URI; false, with a line in the log, when that fails."""
    try:
        uri = parse_uri(msg.message.uri).replace(**parts).raw
    except ParseError as problem:
        return _cannot_rewrite(msg, problem.reason)
    if len(uri) > MAX_URI:
        return _cannot_rewrite(msg, f"it would have more than {MAX_URI} bytes")
    msg.message.uri = uri
    return True


def _cannot_rewrite(msg: ScriptMessage, reason: str) -> bool:
    msg.error = E_BAD_URI
    msg.core.complain("rewrite", f"the Request-URI can't be rewritten: {reason}", msg)
    return False


_REWRITES: Any = {"routes": REQUESTS, "sets_error": True}  # Any: keyword arguments of _core


@_core(arguments.HOST_TEXT, synonyms=("rewritehost", "seth"), **_REWRITES)
def sethost(msg: ScriptMessage, host: bytes) -> bool:
    """Put another host into the Request-URI; its port stays."""
    return _rewrite(msg, host=host)


@_core(arguments.HOST_PORT_TEXT, synonyms=("rewritehostport", "sethp"), **_REWRITES)
def sethostport(msg: ScriptMessage, host_port: tuple[bytes, int]) -> bool:
    """Put another host and port into the Request-URI; without a port the old one goes."""
    return _rewrite(msg, host=host_port[0], port=host_port[1])


@_core(arguments.PORT_TEXT, synonyms=("rewriteport", "setp"), **_REWRITES)
def setport(msg: ScriptMessage, port: int) -> bool:
    """Put another port into the Request-URI; "" takes it out."""
    return _rewrite(msg, port=port)


@_core(arguments.BYTES, synonyms=("rewriteuser", "setu"), **_REWRITES)
def setuser(msg: ScriptMessage, user: bytes) -> bool:
    """Put another user into the Request-URI; a password stays."""
    return _rewrite(msg, user=user or None)


@_core(arguments.BYTES, synonyms=("rewriteuserpass", "setup"), **_REWRITES)
def setuserpass(msg: ScriptMessage, user_password: bytes) -> bool:
    """Put another user[:password] into the Request-URI; without a password the old one goes."""
    user, colon, password = user_password.partition(b":")
    return _rewrite(msg, user=user or None, password=password if colon else None)


@_core(arguments.URI, synonyms=("rewriteuri",), routes=REQUESTS)
def seturi(msg: ScriptMessage, uri: bytes) -> bool:
    """Make this the Request-URI."""
    msg.message.uri = uri
    return True


@_core(routes=REQUESTS, bare=())
def revert_uri(msg: ScriptMessage) -> bool:
    """Back to the Request-URI as it came; branches and next hop stay."""
    msg.message.uri = msg.message.received_uri
    return True


def _user(msg: ScriptMessage) -> tuple[Uri | None, bytes]:
    """The Request-URI and its user; None when it can't be read, which is logged."""
    try:
        uri = parse_uri(msg.message.uri)
    except ParseError as problem:
        _cannot_rewrite(msg, problem.reason)
        return None, b""
    return uri, uri.user or b""


@_core(arguments.BYTES, **_REWRITES)
def prefix(msg: ScriptMessage, text: bytes) -> bool:
    """Put text in front of the Request-URI's user."""
    uri, user = _user(msg)
    return uri is not None and _rewrite(msg, user=text + user)


@_core(arguments.COUNT, **_REWRITES)
def strip(msg: ScriptMessage, count: int) -> bool:
    """Cut this many characters off the front of the Request-URI's user."""
    uri, user = _user(msg)
    return uri is not None and _stripped(msg, user, user[count:], count)


@_core(arguments.COUNT, **_REWRITES)
def strip_tail(msg: ScriptMessage, count: int) -> bool:
    """Cut this many characters off the end of the Request-URI's user."""
    uri, user = _user(msg)
    return uri is not None and _stripped(msg, user, user[: max(len(user) - count, 0)], count)


def _stripped(msg: ScriptMessage, user: bytes, rest: bytes, count: int) -> bool:
    rewritten = _rewrite(msg, user=rest or None)
    if rewritten and count > len(user):
        msg.core.complain("strip", f"strip: the user has fewer than {count} characters", msg)
    return rewritten


# --- forking and sending


def _branch(uri: bytes | None = None, q: int = -1) -> tuple[bytes | None, int]:
    return uri, q


@_core(
    arguments.URI, arguments.Q, routes=REQUESTS, required=0, prepare=_branch, bare=(None, 0),
    sets_error=True,
)  # fmt: skip
def append_branch(msg: ScriptMessage, uri: bytes | None, q: int) -> bool:
    """Add a destination to fork to: the given URI, or the Request-URI as it now is."""
    if uri is None:
        added = msg.append_branch(msg.message.uri, q, msg.next_hop)
    else:
        added = msg.append_branch(uri, q)
    if not added:
        text = f"append_branch: more than {msg.max_branches} destinations"
        msg.core.complain("append_branch", text, msg, -1)
    return added


@_core(synonyms=("add_rport",), bare=())
def force_rport(msg: ScriptMessage) -> bool:
    """Treat the request as if its top Via had rport (RFC 3581)."""
    msg.force_rport = True
    return True


def _optional_port(port: int = 0) -> tuple[int]:
    return (port,)


@_core(arguments.PORT, synonyms=("add_tcp_alias",), required=0, prepare=_optional_port, bare=(0,))
def force_tcp_alias(msg: ScriptMessage, port: int) -> bool:
    """Send requests for the port of the topmost Via, or for this one, on the TCP connection that
    the request came on."""
    return msg.core.add_alias(msg, port)


@_core(arguments.HOST)
def set_advertised_address(msg: ScriptMessage, host: bytes) -> bool:
    """Put this host into the Via and Record-Route of this message."""
    msg.advertised_host = host
    return True


@_core(arguments.PORT)
def set_advertised_port(msg: ScriptMessage, port: int) -> bool:
    """Put this port into the Via and Record-Route of this message."""
    msg.advertised_port = port
    return True


@_core(arguments.SOCKET, sets_error=True)
def force_send_socket(msg: ScriptMessage, socket: SendSocket) -> bool:
    """Send by this socket, which has to be one that `listen` names."""
    listener = socket.among(msg.core.local)
    if listener is None:
        msg.error = E_UNSPEC
        msg.core.log(-1, f"force_send_socket: ser doesn't listen on {socket}", msg)
        return False
    msg.send_listener = listener
    return True
