"""The explanation of hello world, points 1 to 11: what the settings of ser.cfg say, ser does."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from ser_core.fifo.client import FifoClient
from tests.real.conftest import CONFIG, check
from tests.support.daemon import (
    COMMAND,
    PROJECT,
    NotStarted,
    Ser,
    children_of,
    is_running,
    wait_for,
)
from tests.support.sip_peer import Peer

ANSWERS = 'loadmodule "sl.so"\nroute { sl_send_reply("200", "Here I am"); }\n'


LISTEN = "listen=127.0.0.1\n"


def by_its_file(settings: str, *options: str) -> Ser:
    """A ser that has its listening, forking and logging from its file alone."""
    ser = Ser(settings + ANSWERS, listen=False)
    ser.arguments = [*COMMAND, "-f", str(ser.config), "--run-dir", str(ser.directory / "run")]
    ser.arguments += options
    return ser


def is_served(host: str, port: int, timeout: float = 5.0) -> bool:
    """Whether an OPTIONS to that address is answered in time."""
    with Peer(f"{host}:{port}", host=host) as peer:
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            peer.send(peer.request("OPTIONS", f"sip:{host}:{port}"))
            if not peer.nothing_comes(0.1):
                return True
    return False


def test_point_01_a_higher_debug_level_tells_more() -> None:
    lengths = []
    for level in (3, 9):
        with Ser(f"debug={level}\n{ANSWERS}") as ser:
            assert is_served("127.0.0.1", ser.port)
            if level == 9:
                ser.wait_for_log("OPTIONS sip:")  # whole messages
            lengths.append(len(ser.log_text()))
    assert lengths[1] > 2 * lengths[0]


def test_point_02_fork_no_stays_in_the_foreground() -> None:
    with by_its_file("fork=no\nlog_stderror=yes\nlisten=127.0.0.1\nport={port}\n") as ser:
        assert is_served("127.0.0.1", ser.port)
        assert ser.process.poll() is None


def test_point_02_fork_yes_goes_to_the_background(tmp_path: Path) -> None:
    pid_file = tmp_path / "ser.pid"
    settings = "fork=yes\nlisten=127.0.0.1\nport={port}\n"
    ser = by_its_file(settings, "-P", str(pid_file))
    started = subprocess.run(
        ser.arguments, cwd=PROJECT, timeout=20, check=False, capture_output=True
    )
    assert started.returncode == 0, started.stderr
    wait_for(pid_file.exists, "the pid file")
    pid = int(pid_file.read_text())
    try:
        assert is_running(pid)
        assert is_served("127.0.0.1", ser.port)
    finally:
        os.kill(pid, signal.SIGTERM)
    wait_for(lambda: not is_running(pid), "the daemon's end", 5)


def test_point_03_log_stderror_shows_the_log() -> None:
    with by_its_file("debug=4\nfork=no\nlog_stderror=yes\nlisten=127.0.0.1\nport={port}\n") as ser:
        ser.wait_for_log("ready")


def test_point_03_without_log_stderror_nothing_is_shown() -> None:
    with by_its_file("debug=4\nfork=no\nlog_stderror=no\nlisten=127.0.0.1\nport={port}\n") as ser:
        assert is_served("127.0.0.1", ser.port)
        assert "ready" not in ser.log_text()


def test_point_04_listen_binds_that_address_only() -> None:
    with by_its_file("fork=no\nlisten=127.0.0.2\nport={port}\n") as ser:
        assert is_served("127.0.0.2", ser.port)
        assert not is_served("127.0.0.1", ser.port, timeout=0.3)
        assert f"[127.0.0.2]:{ser.port}" in ser.stdout_text()


def test_point_04_without_listen_every_interface_is_served_and_reported() -> None:
    own_address = socket.gethostbyname("localhost")
    with by_its_file("fork=no\nport={port}\n") as ser:
        assert is_served(own_address, ser.port)
        report = ser.stdout_text()
        for address in _addresses_of_this_machine():
            assert f"[{address}]:{ser.port}" in report


def _addresses_of_this_machine() -> list[str]:
    psutil = pytest.importorskip("psutil")
    up = {name for name, state in psutil.net_if_stats().items() if state.isup}
    return [
        address.address
        for name, addresses in psutil.net_if_addrs().items()
        for address in addresses
        if name in up and address.family == socket.AF_INET
    ]


def test_point_05_port_is_where_it_listens() -> None:
    with by_its_file("fork=no\nlisten=127.0.0.1\nport={port}\n") as ser:
        assert is_served("127.0.0.1", ser.port)


def test_point_05_the_port_is_5060_when_nothing_is_said(tmp_path: Path) -> None:
    run = check(tmp_path, f"listen=127.0.0.1\n{ANSWERS}")
    assert run.returncode == 0, run.stderr
    assert "[127.0.0.1]:5060" in run.stdout


def test_point_06_children_is_the_number_of_processes() -> None:
    with by_its_file("fork=yes\nlisten=127.0.0.1\nport={port}\nchildren=4\n", "-D") as ser:
        wait_for(lambda: len(ser.receivers()) >= 4, "four receivers")
        grand_children = [pid for child in ser.receivers() for pid in children_of(child)]
        assert len(ser.receivers()) + len(grand_children) <= 5  # a FIFO server may be among them
        assert is_served("127.0.0.1", ser.port)


def test_point_07_own_addresses_are_not_looked_up() -> None:
    settings = "fork=no\nlog_stderror=yes\nlisten=127.0.0.3\nport={port}\ndns=no\nrev_dns=no\n"
    with by_its_file(settings) as ser:
        assert is_served("127.0.0.3", ser.port)
        assert "rev. resolve" not in ser.log_text() + ser.stdout_text()


def test_point_08_fifo_names_the_control_channel(tmp_path: Path) -> None:
    fifo = tmp_path / "ser_fifo"
    settings = f'fork=no\nlog_stderror=yes\nlisten=127.0.0.1\nport={{port}}\nfifo="{fifo}"\n'
    with by_its_file(settings), FifoClient(fifo) as client:
        assert client.ask("uptime").is_ok


def test_point_08_a_fifo_in_tmp_is_warned_about(tmp_path: Path) -> None:
    run = check(tmp_path, f'listen=127.0.0.1\nfifo="/tmp/ser_fifo"\n{ANSWERS}')
    assert run.returncode == 0, run.stderr
    assert "/tmp" in run.stderr


def test_point_09_modules_are_loaded_by_any_path(tmp_path: Path) -> None:
    module = "/usr/local/lib/ser/modules/sl.so"
    run = check(tmp_path, LISTEN + ANSWERS.replace("sl.so", module))
    assert run.returncode == 0, run.stderr


def test_point_09_a_function_of_a_module_that_is_not_loaded_stops_the_start(tmp_path: Path) -> None:
    run = check(tmp_path, 'route { sl_send_reply("200", "OK"); }\n')
    assert run.returncode == 78
    assert 'needs loadmodule "sl.so"' in run.stderr


def test_point_09_an_unknown_module_stops_the_start(tmp_path: Path) -> None:
    run = check(tmp_path, f'loadmodule "nosuch.so"\n{ANSWERS}')
    assert run.returncode == 78
    assert "nosuch" in run.stderr


def test_a_config_can_be_checked_while_ser_runs(tmp_path: Path) -> None:
    with Ser(ANSWERS) as ser:
        run = check(tmp_path, f"port={ser.port}\n{ANSWERS}")
        assert run.returncode == 0, run.stderr


def test_point_10_registrations_do_not_survive_a_restart() -> None:
    ser = Ser(CONFIG)
    with ser, Peer(f"127.0.0.1:{ser.port}", "bob") as bob:
        bob.register()
        assert bob.uri in bob.register(contact=f"<{bob.uri}>").header("contact")
        ser.stop()
        ser.start()
        query = bob.request("REGISTER", f"sip:{bob.proxy}", to=f"<sip:bob@{bob.proxy}>")
        bob.send(query)
        assert bob.response(200).header("contact") == ""


@pytest.mark.parametrize(("setting", "expected"), [(1, ";lr=on>"), (0, ";lr>")])
def test_point_11_enable_full_lr_writes_lr_on(setting: int, expected: str) -> None:
    config = CONFIG.replace('"enable_full_lr", 1', f'"enable_full_lr", {setting}')
    with Ser(config) as ser:
        target = f"127.0.0.1:{ser.port}"
        with Peer(target, "alice") as alice, Peer(target, "bob") as bob:
            bob.register()
            alice.send(alice.request("INVITE", f"sip:bob@{target}", from_tag="abc"))
            invite = bob.receive("INVITE")
            assert invite.header("record-route") == f"<sip:{target};ftag=abc{expected}"
            bob.reply(invite, 486)


def test_a_port_that_is_taken_stops_the_start() -> None:
    with Ser(ANSWERS) as first, pytest.raises(NotStarted, match="71"):
        Ser(ANSWERS, port=first.port).start()
