"""sqlite: databases on SQLite, by Python itself."""

from __future__ import annotations

from typing import ClassVar

from ser_core.database.driver_module import DriverModule
from ser_core.database.url import Scheme


class Sqlite(DriverModule):
    """SQLite, by Python itself."""

    name = "sqlite"
    scheme: ClassVar[Scheme] = "sqlite"
