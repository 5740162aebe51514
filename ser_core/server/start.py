"""From a loaded ser.cfg to running processes, in the order that safety asks for.

Whatever can go wrong for a reason the operator must know (addresses, the pid file, users) is done
before the program leaves the terminal. Sockets are bound and files made first, privileges go
next, and only then is anything forked that talks to the network.
"""

from __future__ import annotations

import contextlib
import gc
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ser_core import log
from ser_core.command_line import Options
from ser_core.errors import SerError
from ser_core.exit_codes import ExitCode
from ser_core.fifo.about import About
from ser_core.fifo.places import default_run_directory
from ser_core.script.diagnostics import ConfigErrors
from ser_core.server import early_signals, errand, last_words
from ser_core.server.addresses import (
    ListenPlan,
    aliases_for,
    listeners_for,
    report,
    reverse_aliases,
    with_free_ports,
)
from ser_core.server.attendant import Attendant
from ser_core.server.bus_messages import ReceiverEnded
from ser_core.server.child import ChildSpec, Side
from ser_core.server.control_files import NOWHERE, ControlPlaces, control_files, places_of
from ser_core.server.daemonize import Launch, daemonize
from ser_core.server.log_tap import tap_into_bus
from ser_core.server.notify import Manager
from ser_core.server.pidfile import PidFile
from ser_core.server.plan import Plan, make_plan
from ser_core.server.privileges import Identity, check, find_identity
from ser_core.server.reload import Reload
from ser_core.server.reload_host import AttendantHost
from ser_core.server.run_dir import RunDirectory, instance_name
from ser_core.server.sockets import BoundSocket, bind_all, without_tentative
from ser_core.sip.hop import Listener, LocalAddresses

if TYPE_CHECKING:
    from ser_core.script.loader import Program
    from ser_core.script.operands import Resolve
    from ser_core.script.settings import Settings

Serve = Callable[[Plan, Side], int]
"""What a process does. Passed in, so that this side never imports gevent."""

OTHER_FILES = 256
"""What a process may have open besides TCP connections: sockets, DNS queries, programs run."""

FAREWELL = "Thank you for flying ser\n"


@dataclass(frozen=True, slots=True)
class Alone:
    """The `Side` of the one process that does everything (fork=no)."""

    told_ready: Callable[[], None]
    manager: Manager
    status: str
    """What the service manager shows."""
    index: int = 0
    life: int = -1

    def ready(self) -> None:
        self.told_ready()

    def stop_all(self) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    def tell_reload(self, word: str, number: int, rest: str = "") -> bool:
        """There is nobody to be told."""
        return False

    def reloading(self) -> None:
        self.manager.reloading()

    def reloaded(self) -> None:
        self.manager.ready(self.status)

    def beat(self) -> None:
        self.manager.alive()


@dataclass(frozen=True, slots=True)
class Roles:
    """What the processes of each kind do."""

    receiver: Serve
    fifo_server: Serve | None
    """None: no commands are taken."""
    resolve: Resolve = lambda name: ()
    """Finds the addresses of host names that stand in a script's conditions."""


def run(program: Program, options: Options, roles: Roles) -> int:
    """Start ser and stay until it is told to stop; the exit status.

    Raises SerError or OSError for what keeps it from starting, as long as there is a terminal to
    tell it to.
    """
    settings = program.settings
    set_up_log(settings)
    _tell_what_does_nothing(program, options)
    _set_limits(settings)
    identity = find_identity(settings.user, settings.group)
    check(identity)
    local = local_addresses(program)
    with _pid_file(options.pid_file) as pid_file:
        receivers = settings.children if settings.fork else 1
        sockets = bind_all(local.listeners, receivers, settings.maxbuffer)
        run_dir = (options.run_dir or default_run_directory()).absolute()
        places = NOWHERE
        if roles.fifo_server is not None:
            places = places_of(settings, run_dir / instance_name(local.listeners[0]))
        sys.stdout.write(report(local.listeners, local.aliases) + places.report())
        sys.stdout.flush()
        start = _Start(program, options, roles, identity, local, sockets, run_dir, places)
        launch = None
        if settings.fork and not options.foreground:
            launch = daemonize(keep_stderr=settings.log_stderror)
        with _telling(launch), _numbers_in(pid_file, options.pgid_file):
            if launch is not None:
                os.chdir(settings.wdir)
            code = _run_in_place(start, launch)
    if code == ExitCode.OK:
        sys.stderr.write(FAREWELL)
    return code


@dataclass(frozen=True, slots=True)
class _Start:
    """What is settled before the program leaves the terminal."""

    program: Program
    options: Options
    roles: Roles
    identity: Identity
    local: LocalAddresses
    sockets: list[list[BoundSocket]]
    run_dir: Path
    places: ControlPlaces


def _run_in_place(start: _Start, launch: Launch | None) -> int:
    """Make the files of this instance, and run until the end; they are gone afterwards."""
    settings, identity, local = start.program.settings, start.identity, start.local
    early_signals.take()
    with (
        _run_directory(start.run_dir, local.listeners[0], identity) as directory,
        control_files(start.places, settings, directory, identity) as control,
    ):
        last_words.forget(directory.path)
        about = _about(local, directory, start.places)
        location = directory.location
        plan = make_plan(start.program, local, start.sockets, location, identity, about, control)
        plan.overrides = start.options.apply
        plan.resolve = start.roles.resolve
        log.attach_level(plan.pages.debug_cell)
        return _serve(plan, start.roles, launch)


def _about(local: LocalAddresses, directory: RunDirectory, places: ControlPlaces) -> About:
    return About(
        started_at=time.time(),
        command_line=tuple(sys.argv),
        run_dir=str(directory.path),
        fifo=str(places.fifo or ""),
        unix_sock=str(places.unix_sock or ""),
        listen=tuple(map(repr, local.listeners)),
    )


def set_up_log(settings: Settings) -> None:
    """Send the log where ser.cfg wants it."""
    log.set_level(settings.debug)
    if settings.log_stderror:
        log.use_sink(log.StderrSink())
        return
    sink = log.SyslogSink(settings.log_facility)
    if not sink.connect():
        sys.stderr.write(
            f"ser: there is no syslog at {log.SYSLOG_PATH}; serctl log shows the latest lines, "
            "-E logs to stderr (LOGFILE in /etc/default/ser: to a file)\n"
        )
    log.use_sink(sink)


def _tell_what_does_nothing(program: Program, options: Options) -> None:
    settings = program.settings
    if settings.chroot:
        log.warning("chroot is not done: use the sandbox of the service manager")
    for note in program.notes:
        log.debug("%s", note)
    for name in options.ignored:
        log.debug("option %s has no effect", name)
    if not settings.fork and settings.children > 1:
        log.info(
            "fork=no: one process does everything, children=%d has no effect", settings.children
        )


def local_addresses(program: Program, *, binding: bool = True) -> LocalAddresses:
    """What to listen on and which names are ours.

    Without `binding` no socket is tried: a check disturbs nobody and is disturbed by nobody.
    Raises AddressError, and ConfigErrors when a route names a socket that isn't among them.
    """
    settings = program.settings
    listeners = listeners_for(
        settings.listen,
        ListenPlan(
            default_port=settings.port,
            tcp=not settings.disable_tcp,
            advertised_host=settings.advertised_address,
            advertised_port=settings.advertised_port,
        ),
    )
    if not settings.listen and binding:
        listeners = without_tentative(listeners)
    listeners = with_free_ports(listeners)
    aliases = aliases_for(settings.alias)
    if settings.dns or settings.rev_dns:
        aliases += reverse_aliases(listeners)
    local = LocalAddresses(listeners, aliases)
    if mistakes := program.unknown_sockets(local):
        raise ConfigErrors(mistakes)
    return local


@contextlib.contextmanager
def _telling(launch: Launch | None) -> Iterator[None]:
    """Tell the launching command why we can't start; without one the caller tells it."""
    try:
        yield
    except (SerError, OSError) as error:
        log.alert("cannot start: %s", error)
        if launch is None:
            raise
        launch.failed(ExitCode.CANNOT_START, str(error))
        sys.exit(ExitCode.CANNOT_START)


@contextlib.contextmanager
def _pid_file(path: Path | None) -> Iterator[PidFile | None]:
    """The pid file, locked before anything else happens and gone at the end."""
    if path is None:
        yield None
        return
    made = PidFile(path.absolute())
    try:
        yield made
    finally:
        made.remove()


@contextlib.contextmanager
def _numbers_in(pid_file: PidFile | None, pgid_file: Path | None) -> Iterator[None]:
    """Write what -P and -G ask for, now that this process is the one that stays."""
    if pid_file is not None:
        pid_file.write(os.getpid())
    if pgid_file is None:
        yield
        return
    pgid_file.write_text(f"{os.getpgrp()}\n")
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # as another user we may not remove it
            pgid_file.unlink()


def _set_limits(settings: Settings) -> None:
    if settings.disable_core_dump:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if settings.open_files_limit >= 0:
        wanted = settings.open_files_limit
        limits = (wanted, max(wanted, hard) if os.geteuid() == 0 else hard)
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        except ValueError as error:
            raise SerError(f"cannot set open_files_limit to {wanted}: {error}") from error
        return
    needed = settings.tcp_max_connections + OTHER_FILES  # one receiver may have all connections
    if needed > hard:
        log.warning("%d open files don't suffice for tcp_max_connections: %d needed", hard, needed)
    if needed > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(needed, hard), hard))


@contextlib.contextmanager
def _run_directory(parent: Path, first: Listener, identity: Identity) -> Iterator[RunDirectory]:
    """The run directory, in the hands of the user that the receivers become."""
    directory = RunDirectory(parent, first)
    try:
        if identity.changes:
            directory.give_to(
                os.geteuid() if identity.uid is None else identity.uid,
                os.getegid() if identity.gid is None else identity.gid,
            )
        yield directory
    finally:
        directory.remove()


def _serve(plan: Plan, roles: Roles, launch: Launch | None) -> int:
    """Run the processes, or be the one that does everything."""
    with contextlib.closing(Manager()) as manager:
        return _serve_for(manager, plan, roles, launch)


def _serve_for(manager: Manager, plan: Plan, roles: Roles, launch: Launch | None) -> int:
    def ready() -> None:
        log.notice("ready: %d receiver%s", plan.receivers, "s" if plan.receivers > 1 else "")
        if launch is not None:
            launch.ready()
        manager.ready(_status(plan))

    errand.load_drivers(plan.program)
    if not plan.program.settings.fork:
        log.set_process(0, "ser")
        return roles.receiver(plan, Alone(ready, manager, _status(plan)))
    log.set_process(0, "attendant")
    if plan.has_fifo_process:
        tap_into_bus(plan)
    try:
        return _attend(plan, roles, manager, ready, launch)
    finally:
        log.tap(None)


def _status(plan: Plan) -> str:
    """What the service manager shows of us."""
    receivers = f"{plan.receivers} receiver{'s' if plan.receivers > 1 else ''}"
    return f"{receivers} on {', '.join(map(repr, plan.local.listeners))}"


def _attend(
    plan: Plan, roles: Roles, manager: Manager, ready: Callable[[], None], launch: Launch | None
) -> int:
    attendant = Attendant(
        _specs(plan, roles),
        plan.pages,
        plan.counters.attendant,
        on_ready=ready,
        on_death=lambda index: _tell_of_death(plan, index),
        on_well=manager.alive,
        on_stop=manager.stopping,
        private=manager.descriptors,
        make_reloads=lambda pids: Reload(
            AttendantHost(
                plan,
                on_begin=manager.reloading,
                on_end=lambda: manager.ready(_status(plan)),
            ),
            pids,
            time.monotonic,
        ),
    )
    import ser_core.server.preload  # noqa: F401  # not for `ser -c`

    gc.collect()
    gc.freeze()  # so that collections in the receivers don't copy the pages they share with us
    errand.load(plan)
    code, reason = attendant.run(), attendant.reason
    if lost := errand.save(plan):
        last_words.leave(Path(plan.about.run_dir), lost)
        code, reason = code or ExitCode.NOT_SAVED, reason or lost
    if code != ExitCode.OK:
        _tell_reason(reason, code, launch)
    return code


def _specs(plan: Plan, roles: Roles) -> list[ChildSpec]:
    """The processes, in the order of their places."""
    specs = [
        ChildSpec(f"receiver {number}", lambda side: roles.receiver(plan, side))
        for number in range(plan.receivers)
    ]
    serve = roles.fifo_server
    if plan.has_fifo_process and serve is not None:
        specs.append(
            ChildSpec(
                "fifo server",
                lambda side: serve(plan, side),
                is_vital=False,  # calls go on without it
                may_stop_all=True,
            )
        )
    return specs


def _tell_of_death(plan: Plan, index: int) -> None:
    pid = plan.pages.pid(index)
    plan.pages.set_pid(index, 0)
    if index == plan.fifo_place:
        return
    plan.connection_counts.clear(index)
    for other in range(len(plan.bus)):
        if other != index:
            plan.bus.post(other, ReceiverEnded(index, pid))


def _tell_reason(reason: str, code: int, launch: Launch | None) -> None:
    if launch is not None:
        launch.failed(code, reason)
    else:
        sys.stderr.write(f"ser: {reason}\n")


__all__ = ["BoundSocket", "Roles", "local_addresses", "run", "set_up_log"]
