"""The options of the `ser` command: SER's letters, with long names beside them.

argparse, not click: it costs 10 ms of the start instead of 45. Where an option and ser.cfg say
different things the option wins (SER 0.9 lets the file win).
"""

from __future__ import annotations

import argparse
import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from ser_core.exit_codes import ExitCode
from ser_core.script.settings import Settings
from ser_core.server.addresses import parse_address

DEFAULT_CONFIG = Path("/etc/ser/ser.cfg")

DESCRIPTION = "SER in Python: a SIP registrar and proxy that runs a real ser.cfg."
EPILOG = (
    "An option wins over the same directive in the file. Exit status: 0 stopped as asked, or the "
    "file is good; 2 usage; 70 receivers died again and again; 71 cannot bind or no permission, or "
    "a database can't be used; 74 stopped, but registrations could not be written to their "
    "database and are lost; 78 ser.cfg has errors."
)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(ExitCode.USAGE, f"ser: {message} (ser -h lists the options)\n")


def make_parser() -> argparse.ArgumentParser:
    """The parser; each `dest` is a name that `Options` and `apply` know."""
    parser = _Parser(
        prog="ser", description=DESCRIPTION, epilog=EPILOG, add_help=False, allow_abbrev=False
    )
    for group in (_add_general, _add_listening, _add_running, _add_places, _add_ignored):
        group(parser)
    return parser


def _add_general(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("general").add_argument
    add("-h", "--help", action="help", help="show this text and exit")
    add("-V", "--version", action="store_true", help="show version and build, and exit")
    add("-f", "--config", metavar="FILE", type=Path, default=DEFAULT_CONFIG,
        help="configuration (default %(default)s)")  # fmt: skip
    add("-c", "--check", action="store_true", help="check the configuration and exit")
    add("--check-start", action="store_true",
        help="as -c, and also whether ser could start: its user, addresses, the databases that it "
        "loads from; a ser that runs with the same -P isn't disturbed")  # fmt: skip
    add("--dump-code", action="store_true", help="show what the route blocks compile to, and exit")
    add("-d", "--debug", action="count", default=0,
        help="raise the debug level of the file by one; repeat it for more")  # fmt: skip
    add("-E", "--log-stderr", dest="log_stderror", action="store_const", const=True,
        help="log to standard error")  # fmt: skip
    add("--log-syslog", dest="log_stderror", action="store_const", const=False,
        help="log to syslog, whatever the file says")  # fmt: skip


def _add_listening(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("listening").add_argument
    add("-l", "--listen", metavar="ADDR", type=_address, action="append",
        help="[proto:]host[:port] to listen on, instead of the file's; repeatable")  # fmt: skip
    add("-p", "--port", metavar="PORT", type=_Number(0, 65535),
        help="port of addresses without one; 0: a free one")  # fmt: skip
    add("-n", "--children", metavar="N", type=_Number(1, 256), help="receiver processes")
    add("-T", "--disable-tcp", action="store_const", const=True, help="no TCP")
    add("-b", "--max-buffer", dest="maxbuffer", metavar="N", type=_Number(0, 2**31 - 1),
        help="receive buffer of a UDP socket in bytes")  # fmt: skip
    add("-r", "--dns", action="store_const", const=True, help="as dns=yes")
    add("-R", "--rev-dns", action="store_const", const=True, help="as rev_dns=yes")
    add("-v", "--check-via", action="store_const", const=True,
        help="drop replies whose topmost Via isn't ours")  # fmt: skip


def _add_running(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("running").add_argument
    add("-D", "--foreground", action="store_true",
        help="keep the whole program, receivers and all, in the foreground")  # fmt: skip
    add("--fork", choices=("yes", "no"), help="as fork= in the file; no: one process does all")
    add("-u", "--user", metavar="USER", help="run as this user, by name or number")
    add("-g", "--group", metavar="GROUP", help="run as this group, by name or number")
    add("-w", "--work-dir", dest="wdir", metavar="DIR", help="working directory")


def _add_places(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("files").add_argument
    add("-P", "--pid-file", metavar="FILE", type=Path, help="write the process id here")
    add("-G", "--pgid-file", metavar="FILE", type=Path, help="write the process group id here")
    add("-i", "--fifo", metavar="PATH",
        help="FIFO that commands come by (default: ser_fifo in the run directory); "
        "none: there is none")  # fmt: skip
    add("-x", "--unix-socket", dest="unix_sock", metavar="PATH",
        help="Unix datagram socket that commands come by, too")  # fmt: skip
    add("--run-dir", metavar="DIR", type=Path,
        help="private directory (default /run/ser, or one of the user's own)")  # fmt: skip


def _add_ignored(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("taken for SER's sake, without effect").add_argument
    add("-N", "--tcp-children", metavar="N", type=_Number(1, 256),
        help="TCP processes: every receiver serves both")  # fmt: skip
    add("-m", "--shared-memory", metavar="MB", type=_Number(1, 2**31 - 1),
        help="shared memory: there is no pool")  # fmt: skip
    add("-t", "--chroot", metavar="DIR",
        help="a Python process needs its library; use the service manager's sandbox")  # fmt: skip
    add("-s", "--statistics", metavar="FILE", help="counters are read through the FIFO")


def _address(text: str) -> object:
    try:
        return parse_address(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


class _Number:
    """A whole number between two limits."""

    def __init__(self, lowest: int, highest: int) -> None:
        self._lowest = lowest
        self._highest = highest

    def __call__(self, text: str) -> int:
        if not (text.isascii() and text.isdecimal() and len(text) < 11):
            raise argparse.ArgumentTypeError(f"{text!r} is not a number")
        if not self._lowest <= int(text) <= self._highest:
            raise argparse.ArgumentTypeError(
                f"{text} is not between {self._lowest} and {self._highest}"
            )
        return int(text)


_DIRECTIVES = (
    "port",
    "children",
    "tcp_children",
    "disable_tcp",
    "maxbuffer",
    "dns",
    "rev_dns",
    "check_via",
    "log_stderror",
    "user",
    "group",
    "wdir",
    "chroot",
    "fifo",
    "unix_sock",
    "statistics",
)
"""Options that stand for a directive of the same name."""

IGNORED = ("tcp_children", "shared_memory", "chroot", "statistics")


@dataclass(frozen=True, slots=True)
class Options:
    """A command line that has been read."""

    values: argparse.Namespace
    """As argparse left them; None or False where nothing was said."""

    config: Path = DEFAULT_CONFIG
    check: bool = False
    check_start: bool = False
    dump_code: bool = False
    version: bool = False
    foreground: bool = False
    """-D"""
    pid_file: Path | None = None
    pgid_file: Path | None = None
    run_dir: Path | None = None

    def apply(self, settings: Settings) -> None:
        """Let the options win over what the file says."""
        values = self.values
        for name in _DIRECTIVES:
            given = getattr(values, name)
            if given is not None:
                setattr(settings, name, given)
        if values.listen:
            settings.listen = tuple(values.listen)
        if values.fork:
            settings.fork = values.fork == "yes"
        if self.foreground and values.fork != "no":  # -D is about where, not about how many
            settings.fork = True
        settings.debug = min(settings.debug + values.debug, 9)

    @property
    def ignored(self) -> list[str]:
        """The options given that have no effect."""
        return [name for name in IGNORED if getattr(self.values, name) is not None]


def parse(arguments: list[str]) -> Options:
    """Read a command line; SystemExit when it can't be understood, and after -h."""
    values = make_parser().parse_args(arguments)
    names = {x.name for x in dataclasses.fields(Options)} - {"values"}
    return Options(values, **{name: getattr(values, name) for name in names})
