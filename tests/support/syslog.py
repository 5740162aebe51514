"""A syslog daemon at /dev/log, for a ser that has a /dev of its own (namespaces, so for root).

with Syslog(tmp_path / "log") as syslog, Ser(CONFIG, "--log-syslog", command=syslog.command):
    assert "ready" in syslog.line()
"""

from __future__ import annotations

import functools
import os
import re
import select
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from tests.support.daemon import COMMAND

SECONDS = 10.0
"""To wait for a line."""
# $1: where the daemon's socket stands. /dev/log leads there, as it leads to journald's. Then what
# to run.
OWN_DEV = """\
set -e
place=$1; shift
own=$(mktemp -d)
mount -t tmpfs tmpfs "$own"
mkdir "$own/over" "$own/work"
mount -t overlay overlay -o "lowerdir=/dev,upperdir=$own/over,workdir=$own/work" /dev
umount --lazy "$own"
rmdir "$own"
ln -sf "$place" /dev/log
exec "$@"
"""
_LINE = re.compile(
    r"<(?P<priority>\d+)>(?P<time>\w{3} [ \d]\d \d\d:\d\d:\d\d) (?P<ident>\w+)\[(?P<pid>\d+)\]: "
    r"(?P<text>[^\n]*)"
)


@dataclass(frozen=True, slots=True)
class Line:
    """A line as RFC 3164 has it, without the host's name."""

    facility: int
    severity: int
    ident: str
    pid: int
    text: str

    @classmethod
    def read(cls, data: bytes) -> Line:
        """Raises AssertionError for anything else."""
        found = _LINE.fullmatch(data.decode())
        assert found, data
        facility, severity = divmod(int(found["priority"]), 8)
        return cls(facility, severity, found["ident"], int(found["pid"]), found["text"])


class Syslog:
    """The daemon; `stop` and `start` as when it is restarted."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._socket: socket.socket | None = None

    @property
    def command(self) -> tuple[str, ...]:
        """What runs a ser that has this syslog."""
        return ("unshare", "--mount", "sh", "-c", OWN_DEV, "sh", str(self._place), *COMMAND)

    def start(self) -> None:
        """Take lines from now on."""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(self._place))
        self._socket.setblocking(False)

    def stop(self) -> None:
        """Be gone, with what nobody has read."""
        assert self._socket is not None
        self._socket.close()
        self._place.unlink()

    def line(self) -> Line:
        """The next line. Raises TimeoutError."""
        assert self._socket is not None
        if not select.select([self._socket], [], [], SECONDS)[0]:
            raise TimeoutError("no line came")
        return Line.read(self._socket.recv(100_000))

    def line_with(self, text: str) -> Line:
        """The next line with `text` in it; those before it are passed over."""
        while text not in (line := self.line()).text:
            pass
        return line

    def waiting(self) -> Iterator[Line]:
        """All that nobody has read yet."""
        assert self._socket is not None
        while True:
            try:
                yield Line.read(self._socket.recv(100_000))
            except BlockingIOError:
                return

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()


@functools.cache
def why_not() -> str:
    """Why there can't be a /dev of its own here; empty when it can."""
    if os.geteuid() != 0:
        return "only root can give ser a /dev of its own (namespaces)"
    if not shutil.which("unshare"):
        return "there is no unshare"
    with tempfile.TemporaryDirectory() as directory:
        command = [*Syslog(Path(directory) / "log").command[: -len(COMMAND)], "true"]
        tried = subprocess.run(command, capture_output=True, text=True, check=False)
    return tried.stderr.strip() if tried.returncode else ""


def needs_own_dev() -> pytest.MarkDecorator:
    """Leaves a test out, with the reason, where there can't be one."""
    return pytest.mark.skipif(bool(why_not()), reason=why_not())
