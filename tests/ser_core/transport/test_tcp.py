from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

from tests.support.network import Peer, message, turn_hub, wait_for

ROOT = Path(__file__).parents[3]


def test_a_stopped_listener_leaves_callers_in_the_backlog(tcp: Any) -> None:
    tcp.tcp.stop()
    peer = Peer.connect(tcp.address)
    tcp.peers.append(peer)
    turn_hub()
    assert len(tcp.connections) == 0
    tcp.tcp.start()
    peer.send(message())
    tcp.wait_for_messages(1)


def test_many_callers_at_once_are_all_accepted(tcp: Any) -> None:
    for number in range(4):
        tcp.peers += [Peer.connect(tcp.address, f"127.0.1.{number + 1}") for _ in range(30)]
    wait_for(lambda: len(tcp.connections) == 120)
    assert tcp.counters.tcp_accepted.value == 120


def test_a_socket_error_of_accept_does_not_stop_the_listener(tcp: Any) -> None:
    class Failing:
        def __init__(self) -> None:
            self.errors = [ConnectionAbortedError(), PermissionError()]

        def accept(self) -> Any:
            if self.errors:
                raise self.errors.pop()
            return tcp.sock.accept()

        def close(self) -> None:
            tcp.sock.close()

    tcp.tcp._socket = Failing()
    tcp.connect().send(message())
    tcp.wait_for_messages(1)
    assert tcp.counters.tcp_accept_errors.value == 2


def test_an_exception_while_taking_a_connection_costs_that_one_only(tcp: Any) -> None:
    original = tcp.connections._add
    failures = [RuntimeError("no")]

    def add(*args: Any, **kwargs: Any) -> Any:
        if failures:
            raise failures.pop()
        return original(*args, **kwargs)

    tcp.connections._add = add
    first = Peer.connect(tcp.address)
    tcp.peers.append(first)
    first.wait_for_end()
    tcp.connect().send(message())
    tcp.wait_for_messages(1)
    assert len(tcp.recorder.exceptions) == 1


def test_running_out_of_descriptors_refuses_pauses_and_recovers() -> None:
    """In a process of its own, whose limit on descriptors can be lowered."""
    code = textwrap.dedent(
        """
        import os, resource, socket, time
        import gevent
        from tests.ser_core.transport.conftest import Tcp
        from tests.support.network import Peer, message, turn_hub, wait_for
        from ser_core.transport.limits import Limits

        tcp = Tcp(Limits(accept_backoff=0.05))
        peers = [Peer.connect(tcp.address) for _ in range(3)]
        wait_for(lambda: len(tcp.connections) == 3)
        waiting = [socket.socket() for _ in range(3)]
        spare = os.dup(0)
        highest = spare
        os.close(spare)
        resource.setrlimit(resource.RLIMIT_NOFILE, (highest, highest))
        for sock in waiting:
            sock.setblocking(False)
            sock.connect_ex(tcp.address)
        # One is refused through the descriptor in reserve, the others wait for the next try.
        wait_for(lambda: tcp.counters.tcp_accept_errors.value)
        begun = time.monotonic()
        turn_hub(100)
        tries = 1 + (time.monotonic() - begun) / 0.05
        assert tcp.counters.tcp_accept_errors.value <= 2 * tries, "it spins"
        peers[0].send(message())  # what is open goes on working
        tcp.wait_for_messages(1)
        for peer in peers[1:]:
            peer.close()
        wait_for(lambda: len(tcp.connections) == 1)
        peers.append(Peer.connect(tcp.address))
        wait_for(lambda: tcp.counters.tcp_accepted.value > 3)
        assert tcp.tcp._reserve >= 0
        print("recovered")
        """
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert run.stdout == "recovered\n", run.stderr


def test_closing_gives_the_descriptor_in_reserve_back(tcp: Any) -> None:
    tcp.tcp.close()
    assert tcp.tcp._reserve == -1
