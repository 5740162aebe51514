"""Errands: what has to be done before the first process serves, and after the last one has ended.

They block, and they talk to databases; so a process of its own does them, as the user that the
others will be, and the attendant stays free of both. With fork=no there is only the one process.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NoReturn

from ser_core import log
from ser_core.database.errors import DatabaseError
from ser_core.database.url import DatabaseUrl
from ser_core.errors import SerError
from ser_core.exit_codes import ExitCode
from ser_core.server import parent_death, process_name
from ser_core.server.child import BLOCKED_SIGNALS
from ser_core.server.privileges import become

if TYPE_CHECKING:
    from ser_core.modules.api import Module
    from ser_core.script.loader import Program
    from ser_core.server.plan import Plan
    from ser_core.server.privileges import Identity

LOAD_SECONDS: Final = 600.0
"""For all that is done before the start; what can't be reached gives up by itself long before."""
SAVE_SECONDS: Final = 60.0
"""For all that is done at the end."""
REHEARSAL_SECONDS: Final = 20.0
"""For a look whether a start would succeed."""
TELL_SECONDS: Final = 5.0
"""Who waits for an errand is told that it goes on, so often."""
MAX_TEXT: Final = 4096
"""Bytes of an error that come back."""


class ErrandFailed(SerError):
    """The errand could not be done; the text says why."""


def load(plan: Plan) -> None:
    """What modules have to do before anything is served. Raises SerError."""
    modules = _with_errands(plan.program)
    if modules:
        run(lambda: _before_all(plan, modules), plan.identity, "loading", LOAD_SECONDS)


def save(plan: Plan) -> str:
    """What they have to do when all have ended; what could not be done is told in the log, too."""
    modules = _with_errands(plan.program)
    if modules:
        try:
            run(lambda: _after_all(plan, modules), plan.identity, "saving", SAVE_SECONDS)
        except (SerError, OSError) as error:
            log.alert("%s", error)
            return str(error)
    return ""


def rehearse(program: Program, identity: Identity) -> None:
    """See whether what modules have to do before the start could be done. Raises SerError.

    Nothing is changed, so a ser may be running.
    """
    modules = _with_errands(program)
    if modules:
        load_drivers(program)
        from ser_core.database import rehearsal  # takes SQLAlchemy; and now we may read it

        run(
            lambda: _rehearse_all(modules, rehearsal.rehearse),
            identity,
            "checking",
            REHEARSAL_SECONDS,
        )


def load_here(plan: Plan) -> None:
    """`load` in this process, which has become who it shall be (fork=no)."""
    _before_all(plan, _with_errands(plan.program))


def save_here(plan: Plan) -> str:
    """`save` in this process, which no signal shall end before."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    try:
        _after_all(plan, _with_errands(plan.program))
    except SerError as error:
        log.alert("%s", error)
        return str(error)
    return ""


def load_drivers(program: Program) -> None:
    """Import what databases need: another user may not get at Python's library. ValueError."""
    for module in program.modules.values():
        for url in module.database_urls():
            DatabaseUrl.parse(url).load()


def _with_errands(program: Program) -> list[Module]:
    return [module for module in program.modules.values() if module.has_errands()]


def _rehearse_all(modules: list[Module], look_at: Callable[[DatabaseUrl], None]) -> None:
    for url in dict.fromkeys(
        DatabaseUrl.parse(url) for module in modules for url in module.database_urls()
    ):
        try:
            look_at(url)
        except DatabaseError as error:
            raise SerError(f"database {url} can't be used: {error}") from error
    for module in modules:
        module.rehearse()


def _before_all(plan: Plan, modules: list[Module]) -> None:
    for module in modules:
        module.before_all(str(plan.location))


def _after_all(plan: Plan, modules: list[Module]) -> None:
    """Each has its turn, whatever another could not do. Raises SerError."""
    lost = []
    for module in reversed(modules):
        try:
            module.after_all(str(plan.location))
        except SerError as error:
            lost.append(str(error))
    if lost:
        raise SerError("; ".join(lost))


def run(function: Callable[[], object], identity: Identity, name: str, seconds: float) -> None:
    """Have something done by a child process as `identity`, and wait for it.

    Raises ErrandFailed with the text of what the function raised, or when the child is killed or
    takes longer than `seconds`; OSError when there can't be a child.
    """
    reading, writing = os.pipe()
    parent = os.getpid()
    # Held back until we are where a child that isn't wanted any more is ended.
    former = signal.pthread_sigmask(signal.SIG_BLOCK, BLOCKED_SIGNALS)
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        _run_child(function, identity, name, writing, parent)
    try:
        signal.pthread_sigmask(signal.SIG_SETMASK, former)
        os.close(writing)
        text = _read_all(reading, name, time.monotonic() + seconds)
    except BaseException:
        os.kill(pid, signal.SIGKILL)
        raise
    finally:
        os.close(reading)
        status = _end_of(pid)
    if text:
        raise ErrandFailed(text.decode("utf-8", "backslashreplace"))
    if status != ExitCode.OK:
        raise ErrandFailed(f"{name}: the process for it ended with {status}")


def _read_all(descriptor: int, name: str, deadline: float) -> bytes:
    """What comes until the other side has ended."""
    text = b""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    began_at = time.monotonic()
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            raise ErrandFailed(f"{name}: a database takes too long")
        if not poll.poll(min(left, TELL_SECONDS) * 1000):
            if left > TELL_SECONDS:
                log.notice("still %s, after %.0f s", name, time.monotonic() - began_at)
            continue
        chunk = os.read(descriptor, MAX_TEXT)
        if not chunk:
            return text
        text += chunk


def _end_of(pid: int) -> int:
    with contextlib.suppress(ChildProcessError):  # SIGCHLD is ignored: nothing is known of it
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return ExitCode.OK


def _run_child(
    function: Callable[[], object], identity: Identity, name: str, report: int, parent: int
) -> NoReturn:
    """The child, to its end. Nothing may unwind into the attendant's stack."""
    status: int = ExitCode.SOFTWARE
    try:
        for number in BLOCKED_SIGNALS:
            signal.signal(number, signal.SIG_DFL if number == signal.SIGCHLD else signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, BLOCKED_SIGNALS)
        log.set_process(0, name)
        process_name.show(f"ser {name}")
        become(identity)
        parent_death.set_signal(signal.SIGKILL)
        if os.getppid() != parent:
            raise SerError("the attendant has ended")
        function()
        status = ExitCode.OK
    except (OSError, SerError) as error:
        os.write(report, str(error).encode("utf-8", "replace")[:MAX_TEXT] or name.encode())
    except BaseException as error:  # noqa: BLE001  # the guard of one child
        log.exception("%s failed", name)
        os.write(report, f"{name}: {type(error).__name__}: {error}".encode()[:MAX_TEXT])
    finally:
        os._exit(status)
