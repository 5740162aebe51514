"""auth: challenges, nonces and the judgement of credentials."""

from ser_core.modules.auth.auth import Auth
from ser_core.modules.auth.auth import Auth as MODULE

__all__ = ["MODULE", "Auth"]
