"""The proxies under test: how each is started with its hello-world config, and stopped."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import psutil

from bench.processes import process_tree
from tests.support.ports import free_port

HERE = Path(__file__).parent
HOST = "127.0.0.1"
START_TIMEOUT = 20.0

OPTIONS = """OPTIONS sip:{host}:{port} SIP/2.0
Via: SIP/2.0/UDP {host}:{own_port};branch=z9hG4bK-start-{n}
Max-Forwards: 70
From: <sip:bench@{host}>;tag=start
To: <sip:{host}:{port}>
Call-ID: start-{n}@{host}
CSeq: 1 OPTIONS
Content-Length: 0

""".replace("\n", "\r\n")


@dataclass(frozen=True, slots=True)
class Kind:
    """A program that can be measured."""

    name: str
    program: str
    """What must be on the path."""
    config: Path
    """With @HOST@ and @PORT@ to be filled in."""
    arguments: tuple[str, ...]
    """Before the config's path."""
    run_option: str
    """What names the run directory."""

    @property
    def is_there(self) -> bool:
        return shutil.which(self.program) is not None


SER = Kind(
    name="ser",
    program=sys.executable,
    config=HERE / "ser.cfg",
    arguments=("-m", "ser_core", "-D", "-E", "-f"),
    run_option="--run-dir",
)
KAMAILIO = Kind(
    name="kamailio",
    program="kamailio",
    config=HERE / "kamailio.cfg",
    # 1 GB shared and 64 MB private memory: its default of 64 MB holds 20,000 transactions not.
    arguments=("-m", "1024", "-M", "64", "-DD", "-E", "-f"),
    run_option="-Y",
)


class Proxy:
    """One proxy that runs, from its start to its end."""

    def __init__(self, kind: Kind, directory: Path, *, core: int | None = None) -> None:
        """`core`: the CPU that all its processes are kept on. Raises RuntimeError."""
        self.kind = kind
        self.port = free_port(HOST)
        self.target = f"{HOST}:{self.port}"
        self.run_directory = directory / f"{kind.name}-{self.port}"
        self.run_directory.mkdir()
        self.log = directory / f"{kind.name}-{self.port}.log"
        self.start_up = self._start(core)

    def _start(self, core: int | None) -> float:
        text = self.kind.config.read_text().replace("@HOST@", HOST)
        config = self.run_directory / "bench.cfg"
        config.write_text(text.replace("@PORT@", str(self.port)))
        command = ["taskset", "-c", str(core)] if core is not None else []
        command += [self.kind.program, *self.kind.arguments, str(config)]
        command += [self.kind.run_option, str(self.run_directory)]
        began = time.perf_counter()
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            self._wait_for_answer()
        except BaseException:
            self.stop()
            raise
        return time.perf_counter() - began

    def _wait_for_answer(self) -> None:
        """Send an OPTIONS every few milliseconds until any reply comes."""
        deadline = time.monotonic() + START_TIMEOUT
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.bind((HOST, 0))
            client.connect((HOST, self.port))
            client.settimeout(0.005)
            for n in range(1_000_000):
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"{self.kind.name} doesn't answer: {self._last_words()}")
                if _is_answered(client, self.port, n):
                    return

    def _last_words(self) -> str:
        return self.log.read_text(errors="replace")[-2000:]

    @property
    def pid(self) -> int:
        return self.process.pid

    def stop(self) -> None:
        """End it; by force what doesn't end within 5 seconds, or was left behind.

        Kamailio's main process leaves its children behind when it is told to stop too early.
        """
        if self.process.poll() is not None:
            return
        family = [psutil.Process(pid) for pid in process_tree(self.pid)]
        self.process.terminate()
        _, left = psutil.wait_procs(family[1:], timeout=5)
        for member in left:
            with suppress(psutil.NoSuchProcess):
                member.kill()
        try:
            self.process.wait(1)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __enter__(self) -> Proxy:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def _is_answered(client: socket.socket, port: int, n: int) -> bool:
    own_port = client.getsockname()[1]
    try:
        client.send(OPTIONS.format(host=HOST, port=port, own_port=own_port, n=n).encode())
        return client.recv(65535).startswith(b"SIP/2.0 ")
    except TimeoutError:
        return False
    except ConnectionRefusedError:  # nobody has bound the port yet
        time.sleep(0.002)
        return False
