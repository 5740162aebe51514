"""What a compiled route block works on: the message in hand and what the script decided about it.

One `ScriptMessage` is made for each request that runs through `route`, for each failure_route and
for each response in an onreply_route. Script functions get it as their first argument.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ser_core.modules.api import REQUEST, RouteKind

if TYPE_CHECKING:
    from ser_core.modules.api import Core
    from ser_core.sip.hop import Hop, Listener
    from ser_core.sip.message import Request, Response

MAX_BRANCHES = 12
"""Destinations of one request, the Request-URI among them; more is refused, as in SER."""

# SER's error numbers (reference §8.2), left in `ScriptMessage.error` for sl_reply_error.
E_UNSPEC = -1
E_OUT_OF_MEM = -2
E_BUG = -5
E_CFG = -6
E_NO_SOCKET = -7
E_BAD_VIA = -8
E_BAD_TUPEL = -9
E_SCRIPT = -10
E_EXEC = -11
E_TOO_MANY_BRANCHES = -12
E_BAD_TO = -13
E_Q_INV_CHAR = -15
E_Q_EMPTY = -16
E_Q_TOO_BIG = -17
E_Q_DOT_MISSING = -18
E_BAD_REQ = -400
E_UNSUPPORTED_SCHEME = -416  # ours; SER knows sip and sips only
E_SEND = -477
E_BAD_ADDRESS = -478
E_BAD_URI = -479
E_BAD_PROTO = -480


class Branch(NamedTuple):
    """One more destination that the script added (append_branch, lookup)."""

    uri: bytes
    next_hop: bytes | None = None
    q: int = -1
    """0 to 1000; -1 when nothing was said."""


class RecordRoute(NamedTuple):
    """What record_route asked for; forwarding writes the header per branch (§16.6 step 4)."""

    user: bytes = b""
    """`user@`, or empty."""
    params: bytes = b""
    """Everything behind the address: `;ftag=…;lr=on`."""
    preset: bytes = b""
    """Address given by record_route_preset; empty: that of our listeners."""
    double: bool = True
    """Two headers with ;r2=on when the request leaves by another listener than it came in."""


class ScriptMessage:
    """The message a route block runs on, with where it goes and how."""

    __slots__ = (
        "advertised_host",
        "advertised_port",
        "branches",
        "core",
        "error",
        "flags",
        "force_rport",
        "kind",
        "max_branches",
        "message",
        "next_hop",
        "now",
        "on_failure",
        "on_reply",
        "record_route",
        "reply_headers",
        "send_listener",
        "source",
        "state",
        "status",
        "transaction",
    )

    message: Any  # Request or Response; Any spares casts in each script function

    def __init__(
        self,
        message: Request | Response,
        source: Hop,
        now: float,
        core: Core,
        kind: RouteKind = REQUEST,
    ) -> None:
        self.message = message
        self.source = source
        """Where it came from; source.listener is our socket that it arrived on."""
        self.now = now
        """Monotonic seconds."""
        self.core = core
        self.kind = kind
        self.next_hop: bytes | None = None
        """SER's dst_uri: a SIP URI that the message is sent to instead of the Request-URI."""
        self.branches: list[Branch] = []
        self.max_branches = MAX_BRANCHES
        self.flags = 0
        self.force_rport = False
        self.send_listener: Listener | None = None
        self.advertised_host: bytes | None = None
        self.advertised_port = 0
        self.record_route: RecordRoute | None = None
        self.error = 0
        self.reply_headers: list[bytes] = []
        self.transaction: Any = None  # the server transaction, opaque to all but tm
        self.on_failure = ""
        self.on_reply = ""
        self.status = 0
        """failure_route: code of the best response; onreply_route: that of the response."""
        self.state: Any = None  # what modules keep for one message; a dict by module name

    @property
    def uri(self) -> bytes:
        """The Request-URI as it now is."""
        uri: bytes = self.message.uri
        return uri

    @uri.setter
    def uri(self, value: bytes) -> None:
        self.message.uri = value

    @property
    def received_uri(self) -> bytes:
        """The Request-URI as it came."""
        uri: bytes = self.message.received_uri
        return uri

    def append_branch(self, uri: bytes, q: int = -1, next_hop: bytes | None = None) -> bool:
        """Add a destination; False, with the error number set, when there are too many."""
        if len(self.branches) + 1 >= self.max_branches:
            self.error = E_TOO_MANY_BRANCHES
            return False
        self.branches.append(Branch(uri, next_hop, q))
        return True

    def has_flag(self, number: int) -> bool:
        return bool(self.flags >> number & 1)

    def set_flag(self, number: int) -> None:
        self.flags |= 1 << number

    def reset_flag(self, number: int) -> None:
        self.flags &= ~(1 << number)
