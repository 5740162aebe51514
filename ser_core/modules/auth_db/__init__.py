"""auth_db: credentials checked against the subscribers in a database."""

from ser_core.modules.auth_db.auth_db import AuthDb as MODULE

__all__ = ["MODULE"]
