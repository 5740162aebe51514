"""The `ser` that is a service of this machine: its init script starts and stops it.

The script leaves that to systemd, where systemd runs the machine. So who types `serctl restart` and
who types `/etc/init.d/ser restart` get the same.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from shlex import join

from serctl.environment import Environment
from serctl.exit_status import Failure
from serctl.settings import Settings

SCRIPT = Path("/etc/init.d/ser")
NAMING = (
    "fifo",
    "fifo_dir",
    "unix_socket",
    "instance",
    "run_dir",
    "ser",
    "config",
    "pid_file",
    "start_options",
)
"""Settings that may name another ser than that of the machine."""


def is_meant(settings: Settings) -> bool:
    """True for root, unless another ser is named somehow."""
    usual = Settings()
    is_usual = all(getattr(settings, name) == getattr(usual, name) for name in NAMING)
    return os.geteuid() == 0 and is_usual and os.access(SCRIPT, os.X_OK)


def runs() -> bool:
    """True when the service is running."""
    asked = subprocess.run([SCRIPT, "status"], stdin=subprocess.DEVNULL, capture_output=True)
    return asked.returncode == 0


def call(environment: Environment, verb: str) -> None:
    """Have the script do it; it tells on stderr what it has done, or why not. Raises Failure."""
    command = [str(SCRIPT), verb]
    if environment.dry_run:
        environment.write(join(command) + "\n")
        return
    try:
        ended = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=2, check=False)
    except OSError as error:
        raise Failure(f"cannot run {SCRIPT}: {error.strerror}") from None
    if ended.returncode != 0:
        raise Failure(f"{SCRIPT} says why not, above (exit status {ended.returncode})")
