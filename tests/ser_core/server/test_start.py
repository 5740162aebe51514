"""From a loaded file to running processes: addresses, limits, logging, cleaning up."""

from __future__ import annotations

import re
import resource
import socket
import sys
from pathlib import Path

import pytest

from ser_core import log
from ser_core.errors import SerError
from ser_core.script.diagnostics import ConfigErrors
from ser_core.script.loader import Program, load_program
from ser_core.server import start
from ser_core.server.addresses import AddressError
from ser_core.server.start import local_addresses
from tests.support.daemon import Ser

ECHO = (sys.executable, "-m", "tests.support.echo_ser")


def program(text: str) -> Program:
    return load_program("ser.cfg", text=text + "\nroute { break; }")


def test_listen_port_and_alias_of_the_file_become_addresses() -> None:
    local = local_addresses(
        program("listen=udp:127.0.0.1 tcp:127.0.0.1:5071\nport=5070\nalias=example.org")
    )
    assert [repr(x) for x in local.listeners] == ["udp:127.0.0.1:5070", "tcp:127.0.0.1:5071"]
    assert local.is_myself(b"127.0.0.1", 5070)
    assert local.is_myself(b"EXAMPLE.org", 1234)
    assert not local.is_myself(b"127.0.0.1", 5060)


def test_what_is_advertised_stands_in_the_via() -> None:
    local = local_addresses(
        program("listen=udp:127.0.0.1\nadvertised_address=192.0.2.1\nadvertised_port=5099")
    )
    assert local.listeners[0].sent_by == b"192.0.2.1:5099"


def test_no_name_server_is_asked_unless_the_file_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def names(host: str) -> tuple[str, list[str], list[str]]:
        asked.append(host)
        return "name.example.org", [], []

    monkeypatch.setattr(socket, "gethostbyaddr", names)
    local_addresses(program("listen=udp:127.0.0.1"))
    assert asked == []
    local = local_addresses(program("listen=udp:127.0.0.1\nrev_dns=yes"))
    assert asked == ["127.0.0.1"]
    assert local.is_myself(b"name.example.org", 5060)


def test_a_file_without_a_usable_address_is_refused() -> None:
    with pytest.raises(AddressError):
        local_addresses(program("listen=tcp:127.0.0.1\ndisable_tcp=yes"))


def test_a_socket_named_in_a_route_must_be_ours() -> None:
    found = load_program(
        "ser.cfg", text="listen=udp:127.0.0.1\nroute { force_send_socket(127.0.0.2:5060); }"
    )
    with pytest.raises(ConfigErrors, match="doesn't listen on"):
        local_addresses(found)


@pytest.mark.parametrize(
    ("soft", "hard", "expected"),
    [(1024, 4096, 1280), (1024, 1100, 1100), (1280, 4096, None), (1024, 1024, 1024)],
)
def test_without_open_files_limit_there_is_room_for_all_connections_if_the_system_permits(
    monkeypatch: pytest.MonkeyPatch, soft: int, hard: int, expected: int | None
) -> None:
    asked: dict[int, tuple[int, int]] = {}
    monkeypatch.setattr(resource, "setrlimit", lambda what, limits: asked.update({what: limits}))
    monkeypatch.setattr(resource, "getrlimit", lambda what: (soft, hard))
    start._set_limits(program("tcp_max_connections=1024").settings)
    wanted = {} if expected is None else {resource.RLIMIT_NOFILE: (expected, hard)}
    assert asked == wanted


def test_limits_of_the_file_are_set(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[int, tuple[int, int]] = {}
    monkeypatch.setattr(resource, "setrlimit", lambda what, limits: asked.update({what: limits}))
    monkeypatch.setattr(resource, "getrlimit", lambda what: (1024, 4096))
    settings = program("disable_core_dump=yes\nopen_files_limit=3000").settings
    start._set_limits(settings)
    assert asked[resource.RLIMIT_CORE] == (0, 0)
    assert asked[resource.RLIMIT_NOFILE] == (3000, 4096)


def test_a_limit_that_cannot_be_had_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(what: int, limits: tuple[int, int]) -> None:
        raise ValueError("not allowed to raise maximum limit")

    monkeypatch.setattr(resource, "setrlimit", refuse)
    with pytest.raises(SerError, match="cannot set open_files_limit to 9999999"):
        start._set_limits(program("open_files_limit=9999999").settings)


def test_a_machine_without_syslog_is_told_so_on_stderr(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sink = log._log.sink
    level = log.level()
    monkeypatch.setattr(log, "SYSLOG_PATH", str(tmp_path / "none"))
    monkeypatch.setattr(log.SyslogSink.__init__, "__defaults__", ("x", "ser", str(tmp_path / "no")))
    try:
        start.set_up_log(program("debug=1").settings)
        assert "there is no syslog" in capsys.readouterr().err
        start.set_up_log(program("log_stderror=yes").settings)
        assert isinstance(log._log.sink, log.StderrSink)
    finally:
        log.use_sink(sink)
        log.set_level(level)


def test_the_run_directory_is_there_while_ser_runs_and_gone_afterwards() -> None:
    with Ser("", command=ECHO, children=2) as ser:
        (instance,) = (ser.directory / "run").iterdir()
        assert instance.name == f"udp-127.0.0.1-{ser.port}"
        ser.stop()
        assert not instance.exists()


def test_the_lines_of_all_processes_name_them() -> None:
    with Ser("", command=ECHO, children=2) as ser:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.settimeout(5)
            peer.sendto(b"log hello\r\nthere", (ser.host, ser.port))
            peer.recv(100)
        assert re.search(r" NOTICE +0\(\d+\) attendant: ready: 2 receivers\n", ser.log_text())
        line = r"^[-0-9]+ [:.0-9]+ NOTICE +[12]\(\d+\) receiver [01]: hello\\r\\nthere$"
        assert re.search(line, ser.log_text(), re.MULTILINE)


def test_what_has_no_effect_is_told_at_its_level() -> None:
    with Ser('chroot="/tmp"\nroute { break; }', "-dd", "-m", "64", alone=True) as ser:
        text = ser.log_text()
    assert "chroot is not done" in text
    assert "option shared_memory has no effect" in text


def test_fork_no_of_the_file_is_one_process() -> None:
    with Ser("fork=no\nchildren=4\nroute { break; }", alone=True) as ser:
        assert ser.receivers() == []


def test_foreground_keeps_receivers_though_the_file_says_fork_no() -> None:
    with Ser("fork=no\nroute { break; }", children=2) as ser:
        assert len(ser.receivers()) == 2
