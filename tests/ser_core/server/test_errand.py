from __future__ import annotations

import os
import signal
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ser_core.database.url import DatabaseUrl
from ser_core.errors import SerError
from ser_core.modules.api import Module
from ser_core.server import errand
from ser_core.server.errand import ErrandFailed
from ser_core.server.privileges import Identity
from tests.support.daemon import is_running

HERE = Identity()
NOBODY = 65534


class Errands(Module):
    """Writes down what it is asked."""

    name = "errands"

    def __init__(self, notes: Path, *, has: bool = True) -> None:
        super().__init__()
        self._notes = notes
        self._has = has
        self.error: Exception | None = None

    def has_errands(self) -> bool:
        return self._has

    def rehearse(self) -> None:
        self._note(f"rehearsal {os.getpid()}")

    def before_all(self, location: str) -> None:
        self._note(f"before {location} {os.getpid()}")

    def after_all(self, location: str) -> None:
        self._note(f"after {location} {os.getpid()}")

    def _note(self, text: str) -> None:
        with self._notes.open("a") as file:
            file.write(text + "\n")
        if self.error is not None:
            raise self.error


@dataclass
class FakePlan:
    """As much of `Plan` as errands need."""

    modules: dict[str, Module]
    identity: Identity = HERE
    location: Path = Path("table")
    program: Any = field(init=False)

    def __post_init__(self) -> None:
        self.program = SimpleNamespace(modules=self.modules)


def test_it_is_done_by_another_process_before_the_start_and_after_the_end(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    plan: Any = FakePlan({"errands": Errands(notes)})
    errand.load(plan)
    errand.save(plan)
    lines = [line.split() for line in notes.read_text().splitlines()]
    assert [x[:2] for x in lines] == [["before", "table"], ["after", "table"]]
    assert str(os.getpid()) not in (lines[0][2], lines[1][2])


def test_with_one_process_it_is_done_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    notes = tmp_path / "notes"
    plan: Any = FakePlan({"errands": Errands(notes)})
    errand.load_here(plan)
    errand.save_here(plan)
    assert notes.read_text().split() == [
        *("before", "table", str(os.getpid())),
        *("after", "table", str(os.getpid())),
    ]


def test_modules_without_errands_cost_no_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fork", lambda: pytest.fail("forked"))
    plan: Any = FakePlan({"errands": Errands(tmp_path / "notes", has=False)})
    errand.load(plan)
    errand.save(plan)


def test_an_error_before_the_start_comes_back_one_at_the_end_is_logged(tmp_path: Path) -> None:
    module = Errands(tmp_path / "notes")
    module.error = SerError("no database at sqlite:///x")
    plan: Any = FakePlan({"errands": module})
    with pytest.raises(ErrandFailed, match="no database at sqlite:///x"):
        errand.load(plan)
    assert errand.save(plan) == "no database at sqlite:///x"


def test_what_one_module_cannot_write_keeps_no_other_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    modules = {name: Errands(tmp_path / name) for name in ("first", "second", "third")}
    modules["second"].error = SerError("2 are lost")
    modules["third"].error = SerError("3 are lost")
    plan: Any = FakePlan(dict(modules))
    assert errand.save(plan) == errand.save_here(plan) == "3 are lost; 2 are lost"
    assert (tmp_path / "first").read_text().count("after") == 2


def test_a_rehearsal_asks_databases_and_modules_in_another_process(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    module = Errands(notes)
    module.__dict__["db_url"] = f"sqlite:///{tmp_path}/ser.db"
    errand.rehearse(FakePlan({"errands": module}).program, HERE)
    word, pid = notes.read_text().split()
    assert word == "rehearsal"
    assert pid != str(os.getpid())
    assert os.listdir(tmp_path) == ["notes"]
    module.__dict__["db_url"] = f"sqlite:///{notes}/ser.db"
    reason = f"database sqlite:///{notes}/ser.db can't be used: cannot make"
    with pytest.raises(ErrandFailed, match=reason):
        errand.rehearse(FakePlan({"errands": module}).program, HERE)


def test_a_rehearsal_of_modules_without_errands_asks_nobody(tmp_path: Path) -> None:
    modules: dict[str, Module] = {"errands": Errands(tmp_path / "notes", has=False)}
    errand.rehearse(FakePlan(modules).program, HERE)
    assert os.listdir(tmp_path) == []


def test_an_exception_that_nobody_foresaw_comes_back_too() -> None:
    with pytest.raises(ErrandFailed, match="loading: ZeroDivisionError"):
        errand.run(lambda: 1 // 0, HERE, "loading", 5)


def test_a_child_that_is_killed_is_a_failure() -> None:
    with pytest.raises(ErrandFailed, match="ended with -9"):
        errand.run(lambda: os.kill(os.getpid(), signal.SIGKILL), HERE, "loading", 5)


def test_one_that_takes_long_is_told_of(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(errand, "TELL_SECONDS", 0.01)
    reading, writing = os.pipe()

    def told() -> bytes:
        os.close(writing)
        return os.read(reading, 1)

    timer = threading.Timer(0.2, os.close, [writing])
    timer.start()
    errand.run(told, HERE, "loading", 20)
    timer.join()
    os.close(reading)
    assert "still loading, after 0 s" in capfd.readouterr().err


def test_one_that_takes_too_long_is_killed() -> None:
    begun = time.monotonic()
    with pytest.raises(ErrandFailed, match="takes too long"):
        errand.run(lambda: time.sleep(30), HERE, "loading", 0.1)
    assert time.monotonic() - begun < 5


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes somebody else")
def test_it_is_done_as_the_user_that_the_others_will_be(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    notes = tmp_path / "who"
    notes.touch()
    notes.chmod(0o666)
    identity = Identity(NOBODY, NOBODY)
    errand.run(lambda: None, identity, "loading", 5)
    reading, writing = os.pipe()
    errand.run(lambda: os.write(writing, b"%d" % os.geteuid()), identity, "loading", 5)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        assert pipe.read() == b"%d" % NOBODY


def test_who_is_stopped_while_it_loads_leaves_no_process(tmp_path: Path) -> None:
    notes = tmp_path / "notes"

    class Waits(Errands):
        def before_all(self, location: str) -> None:
            self._note(str(os.getpid()))
            os.kill(os.getppid(), signal.SIGUSR1)
            time.sleep(30)

    def stop(_number: int, _frame: object) -> None:
        raise SystemExit

    former = signal.signal(signal.SIGUSR1, stop)
    try:
        with pytest.raises(SystemExit):
            errand.load(cast(Any, FakePlan({"errands": Waits(notes)})))
    finally:
        signal.signal(signal.SIGUSR1, former)
    assert not is_running(int(notes.read_text()))


def test_drivers_of_all_databases_are_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[str] = []

    class Uses(Module):
        name = "uses"
        db_url = "sqlite:////tmp/x.db"

    monkeypatch.setattr(DatabaseUrl, "load", lambda url: loaded.append(str(url)))
    errand.load_drivers(FakePlan({"uses": Uses()}).program)
    assert loaded == ["sqlite:////tmp/x.db"]
