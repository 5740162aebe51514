"""Kamailio with a hello-world config: a second opinion on what a test expects of a proxy."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from types import TracebackType

from tests.support.ports import free_port, wait_until_bound

CONFIG = Path(__file__).parent.parent.parent / "bench" / "kamailio.cfg"


class Kamailio:
    """One Kamailio that runs."""

    def __init__(self, directory: Path, host: str = "127.0.0.1") -> None:
        self.host = host
        self.port = free_port(host)
        run_directory = directory / f"kamailio-{self.port}"
        run_directory.mkdir()
        text = CONFIG.read_text().replace("@HOST@", host).replace("@PORT@", str(self.port))
        config = run_directory / "kamailio.cfg"
        config.write_text(text)
        with (run_directory / "log").open("wb") as log:
            self.process = subprocess.Popen(
                ["kamailio", "-DD", "-E", "-Y", str(run_directory), "-f", str(config)],
                stdout=log,
                stderr=log,
            )
        wait_until_bound(self.port, "tcp")
        time.sleep(0.2)

    @property
    def target(self) -> str:
        return f"{self.host}:{self.port}"

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)

    def __enter__(self) -> Kamailio:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
