"""Who may give commands: mode, owner and group of the request FIFO and of the command socket."""

from __future__ import annotations

import grp
import os
import pwd
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ser_core.errors import SerError

MEMBERSHIP_SECONDS = 60.0
"""How long the system's answer about a user's groups is believed; asking may take a network."""
_MEMBERSHIPS_LIMIT = 1024


class AccessError(SerError):
    """What stands at the FIFO's or the socket's place can't be used, or can't be made."""


@dataclass(frozen=True, slots=True)
class Access:
    """Permissions and owner as ser.cfg wants them."""

    mode: int = 0o660
    uid: int | None = None
    """None: whoever we are."""
    gid: int | None = None

    @property
    def permissions(self) -> int:
        """The mode; 0, which SER takes for "leave it", lets only the owner in."""
        return self.mode or 0o600

    @property
    def lets_group_in(self) -> bool:
        """True when members of the group may give commands."""
        return bool(self.mode & stat.S_IWGRP)

    def is_ours(self, uid: int) -> bool:
        """True for the owner of a file that an earlier run of ours may have left."""
        return uid in (os.geteuid(), self.uid)

    def give(self, path: Path, chown: Callable[[int, int], None]) -> None:
        """Set group and owner by `chown(uid, gid)`. AccessError, once both have been tried.

        Separately, as somebody who isn't root can still change to another of their groups.
        """
        refusal: OSError | OverflowError | None = None
        for uid, gid in ((-1, self.gid), (self.uid, -1)):
            if uid is None or gid is None:
                continue
            try:
                chown(uid, gid)
            except (OSError, OverflowError) as error:
                refusal = error
        if refusal is not None:
            reason = (refusal.strerror if isinstance(refusal, OSError) else "") or str(refusal)
            raise AccessError(
                f"cannot give {path} to uid {self.uid}, gid {self.gid}: {reason}; "
                "see fifo_user and fifo_group"
            ) from refusal


def find_access(mode: int, user: str, group: str, uid: int | None, gid: int | None) -> Access:
    """What fifo_mode, fifo_user and fifo_group say, names looked up.

    `uid` and `gid` are those that ser becomes; what the directives leave open belongs to them.
    Raises AccessError.
    """
    if user:
        uid = _find(user, "fifo_user", "user", lambda name: pwd.getpwnam(name).pw_uid)
    if group:
        gid = _find(group, "fifo_group", "group", lambda name: grp.getgrnam(name).gr_gid)
    return Access(mode, uid, gid)


def _find(name: str, directive: str, what: str, look_up: Callable[[str], int]) -> int:
    try:
        return look_up(name)
    except KeyError:
        if not name.isdecimal():
            raise AccessError(f"{directive}: there is no {what} {name}") from None
        return int(name)


class Writers:
    """Tells which users may write to a file."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._members: dict[tuple[int, int], tuple[float, bool]] = {}
        """User and group to until when we believe it, and whether they are in it."""

    def may_write(self, file: os.stat_result, uid: int) -> bool:
        """As owner, group and mode say; root and we can anyway."""
        mode = file.st_mode
        if uid in (0, os.geteuid()) or mode & stat.S_IWOTH:
            return True
        if uid == file.st_uid:
            return bool(mode & stat.S_IWUSR)
        return bool(mode & stat.S_IWGRP) and self._is_member(uid, file.st_gid)

    def _is_member(self, uid: int, gid: int) -> bool:
        now = self._clock()
        until, member = self._members.get((uid, gid), (now, False))
        if until > now:
            return member
        if len(self._members) >= _MEMBERSHIPS_LIMIT:
            self._members.clear()
        member = is_in_group(uid, gid)
        self._members[uid, gid] = (now + MEMBERSHIP_SECONDS, member)
        return member


def is_in_group(uid: int, gid: int) -> bool:
    """True when the system lists the user in the group, as the primary one or another."""
    try:
        user = pwd.getpwuid(uid)
    except (KeyError, OverflowError):
        return False
    return gid in os.getgrouplist(user.pw_name, user.pw_gid)
