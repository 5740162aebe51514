"""Giving up root: who is found, and that nothing of root is left."""

from __future__ import annotations

import os
import pwd
from collections.abc import Callable

import pytest

from ser_core.server import parent_death
from ser_core.server.privileges import Identity, PrivilegeError, become, check, find_identity

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


def test_nothing_said_means_nothing_changes() -> None:
    identity = find_identity("", "")
    assert identity == Identity(None, None)
    assert not identity.changes
    become(identity)


def test_a_user_brings_its_primary_group() -> None:
    entry = pwd.getpwnam("nobody")
    assert find_identity("nobody", "") == Identity(entry.pw_uid, entry.pw_gid)
    assert find_identity(str(entry.pw_uid), "") == Identity(entry.pw_uid, entry.pw_gid)


def test_a_group_wins_over_the_users_own() -> None:
    assert find_identity("nobody", "0").gid == 0
    assert find_identity("", "12345") == Identity(None, 12345)


def test_a_number_without_a_name_is_good() -> None:
    assert find_identity("54321", "") == Identity(54321, 54321)


@pytest.mark.parametrize(
    ("user", "group", "text"),
    [
        ("no-such-user", "", "bad user name/uid number: -u no-such-user"),
        ("", "no-such-group", "bad group name/gid number: -g no-such-group"),
        ("-1", "", "bad user name"),
    ],
)
def test_unknown_names_are_told(user: str, group: str, text: str) -> None:
    with pytest.raises(PrivilegeError, match=text):
        find_identity(user, group)


def status_of(work: Callable[[], None]) -> int:
    """Run `work` in a child; 0 when it returned, 1 for PrivilegeError, 2 for anything else."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        except PrivilegeError:
            os._exit(1)
        except BaseException:  # noqa: BLE001  # the status is all that the test sees
            os._exit(2)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@root_only
def test_root_is_gone_for_good_with_all_its_groups() -> None:
    def work() -> None:
        os.setgroups([0, 4])
        become(Identity(54321, 54322))
        assert os.getresuid() == (54321,) * 3
        assert os.getresgid() == (54322,) * 3
        assert os.getgroups() == []
        with pytest.raises(PermissionError):
            os.setuid(0)

    assert status_of(work) == 0


@root_only
def test_a_group_that_is_needed_comes_along() -> None:
    def work() -> None:
        os.setgroups([0, 4])
        become(Identity(54321, 54322), [54323])
        assert os.getgroups() == [54323]

    assert status_of(work) == 0


@root_only
def test_the_promise_to_die_with_the_parent_outlives_the_change() -> None:
    def work() -> None:
        parent_death.set_signal(15)
        become(Identity(54321, 54322))
        assert parent_death.get_signal() == 15

    assert status_of(work) == 0


def test_another_identity_without_root_is_refused_before_anything_depends_on_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    check(Identity(os.geteuid(), os.getegid()))
    monkeypatch.setattr(os, "geteuid", lambda: 1234)
    check(Identity(None, os.getegid()))
    with pytest.raises(PrivilegeError, match="only root can run ser as another user"):
        check(Identity(1235, None))


@root_only
def test_a_group_alone_can_be_changed() -> None:
    def work() -> None:
        become(Identity(None, 54322))
        assert os.getresgid() == (54322,) * 3
        assert os.getgroups() == []
        assert os.getuid() == 0

    assert status_of(work) == 0


@root_only
def test_without_root_it_is_refused() -> None:
    def work() -> None:
        os.setuid(54321)
        become(Identity(54322, None))

    assert status_of(work) == 1


@root_only
def test_a_change_that_did_not_take_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "setresuid", lambda *_: None)
    assert status_of(lambda: become(Identity(54321, None))) == 1


@root_only
def test_root_that_could_be_had_back_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "setuid", lambda _: None)
    assert status_of(lambda: become(Identity(54321, None))) == 1
