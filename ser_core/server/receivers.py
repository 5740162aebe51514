"""The receivers as the FIFO's process sees them: commands go out over the bus, replies come back.

Whoever waits always gets an answer, be it that the receiver died, or that the time is over.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from ser_core.fifo.declarations import FifoCommand
from ser_core.fifo.dispatcher import Arguments, Take
from ser_core.fifo.protocol import Reply
from ser_core.server.bus_messages import AnyMessage, Command, CommandReply, ReceiverEnded
from ser_core.server.call_id import owner_of


class Pids(Protocol):
    """The part of the shared pages that is needed here."""

    def pid(self, process: int) -> int: ...


class Send(Protocol):
    """Gives a message to a process; False when it can't, `lost` when it turns out later."""

    def __call__(self, process: int, message: AnyMessage, lost: Callable[[], None]) -> bool: ...


class Loop(Protocol):
    """The part of gevent's event loop that is needed here."""

    def timer(self, after: float) -> Any: ...  # Any: gevent's watchers have no public type


@dataclass(slots=True)
class _Question:
    """A command that a receiver is running."""

    receiver: int
    pid: int
    take: Take
    timer: Any = None


class BusReceivers:
    """Implements `Receivers`."""

    def __init__(
        self,
        number: int,
        send: Send,
        pids: Pids,
        loop: Loop,
    ) -> None:
        self._number = number
        self._send = send
        self._pids = pids
        self._loop = loop
        self._questions: dict[int, _Question] = {}
        self._next_id = os.getpid() << 32  # replies to a predecessor of ours must match nothing
        self._turn = 0

    def everyone(self) -> Sequence[int]:
        return range(self._number)

    def owner_of(self, call_id: bytes) -> int:
        if call_id:
            return owner_of(call_id, self._number)
        self._turn += 1
        in_turn = [(self._turn + x) % self._number for x in range(self._number)]
        return next((x for x in in_turn if self._pids.pid(x)), in_turn[0])

    def ask(self, receiver: int, command: FifoCommand, arguments: Arguments, take: Take) -> None:
        pid = self._pids.pid(receiver)
        if not pid:
            take(Reply(500, f"receiver {receiver} is being started"))
            return
        self._next_id += 1
        number = self._next_id
        question = self._questions[number] = _Question(receiver, pid, take)
        if command.timeout is not None:
            question.timer = self._loop.timer(command.timeout)
            question.timer.start(self._give_up, number, command.timeout)
        message = Command(number, pid, command.name, list(arguments))
        if not self._send(receiver, message, partial(self._on_lost, number)):
            self._on_lost(number)

    def _on_lost(self, number: int) -> None:
        """The command can't be delivered; a command in pieces may be told of several times."""
        if number in self._questions:
            receiver = self._questions[number].receiver
            self._answer(number, Reply(500, f"receiver {receiver} is too busy"))

    def _give_up(self, number: int, seconds: float) -> None:
        receiver = self._questions[number].receiver
        self._answer(number, Reply(500, f"receiver {receiver} didn't answer within {seconds:g} s"))

    def on_reply(self, message: CommandReply) -> None:
        """A receiver has answered; too late, if nobody asks any more."""
        if message.id in self._questions:
            text = message.text.decode("utf-8", "surrogateescape")
            self._answer(message.id, Reply(message.code, text, message.body))

    def on_ended(self, message: ReceiverEnded) -> None:
        """A receiver has died, and will not answer what it was asked."""
        asked = [
            number
            for number, question in self._questions.items()
            if (question.receiver, question.pid) == (message.receiver, message.pid)
        ]
        for number in asked:
            self._answer(number, Reply(500, "the receiver died"))

    def _answer(self, number: int, reply: Reply) -> None:
        question = self._questions.pop(number)
        if question.timer is not None:
            question.timer.stop()
            question.timer.close()
        question.take(reply)

    def close(self) -> None:
        """Forget all questions: the process ends."""
        for question in self._questions.values():
            if question.timer is not None:
                question.timer.stop()
                question.timer.close()
        self._questions.clear()
