"""What the registrar goes by: its parameters and limits, and how it says no."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ser_core.errors import SerError

MAX_AOR: Final = 256
"""Bytes of an address-of-record, as in SER; well below LMDB's 511 for a key."""
MAX_CONTACT_URI: Final = 512
"""Bytes of a contact's URI."""
MAX_CALL_ID: Final = 256
"""Bytes of the Call-ID of a REGISTER."""
MAX_USER_AGENT: Final = 128
"""Bytes that are kept of User-Agent."""
MAX_RECEIVED: Final = 256
"""Bytes of the `received` URI."""
MAX_CONTACTS_IN_REQUEST: Final = 64
"""Contacts in one REGISTER; each is compared with each stored one."""

UNSPECIFIED_Q: Final = -1
"""The q of a contact for which nobody has given one."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The registrar's parameters that decide what is stored."""

    default_expires: int = 3600
    default_q: int = UNSPECIFIED_Q
    min_expires: int = 60
    """Seconds; 0: no lower bound."""
    max_expires: int = 0
    """Seconds; 0: no upper bound."""
    max_contacts: int = 10
    """Per address-of-record; 0: no limit."""
    desc_time_order: bool = False
    received_param: bytes = b"received"
    use_domain: bool = False
    case_sensitive: bool = False
    realm_prefix: bytes = b""


class Refused(SerError):
    """The REGISTER fails: the response, and the text for P-Registrar-Error."""

    def __init__(
        self, status: int, reason: bytes, text: bytes, headers: tuple[bytes, ...] = ()
    ) -> None:
        super().__init__(text.decode())
        self.status = status
        self.reason = reason
        self.text = text
        self.headers = headers
        """Further header lines of the response, with CRLF."""


def bad_request(text: bytes) -> Refused:
    """400 with SER's text for P-Registrar-Error."""
    return Refused(400, b"Bad Request", text)


def server_error(text: bytes) -> Refused:
    """500 with SER's text for P-Registrar-Error."""
    return Refused(500, b"Server Internal Error", text)


def unavailable(text: bytes) -> Refused:
    """503 with the text for P-Registrar-Error."""
    return Refused(503, b"Service Unavailable", text)
