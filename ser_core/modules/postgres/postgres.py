"""postgres: databases on PostgreSQL, by psycopg 3."""

from __future__ import annotations

from typing import ClassVar

from ser_core.database.driver_module import DriverModule
from ser_core.database.url import Scheme


class Postgres(DriverModule):
    """PostgreSQL, by psycopg 3."""

    name = "postgres"
    scheme: ClassVar[Scheme] = "postgresql"
