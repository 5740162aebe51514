"""What the FIFO and the command socket have in common as files."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from ser_core.fifo.access import Access, AccessError
from ser_core.fifo.endpoint import Endpoint, kind_of
from ser_core.fifo.request_pipe import RequestPipe
from ser_core.fifo.request_socket import RequestSocket

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
STRANGER = 54321
ME = os.geteuid()

KINDS: list[type[RequestPipe] | type[RequestSocket]] = [RequestPipe, RequestSocket]


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> type[RequestPipe] | type[RequestSocket]:
    found: type[RequestPipe] | type[RequestSocket] = request.param
    return found


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ser_commands"


@pytest.fixture
def endpoint(kind: type[Endpoint], path: Path) -> Iterator[Endpoint]:
    made = kind(path, Access())
    yield made
    made.close()


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def put(kind: type[Endpoint], path: Path) -> None:
    """What a crashed ser leaves: nobody serves it."""
    left = kind(path, Access())
    left.make()
    left.close()


def test_it_is_made_with_the_mode_whatever_the_umask(kind: type[Endpoint], path: Path) -> None:
    for umask, mode in ((0o077, 0o666), (0, 0o600), (0o777, 0o620)):
        before = os.umask(umask)
        try:
            made = kind(path, Access(mode))
            made.make()
            assert os.umask(umask) == umask, "it is as it was"
        finally:
            os.umask(before)
        assert mode_of(path) == mode
        assert stat.S_IFMT(path.lstat().st_mode) == kind.kind
        made.remove()


def test_a_relative_path_is_one_from_where_we_were(
    kind: type[Endpoint], path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(path.parent)
    endpoint = kind(Path(path.name), Access())
    endpoint.make()
    monkeypatch.chdir("/")
    assert endpoint.is_in_place()
    endpoint.remove()
    assert not path.exists()


@root_only
def test_root_gives_it_away(kind: type[Endpoint], path: Path) -> None:
    made = kind(path, Access(0o660, STRANGER, STRANGER + 1))
    made.make()
    assert (path.stat().st_uid, path.stat().st_gid) == (STRANGER, STRANGER + 1)
    assert mode_of(path) == 0o660
    made.close()


def test_an_owner_that_cannot_be_given_ends_the_start(kind: type[Endpoint], path: Path) -> None:
    made = kind(path, Access(uid=1 << 40))
    with pytest.raises(AccessError, match="cannot give"):
        made.make()
    assert not path.exists()
    assert made.fd == -1


def test_what_a_crashed_ser_left_is_replaced(endpoint: Endpoint, path: Path) -> None:
    put(type(endpoint), path)
    before = path.lstat().st_ino
    keeper = os.open(path, os.O_PATH)  # so that the inode's number isn't used again
    endpoint.make()
    os.close(keeper)
    assert path.lstat().st_ino != before
    assert endpoint.is_in_place()


def test_that_of_another_ser_is_left_to_it(endpoint: Endpoint, path: Path) -> None:
    other = type(endpoint)(path, Access())
    other.make()
    with pytest.raises(AccessError, match=f"{path} is served by another ser: stop that"):
        endpoint.make()
    assert other.is_in_place()
    other.close()


@root_only
def test_somebody_elses_is_left_to_them(endpoint: Endpoint, path: Path) -> None:
    put(type(endpoint), path)
    os.chown(path, STRANGER, -1)
    with pytest.raises(AccessError, match=f"belongs to another user \\(uid {STRANGER}\\): remove"):
        endpoint.make()
    assert path.exists()


@root_only
def test_that_of_the_owner_to_be_is_ours(kind: type[Endpoint], path: Path) -> None:
    put(kind, path)
    os.chown(path, STRANGER, -1)
    made = kind(path, Access(uid=STRANGER))
    made.make()
    assert made.is_in_place()
    made.close()


def in_the_way(path: Path, what: str) -> None:
    match what:
        case "a plain file":
            path.write_text("precious")
        case "a directory":
            path.mkdir()
        case "a link":
            path.symlink_to(path.parent / "anything")
        case "a FIFO":
            os.mkfifo(path)
        case "a socket":
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as made:
                made.bind(str(path))


OTHERS = ["a plain file", "a directory", "a link", "a FIFO", "a socket"]


@pytest.mark.parametrize("what", OTHERS)
def test_anything_else_is_left_alone(endpoint: Endpoint, path: Path, what: str) -> None:
    if kind_of(endpoint.kind) == what:
        return
    in_the_way(path, what)
    before = path.lstat()
    wanted = f"{path} is {what}, not {kind_of(endpoint.kind)}: remove it, or give another path with"
    with pytest.raises(AccessError, match=f"{wanted} {endpoint.directive}="):
        endpoint.make()
    assert path.lstat().st_ino == before.st_ino


def test_a_link_to_one_is_refused_too(endpoint: Endpoint, path: Path) -> None:
    target = path.parent / "target"
    put(type(endpoint), target)
    path.symlink_to(target)
    with pytest.raises(AccessError, match="is a link"):
        endpoint.make()
    assert target.exists()


def test_a_directory_that_is_not_there_is_told(kind: type[Endpoint], tmp_path: Path) -> None:
    with pytest.raises(AccessError, match=r"can't create .*missing.*: No such file or directory"):
        kind(tmp_path / "missing" / "ser_commands", Access()).make()
    (tmp_path / "file").touch()
    with pytest.raises(AccessError, match=r"cannot look at .*: Not a directory"):
        kind(tmp_path / "file" / "ser_commands", Access()).make()


def test_it_is_out_of_place_once_deleted_or_replaced(endpoint: Endpoint, path: Path) -> None:
    endpoint.make()
    assert endpoint.is_in_place()
    path.unlink()
    assert not endpoint.is_in_place()
    path.touch()
    assert not endpoint.is_in_place()


@pytest.mark.parametrize("what", ["nothing", "a plain file", "a link", "a FIFO", "a socket"])
def test_it_is_made_again_over_whatever_stands_there(
    endpoint: Endpoint, path: Path, what: str, capfd: pytest.CaptureFixture[str]
) -> None:
    endpoint.make()
    path.unlink()
    in_the_way(path, what)
    endpoint.remake()
    assert endpoint.is_in_place()
    assert mode_of(path) == 0o660
    logged = capfd.readouterr().err
    assert what == "nothing" or f"{what} stood at the place of {path}: deleted" in logged


def test_a_link_goes_and_its_target_stays(endpoint: Endpoint, path: Path) -> None:
    endpoint.make()
    path.unlink()
    target = path.parent / "precious"
    target.write_text("precious")
    path.symlink_to(target)
    endpoint.remake()
    assert target.read_text() == "precious"


def test_while_in_place_it_is_made_again_too(
    endpoint: Endpoint, path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """It may be unreadable for a reason that has nothing to do with its name."""
    endpoint.make()
    before = endpoint.fd
    endpoint.remake()
    assert endpoint.is_in_place()
    assert endpoint.fd != before or endpoint.fd >= 0
    assert "stood at the place" not in capfd.readouterr().err


def test_a_directory_in_its_place_is_told_and_what_is_open_stays(
    endpoint: Endpoint, path: Path
) -> None:
    endpoint.make()
    path.unlink()
    path.mkdir()
    with pytest.raises(AccessError, match=f"cannot delete old {path}: Is a directory"):
        endpoint.remake()
    os.fstat(endpoint.fd)


def test_what_another_program_serves_now_is_left_to_it(endpoint: Endpoint, path: Path) -> None:
    endpoint.make()
    path.unlink()
    other = type(endpoint)(path, Access())
    other.make()
    with pytest.raises(AccessError, match=f"{path} was taken by another program"):
        endpoint.remake()
    assert other.is_in_place()
    other.close()


def test_made_again_with_another_owner_is_better_than_not_made(
    kind: type[Endpoint],
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    endpoint = kind(path, Access(0o660, ME, os.getegid()))
    endpoint.make()
    path.unlink()

    def refuse(*_: int | Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "fchown", refuse)
    monkeypatch.setattr(os, "lchown", refuse)
    endpoint.remake()
    assert endpoint.is_in_place()
    assert mode_of(path) == 0o660
    assert f"cannot give {path} to uid {ME}" in capfd.readouterr().err
    endpoint.close()


def test_removing_deletes_what_is_ours(endpoint: Endpoint, path: Path) -> None:
    endpoint.make()
    endpoint.remove()
    assert not path.exists()
    assert endpoint.fd == -1
    endpoint.remove()


def test_removing_leaves_what_is_not_ours(endpoint: Endpoint, path: Path) -> None:
    endpoint.make()
    path.unlink()
    path.write_text("precious")
    endpoint.remove()
    assert path.read_text() == "precious"


def test_a_forked_process_leaves_it_unless_it_has_made_it_again(
    endpoint: Endpoint, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint.make()
    parent = os.getpid()
    monkeypatch.setattr(os, "getpid", lambda: parent + 1)
    endpoint.remove()
    assert path.exists()
    endpoint.remake()
    endpoint.remove()
    assert not path.exists()


def test_what_cannot_be_deleted_at_the_end_is_told(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    endpoint.make()

    def refuse(_: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "unlink", refuse)
    monkeypatch.setattr("ser_core.log._level", [9])
    endpoint.remove()
    assert "stays behind: Permission denied" in capfd.readouterr().err


def test_other_files_have_a_name_too() -> None:
    assert kind_of(os.stat("/dev/null").st_mode) == "a device"
