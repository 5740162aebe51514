"""alias_db: other names of subscribers, looked up in a database."""

from ser_core.modules.alias_db.alias_db import AliasDb as MODULE

__all__ = ["MODULE"]
