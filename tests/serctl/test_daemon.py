"""Starting and stopping, with programs that behave like `ser` in what serctl can see of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from ser_core.fifo.client import CannotReach, Reach
from ser_core.fifo.tables import table_body
from serctl import daemon
from serctl.instances import NoInstance
from serctl.settings import Settings
from tests.support.serctl_runs import Answers, FakeSer, Run, serctl

GONE = CannotReach(Reach.STALE, "ser has gone")

SER = """\
#!{python}
import fcntl, os, signal, sys
config = sys.argv[sys.argv.index("-f") + 1]
if "wrong" in open(config).read():
    sys.stderr.write(config + ":1:1: error\\n")
    sys.exit(78)
if "-c" in sys.argv:
    if "--check-start" in sys.argv and "away" in open(config).read():
        sys.stderr.write("ser: no database\\n")
        sys.exit(71)
    sys.exit(0)
pid_file = open(sys.argv[sys.argv.index("-P") + 1], "w")
fcntl.flock(pid_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
reading, writing = os.pipe()
if os.fork():
    os.read(reading, 1)
    os._exit(0)
os.setsid()
if "deaf" in open(config).read():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
pid_file.write("%d\\n" % os.getpid())
pid_file.flush()
os.write(writing, b"x")
for descriptor in (0, 1, 2):
    os.dup2(os.open(os.devnull, os.O_RDWR), descriptor)
if "dies" in open(config).read():
    os._exit(1)
signal.alarm(30)
while True:
    signal.pause()
"""


class Service:
    """serctl with a `ser` of its own in a directory of its own."""

    def __init__(self, directory: Path) -> None:
        self.config = directory / "ser.cfg"
        self.config.write_text("route { }\n")
        self.run_dir = directory / "run"
        self.pid_file = self.run_dir / "ser.pid"
        program = directory / "ser"
        program.write_text(SER.replace("{python}", sys.executable))
        program.chmod(0o755)
        self.settings = Settings(
            ser=str(program), config=str(self.config), run_dir=str(self.run_dir), fifo="x"
        )

    @property
    def pid(self) -> int | None:
        return daemon.locked_pid(self.pid_file)

    def answer(self) -> bytes:
        """What `config` answers when the ser of the pid file is behind the FIFO."""
        rows = [("path", str(self.config)), ("pid", str(self.pid or 0))]
        return b"200 ok\n" + table_body(("name", "value"), rows)

    def __call__(self, *words: str, naps: int = 300, **answers: Answers) -> Run:
        answers.setdefault("config", self.answer)
        return serctl(*words, ser=FakeSer(**answers), settings=self.settings, naps=naps)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    service = Service(tmp_path)
    yield service
    if pid := service.pid:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def test_start_waits_until_ser_answers(service: Service) -> None:
    failures = [GONE, GONE]
    run = service("start", config=lambda: failures.pop() if failures else service.answer())
    assert (run.status, run.stdout) == (0, "")
    assert run.stderr == f"serctl: ser started, pid {service.pid}\n"
    assert len(run.slept) == 2


def test_starting_twice_leaves_the_first_alone(service: Service) -> None:
    service("start")
    first = service.pid
    run = service("start")
    assert (run.status, service.pid) == (0, first)
    assert run.stderr == (f"serctl: ser is running already, pid {first} (in {service.pid_file})\n")


def test_a_pid_file_that_was_left_behind_does_not_count(service: Service) -> None:
    service.run_dir.mkdir()
    service.pid_file.write_text(f"{os.getpid()}\n")
    assert service("start").status == 0


def test_a_config_with_mistakes_is_told(
    service: Service, capfd: pytest.CaptureFixture[str]
) -> None:
    service.config.write_text("wrong\n")
    run = service("start")
    assert run.status == 1
    assert run.stderr == "serctl: ser says why not, above (exit status 78)\n"
    assert capfd.readouterr().err.endswith("ser.cfg:1:1: error\n")


def test_a_ser_that_ends_at_once_is_told(service: Service) -> None:
    service.config.write_text("dies\n")
    run = service("start", config=GONE)
    assert run.status == 1
    assert run.stderr == "serctl: ser has ended again; its log says why\n"


def test_a_ser_that_does_not_answer_is_told(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon, "ANSWER_TIME", 0.2)
    run = service("start", config=GONE)
    assert run.status == 4
    assert "but doesn't answer: does ser.cfg say no FIFO" in run.stderr


def test_another_ser_that_answers_does_not_count(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon, "ANSWER_TIME", 0.2)
    other = b"200 ok\n" + table_body(("name", "value"), [("pid", "1")])
    assert service("start", config=other).status == 4


def test_a_program_that_is_not_there_is_told(service: Service) -> None:
    run = serctl("start", settings=Settings(ser="/nowhere/ser", run_dir=str(service.run_dir)))
    assert run.status == 1
    assert run.stderr == "serctl: cannot run /nowhere/ser: No such file or directory\n"


def test_a_run_directory_that_cannot_be_made_is_told(service: Service) -> None:
    settings = Settings(ser="ser", run_dir=str(service.config / "x"))
    run = serctl("start", settings=settings)
    assert (run.status, "cannot make" in run.stderr) == (1, True)


def test_a_dry_run_of_start_prints_the_command(service: Service) -> None:
    run = service("start", "--dry-run", "-f", "my.cfg", "-P", "/x y/ser.pid")
    assert run.stdout == (
        f"{service.settings.ser} -f my.cfg -P '/x y/ser.pid' --fork yes "
        f"--run-dir {service.run_dir}\n"
    )
    assert not service.run_dir.exists()


def test_more_options_come_last() -> None:
    settings = Settings(ser="ser", run_dir="/r", start_options=("-n", "4"))
    assert daemon.start_command(settings)[-2:] == ["-n", "4"]


def test_the_ser_beside_serctl_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", [str(tmp_path / "serctl")])
    assert daemon.program() == [sys.executable, "-m", "ser_core"]
    (tmp_path / "ser").write_text("")
    (tmp_path / "ser").chmod(0o755)
    assert daemon.program() == [str(tmp_path / "ser")]


def test_stop_by_the_fifo_waits_until_ser_has_gone(service: Service) -> None:
    service("start")
    pid = service.pid
    assert pid

    def kill() -> str:
        os.kill(pid, signal.SIGTERM)
        return "200 killing now...\n"

    run = service("stop", "-y", kill=kill)
    assert (run.status, run.stdout, run.stderr) == (0, "", f"serctl: ser stopped, pid {pid}\n")
    assert service.pid is None


def test_what_a_ser_has_lost_at_its_end_is_told(service: Service) -> None:
    service("start")
    pid = service.pid
    assert pid

    def kill() -> str:
        (service.run_dir / "udp-127.0.0.1-5060.lost").write_text(f"{pid}\n3 are lost\n")
        (service.run_dir / "udp-127.0.0.1-5070.lost").write_text("1\n5 are lost\n")
        os.kill(pid, signal.SIGTERM)
        return "200 killing now...\n"

    run = service("stop", "-y", kill=kill)
    told = f"serctl: ser stopped, pid {pid}\nserctl: 3 are lost\n"
    assert (run.status, run.stderr) == (1, told)
    assert [x.name for x in service.run_dir.glob("*.lost")] == ["udp-127.0.0.1-5070.lost"]


def test_what_was_lost_keeps_none_from_starting_again(service: Service) -> None:
    service("start")
    first = service.pid
    assert first

    def kill() -> str:
        (service.run_dir / "udp-127.0.0.1-5060.lost").write_text(f"{first}\n3 are lost\n")
        os.kill(first, signal.SIGTERM)
        return "200 killing now...\n"

    run = service("restart", "-y", kill=kill)
    assert (run.status, run.stderr.splitlines()[-1]) == (1, "serctl: 3 are lost")
    assert service.pid not in (None, first)


def test_restart_keeps_the_old_one_when_another_could_not_start(service: Service) -> None:
    service("start")
    first = service.pid
    service.config.write_text("away\n")
    run = service("restart", "-y")
    assert (run.status, service.pid) == (1, first)
    assert run.stderr == "serctl: ser says why not, above (exit status 71)\n"


def test_stop_asks_before(service: Service) -> None:
    service("start")
    run = service("stop")
    assert run.status == 2
    assert f"Stop ser, pid {service.pid}? Nobody can be asked here" in run.stderr
    assert service.pid


def test_a_ser_that_does_not_answer_is_stopped_by_its_pid_file(service: Service) -> None:
    service("start")
    pid = service.pid
    run = service("stop", "-y", config=GONE)
    assert run.status == 0
    assert run.stderr == (
        f"serctl: ser has gone; stopping pid {pid} of the pid file\n"
        f"serctl: ser stopped, pid {pid}\n"
    )


def test_stopping_what_does_not_run_is_no_failure(service: Service) -> None:
    run = service("stop", config=GONE)
    assert (run.status, run.stderr) == (0, "serctl: ser isn't running\n")
    run = service("stop", config=NoInstance("no FIFO in /run/ser"))
    assert (run.status, run.stderr) == (0, "serctl: ser isn't running\n")


@pytest.mark.parametrize("reason", [Reach.NOT_RUNNING, Reach.NO_PERMISSION, Reach.NOT_A_FIFO])
def test_a_fifo_that_was_named_and_cannot_be_used_tells_nothing(
    service: Service, reason: Reach
) -> None:
    run = service("stop", "-y", config=CannotReach(reason, "look here"))
    assert (run.status, run.stderr) == (3, "serctl: look here\n")


def test_the_instance_that_was_named_must_be_there(service: Service) -> None:
    service.settings = replace(service.settings, instance="udp-192.0.2.1-5060")
    run = service("stop", "-y", config=NoInstance("there is no such instance"))
    assert run.status == 3


def test_a_ser_that_does_not_stop_is_told(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon, "STOP_TIME", 0.1)
    service.config.write_text("deaf\n")
    service("start")
    run = service("stop", "-y", config=GONE)
    assert run.status == 4
    assert "hasn't stopped within" in run.stderr


def test_a_process_that_cannot_be_seen_is_told(service: Service) -> None:
    with subprocess.Popen(["true"]) as ended:
        ended.wait()
    rows = [("pid", str(ended.pid))]
    run = service("stop", "-y", config=b"200 ok\n" + table_body(("name", "value"), rows))
    assert run.status == 1
    assert "can't be seen from here" in run.stderr


def test_a_dry_run_of_stop_prints_the_request(service: Service) -> None:
    assert service("stop", "--dry-run").stdout == ":kill:serctl\n\n"


def test_restart(service: Service) -> None:
    service("start")
    first = service.pid
    assert first

    def kill() -> str:
        os.kill(first, signal.SIGTERM)
        return "200 killing now...\n"

    run = service("restart", "-y", kill=kill)
    assert run.status == 0
    assert service.pid not in (None, first)
    assert run.stderr == (
        f"serctl: ser stopped, pid {first}\nserctl: ser started, pid {service.pid}\n"
    )


def test_restart_of_what_does_not_run_is_a_start(service: Service) -> None:
    answers = [GONE]
    run = service("restart", config=lambda: answers.pop() if answers else service.answer())
    assert (run.status, run.stderr) == (0, f"serctl: ser started, pid {service.pid}\n")


def test_restart_keeps_the_old_one_when_the_config_has_mistakes(service: Service) -> None:
    service("start")
    first = service.pid
    service.config.write_text("wrong\n")
    assert service("restart", "-y").status == 1
    assert service.pid == first


def test_restart_does_not_change_the_config_by_accident(service: Service) -> None:
    service("start")
    first, config = service.pid, service.config
    service.settings = replace(service.settings, config=str(config.with_name("other.cfg")))
    config.with_name("other.cfg").write_text("route { }\n")
    run = service("restart", "-y")
    assert (run.status, service.pid) == (1, first)
    assert run.stderr == (
        f"serctl: ser runs with {config}, and would be started with "
        f"{service.settings.config}: say -f FILE\n"
    )


def test_restart_with_another_config_on_purpose(service: Service) -> None:
    service("start")
    first = service.pid
    assert first
    other = service.config.with_name("other.cfg")
    other.write_text("route { }\n")

    def kill() -> str:
        os.kill(first, signal.SIGTERM)
        return "200 killing now...\n"

    assert service("restart", "-y", "-f", str(other), kill=kill).status == 0
    assert service.pid not in (None, first)


def test_a_dry_run_of_restart_prints_the_command(service: Service) -> None:
    assert "--fork yes" in service("restart", "--dry-run").stdout
