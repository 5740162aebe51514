"""The process's side of FIFO and command socket: what reads requests, runs them, and replies.

In the fifo server, or (fork=no) in the one process that does everything.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import gevent

from ser_core.fifo.about import About
from ser_core.fifo.commands import CoreCommands
from ser_core.fifo.datagrams import read_datagram
from ser_core.fifo.debug_level import DebugLevel
from ser_core.fifo.declarations import Control
from ser_core.fifo.dispatcher import Dispatcher, Receivers
from ser_core.fifo.log_commands import LogCommands
from ser_core.fifo.log_ring import LogRing
from ser_core.fifo.reload_commands import ReloadCommands, Reloader
from ser_core.fifo.reply_pipe import ReplyPipes
from ser_core.fifo.request_pipe import RequestPipe
from ser_core.fifo.request_socket import RequestSocket
from ser_core.fifo.requests import BadRequest, Request, RequestReader
from ser_core.fifo.server import FifoServer
from ser_core.fifo.unix_socket import UnixSocketServer
from ser_core.server.child import Side
from ser_core.server.control import make_runner
from ser_core.server.plan import Plan
from ser_core.sip.hop import bracketed

if TYPE_CHECKING:
    from ser_core.script.loader import Program


class RunningSer:
    """The `Host` of the core's commands."""

    def __init__(self, plan: Plan, side: Side) -> None:
        self._plan = plan
        self._side = side
        self._loop = gevent.get_hub().loop

    @property
    def about(self) -> About:
        return self._plan.about

    def generation(self) -> int:
        return self._plan.pages.script_generation

    def loaded_at(self) -> float:
        return self._plan.loaded_at

    def counter_help(self) -> dict[str, str]:
        return self._plan.counter_help()

    def aliases(self) -> list[str]:
        aliases = self._plan.local.aliases
        return [
            f"{bracketed(host)}:{port}" if port else bracketed(host) for _, host, port in aliases
        ]

    def stop(self) -> None:
        self._loop.run_callback(self._side.stop_all)


class ControlChannel:
    """FIFO, command socket and the commands of the core."""

    def __init__(self, plan: Plan, side: Side, control: Control, reloader: Reloader) -> None:
        self.ring = LogRing(plan.pages)
        self._plan = plan
        self._debug_level = DebugLevel(plan.pages, time.monotonic)
        self.runner = make_runner(plan, control)
        self._own_commands = (
            CoreCommands(RunningSer(plan, side), self.runner.table),
            ReloadCommands(reloader),
            LogCommands(self._debug_level, self.ring),
        )
        self.use(plan.program)
        self._counters = plan.counters.fifo
        self._servers: list[FifoServer | UnixSocketServer] = []

    def use(self, program: Program) -> None:
        """Take the commands of its modules from now on, and those of the core."""
        # Behind the modules, as in SER: it shows in `which`, and none of them can replace `kill`.
        self.runner.table.use((*program.modules.values(), *self._own_commands))

    def start(self, receivers: Receivers) -> None:
        """Serve from now on."""
        dispatcher = Dispatcher(self.runner, receivers)
        files = self._plan.control
        assert files is not None
        if files.pipe is not None and files.reply_directory is not None:
            replies = ReplyPipes(files.reply_directory, files.pipe.may_write, self._counters)
            self._servers.append(self._fifo_server(files.pipe, replies, dispatcher))
        if files.socket is not None:
            self._servers.append(self._socket_server(files.socket, dispatcher))
        for server in self._servers:
            server.start()

    def _fifo_server(
        self, pipe: RequestPipe, replies: ReplyPipes, dispatcher: Dispatcher
    ) -> FifoServer:
        def make_reader() -> RequestReader:
            return RequestReader(dispatcher.arguments_of, replies.has_pipe)

        return FifoServer(pipe, replies, make_reader, dispatcher.execute, self._counters)

    def _socket_server(self, socket: RequestSocket, dispatcher: Dispatcher) -> UnixSocketServer:
        def read(data: bytes) -> Request | BadRequest:
            return read_datagram(data, dispatcher.arguments_of)

        tx_timeout = self._plan.program.settings.unix_tx_timeout / 1000
        return UnixSocketServer(socket, read, dispatcher.execute, self._counters, tx_timeout)

    def on_beat(self) -> None:
        """Once a second."""
        self._debug_level.go_back_if_due()

    def stop(self) -> None:
        """Serve no more."""
        for server in self._servers:
            server.stop()
