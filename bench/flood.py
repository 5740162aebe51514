"""A load that doesn't wait: REGISTERs at a given rate, whatever becomes of them.

SIPp slows down when it falls behind, and retransmits; here each request is sent once, on time.
"""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass
from typing import NamedTuple

from bench.proxies import HOST, Proxy

USERS = 5000
BURST = 0.001
"""Seconds between two bursts of datagrams."""
RECEIVE_BUFFER = 8 << 20
SETTLE = 1.0
"""Seconds after the first request until counting begins: queues fill first."""

REGISTER = """REGISTER sip:{target} SIP/2.0
Via: SIP/2.0/UDP {own};branch=z9hG4bK-flood-{n}
Max-Forwards: 70
From: <sip:flood{n}@{host}>;tag=f{n}
To: <sip:flood{n}@{host}>
Call-ID: flood{n}@{host}
CSeq: {cseq} REGISTER
Contact: <sip:flood{n}@{own}>
Expires: 3600
Content-Length: 0

""".replace("\n", "\r\n")


@dataclass(frozen=True, slots=True)
class Answers:
    """What a flood has brought."""

    sent: int
    """Per second; less than asked for when the sender can't do more."""
    answered: int
    """200 per second."""


class Target(NamedTuple):
    """Where to send."""

    port: int
    target: str


class Flood:
    """Sends to one proxy; each run refreshes the registrations of the same users."""

    def __init__(self, proxy: Proxy | Target) -> None:
        self._proxy = proxy
        self._cseq = 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        self._socket.bind((HOST, 0))
        self._socket.connect((HOST, proxy.port))
        self._socket.setblocking(False)

    def run(self, rate: int, seconds: float) -> Answers:
        """Offer `rate` REGISTERs a second for `seconds`, after a second for settling."""
        began = time.perf_counter()
        count_from, end = began + SETTLE, began + SETTLE + seconds
        texts = self._texts(int(rate * (SETTLE + seconds)))
        sent = answered = counted = 0
        while (now := time.perf_counter()) < end:
            due = int((now - began) * rate)
            batch = texts[sent : min(due, sent + rate // 50)]
            for text in batch:
                self._send(text)
            sent += len(batch)
            answers = self._drain()
            if now >= count_from:
                answered += answers
                counted += len(batch)
            time.sleep(BURST)
        self._wait_for_silence()
        return Answers(int(counted / seconds), int(answered / seconds))

    def _texts(self, number: int) -> list[bytes]:
        """Made beforehand, since making them takes longer than sending them."""
        host, port = self._socket.getsockname()
        target, own = self._proxy.target, f"{host}:{port}"
        texts = []
        for n in range(number):
            self._cseq += 1
            text = REGISTER.format(target=target, own=own, host=host, n=n % USERS, cseq=self._cseq)
            texts.append(text.encode())
        return texts

    def _send(self, text: bytes) -> None:
        try:
            self._socket.send(text)
        except (BlockingIOError, ConnectionRefusedError):
            return  # lost, like any datagram

    def _drain(self) -> int:
        answers = 0
        while True:
            try:
                answers += self._socket.recv(2048).startswith(b"SIP/2.0 200")
            except (BlockingIOError, ConnectionRefusedError):
                return answers

    def _wait_for_silence(self) -> None:
        """Let the proxy work off what waits in its queue, so that runs don't mix."""
        while True:
            time.sleep(0.2)
            if not self._drain():
                return

    def close(self) -> None:
        self._socket.close()


def highest_answered_rate(flood: Flood, seconds: float) -> int:
    """The most REGISTERs a second that are answered, over offered rates a fifth apart."""
    best, rate = 0, 2000
    while True:
        answers = flood.run(rate, seconds)
        best = max(best, answers.answered)
        if answers.answered < rate * 0.9:
            return best
        rate = int(rate * 1.2)
