from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from serctl import instances
from serctl.instances import NoInstance, SeveralInstances, control_path, run_directories
from serctl.settings import Settings


def make_fifo(run_dir: Path, name: str) -> Path:
    (run_dir / name).mkdir(parents=True)
    fifo = run_dir / name / "ser_fifo"
    os.mkfifo(fifo)
    return fifo


@contextmanager
def being_read(*fifos: Path) -> Iterator[None]:
    with ExitStack() as stack:
        for fifo in fifos:
            stack.callback(os.close, os.open(fifo, os.O_RDONLY | os.O_NONBLOCK))
        yield


def test_what_is_named_is_taken() -> None:
    assert control_path(Settings(fifo="/tmp/ser_fifo")) == Path("/tmp/ser_fifo")
    both = Settings(fifo="/tmp/ser_fifo", unix_socket="/tmp/ser.sock")
    assert control_path(both) == Path("/tmp/ser.sock")


def test_the_one_ser_that_runs_is_found(tmp_path: Path) -> None:
    fifo = make_fifo(tmp_path, "udp-127.0.0.1-5060")
    with being_read(fifo):
        assert control_path(Settings(run_dir=str(tmp_path))) == fifo


def test_a_fifo_that_was_left_behind_does_not_count_beside_a_live_one(tmp_path: Path) -> None:
    make_fifo(tmp_path, "udp-127.0.0.1-5060")
    live = make_fifo(tmp_path, "udp-127.0.0.1-5070")
    with being_read(live):
        assert control_path(Settings(run_dir=str(tmp_path))) == live


def test_a_fifo_that_was_left_behind_alone_is_taken_so_that_using_it_tells(
    tmp_path: Path,
) -> None:
    fifo = make_fifo(tmp_path, "udp-127.0.0.1-5060")
    assert control_path(Settings(run_dir=str(tmp_path))) == fifo


def test_several_are_listed(tmp_path: Path) -> None:
    fifos = make_fifo(tmp_path, "b"), make_fifo(tmp_path, "a")
    with being_read(*fifos), pytest.raises(SeveralInstances) as caught:
        control_path(Settings(run_dir=str(tmp_path)))
    assert caught.value.message == "several ser run: choose one with --instance: a, b"
    assert caught.value.status == 2


def test_one_of_several_can_be_named(tmp_path: Path) -> None:
    wanted = make_fifo(tmp_path, "b")
    with being_read(wanted, make_fifo(tmp_path, "a")):
        assert control_path(Settings(run_dir=str(tmp_path), instance="b")) == wanted
        with pytest.raises(NoInstance, match="there is no instance c; these run: a, b"):
            control_path(Settings(run_dir=str(tmp_path), instance="c"))


@pytest.mark.parametrize("instance", ["", "c"])
def test_when_none_runs_it_says_what_to_do(tmp_path: Path, instance: str) -> None:
    with pytest.raises(NoInstance) as caught:
        control_path(Settings(run_dir=str(tmp_path / "x"), instance=instance))
    assert caught.value.message == (
        f"ser isn't running: no FIFO in {tmp_path}/x; start it (serctl start), or say where its "
        "FIFO is (--fifo PATH)"
    )
    assert caught.value.status == 3


def test_the_users_own_place_comes_before_that_of_the_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(instances, "default_run_directory", lambda: tmp_path)
    monkeypatch.setattr(instances, "SERVICE_DIRECTORY", Path("/run/ser"))
    assert run_directories(Settings()) == [tmp_path, Path("/run/ser")]
    monkeypatch.setattr(instances, "default_run_directory", lambda: Path("/run/ser"))
    assert run_directories(Settings()) == [Path("/run/ser")]
    assert run_directories(Settings(run_dir="/x")) == [Path("/x")]


def test_a_directory_that_we_must_not_enter_is_where_ser_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root may enter anything, so what the system would say to others is said here."""
    (tmp_path / "udp-127.0.0.1-5060").mkdir()
    monkeypatch.setattr(instances, "_may_enter", lambda path: False)
    expected = tmp_path / "udp-127.0.0.1-5060" / "ser_fifo"
    assert control_path(Settings(run_dir=str(tmp_path))) == expected


def test_a_run_directory_that_we_must_not_list_is_where_ser_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path) -> Iterator[Path]:
        raise PermissionError

    monkeypatch.setattr(Path, "iterdir", refuse)
    assert control_path(Settings(run_dir=str(tmp_path))) == tmp_path / "ser_fifo"


def test_a_fifo_that_we_must_not_open_may_be_live(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fifo = make_fifo(tmp_path, "a")

    def refuse(path: Path, flags: int) -> int:
        raise PermissionError

    monkeypatch.setattr(os, "open", refuse)
    assert control_path(Settings(run_dir=str(tmp_path))) == fifo
