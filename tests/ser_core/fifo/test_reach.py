"""What users read when ser can't be asked."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from ser_core.fifo.protocol import Reply
from ser_core.fifo.reach import (
    CannotReach,
    NoReply,
    Reach,
    explain,
    explain_no_pipe,
    not_a_fifo,
    parsed,
)

FIFO = Path("/run/ser/udp-192.0.2.1-5060/ser_fifo")


def os_error(number: int) -> OSError:
    return OSError(number, os.strerror(number))


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.ENOENT, Reach.NOT_RUNNING),
        (errno.ENOTDIR, Reach.NOT_RUNNING),
        (errno.ENXIO, Reach.STALE),
        (errno.EPIPE, Reach.STALE),
        (errno.ECONNREFUSED, Reach.STALE),
        (errno.EACCES, Reach.NO_PERMISSION),
        (errno.EPERM, Reach.NO_PERMISSION),
        (errno.EISDIR, Reach.NOT_A_FIFO),
        (errno.EPROTOTYPE, Reach.NOT_A_FIFO),
    ],
)
def test_each_failure_has_its_reason(number: int, reason: Reach) -> None:
    assert explain(os_error(number), FIFO).reason is reason


def test_what_has_no_words_of_ours_has_the_system_s() -> None:
    assert str(explain(os_error(errno.EISDIR), FIFO)) == f"cannot use {FIFO}: Is a directory"
    assert str(explain(OSError("AF_UNIX path too long"), FIFO)).endswith(": AF_UNIX path too long")


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A file for which we have no permission, whoever we are."""
    path = tmp_path / "ser_fifo"
    os.mkfifo(path, 0o600)
    monkeypatch.setattr(os, "access", lambda place, mode, **_: Path(place) != path)
    return path


def own(path: Path, uid: int, gid: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it look as if it belonged to them."""
    real = path.stat()
    fields = list(real)
    fields[4], fields[5] = uid, gid
    monkeypatch.setattr(Path, "stat", lambda self: os.stat_result(fields))


def test_a_group_is_named_where_it_helps(refused: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refused.chmod(0o660)
    own(refused, 1, 12345678, monkeypatch)
    assert str(explain(os_error(errno.EACCES), refused)) == (
        f"no permission for {refused} of user daemon, group 12345678;"
        " become a member of group 12345678, or use sudo -u daemon"
    )


@pytest.mark.parametrize(("mode", "gid"), [(0o600, 1), (0o660, 0)])
def test_a_group_that_does_not_help_is_not_recommended(
    mode: int, gid: int, refused: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused.chmod(mode)
    own(refused, 12345678, gid, monkeypatch)
    text = str(explain(os_error(errno.EACCES), refused))
    assert "become" not in text
    assert text.endswith("; use sudo -u 12345678")


def test_what_is_allowed_or_gone_by_now_is_just_told(tmp_path: Path) -> None:
    path = tmp_path / "ser_fifo"
    assert str(explain(os_error(errno.EACCES), path)) == f"no permission for {path}"
    path.touch()
    assert str(explain(os_error(errno.EACCES), path)) == f"no permission for {path}"


def test_without_a_reply_pipe_nothing_is_asked(refused: Path) -> None:
    refusal = explain_no_pipe(os_error(errno.EACCES), refused)
    assert refusal.reason is Reach.NO_PERMISSION
    assert str(refusal).startswith(f"cannot make a reply pipe: no permission for {refused} of ")
    refusal = explain_no_pipe(os_error(errno.ENOSPC), Path("/run/ser"))
    assert refusal.reason is Reach.NO_REPLY_PIPE
    text = "cannot make a reply pipe in /run/ser: No space left on device"
    assert str(refusal) == text


def test_something_else_is_told() -> None:
    refusal = not_a_fifo(FIFO)
    assert isinstance(refusal, CannotReach)
    assert str(refusal) == f"{FIFO} is neither a FIFO nor a socket"


def test_rubbish_is_no_reply() -> None:
    assert parsed(b"200 ok\n") == Reply()
    with pytest.raises(NoReply, match="no answer that makes sense: not a reply: b'ERROR"):
        parsed(b"ERROR\n")
