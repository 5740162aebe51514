"""sqlite: SQLite, by Python itself."""

from ser_core.modules.sqlite.sqlite import Sqlite as MODULE

__all__ = ["MODULE"]
