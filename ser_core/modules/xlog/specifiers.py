"""The specifiers of a log line: from their two letters to what stands in the message."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from ser_core.errors import ParseError
from ser_core.modules.api import FAILURE
from ser_core.sip.message import Request
from ser_core.sip.names import CONTACT, USER_AGENT

if TYPE_CHECKING:
    from ser_core.script.runtime import ScriptMessage

NOTHING = b"<null>"
"""What SER writes where the message has no such thing."""

Specifier = Callable[["ScriptMessage"], bytes]

_NUMBER = "xlog"
"""Key in `ScriptMessage.state` of the number that %mi shows."""


def header(name: bytes) -> Specifier:
    """Shows the first header of that canonical name."""

    def value(msg: ScriptMessage) -> bytes:
        found: bytes | None = msg.message.header(name)
        return NOTHING if found is None else found

    return value


def _call_id(msg: ScriptMessage) -> bytes:
    return msg.message.call_id or NOTHING


def _cseq_number(msg: ScriptMessage) -> bytes:
    return b"%d" % msg.message.cseq_number


def _from_uri(msg: ScriptMessage) -> bytes:
    try:
        return msg.message.from_uri or NOTHING
    except ParseError:
        return NOTHING


def _from_tag(msg: ScriptMessage) -> bytes:
    try:
        return msg.message.from_tag or NOTHING
    except ParseError:
        return NOTHING


def _to_uri(msg: ScriptMessage) -> bytes:
    try:
        return msg.message.to_uri or NOTHING
    except ParseError:
        return NOTHING


def _to_tag(msg: ScriptMessage) -> bytes:
    try:
        return msg.message.to_tag or NOTHING
    except ParseError:
        return NOTHING


def _source_ip(msg: ScriptMessage) -> bytes:
    return msg.source.host.encode()


def _buffer(msg: ScriptMessage) -> bytes:
    buffer: bytes = msg.message.buffer
    return buffer


def _flags(msg: ScriptMessage) -> bytes:
    return b"%d" % msg.flags


def _number(msg: ScriptMessage) -> bytes:
    """The same for one message wherever it is asked for, in its failure_route too."""
    if msg.kind is FAILURE and msg.transaction is not None and msg.transaction.context is not None:
        msg = msg.transaction.context.msg or msg
    if msg.state is None:
        msg.state = {}
    if _NUMBER not in msg.state:
        msg.state[_NUMBER] = msg.core.module("xlog").next_number()
    return b"%d" % msg.state[_NUMBER]


def _length(msg: ScriptMessage) -> bytes:
    return b"%d" % msg.message.length


def _process(_msg: ScriptMessage) -> bytes:
    return b"%d" % os.getpid()


def _method(msg: ScriptMessage) -> bytes:
    """Of a response, the method of the request that it answers."""
    method: bytes = msg.message.cseq_method
    if isinstance(msg.message, Request):
        method = msg.message.method
    return method


def _request_uri(msg: ScriptMessage) -> bytes:
    return msg.uri if isinstance(msg.message, Request) else NOTHING


def _status(msg: ScriptMessage) -> bytes:
    return b"%d" % msg.status if msg.status else NOTHING


def _reason(msg: ScriptMessage) -> bytes:
    return NOTHING if isinstance(msg.message, Request) else msg.message.reason


def _time(msg: ScriptMessage) -> bytes:
    return time.ctime(msg.core.wall_time()).encode()


def _seconds(msg: ScriptMessage) -> bytes:
    return b"%d" % msg.core.wall_time()


SPECIFIERS: dict[str, Specifier] = {
    "ci": _call_id,
    "cs": _cseq_number,
    "ct": header(CONTACT),
    "fu": _from_uri,
    "ft": _from_tag,
    "is": _source_ip,
    "mb": _buffer,
    "mf": _flags,
    "mi": _number,
    "ml": _length,
    "pp": _process,
    "rm": _method,
    "ru": _request_uri,
    "rs": _status,
    "rr": _reason,
    "tu": _to_uri,
    "tt": _to_tag,
    "Ts": _seconds,
    "Tf": _time,
    "ua": header(USER_AGENT),
}
"""By the letters behind the percent sign."""
