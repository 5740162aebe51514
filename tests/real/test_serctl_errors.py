"""What serctl says when something is wrong: one line on stderr, what it is and what to do."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from tests.support.daemon import Ser, wait_for
from tests.support.serctl_process import Serctl
from tests.support.serctl_runs import serctl as serctl_here

CONFIG = 'loadmodule "sl.so"\nroute { sl_send_reply("200", "OK"); }\n'
WITHOUT_FIFO = 'fifo="none"\n' + CONFIG
NOBODY = 65534
GROUP = "daemon"
"""Any that there is."""

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


@pytest.fixture
def ser() -> Iterator[Ser]:
    with Ser(CONFIG) as running:
        yield running


def failure(serctl: Serctl, *words: str) -> tuple[int, str]:
    """Status and message of a run that fails, and writes nothing to stdout."""
    run = serctl(*words)
    assert run.stdout == ""
    assert run.stderr.startswith("serctl: ")
    assert run.stderr.count("\n") == 1
    return run.returncode, run.stderr


def test_not_running(tmp_path: Path) -> None:
    status, text = failure(Serctl(tmp_path), "ps")
    assert status == 3
    assert text == (
        f"serctl: ser isn't running: no FIFO in {tmp_path}; start it (serctl start), or say where "
        "its FIFO is (--fifo PATH)\n"
    )


def test_a_wrong_path(tmp_path: Path) -> None:
    status, text = failure(Serctl(tmp_path), "--fifo", "/tmp/no/such/fifo", "ps")
    assert (status, "/tmp/no/such/fifo" in text) == (3, True)


def test_a_plain_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("precious")
    status, text = failure(Serctl(tmp_path), "--fifo", str(tmp_path / "file"), "ps")
    assert (status, "is neither a FIFO nor a socket" in text) == (3, True)
    assert (tmp_path / "file").read_text() == "precious"


def test_a_fifo_that_a_killed_ser_left_behind(ser: Ser) -> None:
    children = [ser.fifo_server(), *ser.receivers()]
    ser.stop(signal.SIGKILL)
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children), "the end of all")
    status, text = failure(Serctl(ser.directory / "run"), "ps")
    assert status == 3
    assert "nobody reads" in text
    assert "start ser again" in text


def test_a_config_without_a_fifo() -> None:
    with Ser(WITHOUT_FIFO) as ser:
        status, text = failure(Serctl(ser.directory / "run"), "ps")
        assert (status, "no FIFO in" in text) == (3, True)


def test_several_instances() -> None:
    with Ser(CONFIG) as one:
        run_dir = one.directory / "run"
        with Ser(CONFIG, "--run-dir", str(run_dir)) as other:
            names = sorted(f"udp-127.0.0.1-{ser.port}" for ser in (one, other))
            serctl = Serctl(run_dir)
            status, text = failure(serctl, "ps")
            assert status == 2
            assert text == (
                f"serctl: several ser run: choose one with --instance: {', '.join(names)}\n"
            )
            chosen = serctl.out("--instance", f"udp-127.0.0.1-{other.port}", "config")
            assert f"pid\t{other.pid}\n" in chosen
            status, text = failure(serctl, "--instance", "x", "ps")
            assert (status, ", ".join(names) in text) == (3, True)


def failure_of_nobody(run_dir: Path) -> tuple[int, str]:
    """`ps` run in this process as a user without rights, who mightn't be able to read our Python.

    What is imported late is imported before.
    """
    import_module("grp")
    import_module("pwd")
    assert serctl_here("ps", run_dir=run_dir).status == 0
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    try:
        run = serctl_here("ps", run_dir=run_dir)
    finally:
        os.seteuid(0)
        os.setegid(0)
    assert run.stdout == ""
    assert run.stderr.count("\n") == 1
    return run.status, run.stderr


@root_only
def test_no_permission_for_the_fifo_names_the_group() -> None:
    with Ser(f'fifo_group="{GROUP}"\n{CONFIG}') as ser:
        run_dir = ser.directory / "run"
        run_dir.chmod(0o755)
        ser.fifo.parent.chmod(0o775)
        status, text = failure_of_nobody(run_dir)
    assert status == 3
    assert f"ser_fifo of user root, group {GROUP}; become a member of group {GROUP}" in text


@root_only
def test_an_instance_that_is_closed_to_us_names_the_group(ser: Ser) -> None:
    run_dir = ser.directory / "run"
    run_dir.chmod(0o755)
    ser.fifo.parent.chmod(0o750)
    status, text = failure_of_nobody(run_dir)
    assert status == 3
    assert f"no permission for {ser.fifo.parent} of user root, group root" in text


@root_only
def test_a_run_directory_that_is_closed_to_us_is_named(ser: Ser) -> None:
    (ser.directory / "run").chmod(0o700)
    status, text = failure_of_nobody(ser.directory / "run")
    assert status == 3
    assert f"no permission for {ser.directory}/run of user root, group root" in text


def test_no_answer(tmp_path: Path) -> None:
    """Somebody reads the FIFO and never answers."""
    (tmp_path / "x").mkdir()
    fifo = tmp_path / "x" / "ser_fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDWR)
    try:
        status, text = failure(Serctl(tmp_path), "--timeout", "0.2", "ps")
    finally:
        os.close(reader)
    assert (status, "didn't answer in time" in text) == (4, True)
    assert os.listdir(tmp_path / "x") == ["ser_fifo"]


def test_a_command_of_a_module_that_is_not_loaded(ser: Ser) -> None:
    status, text = failure(Serctl(ser.directory / "run"), "ul", "show")
    assert status == 1
    assert text == (
        "serctl: ser says 500 command 'ul_list' not available; `serctl which` lists those there "
        "are: modules bring theirs when ser.cfg loads them\n"
    )


def test_by_the_unix_socket(tmp_path: Path) -> None:
    path = tmp_path / "ser.sock"
    with Ser(f'fifo="none"\nunix_sock="{path}"\n{CONFIG}') as ser:
        serctl = Serctl(ser.directory / "run")
        assert f"{ser.pid}\tattendant" in serctl.out("--unix-socket", str(path), "ps")
        assert f"{ser.pid}\tattendant" in serctl.out("ps", SER_UNIXSOCK=str(path))


def test_a_unix_socket_that_nobody_reads(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as left:
        left.bind(str(tmp_path / "ser.sock"))
    status, _ = failure(Serctl(tmp_path), "--unix-socket", str(tmp_path / "ser.sock"), "ps")
    assert status == 3


def test_a_fifo_elsewhere_by_sers_variable(tmp_path: Path) -> None:
    fifo = tmp_path / "my_fifo"
    with Ser(f'fifo="{fifo}"\n{CONFIG}') as ser:
        serctl = Serctl(ser.directory / "run")
        assert f"{ser.pid}\tattendant" in serctl.out("ps", SER_FIFO=str(fifo))


def test_reply_pipes_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "replies").mkdir(mode=0o700)
    fifo = tmp_path / "my_fifo"
    settings = tmp_path / "serctl.toml"
    settings.write_text(f'fifo = "{fifo}"\nfifo_dir = "{tmp_path}/replies"\n')
    with Ser(f'fifo="{fifo}"\nfifo_dir="{tmp_path}/replies"\n{CONFIG}') as ser:
        serctl = Serctl(ser.directory / "run")
        assert "attendant" in serctl.out("ps", SERCTL_CONFIG=str(settings))
