"""SIPp (Debian: sip-tester) as a child process: plays a scenario, tells what came of it.

with Sipp(scenario, workdir, target="127.0.0.1:5060", calls=10) as caller:
    outcome = caller.wait(10)
assert outcome.successful == 10
"""

from __future__ import annotations

import csv
import itertools
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from tests.support.ports import free_port, wait_until_bound

SCENARIOS = Path(__file__).parent.parent / "data" / "sipp"

SOCKET_BUFFER = 4 << 20
"""Bytes; the system may permit less. SIPp's 64 KiB hold some 50 messages, and what comes in while
it has no CPU is lost."""

_serial = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What SIPp counted."""

    exit_status: int
    successful: int
    failed: int
    retransmissions: int
    """Of requests and responses that SIPp itself sent again."""
    seconds: float
    errors: str
    """What SIPp complained about: unexpected messages, timeouts."""

    def require_success(self, calls: int) -> None:
        """Raises AssertionError with SIPp's complaints unless all `calls` went well."""
        good = self.exit_status == 0 and self.failed == 0 and self.successful == calls
        assert good, f"{self.successful} of {calls} calls succeeded: {self.errors or self}"


@dataclass(frozen=True, slots=True)
class LoggedMessage:
    """A line of SIPp's log of messages."""

    sent: bool
    call_id: str
    method: str
    """That of the CSeq."""
    first_line: str

    @property
    def kind(self) -> str:
        """As `INVITE` for a request, as `180 INVITE` for a response."""
        if not self.first_line.startswith("SIP/2.0 "):
            return self.method
        return f"{self.first_line.split()[1]} {self.method}"


class Sipp:
    """One SIPp that has been started; a caller when it has a target, else a callee."""

    def __init__(
        self,
        scenario: str | Path,
        directory: Path,
        *,
        target: str = "",
        calls: int = 1,
        rate: float = 10,
        limit: int = 0,
        port: int = 0,
        host: str = "127.0.0.1",
        transport: str = "udp",
        users: Path | None = None,
        keys: dict[str, str] | None = None,
        fill: dict[str, str] | None = None,
        options: Sequence[str] = (),
        core: int | None = None,
        timeout: float = 30,
    ) -> None:
        """`fill`: what @NAME@ in the scenario stands for; where SIPp takes no -key."""
        self.scenario = _filled(SCENARIOS / scenario, fill or {}, directory)
        self.port = port or free_port(host)
        self._directory = directory
        self._files = directory / f"{self.scenario.stem}-{next(_serial)}"
        command = ["taskset", "-c", str(core)] if core is not None else []
        command += ["sipp", *([target] if target else [])]
        command += ["-sf", str(self.scenario), "-i", host, "-mi", host, "-p", str(self.port)]
        command += ["-m", str(calls), "-r", str(rate), "-l", str(limit or max(calls, 10))]
        command += ["-t", {"udp": "u1", "tcp": "t1"}[transport], "-nostdin"]
        command += ["-buff_size", str(SOCKET_BUFFER)]
        command += ["-timeout", str(int(timeout)), "-timeout_error"]
        command += ["-trace_stat", "-stf", self._file(".csv"), "-fd", "1"]
        command += ["-trace_err", "-error_file", self._file(".err")]
        command += ["-inf", str(users)] if users else []
        for name, value in (keys or {}).items():
            command += ["-key", name, value]
        with open(self._file(".out"), "wb") as output:
            self.process = subprocess.Popen(
                [*command, *options], stdout=output, stderr=output, cwd=directory
            )
        if not target:
            self._wait_until_ready(transport)

    def _wait_until_ready(self, transport: str) -> None:
        try:
            wait_until_bound(self.port, transport)
        except BaseException:
            self.kill()
            raise

    def _file(self, suffix: str) -> str:
        return f"{self._files}{suffix}"

    def __enter__(self) -> Sipp:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()

    def wait(self, timeout: float = 30) -> Outcome:
        """Wait until all calls are done. Raises subprocess.TimeoutExpired."""
        self.process.wait(timeout)
        return self.outcome()

    def finish(self, timeout: float = 10) -> Outcome:
        """Take no new calls, end those that are there, and tell the outcome."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGUSR1)
        return self.wait(timeout)

    def finish_or_kill(self, timeout: float = 5) -> Outcome:
        """As `finish`, but calls that hang are given up."""
        try:
            return self.finish(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            return self.outcome()

    def kill(self) -> None:
        """End it at once, if it still runs."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def messages(self) -> list[LoggedMessage]:
        """What was sent and received, in that order; it must run with `-trace_shortmsg`."""
        log = self._directory / f"{self.scenario.stem}_{self.process.pid}_shortmessages.log"
        lines = [line.split("\t") for line in log.read_text(errors="replace").splitlines()]
        return [
            LoggedMessage(direction == "S", call_id, cseq.split()[-1], first_line)
            for _, _, _, direction, call_id, cseq, first_line in lines
        ]

    def successes_per_second(self) -> list[int]:
        """Calls that ended well, second by second."""
        return [int(row["SuccessfulCall(P)"]) for row in self._rows()[1:]]

    def outcome(self) -> Outcome:
        """The counts so far (SIPp writes them once a second and at its end)."""
        rows = self._rows()
        row = rows[-1] if rows else {}
        return Outcome(
            exit_status=self.process.returncode if self.process.poll() is not None else -1,
            successful=int(row.get("SuccessfulCall(C)", 0)),
            failed=int(row.get("FailedCall(C)", 0)),
            retransmissions=int(row.get("Retransmissions(C)", 0)),
            seconds=_seconds(row.get("ElapsedTime(C)", "0:0:0")),
            errors=self._read(".err")[:2000],
        )

    def _rows(self) -> list[dict[str, str]]:
        lines = self._read(".csv").splitlines()
        return [row for row in csv.DictReader(lines, delimiter=";") if row.get("CallRate(C)")]

    def _read(self, suffix: str) -> str:
        path = Path(self._file(suffix))
        return path.read_text(errors="replace") if path.exists() else ""


def _filled(scenario: Path, fill: dict[str, str], directory: Path) -> Path:
    """The scenario, or a copy of it with its gaps filled in."""
    if not fill:
        return scenario
    text = scenario.read_text()
    for name, value in fill.items():
        text = text.replace(f"@{name}@", value)
    copy = directory / f"{scenario.stem}-{next(_serial)}.xml"
    copy.write_text(text)
    return copy


def _seconds(clock: str) -> float:
    """ "00:01:02" or "00:01:02:003000" as seconds."""
    parts = [float(part) for part in clock.split(":")]
    return parts[0] * 3600 + parts[1] * 60 + parts[2]
