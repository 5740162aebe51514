"""A real `ser` on loopback, for tests: started with a config text, waited for, stopped by its pid.

    with Ser('route { … }') as ser:
        phone.send_to("127.0.0.1", ser.port)

It runs in the foreground with its receivers (-D), or as one process with `alone=True`.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from ser_core.fifo.client import FifoClient
from ser_core.fifo.places import FIFO_NAME
from ser_core.fifo.tables import read_table
from tests.support.ports import free_port

START_TIME = 20.0
"""Seconds a daemon may take to be ready on a busy machine."""
STOP_TIME = 10.0
POLL = 0.01
FIFO_SERVER = "ser fifo server"

COMMAND = (sys.executable, "-m", "ser_core")
PROJECT = Path(__file__).parents[2]


class NotStarted(AssertionError):
    """The daemon ended, or was not ready in time; the text has its log."""


def wait_for(condition: Callable[[], object], what: str, timeout: float = 10.0) -> None:
    """Return once `condition()` is true. Raises AssertionError with `what` after `timeout`."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout:g} s in vain for {what}")
        time.sleep(POLL)


def children_of(pid: int) -> list[int]:
    """The pids of the direct children of a process, those that are dead left out."""
    listing = Path(f"/proc/{pid}/task/{pid}/children")
    try:
        return [x for x in map(int, listing.read_text().split()) if is_running(x)]
    except OSError:
        return []


def is_running(pid: int) -> bool:
    """True for a process that exists and isn't a zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def name_of(pid: int) -> str:
    """What top shows for a process; empty when there is none."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


class Ser:
    """One daemon; a context manager."""

    def __init__(
        self,
        config: str,
        *options: str,
        host: str = "127.0.0.1",
        port: int = 0,
        children: int = 1,
        alone: bool = False,
        listen: bool = True,
        environment: dict[str, str] | None = None,
        command: Sequence[str] = COMMAND,
    ) -> None:
        """`config` is the text of ser.cfg; `options` come behind those made here.

        `port` 0: a free one. `listen=False` leaves listening to the config, in which {port}
        stands for the port. `alone`: fork=no, one process without receivers.
        """
        self.host = host
        self.port = port or free_port(host)
        self.directory = Path(tempfile.mkdtemp(prefix="ser-test-"))
        self.directory.chmod(0o755)  # for a ser that runs as another user
        self.config = self.directory / "ser.cfg"
        self.config.write_text(config.replace("{port}", str(self.port)))
        self.arguments = [*command, "-f", str(self.config), "-E"]
        self.arguments += ["--fork", "no"] if alone else ["-D", "-n", str(children)]
        self.arguments += ["--run-dir", str(self.directory / "run")]
        if listen:
            self.arguments += ["-l", host, "-p", str(self.port)]
        self.arguments += options
        self._environment = {**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})}
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self.start()
        except NotStarted:
            shutil.rmtree(self.directory, ignore_errors=True)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()
        if error is not None:
            error.add_note(f"log of ser:\n{self.log_text()}")
        shutil.rmtree(self.directory, ignore_errors=True)

    def start(self) -> None:
        """Start it and wait until it serves. Raises NotStarted."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
            path = self.directory / "notify"
            path.unlink(missing_ok=True)
            listener.bind(str(path))
            listener.settimeout(POLL)
            with (
                open(self.directory / "stdout", "ab") as stdout,
                open(self.directory / "stderr", "ab") as stderr,
            ):
                self._process = subprocess.Popen(
                    self.arguments,
                    cwd=PROJECT,
                    env={**self._environment, "NOTIFY_SOCKET": str(path)},
                    stdin=subprocess.DEVNULL,
                    stdout=stdout,
                    stderr=stderr,
                )
            self._wait_until_ready(listener)

    def _wait_until_ready(self, listener: socket.socket) -> None:
        deadline = time.monotonic() + START_TIME
        while time.monotonic() < deadline:
            try:
                if b"READY=1" in listener.recv(4096):
                    return
            except TimeoutError:
                pass
            if self.process.poll() is not None:
                break
        status = self.process.poll()
        self.stop()
        text = f"ser ended with {status}" if status is not None else "ser was not ready in time"
        raise NotStarted(f"{text}; its log:\n{self.stdout_text()}{self.log_text()}")

    @property
    def process(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, "not started"
        return self._process

    @property
    def pid(self) -> int:
        """The process that was started: the attendant, or the one that does all."""
        return self.process.pid

    def receivers(self) -> list[int]:
        """The pids of the receivers that run now."""
        return [pid for pid in children_of(self.pid) if name_of(pid) != FIFO_SERVER]

    def fifo_server(self) -> int:
        """The pid of the fifo server; 0 while there is none."""
        found = [pid for pid in children_of(self.pid) if name_of(pid) == FIFO_SERVER]
        return found[0] if found else 0

    @property
    def fifo(self) -> Path:
        """The FIFO, where ser.cfg doesn't place it elsewhere."""
        (instance,) = (self.directory / "run").iterdir()
        return instance / FIFO_NAME

    def log_text(self) -> str:
        """All that it wrote to stderr so far."""
        return _text_of(self.directory / "stderr")

    def stdout_text(self) -> str:
        """All that it wrote to stdout so far."""
        return _text_of(self.directory / "stdout")

    def wait_for_log(self, text: str, timeout: float = 10.0) -> None:
        """Wait until `text` stands in the log."""
        wait_for(lambda: text in self.log_text(), f"{text!r} in the log", timeout)

    def counter(self, name: str) -> int:
        """What `stats` tells of a counter. Raises KeyError when there is none of that name."""
        with FifoClient(self.fifo) as client:
            _, rows = read_table(client.ask("stats", name).body)
        return {row[0]: int(row[1]) for row in rows}[name]

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End it with a signal, killing it when it doesn't; its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(STOP_TIME)
        except subprocess.TimeoutExpired:
            for pid in (*children_of(self.pid), self.pid):
                os.kill(pid, signal.SIGKILL)
            return self.process.wait(STOP_TIME)


def _text_of(path: Path) -> str:
    return path.read_text(errors="backslashreplace") if path.exists() else ""
