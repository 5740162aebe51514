"""init.d/ser against a program that behaves like `ser` in what the script can see of it.

tests/real/test_service.py has the real one.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ser_core.exit_codes import ExitCode
from ser_core.modules.usrloc.errands import START_SECONDS
from ser_core.server.attendant import HANG_TICKS, TICK

ROOT = Path(__file__).parent.parent
SCRIPT = ROOT / "init.d" / "ser"
UNIT = ROOT / "init.d" / "ser.service"
DEFAULTS = ROOT / "init.d" / "ser.default"

# -c -f FILE checks it; -f FILE -P PIDFILE goes into the background and holds a lock.
DAEMON = """\
#!/bin/sh
case "$*" in
    -c*) if grep -q wrong "$3"; then echo "$3:1:1: error" >&2; exit 78; fi
        case "$*" in *--check-start*)
            if grep -q away "$3"; then echo "ser: no database" >&2; exit 71; fi
            echo "checked: $*" >&2
        esac
        exit 0 ;;
esac
if [ -n "${CHILD-}" ]; then
    trap 'rm -f "$4"; printf "$$\\n$LOST" >"$4.lost"; exit 0' TERM
    [ -n "${LOST-}" ] || trap 'rm -f "$4"; exit 0' TERM
    [ -z "${DEAF-}" ] || trap '' TERM
    exec 9>>"$4"
    flock 9
    echo $$ >"$4"
    while :; do sleep 0.05; done
fi
echo "Listening on"
echo "ser: $*" >&2
if grep -q wrong "$2"; then echo "$2:1:1: error" >&2; exit 78; fi
if grep -q taken "$2"; then echo "ser: cannot bind" >&2; exit 71; fi
rm -f "$4"
CHILD=1 "$0" "$@" >/dev/null 2>&1 &
until [ -s "$4" ]; do sleep 0.02; done
"""

NOTES_ITS_ARGUMENTS = """\
#!/bin/sh
echo "$*" >>"{notes}"
exit {status}
"""


class Service:
    """The script, with settings of its own in a directory of its own."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.config = directory / "ser.cfg"
        self.config.write_text("route { }\n")
        self.pidfile = directory / "run" / "ser.pid"
        self.settings = directory / "settings"
        self.variables = {"SER_SYSTEMD": str(directory / "none")}
        daemon = directory / "ser"
        daemon.write_text(DAEMON)
        daemon.chmod(0o755)
        self.set(
            DAEMON=str(daemon),
            SERCTL=str(directory / "serctl"),
            CONFIG=str(self.config),
            RUNDIR=str(directory / "run"),
            STATEDIR=str(directory / "state"),
            SER_USER="",
            STOP_TIMEOUT="5",
        )

    def set(self, **settings: str) -> None:
        """Add lines to the file of settings."""
        with self.settings.open("a") as file:
            file.writelines(f"{name}='{value}'\n" for name, value in settings.items())

    def __call__(self, *action: str, shell: str = "sh") -> tuple[int, str]:
        run = subprocess.run(
            [shell, str(SCRIPT), *action],
            env={**os.environ, "SER_SETTINGS": str(self.settings), **self.variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=30,
        )
        return run.returncode, run.stdout

    def program(self, name: str, status: int = 0) -> Path:
        """Have a program that notes its arguments in the file that this answers with."""
        notes = self.directory / f"{name}.notes"
        path = self.directory / name
        path.write_text(NOTES_ITS_ARGUMENTS.format(notes=notes, status=status))
        path.chmod(0o755)
        return notes

    @property
    def pid(self) -> int:
        return int(self.pidfile.read_text())

    @property
    def is_running(self) -> bool:
        return self("status")[0] == 0


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    service = Service(tmp_path)
    yield service
    service.variables = {"SER_SYSTEMD": str(tmp_path / "none")}
    if service.is_running:
        os.kill(service.pid, signal.SIGKILL)


@contextmanager
def process_named(name: str) -> Iterator[int]:
    """The pid of a process with this word in its command line, which does nothing."""
    with subprocess.Popen([sys.executable, "-c", "input()", name], stdin=subprocess.PIPE) as made:
        yield made.pid


def test_the_script_is_plain_shell_without_complaints() -> None:
    subprocess.run(["sh", "-n", str(SCRIPT)], check=True)
    text = SCRIPT.read_text()
    assert text.startswith("#!/bin/sh\n### BEGIN INIT INFO\n# Provides:          ser\n")


@pytest.mark.needs("shellcheck")
@pytest.mark.parametrize("name", ["ser", "setup"])
def test_shellcheck_has_nothing_to_say(name: str) -> None:
    subprocess.run(["shellcheck", str(SCRIPT.with_name(name))], check=True)


@pytest.mark.parametrize("shell", ["sh", "dash", "bash"])
def test_start_status_stop(service: Service, shell: str) -> None:
    if not shutil.which(shell):
        pytest.skip(f"there is no {shell}")
    assert service("status", shell=shell) == (3, "ser isn't running\n")
    status, output = service("start", shell=shell)
    assert (status, output.splitlines()[-1]) == (0, f"ser started (pid {service.pid})")
    assert service("status", shell=shell) == (0, f"ser is running (pid {service.pid})\n")
    assert service("stop", shell=shell) == (0, "ser stopped\n")
    assert service("status", shell=shell) == (3, "ser isn't running\n")


def test_the_settings_become_options(service: Service) -> None:
    service.set(SER_GROUP="voice", OPTIONS="-n 2 -dd")
    output = service("start")[1]
    expected = f"ser: -f {service.config} -P {service.pidfile} --run-dir {service.pidfile.parent}"
    assert f"{expected} --fork yes -g voice --log-syslog -n 2 -dd\n" in output
    assert "Listening" not in output


def test_the_directories_are_made_as_run_is_empty_after_a_boot(service: Service) -> None:
    service("start")
    assert (service.directory / "run").is_dir()
    assert (service.directory / "state").stat().st_mode & 0o777 == 0o750


def test_starting_twice_leaves_the_first_alone(service: Service) -> None:
    service("start")
    first = service.pid
    assert service("start") == (0, f"ser is running already (pid {first})\n")
    assert service.pid == first


def test_stopping_what_does_not_run_is_no_failure(service: Service) -> None:
    assert service("stop") == (0, "ser isn't running\n")


def test_a_pidfile_of_another_program_is_not_believed(service: Service) -> None:
    service.pidfile.parent.mkdir()
    service.pidfile.write_text(f"{os.getpid()}\n")
    left = f"ser isn't running, but has left {service.pidfile}\n"
    assert service("status") == (1, left)
    assert service("stop") == (0, "ser isn't running\n")
    assert service("status") == (3, "ser isn't running\n")


def test_a_pidfile_whose_number_has_passed_to_another_ser_is_not_believed(
    service: Service,
) -> None:
    service.pidfile.parent.mkdir()
    with process_named("ser") as pid:
        service.pidfile.write_text(f"{pid}\n")
        assert service("status")[0] == 1
        assert service("start")[0] == 0
        assert service.pid != pid


@pytest.mark.parametrize("content", ["", "no number\n", "-1\n", "1 2\n"])
def test_rubbish_in_the_pidfile_is_nobodys_number(service: Service, content: str) -> None:
    service.pidfile.parent.mkdir()
    service.pidfile.write_text(content)
    assert service("status")[0] == 1
    assert service("stop")[0] == 0


def test_a_killed_ser_is_dead_and_can_be_started_again(service: Service) -> None:
    service("start")
    os.kill(service.pid, signal.SIGKILL)
    while service.is_running:
        pass
    assert service("status")[0] == 1
    assert service("start")[0] == 0
    assert service.is_running


def test_one_that_does_not_stop_is_killed_in_the_end(service: Service) -> None:
    service.set(STOP_TIMEOUT="0")
    service.variables["DEAF"] = "1"
    service("start")
    pid = service.pid
    status, output = service("stop")
    assert status == 0
    assert output == (
        f"ser: it (pid {pid}) hasn't stopped within 0 s, and is killed\nser stopped\n"
    )
    assert service("status")[0] == 3


def test_a_start_that_fails_says_why(service: Service) -> None:
    service.config.write_text("taken\n")
    status, output = service("start")
    assert status == 1
    assert output.endswith("ser: cannot bind\n")


def test_with_a_log_file_the_reason_is_shown_all_the_same(service: Service) -> None:
    log = service.directory / "log"
    log.write_text("old\n")
    service.set(LOGFILE=str(log))
    service.config.write_text("taken\n")
    status, output = service("start")
    assert status == 1
    assert output.endswith("ser: cannot bind\n")
    assert "old" not in output
    assert "-E" in output
    assert log.read_text() == f"old\n{output}"


def test_a_config_with_mistakes_does_not_start(service: Service) -> None:
    service.config.write_text("wrong\n")
    status, output = service("start")
    assert status == 6
    assert "error" in output
    assert not service.pidfile.exists()


@pytest.mark.parametrize("action", ["restart", "try-restart", "force-reload", "reload"])
def test_a_config_with_mistakes_takes_no_ser_down(service: Service, action: str) -> None:
    service("start")
    notes = service.program("serctl")
    first = service.pid
    service.config.write_text("wrong\n")
    goes_on = f"ser: the one that runs (pid {first}) goes on as before\n"
    told = f"{service.config}:1:1: error\n{goes_on if 'restart' in action else ''}"
    assert service(action) == (6, told)
    assert service("status") == (0, f"ser is running (pid {first})\n")
    assert not notes.exists()


@pytest.mark.parametrize("action", ["restart", "try-restart"])
def test_what_could_not_start_takes_no_ser_down(service: Service, action: str) -> None:
    service("start")
    first = service.pid
    service.config.write_text("away\n")
    assert service(action) == (
        1,
        f"ser: no database\nser: the one that runs (pid {first}) goes on as before\n",
    )
    assert service("status") == (0, f"ser is running (pid {first})\n")
    assert service("configtest") == (1, "ser: no database\n")


def test_when_none_runs_either_the_reason_is_all_that_is_said(service: Service) -> None:
    service.config.write_text("away\n")
    assert service("restart") == (1, "ser: no database\n")


def test_whether_it_could_start_is_asked_as_it_would_be_started(service: Service) -> None:
    service.set(SER_GROUP="voice", OPTIONS="-n 2")
    expected = f"-c -f {service.config} --check-start -P {service.pidfile} -g voice -n 2"
    assert service("configtest") == (0, f"checked: {expected}\n")


def test_registrations_that_a_stop_has_lost_are_told(service: Service) -> None:
    service.variables["LOST"] = "3 registrations are lost"
    service("start")
    assert service("stop") == (1, "ser stopped\nser: 3 registrations are lost\n")
    assert service("stop") == (0, "ser isn't running\n")
    service("start")
    first = service.pid
    status, output = service("restart")
    assert status == 1
    assert output.startswith("ser stopped\nser: 3 registrations are lost\n")
    assert output.endswith(f"ser started (pid {service.pid})\n")
    assert service.pid != first
    assert list(service.pidfile.parent.glob("*.lost")) == []


def test_what_another_ser_has_lost_is_not_told(service: Service) -> None:
    service("start")
    words = service.pidfile.parent / "udp-192.0.2.1-5060.lost"
    words.write_text("1\n3 registrations are lost\n")
    assert service("stop") == (0, "ser stopped\n")
    assert words.exists()


def test_restart_stops_and_starts(service: Service) -> None:
    service("start")
    first = service.pid
    status, output = service("restart")
    assert status == 0
    assert output.startswith("ser stopped\n")
    assert output.endswith(f"ser started (pid {service.pid})\n")
    assert service.pid != first


def test_restart_starts_what_does_not_run_and_try_restart_does_not(service: Service) -> None:
    assert service("try-restart") == (0, "ser isn't running\n")
    assert not service.is_running
    assert service("restart")[0] == 0
    first = service.pid
    assert service("try-restart")[0] == 0
    assert service.pid != first


def test_reload_goes_by_serctl(service: Service) -> None:
    notes = service.program("serctl")
    service("start")
    first = service.pid
    assert service("reload") == (0, "")
    assert notes.read_text() == f"--run-dir {service.pidfile.parent} reload\n"
    assert service("force-reload") == (0, "")
    assert service.pid == first


def test_what_a_reload_cannot_do_is_a_failure_and_force_reload_restarts(service: Service) -> None:
    service.program("serctl", status=1)
    service("start")
    first = service.pid
    assert service("reload") == (1, "")
    assert service.pid == first
    assert service("force-reload")[0] == 0
    assert service.pid != first


@pytest.mark.parametrize("status", [None, 3])
def test_without_a_fifo_reload_is_a_signal(service: Service, status: int | None) -> None:
    if status is not None:
        service.program("serctl", status=status)
    daemon = service.directory / "ser"
    noted = service.directory / "hup"
    daemon.write_text(DAEMON.replace("exec 9", f"trap 'echo x >{noted}' HUP; exec 9"))
    service("start")
    assert service("reload") == (
        0, f"ser (pid {service.pid}) has been told to reload; its log says how that went\n"
    )  # fmt: skip
    while not noted.exists():
        assert service.is_running


@pytest.mark.parametrize("action", ["reload", "force-reload"])
def test_what_does_not_run_cannot_reload(service: Service, action: str) -> None:
    assert service(action) == (7, "ser: it isn't running\n")


def test_configtest_passes_on_what_ser_says(service: Service) -> None:
    assert service("configtest")[0] == 0
    service.config.write_text("wrong\n")
    assert service("configtest") == (6, f"{service.config}:1:1: error\n")


@pytest.mark.parametrize("action", ["start", "restart", "configtest"])
def test_what_is_not_installed_is_told(service: Service, action: str) -> None:
    service.set(DAEMON="/no/such/ser")
    assert service(action) == (5, "ser: /no/such/ser isn't there, or can't be run\n")


@pytest.mark.parametrize("action", ["start", "stop", "restart", "try-restart", "reload"])
def test_only_root_may_run_it_as_somebody_else(service: Service, action: str) -> None:
    service.set(SER_USER="somebody")
    (bin := service.directory / "bin").mkdir()
    (bin / "id").write_text('#!/bin/sh\n[ "$1" = -u ] && echo 1000 || echo joe\n')
    (bin / "id").chmod(0o755)
    service.variables["PATH"] = f"{bin}:{os.environ['PATH']}"
    assert service(action) == (4, "ser: only root can do that (ser runs as the user somebody)\n")
    service.set(SER_USER="joe")
    assert service("stop")[0] == 0


@pytest.mark.parametrize("action", [(), ("fly",), ("start", "stop"), ("--help",)])
def test_anything_else_is_a_usage_error(service: Service, action: tuple[str, ...]) -> None:
    status, output = service(*action)
    assert status == 2
    assert "start|stop|restart|try-restart|reload|force-reload|status|configtest" in output


def under_systemd(service: Service, status: int = 0) -> Path:
    """Have a systemd that knows the service; where its client notes what it is told."""
    notes = service.program("systemctl", status)
    service.variables |= {
        "SER_SYSTEMD": str(service.directory),
        "PATH": f"{service.directory}:{os.environ['PATH']}",
    }
    return notes


@pytest.mark.parametrize("action", ["start", "stop", "restart", "try-restart", "reload", "status"])
def test_under_systemd_all_is_left_to_it(service: Service, action: str) -> None:
    notes = under_systemd(service)
    assert service(action) == (0, "")
    told = notes.read_text().replace("cat ser.service\n", "")
    told = told.replace("show --property=ExecMainStatus --value ser.service\n", "")
    assert told == f"--no-pager {action} ser.service\n"
    assert not service.pidfile.exists()


def test_under_systemd_too_what_could_not_start_touches_nothing(service: Service) -> None:
    notes = under_systemd(service)
    service.config.write_text("away\n")
    assert service("restart") == (1, "ser: no database\n")
    assert "restart" not in notes.read_text()


@pytest.mark.parametrize(
    ("ended_with", "expected"),
    [
        (0, (0, "")),
        (
            ExitCode.NOT_SAVED,
            (1, "ser: registrations could not be written, and are lost: journalctl -u ser\n"),
        ),
    ],
)
def test_under_systemd_too_a_loss_is_told(
    service: Service, ended_with: int, expected: tuple[int, str]
) -> None:
    under_systemd(service)
    systemctl = service.directory / "systemctl"
    systemctl.write_text(f'#!/bin/sh\n[ "$1" != show ] || echo {int(ended_with)}\n')
    assert service("stop") == expected


def test_under_systemd_too_mistakes_touch_nothing(service: Service) -> None:
    notes = under_systemd(service)
    service.config.write_text("wrong\n")
    assert service("restart")[0] == 6
    assert "restart" not in notes.read_text()


def test_a_systemd_that_does_not_know_the_service_leaves_it_to_the_script(
    service: Service,
) -> None:
    under_systemd(service, status=1)
    assert service("start")[0] == 0
    assert service.pidfile.exists()


def test_the_file_of_defaults_changes_nothing_and_names_each_setting(service: Service) -> None:
    shown = dict(
        line.removeprefix("#").split("=", 1)
        for line in DEFAULTS.read_text().splitlines()
        if line.startswith("#") and line[1:2].isupper()
    )
    script = SCRIPT.read_text()
    for name, value in shown.items():
        wanted = "" if name == "PIDFILE" else value
        assert f"\n{name}={wanted}\n" in script
    assert not [line for line in DEFAULTS.read_text().splitlines() if line and line[0] != "#"]


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd isn't installed")
def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    true = shutil.which("true")
    unit = tmp_path / "ser.service"
    text = UNIT.read_text().replace("/usr/local/sbin/ser", str(true))
    text = text.replace("/usr/local/bin/serctl", str(true))
    unit.write_text("\n".join(x for x in text.splitlines() if not x.startswith("Documentation=")))
    run = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True
    )
    assert (run.returncode, run.stderr.replace("Failed to send message", "")) == (0, "")


def directive(name: str) -> str:
    """What the unit has for it."""
    (value,) = re.findall(rf"^{name}=(.*)$", UNIT.read_text(), re.M)
    return str(value)


def test_systemd_does_not_try_again_what_cannot_work() -> None:
    hopeless = {str(int(code)) for code in (ExitCode.BAD_CONFIG, ExitCode.USAGE)}
    assert set(directive("RestartPreventExitStatus").split()) == hopeless
    assert directive("Restart") == "on-failure"


def test_systemd_goes_on_trying_until_the_database_is_there() -> None:
    """What fails at once stays down after some tries; what has waited for a database does not."""
    interval, burst = int(directive("StartLimitIntervalSec")), int(directive("StartLimitBurst"))
    pause = int(directive("RestartSec"))
    assert (START_SECONDS + pause) * (burst - 1) > interval
    assert (pause + 3) * (burst - 1) < interval


def test_systemd_waits_longer_than_the_attendant_needs_to_find_what_hangs() -> None:
    """A receiver that hangs is replaced; the watchdog is for an attendant that hangs."""
    assert int(directive("WatchdogSec")) > HANG_TICKS * TICK
    assert directive("KillMode") == "mixed"  # else receivers end before the attendant asks them to


def test_the_unit_and_the_script_speak_of_the_same_places() -> None:
    unit, script = UNIT.read_text(), SCRIPT.read_text()
    for setting in ("DAEMON", "SERCTL", "CONFIG", "RUNDIR"):
        (value,) = (x.partition("=")[2] for x in script.splitlines() if x.startswith(f"{setting}="))
        assert value in unit
