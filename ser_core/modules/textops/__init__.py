"""textops: messages as text."""

from ser_core.modules.textops.textops import Textops as MODULE

__all__ = ["MODULE"]
