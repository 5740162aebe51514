"""mysql: databases on MySQL and MariaDB, by PyMySQL."""

from __future__ import annotations

from typing import ClassVar

from ser_core.database.driver_module import DriverModule
from ser_core.database.url import Scheme


class Mysql(DriverModule):
    """MySQL and MariaDB, by PyMySQL."""

    name = "mysql"
    scheme: ClassVar[Scheme] = "mysql"
