"""A simulated phone: registers, calls, is called, answers pings and messages (UDP, no sound)."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from typing import cast

from demo.messages import ALLOW, Dialog, new_branch, new_tag, request, response
from ser_core.errors import ParseError
from ser_core.sip.message import Request, Response
from ser_core.sip.parser import parse_message

HOST = "127.0.0.1"
TIMEOUT = 8.0
"""Seconds for a final response; then the call is given up."""
RINGS = (0.2, 2.5)
"""Seconds until somebody answers."""
Key = tuple[bytes, int, bytes]
"""Call-ID, CSeq number and method: what a response belongs to."""


class Phone(asyncio.DatagramProtocol):
    """One user. `start` first; whatever is sent without an answer ends with TimeoutError."""

    def __init__(
        self, user: str, agent: str, proxy: tuple[str, int], chance: random.Random
    ) -> None:
        self.user = user
        self._agent = agent
        self._proxy = proxy
        self._chance = chance
        self._domain = f"{proxy[0]}:{proxy[1]}"
        self._transport: asyncio.DatagramTransport | None = None
        self._waiting: dict[Key, asyncio.Queue[Response]] = {}
        self._ringing: dict[bytes, asyncio.Task[None]] = {}
        self._registration = self._dialog(f"sip:{self._domain}", f"<sip:{user}@{self._domain}>")
        self.is_busy = False
        """In a call: who calls now is told so."""

    async def start(self) -> None:
        """Take a free port."""
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(lambda: self, local_addr=(HOST, 0))

    def stop(self) -> None:
        """Say no more."""
        for ringing in self._ringing.values():
            ringing.cancel()
        if self._transport is not None:
            self._transport.close()

    # What it does by itself

    async def register(self, seconds: int) -> int:
        """Register for that long, 0: log off; the status of the reply."""
        headers = (self._contact, f"Expires: {seconds}", f"User-Agent: {self._agent}")
        return (await self._ask("REGISTER", self._registration, headers)).status

    async def message(self, user: str, text: str) -> int:
        """Send it; the status of the reply."""
        dialog = self._dialog(f"sip:{user}@{self._domain}")
        return (await self._ask("MESSAGE", dialog, ("Content-Type: text/plain",), text)).status

    async def call(self, user: str, seconds: float, *, patience: float = TIMEOUT) -> int:
        """Call and hang up after `seconds`, or give up after `patience`; the final status."""
        dialog, branch = self._dialog(f"sip:{user}@{self._domain}"), new_branch()
        headers = (self._contact, f"User-Agent: {self._agent}")
        self.is_busy = True
        try:
            final = await self._invite(dialog, branch, headers, patience)
            if 200 <= final.status < 300:
                dialog.accept(final)
                self._send(request("ACK", dialog, self._sent_by))
                await asyncio.sleep(seconds)
                await self._ask("BYE", dialog)
            else:  # §17.1.1.3: hop by hop, with the branch of the INVITE
                dialog.remote = (final.header(b"to") or b"").decode()
                self._send(request("ACK", dialog, self._sent_by, branch=branch))
            return final.status
        finally:
            self.is_busy = False

    async def _invite(
        self, dialog: Dialog, branch: str, headers: Sequence[str], patience: float
    ) -> Response:
        invite = request("INVITE", dialog, self._sent_by, branch=branch, headers=headers)
        with _Answers(self, dialog, "INVITE") as answers:
            self._send(invite)
            try:
                return await answers.final(patience)
            except TimeoutError:
                self._send(request("CANCEL", dialog, self._sent_by, branch=branch))
                return await answers.final(TIMEOUT)

    async def _ask(
        self, method: str, dialog: Dialog, headers: Sequence[str] = (), body: str = ""
    ) -> Response:
        sent = request(method, dialog, self._sent_by, headers=headers, body=body)
        with _Answers(self, dialog, method) as answers:
            self._send(sent)
            return await answers.final(TIMEOUT)

    # What it answers

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Noise is left alone."""
        try:
            message = parse_message(data)
        except ParseError:
            return
        if isinstance(message, Response):
            key = (message.call_id, message.cseq_number, message.cseq_method)
            if key in self._waiting:
                self._waiting[key].put_nowait(message)
        else:
            self._serve(message)

    def _serve(self, asked: Request) -> None:
        if asked.method == b"INVITE":
            self._ring(asked)
        elif asked.method == b"CANCEL":
            self._send(response(asked, 200, "OK"))
            if ringing := self._ringing.get(asked.call_id):
                ringing.cancel()
        elif asked.method != b"ACK":
            self._send(response(asked, 200, "OK", (ALLOW, f"User-Agent: {self._agent}")))

    def _ring(self, invite: Request) -> None:
        if invite.call_id in self._ringing:  # sent again
            return
        if self.is_busy:
            self._send(response(invite, 486, "Busy Here"))
            return
        task = asyncio.get_running_loop().create_task(self._answer(invite))
        self._ringing[invite.call_id] = task
        task.add_done_callback(lambda _: self._ringing.pop(invite.call_id, None))

    async def _answer(self, invite: Request) -> None:
        self._send(response(invite, 180, "Ringing", (self._contact,)))
        try:
            await asyncio.sleep(self._chance.uniform(*RINGS))
        except asyncio.CancelledError:
            self._send(response(invite, 487, "Request Terminated"))
            return
        if self._chance.random() < 0.1:
            self._send(response(invite, 603, "Decline"))
        else:
            self._send(response(invite, 200, "OK", (self._contact,)))

    # Small things

    def _dialog(self, target: str, remote: str = "") -> Dialog:
        local = f"<sip:{self.user}@{self._domain}>;tag={new_tag()}"
        return Dialog(target, local, remote or f"<{target}>")

    @property
    def _sent_by(self) -> str:
        assert self._transport is not None, "not started"
        host, port = self._transport.get_extra_info("sockname")
        return f"{host}:{port}"

    @property
    def _contact(self) -> str:
        return f"Contact: <sip:{self.user}@{self._sent_by}>"

    def _send(self, message: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(message, self._proxy)

    def expect(self, key: Key) -> asyncio.Queue[Response]:
        """Responses of that key come there, until `forget`."""
        return self._waiting.setdefault(key, asyncio.Queue())

    def forget(self, key: Key) -> None:
        """What comes now is too late."""
        self._waiting.pop(key, None)


class _Answers:
    """The responses to one request, while the context lasts."""

    def __init__(self, phone: Phone, dialog: Dialog, method: str) -> None:
        self._phone = phone
        self._key = (dialog.call_id.encode(), dialog.cseq, method.encode())

    def __enter__(self) -> _Answers:
        self._queue = self._phone.expect(self._key)
        return self

    def __exit__(self, *_: object) -> None:
        self._phone.forget(self._key)

    async def final(self, timeout: float) -> Response:
        """Raises TimeoutError."""
        async with asyncio.timeout(timeout):
            while True:
                answer = await self._queue.get()
                if answer.status >= 200:
                    return answer
