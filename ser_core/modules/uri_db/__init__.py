"""uri_db: whose To and From are the user's own, and which URIs exist."""

from ser_core.modules.uri_db.uri_db import UriDb as MODULE

__all__ = ["MODULE"]
