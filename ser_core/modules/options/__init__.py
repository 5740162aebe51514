"""options: answers OPTIONS that ask about ser itself."""

from ser_core.modules.options.options import Options as MODULE

__all__ = ["MODULE"]
