"""What was lost at the end, for whoever has stopped ser and can't see its exit status.

A file beside the run directory of the instance, which is gone by then: the pid in the first line,
so that a reader knows whose words they are, and what was lost in the next. Who reads it may remove
it, and the next start of the same instance does.
"""

from __future__ import annotations

import os
from pathlib import Path

from ser_core import log

ENDING = ".lost"


def leave(run_dir: Path, text: str) -> None:
    """Tell what was lost, in one line; a failure goes to the log."""
    file = _file_of(run_dir)
    try:
        file.write_text(f"{os.getpid()}\n{' '.join(text.split())}\n")
        file.chmod(0o644)  # `serctl stop` needn't be root's
    except OSError as error:
        log.warning("cannot write %s: %s", file, error.strerror)


def forget(run_dir: Path) -> None:
    """Remove what an earlier run of the same instance has left."""
    try:
        _file_of(run_dir).unlink(missing_ok=True)
    except OSError as error:
        log.warning("%s stays behind: %s", _file_of(run_dir), error.strerror)


def _file_of(run_dir: Path) -> Path:
    return run_dir.with_name(run_dir.name + ENDING)
