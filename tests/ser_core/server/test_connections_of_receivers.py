"""TCP over several receivers of a real ser: limits are the program's, and each can be reached."""

from __future__ import annotations

import os
import select
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from ser_core.server.call_id import owner_of
from tests.support.daemon import Ser, wait_for

CONFIG = """
tcp_max_per_source = 6
loadmodule "sl.so"
loadmodule "tm.so"
route {
    if (method=="OPTIONS") { sl_send_reply("200", "fine"); break; };
    if (method=="MESSAGE") { forward_tcp(uri:host, uri:port); break; };
    t_relay();
}
"""
RECEIVERS = 2


def request(method: str, uri: str, call_id: str, via: str) -> bytes:
    return (
        f"{method} {uri} SIP/2.0\r\n"
        f"Via: SIP/2.0/{via};branch=z9hG4bK{call_id}\r\n"
        f"From: <sip:alice@127.0.0.1>;tag=1\r\n"
        f"To: <sip:bob@127.0.0.1>\r\n"
        f"Call-ID: {call_id}\r\n"
        f"CSeq: 1 {method}\r\n"
        f"Max-Forwards: 10\r\n"
        f"Content-Length: 0\r\n\r\n"
    ).encode()


def call_id_of(owner: int) -> str:
    """A Call-ID that belongs to the receiver `owner`."""
    found = (f"call-{number}" for number in range(1000))
    return next(x for x in found if owner_of(x.encode(), RECEIVERS) == owner)


@pytest.fixture
def ser() -> Iterator[Ser]:
    with Ser(CONFIG, children=RECEIVERS) as made:
        yield made


@pytest.fixture
def phone() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.bind(("127.0.0.1", 0))
        made.settimeout(10)
        yield made


class Callers:
    """Connections from one source."""

    def __init__(self, ser: Ser, stack: ExitStack) -> None:
        self._address = (ser.host, ser.port)
        self._stack = stack
        self.open: list[socket.socket] = []

    def connect(self) -> bool:
        """One more; False when it was refused."""
        made = self._stack.enter_context(socket.create_connection(self._address, timeout=10))
        if not is_served(made):
            return False
        self.open.append(made)
        return True

    def forget_closed(self) -> None:
        readable, _, _ = select.select(self.open, [], [], 0)
        self.open = [each for each in self.open if each not in readable]


def is_served(peer: socket.socket) -> bool:
    try:
        peer.sendall(request("OPTIONS", "sip:127.0.0.1", "served", "TCP 127.0.0.1"))
        return bool(peer.recv(65536))
    except ConnectionError:
        return False


def kill_one(ser: Ser) -> None:
    before = ser.receivers()
    os.kill(before[0], signal.SIGKILL)
    wait_for(lambda: len(ser.receivers()) == RECEIVERS and ser.receivers() != before, "another")


def test_the_limit_of_a_source_is_that_of_all_receivers_even_after_one_died(ser: Ser) -> None:
    with ExitStack() as stack:
        callers = Callers(ser, stack)
        assert [callers.connect() for _ in range(10)] == [True] * 6 + [False] * 4
        kill_one(ser)
        callers.forget_closed()
        survivors = len(callers.open)
        assert [callers.connect() for _ in range(10)].count(True) == 6 - survivors


def is_counted(ser: Ser, name: str) -> bool:
    """True once ser has answered a SIGUSR1 with that counter in it."""
    os.kill(ser.pid, signal.SIGUSR1)
    return f"{name} = " in ser.log_text()


def test_a_successor_reaches_a_peer_by_the_connection_of_another_receiver(
    phone: socket.socket,
) -> None:
    with (
        Ser(CONFIG.replace("= 6", "= 32"), children=RECEIVERS) as ser,
        ExitStack() as stack,
    ):
        callers = Callers(ser, stack)
        for _ in range(20):
            assert callers.connect()
        kill_one(ser)
        address = (ser.host, ser.port)
        phone.sendto(request("OPTIONS", "sip:127.0.0.1", call_id_of(0), via(phone)), address)
        assert phone.recv(65536).startswith(b"SIP/2.0 200"), "the successor serves"
        callers.forget_closed()
        peer = callers.open[0]
        uri = f"sip:bob@127.0.0.1:{peer.getsockname()[1]}"
        phone.sendto(request("MESSAGE", uri, call_id_of(0), via(phone)), address)
        assert peer.recv(65536).startswith(b"MESSAGE ")


def via(phone: socket.socket) -> str:
    return f"UDP 127.0.0.1:{phone.getsockname()[1]}"


@pytest.mark.parametrize("owner", range(RECEIVERS))
def test_a_response_whose_connection_has_gone_finds_the_via_from_any_receiver(
    ser: Ser, phone: socket.socket, owner: int
) -> None:
    """RFC 3261 §18.2.2; the connection is in the one receiver or the other, its owner in both."""
    with socket.create_server(("127.0.0.1", 0)) as there:
        there.settimeout(10)
        with socket.create_connection((ser.host, ser.port), timeout=10) as caller:
            sent_by = f"TCP 127.0.0.1:{there.getsockname()[1]}"
            uri = f"sip:bob@127.0.0.1:{phone.getsockname()[1]}"
            caller.sendall(request("INVITE", uri, call_id_of(owner), sent_by))
            invite, proxy = phone.recvfrom(65536)
            assert caller.recv(65536).startswith(b"SIP/2.0 100")
        wait_for(lambda: is_counted(ser, "transport.tcp_closed"), "the end of the connection")
        head = invite.split(b"\r\n", 1)[1].replace(b"bob@127.0.0.1>", b"bob@127.0.0.1>;tag=2")
        phone.sendto(b"SIP/2.0 486 Busy Here\r\n" + head, proxy)
        answered, _ = there.accept()
        with answered:
            answered.settimeout(10)
            assert answered.recv(65536).startswith(b"SIP/2.0 486")
