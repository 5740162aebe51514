"""sl: stateless replies (RFC 3261 §8.2.7)."""

from ser_core.modules.sl.sl import Sl as MODULE

__all__ = ["MODULE"]
