"""Receivers of a real ser: one call, one receiver; TCP across processes; deaths lose nothing."""

from __future__ import annotations

import os
import re
import signal
import socket
from collections.abc import Iterator

import pytest

from ser_core.server.call_id import owner_of
from tests.support.daemon import Ser, wait_for

CONFIG = """
loadmodule "sl.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
route {
    if (method=="REGISTER") { save("location"); break; };
    if (method=="OPTIONS") { sl_send_reply("200", "fine"); break; };
    if (!lookup("location")) { sl_send_reply("404", "Not Found"); break; };
    sl_send_reply("302", "Moved");
}
"""


def request(method: str, call_id: str, *, transport: str = "UDP", more: str = "") -> bytes:
    return (
        f"{method} sip:alice@127.0.0.1 SIP/2.0\r\n"
        f"Via: SIP/2.0/{transport} 127.0.0.1;rport;branch=z9hG4bK{call_id}\r\n"
        f"From: <sip:alice@127.0.0.1>;tag=1\r\n"
        f"To: <sip:alice@127.0.0.1>\r\n"
        f"Call-ID: {call_id}\r\n"
        f"CSeq: 1 {method}\r\n"
        f"Max-Forwards: 10\r\n{more}"
        f"Content-Length: 0\r\n\r\n"
    ).encode()


def call_id_of(owner: int, receivers: int, serial: int = 0) -> str:
    """A Call-ID that belongs to the receiver `owner`."""
    found = (f"call-{serial}-{number}" for number in range(10_000))
    return next(x for x in found if owner_of(x.encode(), receivers) == owner)


@pytest.fixture(scope="module")
def ser() -> Iterator[Ser]:
    with Ser(CONFIG, children=4) as made:
        yield made


@pytest.fixture
def phone() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.settimeout(10)
        yield made


def ask(phone: socket.socket, ser: Ser, data: bytes) -> bytes:
    phone.sendto(data, (ser.host, ser.port))
    return phone.recv(65536)


def counters_of(ser: Ser) -> dict[str, int]:
    """What all processes together have counted, as SIGUSR1 has it logged."""
    before = len(ser.log_text())
    os.kill(ser.pid, signal.SIGUSR1)
    wait_for(lambda: "transport.udp_sent" in ser.log_text()[before:], "the counters")
    return {
        name: int(value) for name, value in re.findall(r"([\w.]+) = (\d+)", ser.log_text()[before:])
    }


@pytest.mark.parametrize("owner", range(4))
def test_a_message_reaches_the_owner_of_its_call_id_and_is_answered(
    ser: Ser, phone: socket.socket, owner: int
) -> None:
    answer = ask(phone, ser, request("OPTIONS", call_id_of(owner, 4)))
    assert answer.startswith(b"SIP/2.0 200 fine\r\n")
    assert f";rport={phone.getsockname()[1]}".encode() in answer


def test_handing_on_is_counted(ser: Ser, phone: socket.socket) -> None:
    for serial in range(4):
        ask(phone, ser, request("OPTIONS", call_id_of(serial, 4, serial)))
    counters = counters_of(ser)
    assert counters["core.requests"] >= 4
    assert counters["bus.handed_on"] >= 3  # one socket reads all that comes from one phone
    assert counters["transport.udp_received"] >= 4


@pytest.mark.parametrize("owner", range(4))
def test_an_answer_goes_back_on_the_tcp_connection_of_another_process(ser: Ser, owner: int) -> None:
    with socket.create_connection((ser.host, ser.port), timeout=10) as peer:
        for serial in range(3):
            peer.sendall(request("OPTIONS", call_id_of(owner, 4, serial), transport="TCP"))
            assert peer.recv(65536).startswith(b"SIP/2.0 200 fine\r\n")


def test_a_registration_is_seen_by_all_receivers_at_once(ser: Ser, phone: socket.socket) -> None:
    contact = "Contact: <sip:alice@127.0.0.1:9>\r\n"
    for owner in range(4):
        answer = ask(phone, ser, request("REGISTER", call_id_of(owner, 4, 50), more=contact))
        assert answer.startswith(b"SIP/2.0 200 OK\r\n")
        for other in range(4):
            answer = ask(phone, ser, request("INVITE", call_id_of(other, 4, 60 + owner)))
            assert answer.startswith(b"SIP/2.0 302 ")
        gone = "Contact: *\r\nExpires: 0\r\n"
        ask(phone, ser, request("REGISTER", call_id_of(owner, 4, 70), more=gone))


def test_a_killed_receiver_loses_no_registration(phone: socket.socket) -> None:
    with Ser(CONFIG, children=2) as ser:
        contact = "Contact: <sip:alice@127.0.0.1:9>\r\n"
        ask(phone, ser, request("REGISTER", "r1", more=contact))
        victims = ser.receivers()
        for pid in victims:
            os.kill(pid, signal.SIGKILL)
        answers = [ask(phone, ser, request("INVITE", call_id_of(x, 2))) for x in range(2)]
        assert all(x.startswith(b"SIP/2.0 302 ") for x in answers)
        assert not set(victims) & set(ser.receivers())


def test_a_connection_of_a_process_that_died_is_forgotten(phone: socket.socket) -> None:
    with Ser(CONFIG, children=2) as ser:
        with socket.create_connection((ser.host, ser.port), timeout=10) as peer:
            peer.sendall(request("OPTIONS", "accepted", transport="TCP"))
            assert peer.recv(65536).startswith(b"SIP/2.0 200 fine\r\n")
            for pid in ser.receivers():
                os.kill(pid, signal.SIGKILL)
            assert peer.recv(100) == b""
        with socket.create_connection((ser.host, ser.port), timeout=10) as peer:
            for owner in range(2):
                peer.sendall(request("OPTIONS", call_id_of(owner, 2), transport="TCP"))
                assert peer.recv(65536).startswith(b"SIP/2.0 200 fine\r\n")


def test_what_is_no_sip_is_survived_by_all(ser: Ser, phone: socket.socket) -> None:
    for data in (b"\0" * 64, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"Call-ID: x\r\n\r\n" * 9):
        phone.sendto(data, (ser.host, ser.port))
    assert ask(phone, ser, request("OPTIONS", "after")).startswith(b"SIP/2.0 200 ")
    assert len(ser.receivers()) == 4


def test_one_process_alone_serves_udp_and_tcp(phone: socket.socket) -> None:
    with Ser(CONFIG, alone=True) as ser:
        assert ask(phone, ser, request("OPTIONS", "a")).startswith(b"SIP/2.0 200 ")
        with socket.create_connection((ser.host, ser.port), timeout=10) as peer:
            peer.sendall(request("OPTIONS", "b", transport="TCP"))
            assert peer.recv(65536).startswith(b"SIP/2.0 200 ")
        for number in (signal.SIGHUP, signal.SIGUSR2):
            os.kill(ser.pid, number)
        assert counters_of(ser)["core.requests"] == 2
        assert ser.stop(signal.SIGINT) == 0


def test_no_process_stays_when_the_attendant_is_killed(phone: socket.socket) -> None:
    with Ser(CONFIG, children=2) as ser:
        ask(phone, ser, request("OPTIONS", "a"))
        receivers = ser.receivers()
        os.kill(ser.pid, signal.SIGKILL)
        wait_for(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in receivers), "the end", 3)
