"""The pid file: whose it is, stale ones, and a second start that touches nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ser_core.server.pidfile import PidFile, PidFileError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ser.pid"


def dead_pid() -> int:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def test_the_number_stands_in_it_with_a_line_end_until_it_is_removed(path: Path) -> None:
    file = PidFile(path)
    file.write(os.getpid())
    assert path.read_text() == f"{os.getpid()}\n"
    assert path.stat().st_mode & 0o777 == 0o644
    file.remove()
    assert not path.exists()


def test_a_second_start_is_refused_and_leaves_the_file_alone(path: Path) -> None:
    first = PidFile(path)
    first.write(os.getpid())
    with pytest.raises(PidFileError, match="running process found in the pid file"):
        PidFile(path)
    assert path.read_text() == f"{os.getpid()}\n"
    first.remove()


def test_the_lock_holds_as_long_as_a_forked_process_lives(path: Path) -> None:
    first = PidFile(path)
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(writing)
        os.read(reading, 1)
        os._exit(0)
    os.close(reading)
    os.close(first._descriptor)  # the parent is gone, so to speak
    with pytest.raises(PidFileError, match="running process"):
        PidFile(path)
    os.close(writing)
    os.waitpid(pid, 0)
    PidFile(path).remove()


def test_a_stale_file_is_taken_over_even_if_its_number_lives_again(
    path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path.write_text(f"{dead_pid()}\n")
    file = PidFile(path)
    assert "contains old pid" in capfd.readouterr().err
    file.write(1234567)
    assert path.read_text() == "1234567\n"
    file.remove()
    sleeper = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        path.write_text(f"{sleeper.pid}\n")  # the number has passed to something that isn't ser
        PidFile(path).remove()
    finally:
        sleeper.communicate(b"\n")


@contextmanager
def process_named(*words: str) -> Iterator[int]:
    """The pid of a process that has `words` in its command line, and does nothing."""
    code = "import sys; sys.stdout.write('x'); sys.stdout.flush(); input()"
    child = subprocess.Popen(
        [sys.executable, "-c", code, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    child.stdout.read(1)
    yield child.pid
    child.communicate(b"\n")


@pytest.mark.parametrize("option", [("-P", "{}"), ("--pid-file={}",)])
def test_a_live_ser_of_this_file_is_respected_though_it_lost_the_lock(
    path: Path, option: tuple[str, ...]
) -> None:
    with process_named("ser_core", *(word.format(path) for word in option)) as number:
        path.write_text(f"{number}\n")
        with pytest.raises(PidFileError, match="running process found"):
            PidFile(path)
        assert path.read_text() == f"{number}\n"


def test_a_number_that_has_passed_to_another_ser_is_no_hindrance(path: Path) -> None:
    with process_named("ser_core", "-P", "/run/ser/another.pid") as number:
        path.write_text(f"{number}\n")
        PidFile(path).remove()


def test_a_start_waits_for_the_processes_that_a_killed_attendant_left(path: Path) -> None:
    first = PidFile(path)
    first.write(dead_pid())
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:  # a receiver: it ends when the start has begun to wait
        os.close(writing)
        os.read(reading, 1)
        os._exit(0)
    os.close(reading)
    os.close(first._descriptor)
    waited = iter([lambda: os.close(writing)])

    def sleep(seconds: float) -> None:
        next(waited, lambda: os.waitpid(pid, 0))()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "sleep", sleep)
        PidFile(path).remove()


@pytest.mark.parametrize("content", ["not a pid\n", "-5\n", "12345678901234567890\n"])
def test_a_file_that_is_no_pid_file_is_left_alone(path: Path, content: str) -> None:
    path.write_text(content)
    with pytest.raises(PidFileError, match="doesn't contain a valid pid number"):
        PidFile(path)
    assert path.read_text() == content


def test_a_longer_number_leaves_nothing_behind_it(path: Path) -> None:
    path.write_text(f"{dead_pid()}000\n")
    file = PidFile(path)
    file.write(7)
    assert path.read_text() == "7\n"
    file.remove()


def test_a_link_is_not_followed(path: Path, tmp_path: Path) -> None:
    target = tmp_path / "precious"
    target.write_text("")
    path.symlink_to(target)
    with pytest.raises(PidFileError, match="cannot write the pid file"):
        PidFile(path)
    assert target.read_text() == ""


def test_a_directory_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(PidFileError, match="No such file or directory"):
        PidFile(tmp_path / "none" / "ser.pid")


def test_a_file_that_somebody_replaced_is_not_removed(path: Path) -> None:
    file = PidFile(path)
    path.unlink()
    path.write_text("somebody else's\n")
    file.remove()
    assert path.read_text() == "somebody else's\n"


def test_what_cannot_be_removed_is_emptied(
    path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def refuse(self: Path, missing_ok: bool = False) -> None:
        raise PermissionError(13, "Permission denied")

    file = PidFile(path)
    file.write(99)
    monkeypatch.setattr(Path, "unlink", refuse)
    file.remove()
    assert path.read_text() == ""
    assert "stays behind" in capfd.readouterr().err


def test_a_killed_owner_leaves_a_file_that_the_next_start_takes(path: Path) -> None:
    code = (
        "import os, sys, time\n"
        "from pathlib import Path\n"
        "from ser_core.server.pidfile import PidFile\n"
        "PidFile(Path(sys.argv[1])).write(os.getpid())\n"
        "sys.stdout.write('x'); sys.stdout.flush(); input()\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    assert child.stdin is not None
    child.stdout.read(1)
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdin.close()
    child.stdout.close()
    assert path.read_text() == f"{child.pid}\n"
    PidFile(path).remove()
