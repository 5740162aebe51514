"""The `ser` command: reads its options and ser.cfg, then checks, shows or runs it."""

from __future__ import annotations

import platform
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ser_core import command_line
from ser_core.errors import SerError
from ser_core.exit_codes import ExitCode
from ser_core.script.diagnostics import ConfigErrors, Diagnostic, Span, render_errors
from ser_core.script.loader import Program, load_program
from ser_core.server.addresses import report
from ser_core.server.rehearsal import rehearse
from ser_core.server.start import Roles, local_addresses, run

if TYPE_CHECKING:
    from ser_core.server.child import Side
    from ser_core.server.plan import Plan


def main() -> int:
    """Run the command; the exit status."""
    options = command_line.parse(sys.argv[1:])
    if options.version:
        sys.stdout.write(version())
        return ExitCode.OK
    try:
        program = load(options.config)
        options.apply(program.settings)
        if program.warnings:
            sys.stderr.write(f"{render_errors(program.warnings)}\n")
        return _with(program, options)
    except ConfigErrors as errors:
        number = len(errors.diagnostics)
        sys.stderr.write(f"{render_errors(errors)}\n")
        sys.stderr.write(f"ERROR: bad config file ({number} error{'s' if number != 1 else ''})\n")
        return ExitCode.BAD_CONFIG
    except (SerError, OSError) as error:
        sys.stderr.write(f"ser: {error}\n")
        return ExitCode.CANNOT_START


def load(file: Path) -> Program:
    """The program in `file`. Raises ConfigErrors."""
    try:
        return load_program(file, resolve=addresses_of)
    except OSError as error:
        span = Span(str(file), 1, 1, 1, 1)
        reason = f"the file can't be read: {error.strerror or error}"
        raise ConfigErrors([Diagnostic(span, reason)]) from None


def addresses_of(name: str) -> list[str]:
    """The addresses of a host name in a condition, such as src_ip==gw.example.com."""
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError):
        return []
    return sorted({str(address[4][0]) for address in found})


def _with(program: Program, options: command_line.Options) -> int:
    """Do what the options ask for with a program that is good."""
    if options.dump_code:
        sys.stdout.write(program.dump_code())
        return ExitCode.OK
    if options.check or options.check_start:
        return _check(program, options)
    return run(program, options, Roles(_serve_receiver, _serve_fifo, addresses_of))


def _check(program: Program, options: command_line.Options) -> int:
    """What SER's -c does: show the addresses, say that all is well. (SER's status was 255.)"""
    local = local_addresses(program, binding=False)
    if options.check_start:
        try:
            rehearse(program, local, options.pid_file)
        except (SerError, OSError, ValueError) as error:
            raise SerError(f"ser.cfg has no mistakes, but ser could not start: {error}") from error
    sys.stdout.write(report(local.listeners, local.aliases))
    sys.stdout.flush()
    sys.stderr.write("config file ok, exiting...\n")
    return ExitCode.OK


def _serve_receiver(plan: Plan, side: Side) -> int:
    """Be a receiver. gevent comes in here, behind the fork, and nowhere before."""
    from ser_core.server.receiver import serve

    return serve(plan, side)


def _serve_fifo(plan: Plan, side: Side) -> int:
    """Be the fifo server; gevent comes in here, too."""
    from ser_core.server.fifo_process import serve

    return serve(plan, side)


def version() -> str:
    """What -V shows."""
    from importlib import metadata  # 30 ms that no other start should pay for

    system = f"{platform.machine()}/{platform.system().lower()}"
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"version: ser {metadata.version('ser')} ({system})\npython: {python}\n"


if __name__ == "__main__":
    sys.exit(main())
