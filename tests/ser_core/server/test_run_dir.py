"""The run directory: private, ours, no link; empty at the start and gone at the end."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ser_core.server import run_dir
from ser_core.server.run_dir import (
    TABLES,
    RunDirectory,
    RunDirectoryError,
    instance_name,
)
from ser_core.sip.hop import Listener

LISTENER = Listener("udp", "127.0.0.1", 5060)


def test_an_instance_is_named_for_its_first_address() -> None:
    assert instance_name(LISTENER) == "udp-127.0.0.1-5060"
    assert instance_name(Listener("tcp", "2001:db8::1", 5061)) == "tcp-2001_db8__1-5061"


def test_it_is_made_private_and_removed(tmp_path: Path) -> None:
    parent = tmp_path / "run" / "ser"
    made = RunDirectory(parent, LISTENER)
    assert made.path.stat().st_mode & 0o777 == (0o750 if os.geteuid() == 0 else 0o700)
    assert not parent.stat().st_mode & 0o022
    made.location.write_text("registrations")
    (made.path / "deep").mkdir()
    (made.path / "deep" / "file").write_text("x")
    made.remove()
    assert not made.path.exists()


def test_what_a_crashed_instance_left_is_wiped(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("x")
    crashed = RunDirectory(tmp_path / "ser", LISTENER)
    crashed.location.write_text("old registrations")
    (crashed.path / "link").symlink_to(outside)
    (crashed.path / "directory").mkdir()
    os.close(crashed._descriptor)
    made = RunDirectory(tmp_path / "ser", LISTENER)
    assert os.listdir(made.path) == [TABLES]
    assert os.listdir(made.location.parent) == []
    assert (outside / "kept").exists()
    made.remove()


def test_two_instances_have_two_directories(tmp_path: Path) -> None:
    one = RunDirectory(tmp_path, LISTENER)
    two = RunDirectory(tmp_path, Listener("udp", "127.0.0.1", 5070))
    one.location.write_text("x")
    two.remove()
    assert one.location.exists()
    one.remove()


def test_the_directory_of_a_live_instance_is_left_alone(tmp_path: Path) -> None:
    live = RunDirectory(tmp_path, LISTENER)
    live.location.write_text("registrations")
    with pytest.raises(RunDirectoryError, match="another ser uses"):
        RunDirectory(tmp_path, LISTENER)
    assert live.location.read_text() == "registrations"
    live.remove()


def test_a_link_in_its_place_is_refused(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    (target / "precious").write_text("x")
    parent = tmp_path / "ser"
    parent.mkdir(mode=0o700)
    (parent / instance_name(LISTENER)).symlink_to(target)
    with pytest.raises(RunDirectoryError, match="cannot use"):
        RunDirectory(parent, LISTENER)
    (tmp_path / "linked").symlink_to(parent)
    with pytest.raises(RunDirectoryError, match="cannot use"):
        RunDirectory(tmp_path / "linked", LISTENER)
    assert (target / "precious").exists()


def test_a_file_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ser").write_text("")
    with pytest.raises(RunDirectoryError, match="cannot use"):
        RunDirectory(tmp_path / "ser", LISTENER)


def test_another_users_directory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1234)
    if owner == 0:  # root's is fine for us as long as nobody else writes there
        tmp_path.chmod(0o777)
        with pytest.raises(RunDirectoryError, match="can be written by everybody"):
            RunDirectory(tmp_path, LISTENER)
    else:
        with pytest.raises(RunDirectoryError, match="belongs to another user"):
            RunDirectory(tmp_path, LISTENER)


def test_a_directory_that_others_could_write_to_is_closed_to_them(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    RunDirectory(tmp_path, LISTENER).remove()
    assert not tmp_path.stat().st_mode & 0o022


def test_what_cannot_be_removed_at_the_end_is_told_not_raised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    made = RunDirectory(tmp_path, LISTENER)
    (made.path / "ser_reply_1").write_text("x")

    def refuse(self: Path, missing_ok: bool = False) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "unlink", refuse)
    made.remove()
    assert "cannot empty" in capfd.readouterr().err


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory to any group")
def test_members_of_a_group_can_make_their_files_there_and_touch_no_others(tmp_path: Path) -> None:
    made = RunDirectory(tmp_path, LISTENER)
    made.give_to(12344, 12345)
    made.share_with(12345)
    found = made.path.stat()
    assert (found.st_uid, found.st_gid) == (12344, 12345)
    assert stat.S_IMODE(found.st_mode) == 0o1770
    tables = made.location.parent.stat()
    assert (tables.st_uid, stat.S_IMODE(tables.st_mode)) == (12344, 0o700)
    os.close(made._descriptor)  # a crash
    again = RunDirectory(tmp_path, LISTENER)
    found = again.path.stat()
    assert (found.st_uid, found.st_gid) == (os.geteuid(), os.getegid())
    assert stat.S_IMODE(found.st_mode) == 0o750
    again.remove()


def test_who_is_not_root_keeps_the_directory_to_himself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_dir, "is_service", lambda parent: False)
    made = RunDirectory(tmp_path, LISTENER)
    before = stat.S_IMODE(made.path.stat().st_mode)
    assert before == 0o700
    made.share_with(12345)
    assert stat.S_IMODE(made.path.stat().st_mode) == before
    made.remove()


def test_a_file_that_its_owner_removes_meanwhile_is_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    made = RunDirectory(tmp_path, LISTENER)
    there = [*made.path.iterdir(), made.path / "ser_reply_1"]
    with monkeypatch.context() as patch:
        patch.setattr(Path, "iterdir", lambda self: iter(there))
        made.remove()
    assert not made.path.exists()
    assert "cannot empty" not in capfd.readouterr().err


def status_of(work: Callable[[], None]) -> int:
    """Run `work` as a user without rights; 0 when it returned."""
    pid = os.fork()
    if pid == 0:
        try:
            os.setgroups([])
            os.setresgid(54322, 54322, 54322)
            os.setresuid(54321, 54321, 54321)
            work()
        except BaseException as error:  # noqa: BLE001  # the status is all that the test sees
            os.write(2, repr(error).encode())
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@pytest.fixture
def given() -> Iterator[Path]:
    """What systemd makes of RuntimeDirectory=: a directory that belongs to the service's user."""
    with tempfile.TemporaryDirectory() as above:
        Path(above).chmod(0o755)
        made = Path(above, "ser")
        made.mkdir(mode=0o755)
        os.chown(made, 54321, 54322)
        yield made


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_directory_given_by_the_service_manager_is_used_as_roots_own(
    given: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNTIME_DIRECTORY", f"/run/other:{given}")

    def work() -> None:
        made = RunDirectory(given, LISTENER)
        assert stat.S_IMODE(given.stat().st_mode) == 0o755
        assert stat.S_IMODE(made.path.stat().st_mode) == 0o750
        made.give_to(54321, 54322)  # -u and -g with what we are already
        made.share_with(54322)
        assert stat.S_IMODE(made.path.stat().st_mode) == 0o1770
        with pytest.raises(RunDirectoryError, match="see fifo_group"):
            made.share_with(54399)
        made.remove()
        assert not made.path.exists()

    assert status_of(work) == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_directory_that_nobody_has_given_is_closed(
    given: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RUNTIME_DIRECTORY", raising=False)

    def work() -> None:
        made = RunDirectory(given, LISTENER)
        assert stat.S_IMODE(given.stat().st_mode) == 0o700
        assert stat.S_IMODE(made.path.stat().st_mode) == 0o700
        made.remove()

    assert status_of(work) == 0
