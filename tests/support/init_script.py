"""A real ser that init.d/ser starts and stops, in places of its own.

with Service(CONFIG) as service:
    assert service("start") == (0, …)
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.daemon import PROJECT, children_of, is_running, wait_for
from tests.support.ports import free_port
from tests.support.serctl_process import Serctl

SCRIPT = PROJECT / "init.d" / "ser"
PROGRAM = """\
#!/bin/sh
cd {project} && exec {python} -m {module} "$@"
"""


class Service:
    """The script, a ser.cfg, and directories for all that a service makes."""

    def __init__(self, config: str, *, user: str = "", port: int = 0, receivers: int = 2) -> None:
        """`user`: whom ser becomes; empty: nobody else. `port` 0: a free one."""
        self.port = port or free_port("127.0.0.1")
        self.directory = Path(tempfile.mkdtemp(prefix="ser-service-"))
        self.directory.chmod(0o755)  # for a ser that runs as another user
        self.run_dir = self.directory / "run"
        self.state = self.directory / "state"
        self.log = self.directory / "log"
        self.pid_file = self.run_dir / "ser.pid"
        self.config = self.directory / "ser.cfg"
        self.config.write_text(config)
        self.serctl = Serctl(self.run_dir)
        self._settings = self.directory / "settings"
        self.set(
            DAEMON=self._program("ser", "ser_core"),
            SERCTL=self._program("serctl", "serctl"),
            CONFIG=str(self.config),
            RUNDIR=str(self.run_dir),
            STATEDIR=str(self.state),
            SER_USER=user,
            LOGFILE=str(self.log),
            OPTIONS=f"-l 127.0.0.1 -p {self.port} -n {receivers}",
        )

    def _program(self, name: str, module: str) -> str:
        path = self.directory / name
        text = PROGRAM.format(project=PROJECT, python=sys.executable, module=module)
        path.write_text(text)
        path.chmod(0o755)
        return str(path)

    def set(self, **settings: str) -> None:
        """What stands in /etc/default/ser."""
        with self._settings.open("a") as file:
            file.writelines(f"{name}='{value}'\n" for name, value in settings.items())

    def __call__(self, verb: str) -> tuple[int, str]:
        """Exit status, and all that the script shows."""
        kept = {name: text for name, text in os.environ.items() if not name.startswith("XDG_")}
        run = subprocess.run(
            ["sh", str(SCRIPT), verb],
            env={
                **kept,
                "SER_SETTINGS": str(self._settings),
                "SER_SYSTEMD": "/none",
                "SERCTL_CONFIG": "",
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=60,
        )
        return run.returncode, run.stdout

    def start(self) -> None:
        """Start it, which must work."""
        status, output = self("start")
        assert status == 0, output

    @property
    def proxy(self) -> str:
        """HOST:PORT for phones."""
        return f"127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Of the attendant."""
        return int(self.pid_file.read_text())

    def processes(self) -> list[int]:
        """The pids of all: the attendant, receivers, the fifo server."""
        return [self.pid, *children_of(self.pid)]

    def kill_all(self) -> None:
        """What a power cut does."""
        processes = self.processes()
        for pid in processes:
            os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not any(map(is_running, processes)), "all processes to be dead")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is not None and self.log.exists():
            error.add_note(f"log of ser:\n{self.log.read_text(errors='replace')[-20000:]}")
        self("stop")
        with suppress(OSError, ValueError):
            os.kill(self.pid, signal.SIGKILL)
        shutil.rmtree(self.directory, ignore_errors=True)
