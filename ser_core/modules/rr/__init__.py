"""rr: Record-Route and loose routing (RFC 3261 §16.4, §16.12)."""

from ser_core.modules.rr.rr import Rr as MODULE

__all__ = ["MODULE"]
