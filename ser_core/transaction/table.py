"""Matching messages to transactions: RFC 3261 §17.1.3 and §17.2.3.

A key is one bytes object, so that a match is one dict lookup. Requests of RFC 3261 match by branch,
sent-by and method; those without the magic cookie by the rules for RFC 2543.
"""

from __future__ import annotations

from typing import NamedTuple

from ser_core.sip.message import Request
from ser_core.sip.names import FROM, TO, VIA
from ser_core.transaction.client import ClientTransaction
from ser_core.transaction.server import ServerTransaction

MAGIC_COOKIE = b"z9hG4bK"

SLOTS = 1 << 16
_NUMBERS = (1 << 48) - 1

_INVITE = b"INVITE"


def server_key(request: Request, method: bytes) -> bytes:
    """Under which key a request's server transaction stands, for a transaction of `method`.

    For an ACK and for the INVITE that a CANCEL cancels, `method` is INVITE. Raises ParseError when
    the topmost Via can't be read.
    """
    via = request.via
    branch = via.branch
    if branch.startswith(MAGIC_COOKIE) and len(branch) > 7:
        return b"%s|%s|%s" % (branch, via.sent_by.lower(), method)
    return _key_of_2543(request, method)


def _key_of_2543(request: Request, method: bytes) -> bytes:
    """§17.2.3 for peers of RFC 2543: Request-URI, To and From tags, Call-ID, CSeq, topmost Via.

    The To tag is left out: an ACK carries that of the response, which the INVITE hadn't got.
    """
    return b"\n".join(
        (
            method,
            request.received_uri,
            request.from_tag or request.header(FROM) or b"",
            b"" if method == _INVITE else request.header(TO) or b"",
            request.call_id,
            b"%d" % request.cseq_number,
            request.header(VIA) or b"",
        )
    )


class Ident(NamedTuple):
    """A number for a transaction, by which other programs know it: SER's hash and label.

    Both are of the hash of its key, which Python keeps anyway, so that nothing is stored or counted
    for them. It is keyed with a secret that all processes of a ser have from their start.
    """

    slot: int
    """0 to 65535."""
    label: int
    """32 bits."""

    def __str__(self) -> str:
        return f"{self.slot}:{self.label}"


def ident_of(key: bytes) -> Ident:
    """The number of the transaction with that key."""
    number = hash(key) & _NUMBERS
    return Ident(number % SLOTS, number // SLOTS)


class TransactionTable:
    """All transactions of one process."""

    __slots__ = ("clients", "servers")

    def __init__(self) -> None:
        self.servers: dict[bytes, ServerTransaction] = {}
        self.clients: dict[bytes, ClientTransaction] = {}
        """By branch of our Via and method of CSeq, joined (§17.1.3)."""

    def server_for(self, request: Request) -> ServerTransaction | None:
        """The transaction that a request belongs to; for an ACK, that of its INVITE.

        Raises ParseError when the topmost Via can't be read, if there is any transaction at all.
        """
        if not self.servers:
            return None
        method = _INVITE if request.method == b"ACK" else request.method
        return self.servers.get(server_key(request, method))

    def cancelled_by(self, cancel: Request) -> ServerTransaction | None:
        """The INVITE transaction that a CANCEL is for (§9.2)."""
        return self.servers.get(server_key(cancel, _INVITE))

    def server_with(self, ident: Ident) -> ServerTransaction | None:
        """The server transaction of that number.

        Looks at each one, 10 ms for 200,000: nobody asks this often.
        """
        wanted = ident.label * SLOTS + ident.slot
        for key, server in self.servers.items():
            if hash(key) & _NUMBERS == wanted:
                return server
        return None
