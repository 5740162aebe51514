"""init.d/ser with a ser that really starts: what phones see of it, and what a crash leaves."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from ser_core.database.url import DatabaseUrl
from ser_core.exit_codes import ExitCode
from tests.support.auth_ser import DOMAIN, PASSWORDS, add_subscribers, config_with
from tests.support.baresip import Baresip
from tests.support.daemon import PROJECT, Ser, children_of, is_running, wait_for
from tests.support.init_script import Service
from tests.support.phone import Call, Phone
from tests.support.sip_peer import Peer

CONFIG = """\
loadmodule "sl.so"
loadmodule "tm.so"
loadmodule "maxfwd.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
route {
    if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); break; };
    if (method=="REGISTER") { save("location"); break; };
    if (!lookup("location")) { sl_send_reply("404", "User Not Found"); break; };
    t_relay();
}
"""

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


@pytest.fixture
def service() -> Iterator[Service]:
    with Service(CONFIG) as made:
        yield made


def test_when_start_returns_phones_are_served_and_stop_takes_all_away(service: Service) -> None:
    status, output = service("start")
    assert (status, output) == (0, f"ser started (pid {service.pid})\n")
    with Peer(service.proxy, "alice") as alice:
        alice.register()
    assert service.serctl.out("online") == "alice\n"
    processes = service.processes()
    assert len(processes) == 4
    assert service("start") == (0, f"ser is running already (pid {processes[0]})\n")
    assert service("stop") == (0, "ser stopped\n")
    assert not any(map(is_running, processes))
    assert os.listdir(service.run_dir) == []


def test_a_port_that_is_taken_is_told_and_leaves_nothing_behind(service: Service) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", service.port))
        status, output = service("start")
    assert status == 1
    assert f"cannot bind udp:127.0.0.1:{service.port}: Address already in use" in output
    assert service("status") == (3, "ser isn't running\n")


def test_mistakes_in_ser_cfg_take_nothing_down_and_are_shown(service: Service) -> None:
    service.start()
    before = service.processes()
    service.config.write_text("route { nonsense(); }\n")
    for verb in ("restart", "try-restart", "reload", "force-reload"):
        status, output = service(verb)
        assert status == 6
        assert f'{service.config}:1:9: error: unknown function "nonsense"' in output
        assert service.processes() == before
    with Peer(service.proxy, "alice") as alice:
        alice.register()


def test_a_killed_attendant_leaves_no_process_and_a_start_at_once_succeeds(
    service: Service,
) -> None:
    service.start()
    first, *others = service.processes()
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: not is_running(first), "the attendant's death")
    status, output = service("start")
    assert status == 0, output
    assert not any(map(is_running, others))
    assert not set(service.processes()) & {first, *others}
    with Peer(service.proxy, "alice") as alice:
        alice.register()


def test_processes_that_take_no_signals_do_not_outlive_the_attendant(service: Service) -> None:
    service.start()
    first, *others = service.processes()
    for pid in others:
        os.kill(pid, signal.SIGSTOP)
    os.kill(first, signal.SIGKILL)
    for pid in others:
        os.kill(pid, signal.SIGCONT)
    wait_for(lambda: not any(map(is_running, others)), "the end of all processes")


def test_what_is_left_when_all_are_killed_does_not_hinder_the_next_start(service: Service) -> None:
    service.start()
    with Peer(service.proxy, "alice") as alice:
        alice.register()
    service.kill_all()
    (instance,) = (path for path in service.run_dir.iterdir() if path.is_dir())
    assert (instance / "ser_fifo").is_fifo()
    assert (instance / "tables" / "location.mdb").exists()
    assert service("status")[0] == 1
    service.start()
    assert service.serctl.out("ps").count("\n") == 4
    assert service.serctl.out("online") == ""


@contextmanager
def another_ser() -> Iterator[int]:
    """The pid of a process that looks like ser, but is none of ours."""
    code = "print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code, "ser"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as made:
        assert made.stdout is not None
        made.stdout.readline()
        yield made.pid


def test_a_number_that_has_passed_to_another_program_does_not_hinder_either(
    service: Service,
) -> None:
    service.start()
    service.kill_all()
    with another_ser() as pid:
        service.pid_file.write_text(f"{pid}\n")
        assert service("status")[0] == 1
        assert service("stop") == (0, "ser isn't running\n")
        assert is_running(pid)
        service.pid_file.write_text(f"{pid}\n")
        service.start()
        assert service.pid != pid
        assert service("stop") == (0, "ser stopped\n")
        assert is_running(pid)


def free_low_port() -> int:
    """A port for root only that nobody has."""
    for port in range(1023, 600, -1):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
            try:
                made.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise AssertionError("all low ports are taken")


@as_root
def test_ports_are_bound_before_ser_becomes_its_user() -> None:
    with Service(CONFIG, user="54321", port=free_low_port()) as service:
        service.start()
        attendant, *others = service.processes()
        for pid in others:
            assert "Uid:\t54321\t54321\t54321\t54321\n" in Path(f"/proc/{pid}/status").read_text()
        assert service.state.stat().st_uid == 54321
        with Peer(service.proxy, "alice") as alice:
            alice.register()
        assert service.serctl.out("online") == "alice\n"
        os.kill(attendant, signal.SIGKILL)
        wait_for(lambda: not is_running(attendant), "the attendant's death")
        service.start()
        assert not any(map(is_running, others))


def allow_nothing_new() -> None:
    """MemoryDenyWriteExecute=, where the kernel has it."""
    import ctypes

    pr_set_mdwe, refuse_exec_gain = 65, 1
    ctypes.CDLL(None).prctl(pr_set_mdwe, refuse_exec_gain, 0, 0, 0)


@as_root
@pytest.mark.skipif(not shutil.which("setpriv"), reason="there is no setpriv (util-linux)")
def test_ser_does_with_what_the_systemd_unit_leaves_it(tmp_path: Path) -> None:
    with Service(CONFIG) as places, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        places.run_dir.mkdir()
        os.chown(places.run_dir, 54321, 54322)
        manager.bind(str(places.directory / "notify"))
        (places.directory / "notify").chmod(0o777)
        manager.settimeout(20)
        port = free_low_port()
        with subprocess.Popen(
            [
                *("setpriv", "--reuid", "54321", "--regid", "54322", "--clear-groups"),
                *("--inh-caps", "-all,+net_bind_service", "--no-new-privs"),
                *("--ambient-caps", "-all,+net_bind_service"),
                *("--bounding-set", "-all,+net_bind_service"),
                *(sys.executable, "-m", "ser_core", "-D", "-f", str(places.config)),
                *("--run-dir", str(places.run_dir), "-u", "54321", "-g", "54322"),
                *("-l", "127.0.0.1", "-p", str(port), "-n", "2"),
            ],
            cwd=PROJECT,
            env={
                **os.environ,
                "NOTIFY_SOCKET": str(places.directory / "notify"),
                "WATCHDOG_USEC": "4000000",
                "RUNTIME_DIRECTORY": str(places.run_dir),
            },
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=allow_nothing_new,  # no threads here
        ) as ser:
            try:
                ready = f"READY=1\nMAINPID={ser.pid}\nSTATUS=2 receivers on udp:127.0.0.1:{port}, "
                assert manager.recv(1000).startswith(ready.encode())
                with Peer(f"127.0.0.1:{port}", "alice") as alice:
                    alice.register()
                assert places.serctl.out("online") == "alice\n"
                assert len(children_of(ser.pid)) == 3
                assert manager.recv(1000) == b"WATCHDOG=1"
            finally:
                ser.terminate()
                status = ser.wait(10)
        assert status == 0
        assert os.listdir(places.run_dir) == []


def test_reload_has_another_ser_cfg_take_effect_in_the_same_processes(service: Service) -> None:
    service.start()
    before = service.processes()
    service.config.write_text(CONFIG.replace("User Not Found", "Nobody Here"))
    status, output = service("reload")
    assert status == 0, output
    with Peer(service.proxy, "alice") as alice:
        alice.send(alice.request("OPTIONS", f"sip:nobody@{service.proxy}"))
        assert alice.final_response().first_line == "SIP/2.0 404 Nobody Here"
    assert service.processes() == before


WRITTEN_LATE = CONFIG.replace(
    "route {",
    """
modparam("usrloc", "db_mode", 2)
modparam("usrloc", "timer_interval", 3600)
modparam("usrloc", "db_url", "sqlite:///DATABASE")
route {""",
)


@pytest.fixture
def forgetful() -> Iterator[Service]:
    """A ser that writes at its end what it knows of bob; first is written already."""
    with Service("") as service:
        service.config.write_text(WRITTEN_LATE.replace("DATABASE", str(database_of(service))))
        service.start()
        with Peer(service.proxy, "first") as first:
            first.register()
        wait_for(lambda: number_in(database_of(service)) == 1, "the first one in there")
        with Peer(service.proxy, "bob") as bob:
            bob.register()
        yield service


def database_of(service: Service) -> Path:
    return service.directory / "ser.db"


def number_in(database: Path) -> object:
    """Of registrations."""
    return done(database, "SELECT count(*) FROM location")[0][0]


def done(database: Path, statement: str) -> list[tuple[object, ...]]:
    """The rows that a statement gives, if any."""
    with closing(sqlite3.connect(database)) as connection, connection:
        return connection.execute(statement).fetchall()


def test_a_database_that_cannot_be_used_takes_no_ser_down(forgetful: Service) -> None:
    before = forgetful.processes()
    newer = "UPDATE version SET table_version = 99 WHERE table_name = 'schema'"
    done(database_of(forgetful), newer)
    for verb in ("restart", "try-restart"):
        status, output = forgetful(verb)
        assert status == 1
        assert "ser could not start" in output
        assert "the database is newer than this ser" in output
        assert f"the one that runs (pid {before[0]}) goes on as before" in output
    assert forgetful("configtest")[0] == 1
    assert forgetful.processes() == before
    assert forgetful.serctl.out("online") == "bob\nfirst\n"


def test_registrations_that_are_lost_at_the_end_are_told_and_keep_none_from_starting(
    forgetful: Service,
) -> None:
    done(database_of(forgetful), "DROP TABLE location")
    status, output = forgetful("restart")
    assert status == 1
    assert output.startswith("ser stopped\nser: usrloc: 1 registration is lost, sqlite:///")
    assert output.endswith(f"ser started (pid {forgetful.pid})\n")
    assert sorted(x.name for x in forgetful.run_dir.iterdir()) == [
        "ser.pid", f"udp-127.0.0.1-{forgetful.port}"
    ]  # fmt: skip
    assert forgetful("stop") == (0, "ser stopped\n")


@pytest.mark.parametrize("alone", [True, False])
def test_in_the_foreground_a_loss_is_told_and_is_the_exit_status(
    alone: bool, tmp_path: Path
) -> None:
    config = WRITTEN_LATE.replace("DATABASE", f"{tmp_path}/ser.db")
    with Ser(config, alone=alone) as ser:
        for user in ("first", "bob"):
            with Peer(f"127.0.0.1:{ser.port}", user) as peer:
                peer.register()
            wait_for(lambda: number_in(tmp_path / "ser.db") == 1, "the first one in there")
        done(tmp_path / "ser.db", "DROP TABLE location")
        assert ser.stop() == ExitCode.NOT_SAVED
        assert "ser: usrloc: 1 registration is lost, sqlite:///" in ser.log_text()
        assert "Thank you" not in ser.log_text()


@pytest.fixture
def guarded() -> Iterator[Service]:
    """etc/ser-auth.cfg, running, with its subscribers."""
    with Service("") as service:
        url = DatabaseUrl.parse(f"sqlite:///{service.directory}/ser.db")
        add_subscribers(url)
        service.config.write_text(config_with(url).replace('"db_mode", 0', '"db_mode", 1'))
        service.start()
        yield service


def hears(call: Call) -> None:
    """Wait until more of what the other one says has come."""
    before = call.packets()[1]
    wait_for(lambda: call.packets()[1] > before + 10, "the voice of the other one")


@pytest.mark.real
@pytest.mark.needs("pjsua2", "baresip")
def test_a_call_outlives_a_restart_and_so_do_the_registrations_of_both_phones(
    guarded: Service, tmp_path: Path
) -> None:
    with (
        Phone(
            "alice", guarded.proxy, tmp_path, password=PASSWORDS["alice"], domain=DOMAIN
        ) as alice,
        Baresip("bob", guarded.proxy, tmp_path, password=PASSWORDS["bob"], domain=DOMAIN) as bob,
    ):
        alice.register()
        registered = guarded.serctl.out("online")
        call = alice.call("bob")
        bob.incoming_call()
        bob.answer()
        call.wait_for("CONFIRMED")
        hears(call)
        assert guarded("restart")[0] == 0
        assert guarded.serctl.out("online") == registered == "alice\nbob\n"
        hears(call)
        call.hang_up()  # the BYE goes by way of ser, which has never heard of this call
        bob.ended_with()
        bob.call("alice")
        again = alice.incoming_call()
        again.answer()
        bob.wait_for("CALL_ESTABLISHED")
        again.hang_up()
        bob.ended_with()
