"""What the modules mysql, postgres and sqlite have in common: each names a driver."""

from __future__ import annotations

from typing import ClassVar

from ser_core.database.url import Scheme, check_driver
from ser_core.modules.api import Module, param


class DriverModule(Module):
    """A module that loads a driver in SER; here it makes sure that the driver is installed."""

    scheme: ClassVar[Scheme]
    """What a db_url begins with."""

    ping_interval: int = param(
        300, "taken for SER's sake; a connection that died is noticed when it is used", minimum=0
    )
    auto_reconnect: int = param(
        1, "taken for SER's sake; ser always connects again", minimum=0, maximum=1
    )

    def check(self) -> None:
        """Refuse to start without the driver."""
        check_driver(self.scheme)
