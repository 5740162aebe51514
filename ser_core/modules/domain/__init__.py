"""domain: which domains are ours, by a table."""

from ser_core.modules.domain.domain import Domain as MODULE

__all__ = ["MODULE"]
