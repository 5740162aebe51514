"""mysql: MySQL and MariaDB, by PyMySQL."""

from ser_core.modules.mysql.mysql import Mysql as MODULE

__all__ = ["MODULE"]
