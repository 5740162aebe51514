"""group: who may do what, by a table of groups."""

from ser_core.modules.group.group import Group as MODULE

__all__ = ["MODULE"]
