"""A ser of the demo's own, with the configuration that is shipped."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from ser_core.errors import SerError
from ser_core.fifo.client import open_client
from ser_core.fifo.places import find_instances

CONFIG = Path(__file__).parents[1] / "etc" / "ser.cfg"
HOST = "127.0.0.1"
START, STOP, POLL = 20.0, 10.0, 0.05
"""Seconds."""


class Proxy:
    """Runs while the context lasts. Raises RuntimeError with its words when it doesn't start."""

    def __init__(self, receivers: int = 2) -> None:
        self.port = _free_port()
        self._directory = Path(tempfile.mkdtemp(prefix="ser-demo-"))
        self.run_directory = self._directory / "run"
        self._log = self._directory / "log"
        config = self._directory / "ser.cfg"
        shutil.copyfile(CONFIG, config)
        self._command = [
            sys.executable, "-m", "ser_core", "-f", str(config), "-D", "-E",
            "-l", HOST, "-p", str(self.port), "-n", str(receivers),
            "--run-dir", str(self.run_directory),
        ]  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                # Ctrl-C is for the dashboard; we end it ourselves.
                start_new_session=True,
            )  # fmt: skip
        try:
            self._wait(self._process)
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._end()

    @property
    def pid(self) -> int:
        """0 before it has begun."""
        return self._process.pid if self._process else 0

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START
        while process.poll() is None and time.monotonic() < deadline:
            if self._answers():
                return
            time.sleep(POLL)
        raise RuntimeError(f"ser doesn't start:\n{self._log.read_text(errors='replace')}")

    def _answers(self) -> bool:
        try:
            (instance,) = find_instances(self.run_directory)
            with open_client(instance.fifo, timeout=START) as client:
                return client.ask("uptime").is_ok
        except (SerError, OSError, ValueError):  # not yet
            return False

    def _end(self) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(STOP)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self._directory, ignore_errors=True)


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as found:
        found.bind((HOST, 0))
        port: int = found.getsockname()[1]
        return port
