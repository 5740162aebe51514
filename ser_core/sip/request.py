"""Requests that we make ourselves (RFC 3261 §8.1.1)."""

from __future__ import annotations

import re
from typing import NamedTuple

from ser_core.errors import ParseError
from ser_core.sip.hop import Listener, bracketed
from ser_core.sip.names import MAX_FORWARDS, USER_AGENT, canonical
from ser_core.sip.reply import VERSION

SIGNATURE = b"User-Agent: Sip EXpress router (%b (python))\r\n" % VERSION.encode()
HOPS = b"Max-Forwards: 70\r\n"
_STRAY = re.compile(rb"[\0\r\n]")
OWN_ADDRESS = b"!!"
"""Stands in a header for IP:PORT of the socket that the request leaves by."""


class Header(NamedTuple):
    """One header line of a request, with those that it is continued on."""

    name: bytes
    """Canonical."""
    line: bytes
    """As it was written, with its CRLF."""

    @property
    def value(self) -> bytes:
        """Without the blanks round it."""
        return self.line.partition(b":")[2].strip()


class Draft(NamedTuple):
    """A request of ours as far as it doesn't depend on where it is sent."""

    method: bytes
    uri: bytes
    to: bytes
    """Value of To."""
    sender: bytes
    """Value of From, with its tag."""
    call_id: bytes
    cseq: int
    headers: tuple[Header, ...] = ()
    """What stands behind our own headers, in order."""
    body: bytes = b""


def build_request(draft: Draft, listener: Listener, branch: bytes, signature: bytes) -> bytes:
    """The request as it leaves by `listener`. `signature` is a whole line, or empty.

    A Max-Forwards or User-Agent of the draft's takes the place of ours.
    """
    names = {header.name for header in draft.headers}
    parts = [
        draft.method + b" " + draft.uri + b" SIP/2.0\r\n",
        listener.via + branch + b"\r\n",
        b"" if MAX_FORWARDS in names else HOPS,
        b"To: " + draft.to + b"\r\n",
        b"From: " + draft.sender + b"\r\n",
        b"CSeq: %d %b\r\n" % (draft.cseq, draft.method),
        b"Call-ID: " + draft.call_id + b"\r\n",
        b"Content-Length: %d\r\n" % len(draft.body),
        b"" if USER_AGENT in names else signature,
    ]
    address = _address_of(listener)
    parts += [header.line.replace(OWN_ADDRESS, address) for header in draft.headers]
    return b"".join([*parts, b"\r\n", draft.body])


def _address_of(listener: Listener) -> bytes:
    """IP:PORT, or what is advertised instead."""
    host = listener.advertised_host or listener.host
    return f"{bracketed(host)}:{listener.advertised_port or listener.port}".encode()


def read_headers(block: bytes) -> list[Header]:
    """The headers in whole lines with CRLF. Raises ParseError for what isn't one."""
    headers: list[Header] = []
    for text in block.split(b"\r\n")[:-1]:
        if _STRAY.search(text):
            raise ParseError("a control byte in a header")
        line = text + b"\r\n"
        if line[:1] in (b" ", b"\t"):  # continued (§7.3.1)
            if not headers:
                raise ParseError("the first header line begins with a blank")
            headers[-1] = headers[-1]._replace(line=headers[-1].line + line)
            continue
        name, colon, _ = text.partition(b":")
        if not colon:
            raise ParseError("header line without a name and a colon")
        headers.append(Header(canonical(name.rstrip(b" \t")), line))
    return headers
