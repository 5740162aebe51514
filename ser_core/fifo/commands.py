"""The commands that SER's core has, and those that tell of the running ser as a whole.

Texts and layouts of SER's commands are SER's, byte for byte (section 5 of the reference).
"""

from __future__ import annotations

import os
import time
from typing import Protocol

from ser_core import log
from ser_core.fifo.about import About
from ser_core.fifo.command_help import brief_table, full_table
from ser_core.fifo.command_table import CommandTable
from ser_core.fifo.declarations import Control, FifoCommand, fifo_command, line, rest
from ser_core.fifo.protocol import FifoError, Reply
from ser_core.fifo.tables import table_body
from ser_core.sip.reply import SERVER, VERSION

LONGEST_PRINT = 255


class Host(Protocol):
    """What the core's commands need of ser beyond `Control`."""

    @property
    def about(self) -> About: ...
    def generation(self) -> int:
        """How often another ser.cfg has taken effect."""

    def loaded_at(self) -> float:
        """When the one that runs was read, in Unix seconds."""

    def counter_help(self) -> dict[str, str]:
        """What each counter counts, by name."""

    def aliases(self) -> list[str]:
        """What is ours beside the addresses it listens on, as example.com or example.com:5070."""

    def stop(self) -> None:
        """Have all processes stopped, but not before the reply in hand is written."""


class CoreCommands:
    """Commands about the program itself."""

    def __init__(self, host: Host, table: CommandTable) -> None:
        self._host = host
        self._table = table

    @fifo_command(line("text", "up to 255 bytes"), example=("hello",), reply="200 ok\nhello")
    def print(self, control: Control, text: bytes) -> Reply:
        """Answer with the text: shows that somebody listens."""
        if len(text) > LONGEST_PRINT:
            raise FifoError(500, "print_fifo_cmd: too big text")
        return Reply(body=text + b"\n")

    @fifo_command(
        reply="200 ok\nNow: Tue Mar  1 10:00:00 2005\n"
        "Up Since: Tue Mar  1 09:58:25 2005\nUp time: 95 [sec]"
    )
    def uptime(self, control: Control) -> Reply:
        """The time now, the time of the start, and the seconds between."""
        now, since = control.wall_time(), self._host.about.started_at
        return _lines(
            f"Now: {time.ctime(now)}",
            f"Up Since: {time.ctime(since)}",
            f"Up time: {int(now - since)} [sec]",
        )

    @fifo_command(reply="200 ok\nServer: Sip EXpress router (0.1.0 (python))")
    def version(self, control: Control) -> Reply:
        """What our Server header says."""
        return Reply(body=SERVER)

    @fifo_command(reply="200 ok\n/")
    def pwd(self, control: Control) -> Reply:
        """The working directory."""
        try:
            return _lines(os.getcwd())
        except OSError:
            raise FifoError(500, "getcwd failed") from None

    @fifo_command(reply="200 ok\n/usr/sbin/ser\n-f\n/etc/ser/ser.cfg\n...")
    def arg(self, control: Control) -> Reply:
        """The words of the command line, one in each line."""
        return _lines(*self._host.about.command_line)

    @fifo_command(reply="200 ok\n...\nkill\nps\nwhich\narg\npwd\nversion\nuptime\nprint\n...")
    def which(self, control: Control) -> Reply:
        """The names of all commands, the most recently registered first."""
        return _lines(*(command.name for command in self._latest_first()))

    @fifo_command(
        reply="200 ok\n0\t812\tattendant\n1\t814\tfifo server\n"
        "2\t815\treceiver child=0 sock= 192.0.2.1:5060 +1\n..."
    )
    def ps(self, control: Control) -> Reply:
        """The processes: number, pid, what it does. The pid is 0 while one is being started."""
        return _lines(*(f"{x.index}\t{x.pid}\t{x.description}" for x in control.processes()))

    @fifo_command(changes=True, reply="200 killing now...")
    def kill(self, control: Control) -> Reply:
        """Stop ser: all its processes, cleanly."""
        self._host.stop()
        return Reply(text="killing now...")

    @fifo_command(
        rest("command", "its name; none: all commands"),
        example=("print",),
        reply="200 ok\ncommand\targuments\tchanges\thelp\targument_help\n"
        "print\t[text]\tno\tAnswer with the text: shows that somebody listens.\t"
        "text (one line, may be empty): up to 255 bytes",
    )
    def help(self, control: Control, names: list[bytes]) -> Reply:
        """What a command takes and does, as a table; `changes` is yes or no.

        Of all commands `help` is the first sentence, and there is no `argument_help`. Of those that
        are named it is the whole text, a line for each paragraph, and `argument_help` has a line
        for each argument.
        """
        if not names:
            return Reply(body=brief_table(self._latest_first()))
        return Reply(body=full_table(map(self._find, names)))

    def _latest_first(self) -> list[FifoCommand]:
        """The core's before those of modules, since it registers them last."""
        return list(self._table)[::-1]

    def _find(self, name: bytes) -> FifoCommand:
        entry = self._table.find(_text(name))
        if entry is None:
            raise FifoError(404, f"there is no command {_text(name)}")
        return entry.command

    @fifo_command(
        rest("prefix", "what the names begin with, such as core or fifo.req; none: all counters"),
        example=("core.requests", "fifo.requests"),
        reply="200 ok\nname\tvalue\thelp\ncore.requests\t1207\trequests received\n"
        "fifo.requests\t12\trequests given to their commands",
    )
    def stats(self, control: Control, prefixes: list[bytes]) -> Reply:
        """What has been counted since the start, in all processes together, as a table.

        `received.INVITE` and so on are requests by method, `sent.2xx` and so on responses by class,
        each in both directions, retransmissions included.
        """
        wanted = tuple(_text(prefix) for prefix in prefixes) or ("",)
        helps = self._host.counter_help()
        rows = [
            (name, str(total), helps.get(name, ""))
            for name, total in control.totals().items()
            if name.startswith(wanted)
        ]
        return Reply(body=table_body(("name", "value", "help"), rows))

    @fifo_command(
        reply="200 ok\nname\tvalue\npath\t/etc/ser/ser.cfg\nhash\t9f86d081884c7d65...\n"
        "loaded\t1741429200\ngeneration\t0\nversion\t0.1.0\npid\t812\nuptime\t95\n"
        "run_dir\t/run/ser/udp-192.0.2.1-5060\nfifo\t/run/ser/udp-192.0.2.1-5060/ser_fifo\n"
        "unix_sock\t\nlisten\tudp:192.0.2.1:5060\nlisten\ttcp:192.0.2.1:5060\n"
        "alias\texample.com\ndebug\t2"
    )
    def config(self, control: Control) -> Reply:
        """The script that runs and where this ser is found, as a table of names and values.

        `path`, `hash` (SHA-256 of the text that was loaded), `loaded` (Unix seconds),
        `generation` (0, and one more for each reload), `version`, `pid` (of the attendant),
        `uptime` (seconds), `run_dir`, `fifo`, `unix_sock`, `listen` (a row for each address),
        `alias` (a row for each name that is ours, too), `debug`.
        """
        about, program = self._host.about, control.program
        attendant, *_ = control.processes()
        rows = [
            ("path", program.path),
            ("hash", program.source_hash),
            ("loaded", f"{self._host.loaded_at():.0f}"),
            ("generation", str(self._host.generation())),
            ("version", VERSION),
            ("pid", str(attendant.pid)),
            ("uptime", f"{control.wall_time() - about.started_at:.0f}"),
            ("run_dir", about.run_dir),
            ("fifo", about.fifo),
            ("unix_sock", about.unix_sock),
            *(("listen", address) for address in about.listen),
            *(("alias", name) for name in self._host.aliases()),
            ("debug", str(log.level())),
        ]
        return Reply(body=table_body(("name", "value"), rows))


def _text(word: bytes) -> str:
    return word.decode("utf-8", "surrogateescape")


def _lines(*lines: str) -> Reply:
    return Reply(body="".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape"))
