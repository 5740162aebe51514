"""Becoming another user and group, for good.

Each process that talks to the network does it for itself, once its code is loaded; the attendant
stays what it was, as it talks to nobody but its children.
"""

from __future__ import annotations

import grp
import os
import pwd
from collections.abc import Sequence
from dataclasses import dataclass

from ser_core.errors import SerError
from ser_core.server import parent_death


class PrivilegeError(SerError):
    """No such user or group, or no permission to become them."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom to run as; None: as we are."""

    uid: int | None = None
    gid: int | None = None

    @property
    def changes(self) -> bool:
        """True when there is anything to become."""
        return self.uid is not None or self.gid is not None


def find_identity(user: str, group: str) -> Identity:
    """Look up `user` and `group`, by name or number; a user brings its primary group.

    Raises PrivilegeError.
    """
    uid, gid = _find_user(user) if user else (None, None)
    if group:
        gid = _find_group(group)
    return Identity(uid, gid)


def _find_user(user: str) -> tuple[int, int | None]:
    try:
        entry = pwd.getpwnam(user)
    except KeyError:
        if not user.isdecimal():
            raise PrivilegeError(f"bad user name/uid number: -u {user}") from None
        try:
            entry = pwd.getpwuid(int(user))
        except (KeyError, OverflowError):
            return int(user), int(user)  # a number without a name: its group has the same number
    return entry.pw_uid, entry.pw_gid


def _find_group(group: str) -> int:
    try:
        return grp.getgrnam(group).gr_gid
    except KeyError:
        if not group.isdecimal():
            raise PrivilegeError(f"bad group name/gid number: -g {group}") from None
        return int(group)


def become(identity: Identity, groups: Sequence[int] = ()) -> None:
    """Take on the identity, with no supplementary groups but `groups`, and no way back.

    Raises PrivilegeError.
    """
    death_signal = parent_death.get_signal()
    try:
        if identity.changes and os.geteuid() == 0:
            os.setgroups(groups)
        if identity.gid is not None and identity.gid != os.getegid():
            os.setresgid(identity.gid, identity.gid, identity.gid)
        if identity.uid is not None and identity.uid != os.geteuid():
            os.setresuid(identity.uid, identity.uid, identity.uid)
    except (OSError, OverflowError) as error:
        raise PrivilegeError(
            f"cannot run as uid {identity.uid}, gid {identity.gid}: {error}"
        ) from error
    parent_death.set_signal(death_signal)
    _verify(identity)


def check(identity: Identity) -> None:
    """Raise PrivilegeError when the identity can't be taken on, before anything depends on it."""
    same = identity.uid in (None, os.geteuid()) and identity.gid in (None, os.getegid())
    if os.geteuid() != 0 and not same:
        raise PrivilegeError("only root can run ser as another user or group")


def _verify(identity: Identity) -> None:
    """Make sure that it took, and that root can't be had back."""
    if identity.uid is not None and set(os.getresuid()) != {identity.uid}:
        raise PrivilegeError(f"still uid {os.getresuid()} after changing to {identity.uid}")
    if identity.gid is not None and set(os.getresgid()) != {identity.gid}:
        raise PrivilegeError(f"still gid {os.getresgid()} after changing to {identity.gid}")
    if identity.uid:
        try:
            os.setuid(0)
        except PermissionError:
            return
        raise PrivilegeError("root could be had back after giving it up")
