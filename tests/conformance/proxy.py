"""A hello-world `ser` on loopback as a far end sees it: where it listens, what it counts, and
whether it still answers.

Nothing here waits for silence. Who wants to show that nothing comes sends a marker behind: a
request whose answer the proxy itself gives. One receiver reads in order, so when the answer is
there, all that came before has been dealt with.
"""

from __future__ import annotations

import itertools
import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.daemon import Ser, wait_for
from tests.support.ports import free_port
from tests.support.sip_peer import Peer
from tests.support.sip_reading import Message

_BENCH = (Path(__file__).parents[2] / "bench" / "ser.cfg").read_text()
CONFIG = re.sub(r"(?m)^(listen|port|debug|fork)=.*\n", "", _BENCH).replace(
    "children=1", "children=1\ndebug=3"
)
"""Hello world without addresses: those come by the command line."""

_BLOCK = "attendant: this process:"
_COUNTER = re.compile(r"attendant: ([a-z]+\.\S+) = (\d+)$", re.MULTILINE)
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class RunningProxy:
    """A daemon and its addresses."""

    ser: Ser
    target: str
    """HOST:PORT over IPv4, for UDP and TCP."""
    target6: str
    """The same over IPv6."""

    @property
    def host(self) -> str:
        return self.target.partition(":")[0]

    @property
    def port(self) -> int:
        return self.ser.port

    def peer(self, user: str = "", *, transport: str = "udp", host: str = "127.0.0.1") -> Peer:
        """Somebody new who talks to this proxy, by IPv6 when `host` is such an address."""
        target = self.target6 if ":" in host else self.target
        return Peer(target, user or new_user(), transport=transport, host=host)

    def counters(self) -> dict[str, int]:
        """What it has counted so far; those at 0 are missing."""
        before = len(self.ser.log_text())
        self._show_counters(before, 1)
        self._show_counters(before, 2)  # begins when the first block is complete
        first = self.ser.log_text()[before:].split(_BLOCK)[1]
        return {name: int(value) for name, value in _COUNTER.findall(first)}

    def _show_counters(self, before: int, blocks: int) -> None:
        os.kill(self.ser.pid, signal.SIGUSR1)
        wait_for(
            lambda: self.ser.log_text()[before:].count(_BLOCK) >= blocks, "the counters in the log"
        )

    def count_of(self, name: str) -> int:
        """One counter."""
        return self.counters().get(name, 0)


@contextmanager
def running(config: str, *options: str) -> Iterator[RunningProxy]:
    """A daemon with one receiver that runs `config` on 127.0.0.1 and ::1."""
    port6 = free_port("::1")
    with Ser(config, "-l", f"[::1]:{port6}", *options) as ser:
        yield RunningProxy(ser, f"127.0.0.1:{ser.port}", f"[::1]:{port6}")


def new_user(name: str = "user") -> str:
    """A user that no other test has."""
    return f"{name}{next(_numbers)}"


def send_marker(peer: Peer) -> str:
    """Send what the proxy answers 483 by itself; the Call-ID."""
    call_id = f"marker-{next(_numbers)}-{os.getpid()}"
    peer.send(peer.request("OPTIONS", f"sip:marker@{peer.proxy}", call_id=call_id, max_forwards=0))
    return call_id


def comes_until_marker(peer: Peer) -> list[Message]:
    """Send a marker; all that came before its answer, requests and responses."""
    call_id = send_marker(peer)
    came = []
    while (message := peer.next_message()).header("call-id") != call_id:
        came.append(message)
    assert message.status == 483
    return came


def drain(peer: Peer) -> list[Message]:
    """All that waits in the sockets of `peer`."""
    came: list[Message] = []
    while more := peer.arrived():
        came += more
    return came


def come_by_now(proxy: RunningProxy, *peers: Peer) -> list[Message]:
    """All that the proxy has sent to these by now, for which a prober asks it over UDP."""
    assert_alive(proxy)
    return [message for peer in peers for message in drain(peer)]


def assert_alive(proxy: RunningProxy) -> None:
    """The proxy answers a request. What else comes was meant for who had this port before."""
    with proxy.peer() as prober:
        comes_until_marker(prober)
