"""postgres: PostgreSQL, by psycopg 3."""

from ser_core.modules.postgres.postgres import Postgres as MODULE

__all__ = ["MODULE"]
