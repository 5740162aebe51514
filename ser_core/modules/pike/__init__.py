"""pike: tells who sends too much."""

from ser_core.modules.pike.pike import Pike as MODULE

__all__ = ["MODULE"]
