from __future__ import annotations

import grp
import os
import pwd
import stat
from pathlib import Path

import pytest

from ser_core.fifo import access as access_file
from ser_core.fifo.access import (
    MEMBERSHIP_SECONDS,
    Access,
    AccessError,
    Writers,
    find_access,
    is_in_group,
)

ME = pwd.getpwuid(os.geteuid())
STRANGER = 54321


def file_of(mode: int, uid: int = STRANGER, gid: int = STRANGER) -> os.stat_result:
    return os.stat_result((stat.S_IFIFO | mode, 1, 1, 1, uid, gid, 0, 0, 0, 0))


def test_names_and_numbers_are_looked_up() -> None:
    group = grp.getgrgid(ME.pw_gid)
    found = find_access(0o600, ME.pw_name, group.gr_name, None, None)
    assert found == Access(0o600, ME.pw_uid, ME.pw_gid)
    assert find_access(0o660, "54321", "54322", 1, 2) == Access(0o660, 54321, 54322)


def test_what_the_directives_leave_open_belongs_to_whom_ser_becomes() -> None:
    assert find_access(0o660, "", "", 7, 8) == Access(0o660, 7, 8)
    assert find_access(0o660, "9", "", 7, 8) == Access(0o660, 9, 8)


@pytest.mark.parametrize(
    ("user", "group", "text"),
    [
        ("nobody-there", "", "fifo_user: there is no user nobody-there"),
        ("", "nobody-there", "fifo_group: there is no group nobody-there"),
    ],
)
def test_an_unknown_name_is_told_with_its_directive(user: str, group: str, text: str) -> None:
    with pytest.raises(AccessError, match=text):
        find_access(0o660, user, group, None, None)


def test_mode_0_lets_only_the_owner_in() -> None:
    assert Access(mode=0).permissions == 0o600
    assert Access(mode=0o666).permissions == 0o666


def test_files_of_ours_and_of_the_owner_to_be_are_ours() -> None:
    access = Access(uid=STRANGER)
    assert access.is_ours(os.geteuid())
    assert access.is_ours(STRANGER)
    assert not access.is_ours(STRANGER + 1)


def test_group_and_owner_are_given_one_by_one() -> None:
    given: list[tuple[int, int]] = []
    Access(0o660, 7, 8).give(Path("ser_fifo"), lambda uid, gid: given.append((uid, gid)))
    assert given == [(-1, 8), (7, -1)]
    given.clear()
    Access().give(Path("ser_fifo"), lambda uid, gid: given.append((uid, gid)))
    assert given == []


def test_who_may_not_give_it_away_gives_the_group_at_least_and_tells() -> None:
    given: list[tuple[int, int]] = []

    def chown(uid: int, gid: int) -> None:
        if uid >= 0:
            raise PermissionError(1, "Operation not permitted")
        given.append((uid, gid))

    with pytest.raises(
        AccessError,
        match="cannot give ser_fifo to uid 7, gid 8: Operation not permitted; see fifo_user",
    ):
        Access(0o660, 7, 8).give(Path("ser_fifo"), chown)
    assert given == [(-1, 8)]


def test_a_number_that_no_user_can_have_is_told() -> None:
    def chown(uid: int, gid: int) -> None:
        raise OverflowError("too big")

    with pytest.raises(AccessError, match="too big"):
        Access(uid=1 << 40).give(Path("ser_fifo"), chown)


def test_root_we_and_the_owner_may_write() -> None:
    writers = Writers()
    assert writers.may_write(file_of(0o000), 0)
    assert writers.may_write(file_of(0o000), os.geteuid())
    assert writers.may_write(file_of(0o600), STRANGER)
    assert not writers.may_write(file_of(0o060), STRANGER)
    assert not writers.may_write(file_of(0o660), STRANGER + 1)


def test_others_may_write_when_the_mode_lets_them() -> None:
    assert Writers().may_write(file_of(0o662), STRANGER + 1)


def test_members_of_the_group_may_write_when_the_mode_lets_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(access_file, "is_in_group", lambda uid, gid: (uid, gid) == (7, 8))
    writers = Writers()
    assert writers.may_write(file_of(0o660, gid=8), 7)
    assert not writers.may_write(file_of(0o640, gid=8), 7)
    assert not writers.may_write(file_of(0o660, gid=9), 7)


def test_a_membership_is_asked_for_once_in_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    now = 100.0

    def member(uid: int, gid: int) -> bool:
        asked.append(uid)
        return True

    monkeypatch.setattr(access_file, "is_in_group", member)
    monkeypatch.setattr(access_file, "_MEMBERSHIPS_LIMIT", 2)
    writers = Writers(lambda: now)
    for _ in range(3):
        assert writers.may_write(file_of(0o660), 7)
    assert asked == [7]
    now += MEMBERSHIP_SECONDS + 1
    assert writers.may_write(file_of(0o660), 7)
    assert asked == [7, 7]
    for uid in (8, 9, 10):
        assert writers.may_write(file_of(0o660), uid)
    assert asked == [7, 7, 8, 9, 10]


def test_the_system_knows_who_is_in_a_group(monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_in_group(ME.pw_uid, ME.pw_gid)
    assert not is_in_group(ME.pw_uid, STRANGER)
    assert not is_in_group(STRANGER, STRANGER)
    assert not is_in_group(1 << 40, STRANGER)
