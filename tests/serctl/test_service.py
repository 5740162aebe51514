"""The service of the machine is started and stopped by its init script."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from ser_core.fifo.client import CannotReach, Reach
from serctl import service
from serctl.settings import Settings
from tests.support.serctl_runs import FakeSer, Run, serctl

GONE = CannotReach(Reach.STALE, "ser has gone")

SCRIPT = """\
#!/bin/sh
echo "$1" >>"{notes}"
[ "$1" = status ] && exit {status}
exit {others}
"""


class Machine:
    """One with an init script, or without."""

    def __init__(self, directory: Path) -> None:
        self.script = directory / "script"
        self.notes = directory / "notes"

    def has_script(self, *, status: int = 0, others: int = 0) -> None:
        text = SCRIPT.format(notes=self.notes, status=status, others=others)
        self.script.write_text(text)
        self.script.chmod(0o755)

    def told(self) -> list[str]:
        return self.notes.read_text().split() if self.notes.exists() else []

    def __call__(self, *words: str, config: bytes | CannotReach = GONE) -> Run:
        return serctl(*words, ser=FakeSer(config=config), settings=Settings())


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine(tmp_path)
    monkeypatch.setattr(service, "SCRIPT", made.script)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return made


@pytest.mark.parametrize("verb", ["start", "stop", "restart"])
def test_the_script_does_it(machine: Machine, verb: str) -> None:
    machine.has_script()
    run = machine(verb, "-y")
    assert (run.status, run.stdout, run.stderr) == (0, "", "")
    assert machine.told() == (["status", "stop"] if verb == "stop" else [verb])


@pytest.mark.parametrize("verb", ["stop", "restart"])
def test_what_takes_it_down_is_asked_about(machine: Machine, verb: str) -> None:
    machine.has_script()
    run = machine(verb, config=b"200 ok\nname\tvalue\npath\t/etc/ser/ser.cfg\npid\t1\n")
    assert run.status == 2
    assert f"{verb.capitalize()} the service ser? Nobody can be asked here" in run.stderr
    assert machine.told() == ["status"]


def test_what_the_script_cannot_do_is_a_failure(machine: Machine) -> None:
    machine.has_script(others=6)
    run = machine("start")
    assert run.status == 1
    assert run.stderr == f"serctl: {machine.script} says why not, above (exit status 6)\n"


def test_a_script_that_cannot_be_run_is_told(machine: Machine) -> None:
    machine.script.write_text("#!/no/such/shell\n")
    machine.script.chmod(0o755)
    run = machine("start")
    assert run.status == 1
    assert run.stderr == f"serctl: cannot run {machine.script}: No such file or directory\n"


def test_a_dry_run_prints_the_command(machine: Machine) -> None:
    machine.has_script()
    assert machine("start", "--dry-run").stdout == f"{machine.script} start\n"
    assert machine.told() == []


def test_a_service_that_does_not_run_is_not_the_one_to_be_stopped(machine: Machine) -> None:
    machine.has_script(status=3)
    run = machine("stop")
    assert (run.status, run.stderr) == (0, "serctl: ser isn't running\n")
    assert machine.told() == ["status"]


def test_restart_of_a_machine_where_none_runs_starts_the_service(machine: Machine) -> None:
    machine.has_script(status=3)
    assert machine("restart").status == 0
    assert machine.told() == ["restart"]


def test_restart_leaves_a_ser_that_somebody_runs_by_hand_to_its_own_ways(machine: Machine) -> None:
    machine.has_script(status=3)
    running = b"200 ok\nname\tvalue\npath\t/opt/joe/ser.cfg\npid\t1\n"
    run = machine("restart", "-y", config=running)
    assert run.status == 1
    assert "ser runs with /opt/joe/ser.cfg" in run.stderr
    assert machine.told() == ["status"]


@pytest.mark.parametrize("name", service.NAMING)
def test_who_names_another_ser_means_another(machine: Machine, name: str) -> None:
    machine.has_script()
    assert service.is_meant(Settings())
    value = ("-d",) if name == "start_options" else "/another"
    assert not service.is_meant(replace(Settings(), **{name: value}))  # type: ignore[arg-type]


def test_only_root_means_the_service_and_only_where_there_is_one(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not service.is_meant(Settings())
    machine.has_script()
    assert service.is_meant(replace(Settings(), domain="example.org", format="json"))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert not service.is_meant(Settings())
