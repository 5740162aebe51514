"""Starting and stopping `ser`. What runs as a service of the machine is left to its script.

What is so already is no failure: to start a running ser, or to stop one that doesn't run.

Its process is held by a descriptor (pidfd), so that nobody else's process of the same number is
ever signalled, and its end is seen at once.
"""

from __future__ import annotations

import fcntl
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from shlex import join

import click

from ser_core.errors import SerError
from serctl import service
from serctl.environment import Environment
from serctl.exit_status import ExitStatus, Failure, message_of
from serctl.instances import (
    NoInstance,
    SeveralInstances,
    run_directories,
    running_instances,
)
from serctl.replies import pairs_of
from serctl.settings import Settings

ANSWER_TIME = 10.0
"""Seconds until a ser that says it is ready must answer through its FIFO."""
STOP_TIME = 30.0
"""Seconds that a stop may take."""
POLL = 0.05


def pid_file_of(settings: Settings) -> Path:
    """Where the pid of a ser that `start` has started stands."""
    return Path(settings.pid_file or run_directories(settings)[0] / "ser.pid")


def locked_pid(pid_file: Path) -> int | None:
    """The pid in the file, if a ser holds it; one that has gone leaves no lock."""
    try:
        with pid_file.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        text = pid_file.read_text().strip()
        return int(text) if text.isdecimal() else None
    except OSError:
        return None
    return None


def pid_by_fifo(environment: Environment) -> int:
    """The pid of the ser behind the FIFO. Raises what `ask` raises."""
    return int(dict(pairs_of(environment.ask("config"))).get("pid", "0"))


# -- start ---------------------------------------------------------------------------------------


def program() -> list[str]:
    """The `ser` beside this serctl, or this Python with our package."""
    beside = Path(sys.argv[0]).resolve().parent / "ser"
    return [str(beside)] if os.access(beside, os.X_OK) else [sys.executable, "-m", "ser_core"]


def start_command(settings: Settings) -> list[str]:
    """The command line of a start; into the background, whatever `fork` says in ser.cfg."""
    run_dir = ["--run-dir", settings.run_dir] if settings.run_dir else []
    return [
        *([settings.ser] if settings.ser else program()),
        *("-f", settings.config, "-P", str(pid_file_of(settings)), "--fork", "yes"),
        *run_dir,
        *settings.start_options,
    ]


def start(environment: Environment) -> None:
    """Start ser, and return once it answers. Raises Failure."""
    settings = environment.settings
    if service.is_meant(settings):
        service.call(environment, "start")
        return
    command = start_command(settings)
    if environment.dry_run:
        environment.write(join(command) + "\n")
        return
    pid_file = pid_file_of(settings)
    if pid := locked_pid(pid_file):
        environment.note(f"ser is running already, pid {pid} (in {pid_file})")
        return
    _make_directory(pid_file.parent)
    _run(command)
    pid = _wait_for_answer(environment, pid_file)
    environment.note(f"ser started, pid {pid}")


def check_start(settings: Settings) -> None:
    """Have ser look whether it could start: ser.cfg, addresses, databases. Raises Failure."""
    own = [settings.ser] if settings.ser else program()
    pid_file = pid_file_of(settings)
    # By its file, ser knows the ports of the one that runs from those that others have taken.
    running = ["-P", str(pid_file)] if locked_pid(pid_file) else []
    _run([*own, "-c", "-f", settings.config, "--check-start", *running, *settings.start_options])


def _make_directory(directory: Path) -> None:
    """The run directory, which `ser` makes only after the pid file."""
    try:
        directory.mkdir(mode=0o755 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Failure(f"cannot make {directory}: {error.strerror}") from None


def _run(command: list[str]) -> None:
    """Run `ser` with its output on our stderr. Raises Failure."""
    try:
        ended = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=2, check=False)
    except OSError as error:
        raise Failure(f"cannot run {command[0]}: {error.strerror}") from None
    if ended.returncode != 0:
        raise Failure(f"ser says why not, above (exit status {ended.returncode})")


def _wait_for_answer(environment: Environment, pid_file: Path) -> int:
    """The pid, once the ser of that file answers through its FIFO. Raises Failure."""
    left = ANSWER_TIME
    while left > 0:
        pid = locked_pid(pid_file)
        if pid is None:
            raise Failure("ser has ended again; its log says why")
        if pid in _answering(environment):
            return pid
        environment.sleep(POLL)
        left -= POLL
    raise Failure(
        f"ser runs, pid {pid}, but doesn't answer: does ser.cfg say no FIFO, or name another "
        "place than serctl.toml?",
        ExitStatus.TIMEOUT,
    )


def _answering(environment: Environment) -> Iterator[int]:
    """The pids of all ser that answer and may be meant."""
    settings = environment.settings
    if settings.fifo or settings.unix_socket:
        choices = [settings]
    else:
        choices = [replace(settings, fifo=str(x.fifo)) for x in running_instances(settings)]
    for choice in choices:
        own = replace(environment, settings=choice, _client=None)
        try:
            yield pid_by_fifo(own)
        except (SerError, click.ClickException):
            continue  # not yet, or another one's
        finally:
            own.close()


# -- stop ----------------------------------------------------------------------------------------


def stop(environment: Environment) -> None:
    """Stop the ser that is meant, and return once it has gone. Asks before. Raises Failure, also
    when it has gone and could not write what it had to."""
    if lost := _stop(environment):
        raise Failure(lost)


def _stop(environment: Environment) -> str:
    """What was lost; empty when nothing was. Raises Failure when it doesn't stop."""
    if service.is_meant(environment.settings) and service.runs():
        environment.confirm("Stop the service ser?")
        service.call(environment, "stop")
        return ""
    if environment.dry_run:
        environment.ask("kill")
    try:
        pid, by_fifo = _find(environment)
    except (SerError, click.ClickException) as error:
        if not _tells_that_none_runs(error, environment):
            raise
        environment.note("ser isn't running")
        return ""
    environment.confirm(f"Stop ser, pid {pid}?")
    with _process(pid) as process:
        if by_fifo:
            environment.ask("kill")
        else:
            _terminate(process, pid)
        environment.close()
        if not select.select([process], [], [], STOP_TIME)[0]:
            raise Failure(
                f"ser, pid {pid}, hasn't stopped within {STOP_TIME:.0f} s; its log says why",
                ExitStatus.TIMEOUT,
            )
    environment.note(f"ser stopped, pid {pid}")
    return _lost_by(pid, environment.settings)


def _lost_by(pid: int, settings: Settings) -> str:
    """What a ser could not write at its end, as it has left it beside its run directory."""
    for file in (file for path in run_directories(settings) for file in path.glob("*.lost")):
        try:
            number, _, text = file.read_text().partition("\n")
        except OSError:
            continue  # another one's
        if number == str(pid):
            with suppress(OSError):  # another user's; its next start removes it
                file.unlink()
            return text.strip()
    return ""


def _find(environment: Environment) -> tuple[int, bool]:
    """The pid, and whether it answers; one that doesn't is known by its pid file."""
    try:
        return pid_by_fifo(environment), True
    except (SerError, click.ClickException) as error:
        pid = locked_pid(pid_file_of(environment.settings))
        if pid is None or (isinstance(error, SeveralInstances) and not _has_own_file(environment)):
            raise
        environment.note(f"{message_of(error)}; stopping pid {pid} of the pid file")
        return pid, False


def _tells_that_none_runs(error: Exception, environment: Environment) -> bool:
    """A FIFO that was named and isn't there may be a mistake; one that nobody reads is none."""
    from ser_core.fifo.client import CannotReach, Reach  # only when something went wrong

    if isinstance(error, NoInstance):
        return not environment.settings.instance
    return isinstance(error, CannotReach) and error.reason is Reach.STALE


def _has_own_file(environment: Environment) -> bool:
    return bool(environment.settings.pid_file)


@contextmanager
def _process(pid: int) -> Iterator[int]:
    try:
        descriptor = os.pidfd_open(pid)
    except OSError as error:
        raise Failure(f"ser, pid {pid}, can't be seen from here: {error.strerror}") from None
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _terminate(process: int, pid: int) -> None:
    try:
        signal.pidfd_send_signal(process, signal.SIGTERM)
    except OSError as error:
        raise Failure(f"cannot stop ser, pid {pid}: {error.strerror}") from None


# -- restart -------------------------------------------------------------------------------------


def restart(environment: Environment, *, with_another_config: bool) -> None:
    """Stop and start; what could not start takes no running ser down."""
    if environment.dry_run:
        start(environment)
        return
    running = _running_config(environment)
    if service.is_meant(environment.settings) and (running is None or service.runs()):
        if running is not None:
            environment.confirm("Restart the service ser?")
        service.call(environment, "restart")
        return
    if running is not None and not with_another_config:
        _check_same(running, environment.settings.config)
    check_start(environment.settings)
    lost = _stop(environment) if running is not None else ""
    start(environment)
    if lost:
        raise Failure(lost)


def _running_config(environment: Environment) -> str | None:
    """The ser.cfg of the ser that runs; empty when it doesn't answer, None when none runs."""
    try:
        return dict(pairs_of(environment.ask("config"))).get("path", "")
    except SeveralInstances:
        raise
    except (SerError, click.ClickException):
        return "" if locked_pid(pid_file_of(environment.settings)) else None


def _check_same(running: str, config: str) -> None:
    """What is started again should be what was stopped. Raises Failure."""
    if running and os.path.realpath(running) != os.path.realpath(config):
        raise Failure(f"ser runs with {running}, and would be started with {config}: say -f FILE")
