"""The FIFO's server: reads requests, has them carried out, sends replies. All in one hub.

Requests are carried out in their order. None of them waits: slow commands and replies that can't be
written at once have greenlets of their own.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from functools import partial

from ser_core import log
from ser_core.fifo.answering import Execute, answer
from ser_core.fifo.counters import FifoCounters
from ser_core.fifo.endpoint_server import TURN_TIME, EndpointServer
from ser_core.fifo.reply_pipe import ReplyPipes
from ser_core.fifo.request_pipe import RequestPipe
from ser_core.fifo.requests import BadRequest, Request, RequestReader

_READS_OF_A_FULL_PIPE = 64  # 256 KiB, and Linux gives a pipe 64 unless somebody asks for more


class FifoServer(EndpointServer):
    """Serves the request FIFO."""

    def __init__(
        self,
        pipe: RequestPipe,
        replies: ReplyPipes,
        make_reader: Callable[[], RequestReader],
        execute: Execute,
        counters: FifoCounters,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`make_reader`: a new stream of requests begins with a new reader."""
        super().__init__(pipe, execute, counters, clock)
        self._pipe = pipe
        self._replies = replies
        self._make_reader = make_reader
        self._requests_of = make_reader()
        self._waiting: deque[Request | BadRequest] = deque()
        self._next_turn = self._loop.timer(0.0)

    def finish(self) -> None:
        self._next_turn.stop()
        self._next_turn.close()
        self._replies.close()

    def tick(self) -> None:
        super().tick()
        if not self.is_listening:  # what seems to be missing may be in the pipe still
            return
        self.read(self.read_turn)
        self._take(lambda: self._requests_of.expire(self.clock()))
        self._work()

    def listen(self) -> None:
        if not self._waiting:
            super().listen()

    def read_turn(self) -> None:
        if self._read_some():
            self._work()

    def drain(self) -> None:
        for _ in range(_READS_OF_A_FULL_PIPE):
            if not self._read_some():
                break
        self._work()

    def _read_some(self) -> bool:
        """Take in what one read gives; False when there is nothing. OSError."""
        data = self._pipe.read()
        if data:
            self._take(lambda: self._requests_of.feed(data, self.clock()))
        return bool(data)

    def on_remade(self) -> None:
        self._take(lambda: self._requests_of.expire(math.inf))
        self._work()

    def _take(self, read: Callable[[], list[Request | BadRequest] | list[BadRequest]]) -> None:
        try:
            self._waiting.extend(read())
        except Exception:  # noqa: BLE001  # the guard of the reader: begin with a new one
            self.counters.failures.add()
            log.exception("a request could not be read")
            self._requests_of = self._make_reader()

    def _work(self) -> None:
        """Carry out what has been read, for TURN_TIME; meanwhile no more is read."""
        waiting = self._waiting
        until = self.clock() + TURN_TIME
        while waiting:
            self.guarded(partial(self._serve, waiting.popleft()))
            if self.clock() >= until:
                break
        if waiting:
            self.pause()
            self._next_turn.start(self.guarded, self._work)
        else:
            self.listen()

    def _serve(self, request: Request | BadRequest) -> None:
        command = request.command if isinstance(request, Request) else "a bad request"
        take = partial(self._replies.send, request.reply_name, command=command)
        answer(request, self._execute, take, self.counters)
