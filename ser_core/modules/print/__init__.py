"""print: writes to standard output."""

from ser_core.modules.print.print import Print as MODULE

__all__ = ["MODULE"]
