"""Where commands come in: the FIFO and the command socket, as ser.cfg places them.

Both are made and opened before privileges go and before the fork, as sockets are, and removed at a
clean end.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from ser_core import log
from ser_core.errors import SerError
from ser_core.fifo.access import Access, find_access
from ser_core.fifo.places import FIFO_NAME
from ser_core.fifo.request_pipe import RequestPipe
from ser_core.fifo.request_socket import RequestSocket
from ser_core.script.settings import Settings
from ser_core.server.privileges import Identity
from ser_core.server.run_dir import RunDirectory

NO_FIFO = "none"

AnyEndpoint = TypeVar("AnyEndpoint", RequestPipe, RequestSocket)


class ControlError(SerError):
    """What ser.cfg says about the FIFO can't be done."""


@dataclass(frozen=True, slots=True)
class ControlPlaces:
    """The paths, all of them absolute, since the working directory changes."""

    fifo: Path | None
    """None: there is no FIFO."""
    reply_directory: Path | None
    """Of reply pipes; None exactly when there is no FIFO."""
    unix_sock: Path | None

    def report(self) -> str:
        """What is shown at the start."""
        lines = [f"FIFO: {self.fifo}\n"] if self.fifo else []
        lines += [f"Command socket: {self.unix_sock}\n"] if self.unix_sock else []
        return "".join((*lines, "\n")) if lines else ""


NOWHERE = ControlPlaces(None, None, None)


@dataclass(frozen=True, slots=True)
class ControlFiles:
    """The files themselves."""

    pipe: RequestPipe | None
    reply_directory: Path | None
    socket: RequestSocket | None
    gid: int | None = None
    """The group that they belong to, None: ours. Clients let it write to their reply pipes."""


def places_of(settings: Settings, run_dir: Path) -> ControlPlaces:
    """Where `settings` want FIFO and socket; `run_dir` is the instance's own directory."""
    unix_sock = Path(settings.unix_sock).absolute() if settings.unix_sock else None
    if settings.fifo == NO_FIFO:
        return ControlPlaces(None, None, unix_sock)
    fifo = Path(settings.fifo).absolute() if settings.fifo else run_dir / FIFO_NAME
    replies = Path(settings.fifo_dir).absolute() if settings.fifo_dir else fifo.parent
    return ControlPlaces(fifo, replies, unix_sock)


@contextlib.contextmanager
def control_files(
    places: ControlPlaces, settings: Settings, directory: RunDirectory, identity: Identity
) -> Iterator[ControlFiles | None]:
    """Make what is wanted, and remove it at the end; None: no commands come in.

    Raises SerError: another ser has it, something else stands there, no permission.
    """
    if places.fifo is None and places.unix_sock is None:
        yield None
        return
    access = find_access(
        settings.fifo_mode, settings.fifo_user, settings.fifo_group, identity.uid, identity.gid
    )
    if access.gid is not None and _makes_pipes_in(directory, places, access):
        directory.share_with(access.gid)
    with contextlib.ExitStack() as stack:
        pipe = socket = None
        if places.fifo is not None and places.reply_directory is not None:
            _look_at(places.fifo, places.reply_directory)
            pipe = _made(RequestPipe(places.fifo, access), stack)
        if places.unix_sock is not None:
            socket = _made(RequestSocket(places.unix_sock, access), stack)
        yield ControlFiles(pipe, places.reply_directory, socket, access.gid)


def _makes_pipes_in(directory: RunDirectory, places: ControlPlaces, access: Access) -> bool:
    """True when the group gives commands, and has its reply pipes in the run directory."""
    return access.lets_group_in and places.reply_directory == directory.path


def _made(endpoint: AnyEndpoint, stack: contextlib.ExitStack) -> AnyEndpoint:
    endpoint.make()
    stack.callback(endpoint.remove)
    log.notice("commands are read from %s", endpoint.path)
    return endpoint


def _look_at(fifo: Path, replies: Path) -> None:
    """Refuse a fifo_dir that isn't there; warn of directories that are for everybody."""
    for path in {fifo.parent, replies}:
        try:
            found = path.stat()
        except OSError as error:
            raise ControlError(f"cannot have a FIFO in {path}: {error.strerror}") from error
        if not stat.S_ISDIR(found.st_mode):
            raise ControlError(f"cannot have a FIFO in {path}: it is no directory")
        if found.st_mode & stat.S_IWOTH:
            log.warning("everybody can write to %s: FIFOs are safer in a place of their own", path)
    if not os.access(replies, os.X_OK):
        raise ControlError(f"no permission to reach reply pipes in {replies}")
