"""maxfwd: Max-Forwards (RFC 3261 §16.3, §16.6)."""

from ser_core.modules.maxfwd.maxfwd import Maxfwd as MODULE

__all__ = ["MODULE"]
