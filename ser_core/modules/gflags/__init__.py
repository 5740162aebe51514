"""gflags: flags that all processes share."""

from ser_core.modules.gflags.gflags import Gflags as MODULE

__all__ = ["MODULE"]
