"""What the functions of auth and auth_db answer."""

from __future__ import annotations

import enum


class ChallengeResult(enum.IntEnum):
    """What www_challenge and proxy_challenge answer."""

    SENT = 0
    """The challenge, or the 400 to a request without a realm, is sent. The route list ends here."""
    NOT_SENT = -1
    """It could not be sent; or the request is an ACK or a CANCEL, which can't be challenged."""


class AuthorizeResult(enum.IntEnum):
    """What www_authorize and proxy_authorize answer."""

    AUTHORIZED = 1
    """The credentials are right; or the request is an ACK or a CANCEL, which can't have any."""
    ANSWERED = 0
    """An error; the reply that says so is sent. The route list ends here."""
    CHALLENGE = -1
    """No credentials, wrong ones, or some that need another nonce: send a challenge."""


SENT = ChallengeResult.SENT
NOT_SENT = ChallengeResult.NOT_SENT
AUTHORIZED = AuthorizeResult.AUTHORIZED
ANSWERED = AuthorizeResult.ANSWERED
CHALLENGE = AuthorizeResult.CHALLENGE
