"""t_write_req and t_write_unix: a request described to another program.

The reader gets lines: the action, then facts of the request one to a line, then the headers and the
body, ended by a line with a dot. Writing never waits: a FIFO without a reader, or a full one, is an
error that the script sees as false.
"""

from __future__ import annotations

import os
import socket
import stat
from typing import TYPE_CHECKING

from ser_core.errors import ParseError

if TYPE_CHECKING:
    from ser_core.modules.tm.arguments import WriteAction
    from ser_core.script.runtime import ScriptMessage
    from ser_core.sip.message import Request


def describe(msg: ScriptMessage, action: WriteAction, append: list[str]) -> bytes:
    """The request as lines of text for the other program."""
    request: Request = msg.message
    lines = [
        action.action.encode(),
        request.method,
        request.uri,
        b"%s:%d" % (msg.source.host.encode(), msg.source.port),
        _or_dot(request, "from_uri"),
        _or_dot(request, "to_uri"),
        request.from_tag or b".",
        request.to_tag or b".",
        request.call_id or b".",
        b"%d" % request.cseq_number,
    ]
    for item in append:
        title, _, name = item.partition("=")
        value = request.header((name or title).lower().encode()) or b""
        lines.append(title.encode() + b": " + b" ".join(value.split()))
    headers = request.buffer[request.first_header_position : request.body_start]
    return b"\n".join(lines) + b"\n\n" + headers + request.body + b"\n.\n\n"


def _or_dot(request: Request, name: str) -> bytes:
    try:
        value: bytes = getattr(request, name)
    except ParseError:
        return b"."
    return value


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
