"""tm on a stateful proxy without a network: script functions, FIFO commands, and a clock.

script = Script(fr_timer=5)
msg = script.arrives(request())     # what the script would run on
script.tm.t_relay(msg)
script.ask("t_stats")               # the bytes that come through the reply pipe
"""

from __future__ import annotations

from typing import Any

from ser_core.fifo.command_table import CommandTable
from ser_core.fifo.declarations import Pending
from ser_core.fifo.protocol import FifoError, Reply
from ser_core.fifo.requests import BadRequest, RequestReader
from ser_core.proxy.stateful import StatefulProxy
from ser_core.proxy.stateless import StatelessProxy
from ser_core.script.runtime import ScriptMessage
from ser_core.script.settings import Settings
from ser_core.sip.stateless_tag import StatelessTag
from tests.support.ladder import FakeEnvironment, Ladder

SETTINGS = {"server_signature"}
"""What `Script` takes that is no parameter of tm."""
BOB = b"sip:bob@198.51.100.1"


class FakeCore(FakeEnvironment):
    """An environment that also forwards statelessly, logs and knows its Contact header."""

    def __init__(self) -> None:
        super().__init__()
        self.settings = Settings()
        self.logged: list[str] = []
        self.proxy: Any = None

        self.environment = self

    def transactions(self) -> StatefulProxy | None:
        return self.proxy  # type: ignore[no-any-return]  # Any: tests poke about in it

    def use_transactions(self, proxy: StatefulProxy) -> None:
        self.proxy = proxy

    def forward(self, msg: ScriptMessage, uri: bytes, transport: str | None = None) -> int:
        tags = StatelessTag(b"secret")
        return StatelessProxy(self, tags).forward(msg, uri, transport)  # type: ignore[arg-type]

    def complain(self, kind: str, text: str, msg: ScriptMessage, level: int = 1) -> None:
        self.log(level, text, msg)

    def log(self, level: int, text: str, msg: ScriptMessage | None = None) -> None:
        self.logged.append(text)

    def contact_header(self, msg: ScriptMessage) -> list[bytes]:
        return [b"Contact: <sip:elsewhere>\r\n"]


class Script(Ladder):
    """A ladder whose requests are handed to a script function of tm."""

    def __init__(self, **params: int | str) -> None:
        super().__init__()
        self.core = FakeCore()
        self.environment = self.core
        for name, value in params.items():
            setattr(self.core.settings if name in SETTINGS else self.tm, name, value)
        self.tm.check()
        self.tm.start(self.core)  # type: ignore[arg-type]
        self.tm.take_effect()
        self.proxy = self.core.proxy

    def arrives(self, data: bytes, uri: bytes = BOB) -> ScriptMessage:
        msg = self.message(data)
        assert self.tm.before_request(msg)
        msg.uri = uri
        return msg

    # -- the FIFO --------------------------------------------------------------------------------

    def owns(self, call_id: bytes) -> bool:
        """As `Control`: of two receivers, this one has the Call-IDs that begin with 0 to 7."""
        return call_id[-1:] < b"8" or not call_id[:1].isalnum()

    def total(self, counter: str) -> int:
        """As `Control`."""
        return {each.name: each.value for each in self.tm.counters}[counter]

    def run(self, command: str, *lines: str | bytes) -> Reply | Pending:
        """What the command answers, with the arguments read as the FIFO reads them."""
        table = CommandTable()
        table.register(self.tm)
        encoded = [line.encode() if isinstance(line, str) else line for line in lines]
        text = b"\n".join([f":{command}:r".encode(), *encoded, b"", b""])
        # behind a request with an empty argument, the reader finds more that is none
        request, *_rest = RequestReader(table.arguments_of).feed(text, 0.0)
        if isinstance(request, BadRequest):
            return request.reply
        entry = table.find(request.command)
        assert entry is not None
        try:
            result = entry.function(self, *request.arguments)
            merge = entry.command.merge
            if merge is not None:
                assert isinstance(result, Reply)
                return merge([result])
        except FifoError as error:
            return error.reply()
        self._remember()
        return result

    def ask(self, command: str, *lines: str | bytes) -> bytes:
        """What comes through the reply pipe; b"" while it is awaited."""
        result = self.run(command, *lines)
        if isinstance(result, Reply):
            return result.to_bytes()
        told: list[Reply] = []
        result.when_answered(told.append)
        return told[0].to_bytes() if told else b""
