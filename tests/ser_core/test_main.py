"""The `ser` command as a user calls it: checking, showing, refusing, starting."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from ser_core.exit_codes import ExitCode
from tests.support.daemon import PROJECT, Ser
from tests.support.ports import free_port

GOOD = 'loadmodule "sl.so"\nloadmodule "maxfwd.so"\n' + (
    'route {\n    mf_process_maxfwd_header("10");\n    sl_send_reply("404", "Not Found");\n}\n'
)


def ser(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ser_core", *map(str, arguments)],
        cwd=PROJECT, capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "ser.cfg"
    path.write_text(GOOD)
    return path


def test_a_good_file_is_checked_and_nothing_started(config: Path) -> None:
    port = free_port()
    done = ser("-c", "-f", config, "-l", "127.0.0.1", "-p", str(port))
    assert done.returncode == ExitCode.OK
    assert done.stderr == "config file ok, exiting...\n"
    assert done.stdout == (
        "Listening on \n"
        f"             udp: 127.0.0.1 [127.0.0.1]:{port}\n"
        f"             tcp: 127.0.0.1 [127.0.0.1]:{port}\n"
        "Aliases: \n\n"
    )


def test_checking_needs_no_free_address(config: Path) -> None:
    with Ser(GOOD) as running:
        done = ser("-c", "-f", config, "-l", "127.0.0.1", "-p", str(running.port))
        assert done.returncode == ExitCode.OK


def test_whether_it_could_start_can_be_asked_while_it_runs(config: Path, tmp_path: Path) -> None:
    pid_file = tmp_path / "ser.pid"
    with Ser(GOOD, "-P", str(pid_file)) as running:
        asked = ("--check-start", "-f", config, "-l", "127.0.0.1", "-p", str(running.port))
        done = ser(*asked, "-P", pid_file)
        assert (done.returncode, done.stderr) == (ExitCode.OK, "config file ok, exiting...\n")
        assert pid_file.read_text() == f"{running.pid}\n"
        done = ser(*asked, "-P", tmp_path / "another.pid")
        assert done.returncode == ExitCode.CANNOT_START
        assert "ser: ser.cfg has no mistakes, but ser could not start: cannot bind" in done.stderr


@pytest.mark.parametrize("check", [["-c"], []])
def test_a_bad_file_is_told_with_its_place_and_status_78(config: Path, check: list[str]) -> None:
    config.write_text('debug=3\nroute { sl_send_reply("404" "x"); }\n')
    done = ser(*check, "-f", config)
    assert done.returncode == ExitCode.BAD_CONFIG
    assert f"{config}:2:" in done.stderr
    assert "ERROR: bad config file (1 error)" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    done = ser("-c", "-f", tmp_path / "none.cfg")
    assert done.returncode == ExitCode.BAD_CONFIG
    assert "No such file or directory" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_socket_that_ser_does_not_listen_on_is_a_mistake_in_the_file(config: Path) -> None:
    config.write_text("route {\n    force_send_socket(192.0.2.99:5060);\n}\n")
    done = ser("-c", "-f", config, "-l", "127.0.0.1", "-p", "5060")
    assert done.returncode == ExitCode.BAD_CONFIG
    assert f"{config}:2:" in done.stderr
    assert "force_send_socket" in done.stderr


def test_an_address_in_use_is_status_71(config: Path, tmp_path: Path) -> None:
    with Ser(GOOD) as running:
        done = ser("-f", config, "-D", "-E", "-l", "127.0.0.1", "-p", str(running.port),
                   "--run-dir", tmp_path / "run")  # fmt: skip
    assert done.returncode == ExitCode.CANNOT_START
    text = f"ser: cannot bind udp:127.0.0.1:{running.port}: Address already in use\n"
    assert done.stderr == text


def test_an_address_that_is_not_ours_is_status_71(config: Path) -> None:
    done = ser("-f", config, "-D", "-E", "-l", "192.0.2.99")
    assert done.returncode == ExitCode.CANNOT_START
    assert "cannot bind udp:192.0.2.99:5060: Cannot assign requested address" in done.stderr


def test_a_warning_is_told_and_does_not_stop_anything(config: Path) -> None:
    config.write_text('loadmodule "sl.so"\nroute { sl_send_reply("404", "x"); }\n')
    done = ser("-c", "-f", config, "-l", "127.0.0.1")
    assert done.returncode == ExitCode.OK
    assert ": warning: " in done.stderr
    assert done.stderr.endswith("config file ok, exiting...\n")


def test_dump_code_shows_python_and_starts_nothing(config: Path) -> None:
    done = ser("--dump-code", "-f", config)
    assert done.returncode == ExitCode.OK
    assert "def " in done.stdout
    compile(done.stdout, "dumped", "exec")


def test_version_and_help_need_no_file() -> None:
    version = ser("-V")
    assert version.returncode == ExitCode.OK
    assert version.stdout.startswith("version: ser ")
    assert ser("-h").returncode == ExitCode.OK


def test_the_code_in_an_error_is_never_a_traceback() -> None:
    done = ser("-Z")
    assert done.returncode == ExitCode.USAGE
    assert "Traceback" not in done.stderr


def test_two_instances_on_two_ports_do_not_meet() -> None:
    with Ser(GOOD) as one, Ser(GOOD, "--run-dir", "{}".format(one.directory / "run")) as two:
        assert len(list((one.directory / "run").iterdir())) == 2
        assert two.stop() == ExitCode.OK
        assert len(list((one.directory / "run").iterdir())) == 1
        assert one.stop() == ExitCode.OK


def test_what_it_listens_on_is_printed_at_the_start() -> None:
    with Ser("listen=127.0.0.1\nport={port}\nalias=example.org\n" + GOOD, listen=False) as running:
        assert running.stdout_text() == (
            "Listening on \n"
            f"             udp: 127.0.0.1 [127.0.0.1]:{running.port}\n"
            f"             tcp: 127.0.0.1 [127.0.0.1]:{running.port}\n"
            "Aliases: \n"
            "             *: example.org:*\n\n"
            f"FIFO: {running.fifo}\n\n"
        )


def test_it_starts_within_a_second_and_stops_within_two() -> None:
    """Generous, as the machine may be busy; bench/ has the real figures."""
    began = time.monotonic()
    with Ser((PROJECT / "etc" / "ser.cfg").read_text(), children=4) as running:
        assert time.monotonic() - began < 5.0
        began = time.monotonic()
        assert running.stop() == ExitCode.OK
        assert time.monotonic() - began < 2.0
