"""The exceptions that more than one package catches."""

from __future__ import annotations

from typing import Any


class SerError(Exception):
    """Base of every error that ser raises on purpose."""


class ParseError(SerError):
    """A message, or a part of one, that isn't SIP as RFC 3261 §25 has it.

    `status` is the response code to answer a request with. `message` is as much of the request as
    could be read; None when no response can be built from it, so that it can only be dropped.
    """

    def __init__(self, reason: str, status: int = 400) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.headers: list[bytes] = []
        """Header lines that the answer needs, CRLF included."""
        self.message: Any = None  # Request; Any, since errors.py stands below sip/
