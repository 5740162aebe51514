"""db_url, as all modules that have a database look at it when ser.cfg is checked."""

from __future__ import annotations

from ser_core.database.url import DatabaseUrl
from ser_core.modules.api import Module, ParamError

DB_URL = "db_url"


def check_db_url(module: Module) -> None:
    """Refuse what is no db_url, and one whose driver isn't installed. ParamError."""
    for url in module.database_urls():
        try:
            DatabaseUrl.parse(url).check_driver()
        except ValueError as error:
            raise ParamError(DB_URL, str(error)) from error
