"""Where running instances are found; the tools and the daemon agree by asking here."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

SERVICE_DIRECTORY = Path("/run/ser")
FIFO_NAME = "ser_fifo"


@dataclass(frozen=True, slots=True)
class Instance:
    """A ser that runs, or left its FIFO behind."""

    name: str
    """Of its directory, such as udp-192.0.2.1-5060."""
    fifo: Path


def default_run_directory() -> Path:
    """Where the directories of instances stand, for the user that we are."""
    if os.geteuid() == 0:
        return SERVICE_DIRECTORY
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if os.path.isabs(runtime) and os.path.isdir(runtime):
        return Path(runtime) / "ser"
    import tempfile  # costs the tools 5 ms, and is needed where nothing better is

    return Path(tempfile.gettempdir()) / f"ser-{os.geteuid()}"


def find_instances(run_directory: Path) -> list[Instance]:
    """The instances with a FIFO in their directory, by name; none when nothing can be read."""
    try:
        names = sorted(os.listdir(run_directory))
    except OSError:
        return []
    found = (Instance(name, run_directory / name / FIFO_NAME) for name in names)
    return [instance for instance in found if _is_fifo(instance.fifo)]


def _is_fifo(path: Path) -> bool:
    try:
        return stat.S_ISFIFO(path.stat().st_mode)
    except OSError:
        return False
