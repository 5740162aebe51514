"""Real phones on the loopback interface: pjsua2 endpoints, each a process of its own.

with Phone("alice", proxy) as alice, Phone("bob", proxy) as bob:
    alice.register()
    bob.register()
    call = alice.call("bob")
    bob.incoming_call().answer()
    call.wait_for("CONFIRMED")
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.support.ports import free_port

TIMEOUT = 30.0
"""Seconds for whatever must come; voice is slow on a machine that has much else to do."""
ROOT = Path(__file__).parent.parent.parent


class Phone:
    """A softphone with one account."""

    def __init__(
        self,
        user: str,
        registrar: str,
        directory: Path,
        *,
        transport: str = "udp",
        password: str = "",
        domain: str = "",
    ) -> None:
        """`registrar`: HOST:PORT of the proxy; `domain`: what stands behind the "@", if another.

        Raises TimeoutError when the phone doesn't start.
        """
        self.user = user
        self.transport = transport
        self._registrar = registrar
        self._events: list[dict[str, Any]] = []
        self._unread = b""
        settings = {
            "user": user,
            "registrar": registrar,
            "transport": transport,
            "password": password,
            "domain": domain,
            "port": free_port(),
            "rtp_port": free_port(width=20),
        }
        self._log = directory / f"phone-{user}-{settings['port']}.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.softphone", json.dumps(settings)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=ROOT,
            )
        try:
            self.wait_for("ready")
        except BaseException:
            self.close()
            raise

    def register(self) -> None:
        """Register and wait until that is confirmed."""
        assert self.try_to_register() == 200

    def try_to_register(self) -> int:
        """Register; the status code that it ended with."""
        self._order(do="register")
        event = self.wait_for("registration")
        assert event["active"] == (event["code"] == 200), event
        return int(event["code"])

    def unregister(self) -> None:
        """Take the binding away and wait until that is confirmed."""
        self._order(do="unregister")
        event = self.wait_for("registration")
        assert event["code"] == 200, event

    def call(self, user: str) -> Call:
        """Send an INVITE to a user of the same proxy."""
        suffix = ";transport=tcp" if self.transport == "tcp" else ""
        self._order(do="call", uri=f"sip:{user}@{self._registrar}{suffix}")
        return Call(self, self.wait_for("calling")["call"])

    def incoming_call(self) -> Call:
        """Wait for somebody to call."""
        return Call(self, self.wait_for("incoming")["call"])

    def has_incoming_call(self) -> bool:
        """Whether somebody has called by now and `incoming_call` hasn't told yet."""
        self._read(0)
        return any(event["event"] == "incoming" for event in self._events)

    def wait_for(self, event: str, timeout: float = TIMEOUT, **details: object) -> dict[str, Any]:
        """The first event not yet told that is of this kind. Raises TimeoutError.

        Details that are given must be in the event, with that value.
        """
        wanted = {"event": event, **details}
        deadline = time.monotonic() + timeout
        while True:
            for candidate in self._events:
                if candidate | wanted == candidate:
                    self._events.remove(candidate)
                    return candidate
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"{self.user}: no {wanted}, but {self._events}; {self._log}")
            self._read(left)

    def _read(self, timeout: float) -> None:
        """Take in what the phone has told, waiting at most `timeout` seconds for it."""
        output = self._process.stdout
        assert output is not None
        if not select.select([output], [], [], timeout)[0]:
            return
        read = os.read(output.fileno(), 65536)
        if not read:
            raise RuntimeError(f"{self.user}'s phone has ended: {self._log.read_text()[-2000:]}")
        *lines, self._unread = (self._unread + read).split(b"\n")
        self._events += [json.loads(line) for line in lines]

    def _order(self, **order: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        self._process.stdin.flush()

    def close(self) -> None:
        """Take the phone away, without a word to anyone."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()

    def __enter__(self) -> Phone:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class Call:
    """One phone's side of a call."""

    def __init__(self, phone: Phone, number: int) -> None:
        self._phone = phone
        self._number = number

    def ring(self) -> None:
        """180."""
        self._answer(180)

    def answer(self) -> None:
        """200, and wait for the ACK."""
        self._answer(200)
        self.wait_for("CONFIRMED")

    def refuse(self, code: int = 486) -> None:
        """A final answer that is no."""
        self._answer(code)

    def _answer(self, code: int) -> None:
        self._phone._order(do="answer", call=self._number, code=code)

    def hang_up(self) -> None:
        """CANCEL, BYE or a refusal, as the state of the call has it."""
        self._phone._order(do="hang_up", call=self._number)

    def wait_for(self, state: str, timeout: float = TIMEOUT) -> dict[str, Any]:
        """Wait until the call is in `state` (CALLING EARLY CONFIRMED DISCONNECTED …)."""
        return self._phone.wait_for("call", timeout, call=self._number, state=state)

    def ended_with(self) -> int:
        """Wait for the end; the status code that ended it."""
        return int(self.wait_for("DISCONNECTED")["code"])

    def packets(self) -> tuple[int, int]:
        """RTP packets sent and received by now."""
        self._phone._order(do="statistics", call=self._number)
        event = self._phone.wait_for("statistics", call=self._number)
        return event["sent"], event["received"]

    def wait_for_voice(self, packets: int = 10, timeout: float = TIMEOUT) -> None:
        """Wait until that many more RTP packets have gone either way. Raises TimeoutError."""
        first_sent, first_received = self.packets()
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            sent, received = self.packets()
            if sent >= first_sent + packets and received >= first_received + packets:
                return
            time.sleep(0.02)
        raise TimeoutError(f"sent {sent - first_sent}, received {received - first_received} RTP")
