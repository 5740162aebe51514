"""A location table that fails, as the FIFO tells it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from ser_core import log
from ser_core.fifo.protocol import FifoError
from ser_core.registrar.location import LocationError


@contextlib.contextmanager
def failures_told(command: str) -> Iterator[None]:
    """Log a LocationError, and answer 500 with what it says."""
    try:
        yield
    except LocationError as error:
        log.error("%s: %s", command, error)
        raise FifoError(500, f"{command}: {error}") from error
