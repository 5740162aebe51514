"""What simulated phones say: SIP messages as text (RFC 3261 §8, §12). No sockets."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

from ser_core.sip.message import Message, Request
from ser_core.sip.names import CALL_ID, CONTACT, CSEQ, FROM, RECORD_ROUTE, TO, VIA

COPIED = {VIA: "Via", RECORD_ROUTE: "Record-Route", FROM: "From", CALL_ID: "Call-ID", CSEQ: "CSeq"}
"""From a request to its response (§8.2.6.2, §12.1.1)."""
ALLOW = "Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, MESSAGE"
MAGIC = "z9hG4bK"


@dataclass(slots=True)
class Dialog:
    """What requests of one call, or of one user's registrations, have in common."""

    target: str
    """Request-URI."""
    local: str
    """Value of From, with its tag."""
    remote: str
    """Value of To."""
    call_id: str = field(default_factory=lambda: f"{secrets.token_hex(8)}@demo")
    cseq: int = 0
    routes: Sequence[str] = ()

    def accept(self, response: Message) -> None:
        """Take remote tag, target and route set from a 2xx (§12.1.2)."""
        self.remote = _text(response, TO)
        contact = _text(response, CONTACT)
        self.target = contact.partition("<")[2].partition(">")[0] or self.target
        found = response.headers(RECORD_ROUTE)
        self.routes = [value.decode() for value in reversed(found)]


def request(
    method: str,
    dialog: Dialog,
    sent_by: str,
    *,
    branch: str = "",
    headers: Sequence[str] = (),
    body: str = "",
) -> bytes:
    """A request; ACK and CANCEL have the CSeq number of the INVITE, others the next one."""
    if method not in ("ACK", "CANCEL"):
        dialog.cseq += 1
    lines = [
        f"{method} {dialog.target} SIP/2.0",
        f"Via: SIP/2.0/UDP {sent_by};branch={branch or new_branch()}",
        "Max-Forwards: 70",
        *(f"Route: {route}" for route in dialog.routes),
        f"From: {dialog.local}",
        f"To: {dialog.remote}",
        f"Call-ID: {dialog.call_id}",
        f"CSeq: {dialog.cseq} {method}",
        *headers,
        f"Content-Length: {len(body.encode())}",
    ]
    return "\r\n".join([*lines, "", body]).encode()


def response(request: Request, status: int, reason: str, headers: Sequence[str] = ()) -> bytes:
    """The answer to it; all but a 100 have a tag in To (§8.2.6.2)."""
    to = _text(request, TO)
    tag = "" if ";tag=" in to else f";tag={_text(request, CALL_ID)[:8]}"
    copied = (
        f"{name}: {value.decode()}"
        for key, name in COPIED.items()
        for value in request.headers(key)
    )
    lines = [f"SIP/2.0 {status} {reason}", *copied, f"To: {to}{tag}", *headers]
    return "\r\n".join([*lines, "Content-Length: 0", "", ""]).encode()


def new_branch() -> str:
    """§8.1.1.7"""
    return f"{MAGIC}{secrets.token_hex(8)}"


def new_tag() -> str:
    """§19.3"""
    return secrets.token_hex(4)


def _text(message: Message, name: bytes) -> str:
    return (message.header(name) or b"").decode()
