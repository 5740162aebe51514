"""init.d/ser against a program that behaves like `ser` in what the script can see of it."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent.parent / "init.d" / "ser"

# -c FILE checks it; -f FILE -P PIDFILE goes into the background.
DAEMON = """\
#!/bin/sh
case "$*" in
    -c*) if grep -q wrong "$3"; then echo "$3:1:1: error" >&2; exit 78; fi; exit 0 ;;
esac
[ -z "${CHILD-}" ] || { trap 'rm -f "$4"; exit 0' TERM; while :; do sleep 0.05; done; }
CHILD=1 "$0" "$@" >/dev/null 2>&1 &
echo $! >"$4"
"""


class Service:
    """The script, with settings of its own in a directory of its own."""

    def __init__(self, directory: Path) -> None:
        self.config = directory / "ser.cfg"
        self.config.write_text("route { }\n")
        self.pidfile = directory / "ser.pid"
        self.settings = directory / "settings"
        daemon = directory / "ser"
        daemon.write_text(DAEMON)
        daemon.chmod(0o755)
        self.settings.write_text(
            f"DAEMON={daemon}\nCONFIG={self.config}\nPIDFILE={self.pidfile}\nSTOP_TIMEOUT=5\n"
        )

    def __call__(self, action: str) -> tuple[int, str]:
        run = subprocess.run(
            ["sh", str(SCRIPT), action],
            env={**os.environ, "SER_SETTINGS": str(self.settings)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=30,
        )
        return run.returncode, run.stdout

    @property
    def pid(self) -> int:
        return int(self.pidfile.read_text())


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    service = Service(tmp_path)
    yield service
    if service.pidfile.exists() and "running (pid" in service("status")[1]:
        os.kill(service.pid, signal.SIGKILL)


def test_start_status_stop(service: Service) -> None:
    assert service("status") == (3, "ser isn't running\n")
    assert service("start") == (0, "ser started\n")
    assert service("status") == (0, f"ser is running (pid {service.pid})\n")
    assert service("stop") == (0, "ser stopped\n")
    assert service("status") == (3, "ser isn't running\n")


def test_starting_twice_leaves_the_first_alone(service: Service) -> None:
    service("start")
    first = service.pid
    assert service("start") == (0, f"ser is running already (pid {first})\n")
    assert service.pid == first


def test_stopping_what_does_not_run_is_no_failure(service: Service) -> None:
    assert service("stop") == (0, "ser isn't running\n")


def test_a_pidfile_of_another_program_is_not_believed(service: Service) -> None:
    service.pidfile.write_text(f"{os.getpid()}\n")
    assert service("status") == (1, "ser isn't running\n")
    assert service("stop") == (0, "ser isn't running\n")
    service.pidfile.unlink()


def test_a_config_with_mistakes_does_not_start(service: Service) -> None:
    service.config.write_text("wrong\n")
    status, output = service("start")
    assert status == 6
    assert "error" in output
    assert not service.pidfile.exists()


def test_restart_keeps_the_old_one_when_the_config_has_mistakes(service: Service) -> None:
    service("start")
    first = service.pid
    service.config.write_text("wrong\n")
    assert service("restart")[0] == 78
    assert service("status") == (0, f"ser is running (pid {first})\n")
    service.config.write_text("route { }\n")
    assert service("restart") == (0, "ser stopped\nser started\n")
    assert service.pid != first


def test_configtest_passes_on_what_ser_says(service: Service) -> None:
    assert service("configtest") == (0, "")
    service.config.write_text("wrong\n")
    status, output = service("configtest")
    assert status == 78
    assert output.endswith("ser.cfg:1:1: error\n")


def test_an_unknown_action_is_a_usage_error(service: Service) -> None:
    status, output = service("fly")
    assert status == 2
    assert "start|stop|restart|status|configtest" in output
