"""Looking whether ser could start disturbs no ser that runs."""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ser_core.server.addresses import AddressError
from ser_core.server.pidfile import running_pid
from ser_core.server.privileges import PrivilegeError
from ser_core.server.rehearsal import ports_of, rehearse
from ser_core.server.start import local_addresses
from tests.support.scripts import load


def look(listen: str, pid_file: Path | None = None, *, user: str = "") -> None:
    program = load(f"listen={listen}\nroute {{ break; }}")
    program.settings.user = user
    rehearse(program, local_addresses(program, binding=False), pid_file)


@contextmanager
def bound() -> Iterator[int]:
    """A port that this process has, for UDP."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.bind(("127.0.0.1", 0))
        yield made.getsockname()[1]


@contextmanager
def held(pid_file: Path, pid: int) -> Iterator[Path]:
    """A pid file that a ser of that number has locked."""
    pid_file.write_text(f"{pid}\n")
    with pid_file.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield pid_file


def test_the_ports_of_a_process() -> None:
    with bound() as port:
        assert ("udp", port) in set(ports_of(os.getpid()))
        assert ("tcp", port) not in set(ports_of(os.getpid()))
    assert list(ports_of(2**22)) == []


def test_a_port_of_the_one_that_runs_is_free_for_its_successor(tmp_path: Path) -> None:
    with bound() as port, held(tmp_path / "ser.pid", os.getpid()) as pid_file:
        look(f"udp:127.0.0.1:{port}", pid_file)


def test_a_port_of_somebody_else_is_taken(tmp_path: Path) -> None:
    address = "udp:127.0.0.1:{}"
    with bound() as port:
        with pytest.raises(AddressError, match="Address already in use"):
            look(address.format(port), tmp_path / "none.pid")
        with (
            held(tmp_path / "ser.pid", 2**22) as pid_file,
            pytest.raises(AddressError, match="Address already in use"),
        ):
            look(address.format(port), pid_file)
        look(address.format(port))  # nobody knows who runs


def test_an_address_that_this_machine_has_not_is_told() -> None:
    with pytest.raises(AddressError, match=r"cannot bind udp:192\.0\.2\.99:5060"):
        look("udp:192.0.2.99:5060")


def test_a_user_that_is_not_there_is_told() -> None:
    with pytest.raises(PrivilegeError, match="bad user name"):
        look("127.0.0.1:0", user="no_such_user")


def test_the_pid_in_a_file_counts_while_somebody_holds_it(tmp_path: Path) -> None:
    pid_file = tmp_path / "ser.pid"
    assert running_pid(pid_file) is None
    with held(pid_file, 17):
        assert running_pid(pid_file) == 17
        pid_file.write_text("nonsense")
        assert running_pid(pid_file) is None
    pid_file.write_text("17\n")
    assert running_pid(pid_file) is None
