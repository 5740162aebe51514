"""Going into the background: the launching command waits for the outcome and tells it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ser_core.exit_codes import ExitCode
from tests.support.daemon import PROJECT, children_of, is_running, wait_for
from tests.support.ports import free_port


class Launcher:
    """Starts the echoing ser as a daemon and makes sure that it ends."""

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        self.pid_file = directory / "ser.pid"
        self.arguments = [
            sys.executable, "-m", "tests.support.echo_ser",
            "-l", "127.0.0.1", "-p", str(self.port), "-n", "2",
            "-P", str(self.pid_file), "--run-dir", str(directory / "run"),
        ]  # fmt: skip

    def run(self, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the launching command to its end."""
        return subprocess.run(
            [*self.arguments, *options],
            cwd=PROJECT,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )

    @property
    def pid(self) -> int:
        return int(self.pid_file.read_text())

    def stop(self) -> None:
        if self.pid_file.exists() and (text := self.pid_file.read_text()):
            os.kill(int(text), signal.SIGTERM)
            wait_for(lambda: not is_running(int(text)), "the daemon's end")


@pytest.fixture
def launcher(tmp_path: Path) -> Iterator[Launcher]:
    made = Launcher(tmp_path)
    yield made
    made.stop()


def test_the_command_returns_when_the_receivers_run(launcher: Launcher) -> None:
    done = launcher.run()
    assert done.returncode == ExitCode.OK
    assert f"udp: 127.0.0.1 [127.0.0.1]:{launcher.port}" in done.stdout
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.settimeout(5)
        peer.sendto(b"hello", ("127.0.0.1", launcher.port))
        assert peer.recv(100).endswith(b" hello")
    assert len(children_of(launcher.pid)) == 2


def test_the_daemon_has_left_terminal_directory_and_session(
    launcher: Launcher, tmp_path: Path
) -> None:
    assert launcher.run("-w", str(tmp_path)).returncode == ExitCode.OK
    pid = launcher.pid
    assert os.readlink(f"/proc/{pid}/cwd") == str(tmp_path)
    assert [os.readlink(f"/proc/{pid}/fd/{x}") for x in range(3)] == [os.devnull] * 3
    assert os.getsid(pid) not in (os.getsid(0), pid)
    parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    assert parent != os.getpid()


def test_stderr_stays_open_when_the_log_goes_there(launcher: Launcher, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("wb") as stderr:
        subprocess.run(
            [*launcher.arguments, "-E"], cwd=PROJECT, stderr=stderr, stdout=subprocess.DEVNULL,
            check=True, timeout=20,
        )  # fmt: skip
    launcher.stop()
    assert "ready: 2 receivers" in log.read_text()
    assert "Thank you for flying ser" in log.read_text()


def test_the_pid_file_goes_when_the_daemon_stops(launcher: Launcher) -> None:
    launcher.run()
    pid = launcher.pid
    began = time.monotonic()
    launcher.stop()
    assert time.monotonic() - began < 2.0
    assert not launcher.pid_file.exists()
    assert not is_running(pid)


def test_a_second_start_is_refused_and_the_first_goes_on(launcher: Launcher) -> None:
    launcher.run()
    pid = launcher.pid
    second = launcher.run()
    assert second.returncode == ExitCode.CANNOT_START
    assert second.stderr.startswith("ser: ")
    assert "running process found in the pid file" in second.stderr
    assert launcher.pid == pid
    assert is_running(pid)


def test_an_address_in_use_is_told_by_the_command(launcher: Launcher, tmp_path: Path) -> None:
    launcher.run()
    second = launcher.run("-P", str(tmp_path / "other.pid"))
    assert second.returncode == ExitCode.CANNOT_START
    text = f"ser: cannot bind udp:127.0.0.1:{launcher.port}: Address already in use\n"
    assert second.stderr.endswith(text)
    assert not (tmp_path / "other.pid").exists()


def test_receivers_that_cannot_start_are_told_by_the_command(launcher: Launcher) -> None:
    done = launcher.run(ECHO_BROKEN="1")
    assert done.returncode == ExitCode.CANNOT_START
    assert "this receiver is broken" in done.stderr
    wait_for(lambda: not launcher.pid_file.exists(), "the pid file's removal")


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (("-u", "no-such-user"), "bad user name/uid number: -u no-such-user"),
        (("-w", "/no/such/directory"), "No such file or directory: '/no/such/directory'"),
        (("--run-dir", "/dev/null/run"), "cannot use /dev/null/run"),
        (("-P", "/no/such/directory/pid"), "cannot write the pid file"),
    ],
)
def test_other_reasons_are_told_by_the_command(
    launcher: Launcher, options: tuple[str, ...], text: str
) -> None:
    done = launcher.run(*options)
    assert done.returncode == ExitCode.CANNOT_START
    assert text in done.stderr


def test_the_process_group_file_names_the_group(launcher: Launcher, tmp_path: Path) -> None:
    path = tmp_path / "group"
    launcher.run("-G", str(path))
    assert int(path.read_text()) == os.getpgid(launcher.pid)
    launcher.stop()
    assert not path.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_no_process_that_talks_to_the_network_keeps_root(
    launcher: Launcher, tmp_path: Path
) -> None:
    assert launcher.run("-u", "54321", "-g", "54322").returncode == ExitCode.OK
    pid = launcher.pid
    receivers = children_of(pid)
    for process in receivers:
        status = Path(f"/proc/{process}/status").read_text()
        assert "Uid:\t54321\t54321\t54321\t54321" in status
        assert "Gid:\t54322\t54322\t54322\t54322" in status
        assert "Groups:\t \n" in status
    (run_directory,) = (tmp_path / "run").iterdir()
    assert run_directory.stat().st_uid == 54321
    os.kill(pid, signal.SIGKILL)  # the promise to die with the attendant outlives the change
    wait_for(lambda: not any(map(is_running, receivers)), "the receivers' end", 2)
    launcher.pid_file.unlink()
