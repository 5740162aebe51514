"""uri: questions about the Request-URI and the caller."""

from ser_core.modules.uri.uri import UriModule as MODULE

__all__ = ["MODULE"]
