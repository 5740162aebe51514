"""xlog: log lines made of what stands in the message."""

from ser_core.modules.xlog.xlog import Xlog as MODULE

__all__ = ["MODULE"]
