"""Which ser is meant: the FIFO or socket that was named, or the one ser that runs.

Looked up anew for each connection, so that a ser that starts later is found.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ser_core.fifo.client import Client, open_client
from ser_core.fifo.places import (
    FIFO_NAME,
    SERVICE_DIRECTORY,
    Instance,
    default_run_directory,
    find_instances,
)
from ser_core.fifo.reach import CannotReach, Reach


@dataclass(frozen=True, slots=True)
class Place:
    """What the command line says; nothing of it need be said."""

    fifo: str = ""
    unix_socket: str = ""
    instance: str = ""
    run_dir: str = ""

    def connect(self) -> Client:
        """A client of that ser. Raises CannotReach."""
        return open_client(self.path())

    def path(self) -> Path:
        """Its FIFO or socket. Raises CannotReach."""
        if self.unix_socket or self.fifo:
            return Path(self.unix_socket or self.fifo)
        return self._one_of(list(self._running()))

    def _one_of(self, instances: list[Instance]) -> Path:
        names = ", ".join(instance.name for instance in instances)
        if self.instance:
            instances = [each for each in instances if each.name == self.instance]
            if not instances:
                what = f"these run: {names}" if names else "none runs"
                raise _not_there(f"there is no instance {self.instance}: {what}")
        if len(instances) > 1:
            raise _not_there(f"several ser run: start sertui with --instance, one of {names}")
        return instances[0].fifo if instances else self._closed()

    def _running(self) -> Iterator[Instance]:
        """Those with a reader; those that left a FIFO behind only when none runs."""
        found = [each for place in self._directories() for each in find_instances(place)]
        yield from [each for each in found if _may_be_read(each.fifo)] or found

    def _directories(self) -> list[Path]:
        if self.run_dir:
            return [Path(self.run_dir)]
        return list(dict.fromkeys([default_run_directory(), SERVICE_DIRECTORY]))

    def _closed(self) -> Path:
        """A place that we mustn't look into: using it tells whom to be."""
        for directory in self._directories():
            if directory.is_dir() and not os.access(directory, os.R_OK | os.X_OK):
                return directory / FIFO_NAME
            for inside in sorted(directory.glob("*/")):
                if not os.access(inside, os.X_OK):
                    return inside / FIFO_NAME
        places = " and ".join(map(str, self._directories()))
        raise _not_there(f"ser isn't running: no FIFO in {places}")


def _not_there(text: str) -> CannotReach:
    return CannotReach(Reach.NOT_RUNNING, text)


def _may_be_read(fifo: Path) -> bool:
    """False when certainly no ser reads it; one that we mustn't open may have its reader."""
    try:
        os.close(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC))
    except PermissionError:
        return True
    except OSError:
        return False
    return True
