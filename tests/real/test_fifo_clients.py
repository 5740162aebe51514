"""Many clients at once: no reply is lost, none goes to another."""

from __future__ import annotations

import array
import fcntl
import os
import termios
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ser_core.fifo.client import BodyLines, FifoClient, HeaderLines, NoReply, UnixClient
from ser_core.server.run_dir import TABLES
from tests.real.conftest import CONFIG
from tests.support.daemon import Ser, wait_for

CLIENTS = 10
ROUNDS = 100
TIMEOUT = 30.0


@pytest.fixture(scope="module", params=["children", "alone"])
def ser(request: pytest.FixtureRequest) -> Iterator[Ser]:
    with Ser(CONFIG, children=2, alone=request.param == "alone") as started:
        yield started


def all_at_once(task: Callable[[int], None]) -> None:
    """Run the task as each of the clients, all starting together; raises what one raised."""
    barrier = threading.Barrier(CLIENTS)

    def run(number: int) -> None:
        barrier.wait(TIMEOUT)
        task(number)

    with ThreadPoolExecutor(CLIENTS) as pool:
        for done in [pool.submit(run, number) for number in range(CLIENTS)]:
            done.result()


def test_each_gets_its_own_answers(ser: Ser) -> None:
    def ask(number: int) -> None:
        with FifoClient(ser.fifo, timeout=TIMEOUT) as client:
            for turn in range(ROUNDS):
                text = f"{number} {turn}"
                assert client.ask("print", text).body == f"{text}\n".encode()

    all_at_once(ask)


def test_each_with_a_pipe_for_each_request(ser: Ser) -> None:
    """As a shell script that is called again and again."""

    def ask(number: int) -> None:
        for turn in range(ROUNDS // 4):
            with FifoClient(ser.fifo, timeout=TIMEOUT) as client:
                text = f"{number} {turn}"
                assert client.ask("print", text).body == f"{text}\n".encode()

    all_at_once(ask)


def test_requests_longer_than_pipe_buf_do_not_mingle(ser: Ser) -> None:
    """Refused for their Content-Length; the refusal shows that headers and body were read."""

    def ask(number: int) -> None:
        uri = f"sip:user-{number}@127.0.0.1:9"
        headers = HeaderLines(
            [f"From: <{uri}>;tag={number}", f"To: <{uri}>", "Content-Type: text/plain"]
            + [f"X-{line}: {'x' * 100}" for line in range(300)]
            + ["Content-Length: 0"]
        )
        body = BodyLines([f"{number} {line:05}" for line in range(5000)])
        with FifoClient(ser.fifo, timeout=TIMEOUT) as client:
            for turn in range(ROUNDS // 10):
                reply = client.ask("t_uac_dlg", "MESSAGE", uri, ".", headers, body)
                assert reply.text == "fifo_uac_error: Content-Length disallowed"
                assert client.ask("print", f"{number} {turn}").is_ok

    all_at_once(ask)


def test_those_who_do_not_wait_disturb_nobody(ser: Ser) -> None:
    def ask(number: int) -> None:
        with FifoClient(ser.fifo, timeout=TIMEOUT) as client:
            for turn in range(ROUNDS // 4):
                if number % 2:
                    with pytest.raises(NoReply):
                        client.ask("t_uac_dlg", *silence(), timeout=0.001)
                text = f"{number} {turn}"
                assert client.ask("print", text).body == f"{text}\n".encode()

    all_at_once(ask)


def silence() -> tuple[str | HeaderLines | BodyLines, ...]:
    """A request to a port where nobody is; ser waits seconds for an answer."""
    uri = "sip:nobody@127.0.0.1:9"
    headers = HeaderLines([f"From: <{uri}>;tag=1", f"To: <{uri}>"])
    return "OPTIONS", uri, ".", headers, BodyLines()


@pytest.mark.parametrize(
    "half",
    [
        b":ul_add:nobody\nlocation\njoe",
        b":t_uac_dlg:nobody\nMESSAGE\nsip:joe@127.0.0.1:9\n.\nFrom: x\n.\nhalf a body\n",
        b":ul_list:nobody\nlimit=1\n",
        b":upt",
    ],
)
def test_half_a_request_does_not_eat_the_next_one(ser: Ser, half: bytes) -> None:
    """Nor does the next one wait until it is given up."""
    with FifoClient(ser.fifo, timeout=1) as client, open(ser.fifo, "wb", buffering=0) as fifo:
        assert client.ask("uptime").is_ok
        fifo.write(half)
        wait_for(lambda: unread_bytes(fifo.fileno()) == 0, "ser to read that")
        assert client.ask("uptime").is_ok


def unread_bytes(pipe: int) -> int:
    """What nobody has read yet."""
    count = array.array("i", [0])
    fcntl.ioctl(pipe, termios.FIONREAD, count)
    return count[0]


def test_nothing_is_left_behind(ser: Ser) -> None:
    with FifoClient(ser.fifo) as client:
        assert client.ask("uptime").is_ok
    left = {TABLES, ser.fifo.name}
    assert set(os.listdir(ser.fifo.parent)) == left


def test_clients_of_the_socket_at_once(tmp_path: Path) -> None:
    path = tmp_path / "ser_sock"

    def ask(number: int) -> None:
        with UnixClient(path, timeout=TIMEOUT) as client:
            for turn in range(ROUNDS):
                text = f"{number} {turn}"
                assert client.ask("print", text).body == f"{text}\n".encode()

    with Ser(f'unix_sock="{path}"\n{CONFIG}'):
        all_at_once(ask)
