"""Which ser is meant: the FIFO or socket that settings name, or the one ser that runs."""

from __future__ import annotations

import os
from pathlib import Path

from ser_core.fifo.places import (
    FIFO_NAME,
    SERVICE_DIRECTORY,
    Instance,
    default_run_directory,
    find_instances,
)
from serctl.exit_status import ExitStatus, Failure
from serctl.settings import Settings


class NoInstance(Failure):
    """No FIFO is there to write to."""

    def __init__(self, message: str) -> None:
        super().__init__(message, ExitStatus.CANNOT_REACH)


class SeveralInstances(Failure):
    """Several run, and the user has to say which one is meant."""

    def __init__(self, instances: list[Instance]) -> None:
        names = ", ".join(instance.name for instance in instances)
        super().__init__(f"several ser run: choose one with --instance: {names}", ExitStatus.USAGE)


def control_path(settings: Settings) -> Path:
    """The FIFO or Unix socket of the ser that is meant. Raises NoInstance, SeveralInstances."""
    if settings.unix_socket or settings.fifo:
        return Path(settings.unix_socket or settings.fifo)
    instances = running_instances(settings)
    if settings.instance:
        return _named(settings, instances)
    if len(instances) > 1:
        raise SeveralInstances(instances)
    return instances[0].fifo if instances else _closed_place(settings)


def run_directories(settings: Settings) -> list[Path]:
    """Where to look: the user's own place, then that of the service."""
    if settings.run_dir:
        return [Path(settings.run_dir)]
    return list(dict.fromkeys([default_run_directory(), SERVICE_DIRECTORY]))


def running_instances(settings: Settings) -> list[Instance]:
    """All that have a FIFO; those that left one behind only when none runs."""
    found = [each for path in run_directories(settings) for each in find_instances(path)]
    return [each for each in found if _may_be_read(each.fifo)] or found


def _may_be_read(fifo: Path) -> bool:
    """False when certainly no ser reads it; one that we mustn't open may have its reader."""
    try:
        os.close(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC))
    except PermissionError:
        return True
    except OSError:
        return False
    return True


def _named(settings: Settings, instances: list[Instance]) -> Path:
    for instance in instances:
        if instance.name == settings.instance:
            return instance.fifo
    if not instances:
        return _closed_place(settings)
    names = ", ".join(instance.name for instance in instances)
    raise NoInstance(f"there is no instance {settings.instance}; these run: {names}")


def _closed_place(settings: Settings) -> Path:
    """Where a FIFO must be that we can't see; using it tells whom to be. Raises NoInstance."""
    directories = run_directories(settings)
    for closed in filter(None, map(_closed_instance, directories)):
        return closed / FIFO_NAME
    places = " and ".join(map(str, directories))
    raise NoInstance(
        f"ser isn't running: no FIFO in {places}; start it (serctl start), or say where its FIFO "
        "is (--fifo PATH)"
    )


def _closed_instance(directory: Path) -> Path | None:
    """A directory of an instance, or of all, that we mustn't look into."""
    try:
        inside = sorted(path for path in directory.iterdir() if path.is_dir())
    except PermissionError:
        return directory
    except OSError:
        return None
    return next((path for path in inside if not _may_enter(path)), None)


def _may_enter(path: Path) -> bool:
    return os.access(path, os.X_OK, effective_ids=True)
