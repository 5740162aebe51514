"""The value of an Authorization header, read at one go."""

from __future__ import annotations

from ser_core.errors import ParseError
from ser_core.sip.credentials import Credentials, credentials_of, digest_params


def parse_credentials(value: bytes) -> Credentials:
    """Digest credentials. Raises ParseError."""
    params = digest_params(value)
    if params is None:
        raise ParseError("not for Digest")
    return credentials_of(params)
