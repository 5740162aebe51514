"""t_write_req and t_write_unix: a request described to another program, which answers it.

The reader gets SER's version 0.3 of it, a fact a line. The program answers by the FIFO command
t_reply, for which the line with the transaction's number is. Nothing that a caller wrote can end a
line but the body, and that stands last.

Writing never waits: a FIFO without a reader, or a full one, is an error that the script sees as
false.
"""

from __future__ import annotations

import os
import socket
import stat
from typing import TYPE_CHECKING

from ser_core.modules.tm.append_lists import AppendList
from ser_core.sip.dialog import Dialog, uas_dialog
from ser_core.sip.hop import DEFAULT_PORT
from ser_core.sip.names import CALL_ID, FROM, TO
from ser_core.sip.uri import parse_uri

if TYPE_CHECKING:
    from ser_core.script.runtime import ScriptMessage
    from ser_core.sip.message import Request
    from ser_core.transaction.table import Ident

VERSION = b"0.3"
NONE = b"."

_WITH_BODY = frozenset((b"INVITE", b"INFO"))


def describe(msg: ScriptMessage, action: str, append: AppendList, ident: Ident) -> bytes:
    """The request as lines of text. Raises ParseError when From or To can't be read."""
    request: Request = msg.message
    listener = msg.source.listener
    uri = parse_uri(msg.uri)
    dialog = _dialog_of(request)
    lines = [
        VERSION,
        b"sip_request." + action.encode(),
        request.method,
        uri.user or b"",
        uri.host,
        listener.host.encode(),
        b"%d" % listener.port if listener.port != DEFAULT_PORT else NONE,
        request.received_uri,
        dialog.request_uri or NONE,
        _value(request, FROM),
        _value(request, TO),
        _value(request, CALL_ID),
        request.from_tag,
        request.to_tag,
        b"%d" % request.cseq_number,
        str(ident).encode(),
        b",".join(b"<%b>" % route for route in dialog.routes) or NONE,
        dialog.next_hop if dialog.route_set and not dialog.is_strict else NONE,
        b"P-MsgFlags: " + _reversed_hex(msg.flags),
        *(_titled(request, title, name) for title, name in append.headers if request.first(name)),
        NONE,
        request.body if append.with_body or request.method in _WITH_BODY else NONE,
    ]
    return b"\n".join(lines) + b"\n"


def _dialog_of(request: Request) -> Dialog:
    """The callee's side of the dialog that the request may make; From stands in for a Contact."""
    dialog = uas_dialog(request)
    return dialog if dialog.remote_target else dialog._replace(remote_target=request.from_uri)


def _value(request: Request, name: bytes) -> bytes:
    """A header on one line, even where its sender has continued it on another."""
    return b" ".join((request.header(name) or b"").split())


def _titled(request: Request, title: bytes, name: bytes) -> bytes:
    return title + b": " + _value(request, name)


def _reversed_hex(number: int) -> bytes:
    """Hexadecimal, the lowest digit first, as SER writes its flags."""
    return f"{number:x}"[::-1].encode()


def write_to_fifo(path: str, text: bytes) -> bool:
    """Write to a FIFO that somebody reads; False when nobody does or it isn't one."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        if not stat.S_ISFIFO(os.fstat(handle).st_mode):
            return False
        return os.write(handle, text) == len(text)
    except OSError:
        return False
    finally:
        os.close(handle)


def write_to_socket(path: str, text: bytes, timeout: float) -> bool:
    """Send as one datagram to a Unix socket; False when that isn't possible within `timeout` s."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.settimeout(timeout or 0.001)
        try:
            sender.sendto(text, path)
        except OSError:
            return False
    return True
