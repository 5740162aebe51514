"""serctl start, stop and restart with a ser that really starts, and the log across a restart."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.daemon import Ser, is_running
from tests.support.ports import free_port
from tests.support.serctl_process import Serctl

CONFIG = """\
listen=udp:127.0.0.1:{port}
fork=no
loadmodule "sl.so"
route {{ sl_send_reply("200", "OK"); }}
"""


class Service:
    """A ser.cfg and a run directory of its own."""

    def __init__(self, directory: Path) -> None:
        self.run_dir = directory / "run"
        self.config = directory / "ser.cfg"
        self.config.write_text(CONFIG.format(port=free_port("127.0.0.1")))
        self.serctl = Serctl(self.run_dir)

    @property
    def pid(self) -> int:
        return int((self.run_dir / "ser.pid").read_text())


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    service = Service(tmp_path)
    yield service
    if (service.run_dir / "ser.pid").exists():
        os.kill(service.pid, signal.SIGTERM)


def test_start_restart_stop(service: Service) -> None:
    config = ("-f", str(service.config))
    started = service.serctl("start", *config)
    first = service.pid
    assert started.returncode == 0
    assert started.stdout == ""
    assert started.stderr.endswith(f"serctl: ser started, pid {first}\n")
    assert f"{first}\tattendant" in service.serctl.out("ps")

    again = service.serctl("start", *config)
    assert (again.returncode, service.pid) == (0, first)
    assert f"ser is running already, pid {first}" in again.stderr

    restarted = service.serctl("restart", "-y", *config)
    second = service.pid
    assert restarted.returncode == 0, restarted.stderr
    assert f"serctl: ser stopped, pid {first}\n" in restarted.stderr
    assert restarted.stderr.endswith(f"serctl: ser started, pid {second}\n")
    assert not is_running(first)

    stopped = service.serctl("stop", "-y")
    assert stopped.returncode == 0
    assert stopped.stderr == f"serctl: ser stopped, pid {second}\n"
    assert not is_running(second)
    again = service.serctl("stop")
    assert (again.returncode, again.stderr) == (0, "serctl: ser isn't running\n")


def test_a_config_with_mistakes_takes_no_ser_down(service: Service) -> None:
    service.serctl("start", "-f", str(service.config))
    first = service.pid
    service.config.write_text("route { nonsense(); }\n")
    run = service.serctl("restart", "-y", "-f", str(service.config))
    assert run.returncode == 1
    assert "nonsense" in run.stderr
    assert run.stderr.endswith("serctl: ser says why not, above (exit status 78)\n")
    assert is_running(first)


def test_start_with_mistakes_shows_them(service: Service) -> None:
    service.config.write_text("route { nonsense(); }\n")
    run = service.serctl("start", "-f", str(service.config))
    assert run.returncode == 1
    assert f"{service.config}:1:9: error" in run.stderr


def test_start_on_an_address_that_is_taken(service: Service) -> None:
    with Ser('loadmodule "sl.so"\nroute { drop(); }\n') as other:
        service.config.write_text(CONFIG.format(port=other.port))
        run = service.serctl("start", "-f", str(service.config))
    assert run.returncode == 1
    assert "cannot bind" in run.stderr


def test_settings_say_what_to_start(service: Service, tmp_path: Path) -> None:
    settings = tmp_path / "serctl.toml"
    settings.write_text(
        f'config = "{service.config}"\nrun_dir = "{service.run_dir}"\n'
        f'pid_file = "{tmp_path}/other.pid"\nstart_options = ["-d"]\n'
    )
    run = service.serctl("start", SERCTL_CONFIG=str(settings))
    assert run.returncode == 0, run.stderr
    pid = int((tmp_path / "other.pid").read_text())
    assert service.serctl.out("debug") == "level\t3\n"
    assert service.serctl("stop", "-y").returncode == 0
    assert not is_running(pid)


def test_stopping_is_asked_about_on_a_terminal(service: Service) -> None:
    service.serctl("start", "-f", str(service.config))
    status, shown = service.serctl.on_terminal("stop", typed="n\n")
    assert (status, is_running(service.pid)) == (1, True)
    assert f"Stop ser, pid {service.pid}? [y/N] " in shown


def test_following_the_log_survives_a_restart() -> None:
    with Ser('loadmodule "sl.so"\nroute { drop(); }\n') as ser:
        serctl = Serctl(ser.directory / "run")
        with serctl.running("log", "-f", "-F", "table", "-n", "5") as following:
            assert following.stdout
            assert following.stderr
            assert "ready" in following.stdout.readline()
            ser.stop()
            assert "waiting for ser" in _next_line_with("waiting", following.stderr)
            ser.start()
            assert _next_line_with("started again", following.stderr)
            assert _next_line_with("ready", following.stdout)
            serctl.out("debug", "3")
            assert _next_line_with("debug level 3", following.stdout)
            following.send_signal(signal.SIGINT)
            assert following.wait(10) == 0


def _next_line_with(text: str, lines: Iterator[str]) -> str:
    """The first line with `text`; the test's time limit is that of the process."""
    return next((line for line in lines if text in line), "")
