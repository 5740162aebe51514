"""The demo as a user starts it: in a terminal, for some seconds."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from demo.office import Office
from demo.proxy import Proxy
from ser_core.fifo.client import open_client
from ser_core.fifo.places import find_instances
from ser_core.fifo.tables import read_table
from tests.support.daemon import PROJECT, wait_for
from tests.support.serctl_process import environment
from tests.support.tmux import Tmux

pytestmark = pytest.mark.real

PATIENCE = 40.0


@pytest.fixture(autouse=True)
def directory(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where demos make theirs; none must be left. A short name: paths of sockets are."""
    with tempfile.TemporaryDirectory(prefix="demo-") as made:
        monkeypatch.setenv("TMPDIR", made)
        monkeypatch.setattr(tempfile, "tempdir", made)
        yield Path(made)
        assert not list(Path(made).glob("ser-demo-*"))


@pytest.mark.needs("tmux")
def test_phones_register_and_call_on_the_dashboard_and_q_ends_all(directory: Path) -> None:
    command = [sys.executable, "-m", "demo", "--phones", "8", "--theme", "ser-light"]
    with Tmux(
        command, environment(TERM="screen-256color", TMPDIR=str(directory)), width=100, height=30
    ) as screen:
        screen.wait_for("8 registered")
        screen.press("2")
        screen.wait_for("alice@127.0.0.1:")
        began = psutil.Process(screen.pid).children(recursive=True)
        assert len(began) > 4
        screen.press("q")
        assert screen.wait_for_end() == 0
    wait_for(lambda: not any(process.is_running() for process in began), "the end of all")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_all(number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "demo", "--plain", "--phones", "2"],
        cwd=PROJECT, stdout=subprocess.PIPE, text=True,
    ) as demo:  # fmt: skip
        assert demo.stdout is not None
        assert demo.stdout.readline().startswith("serctl --run-dir ")
        began = psutil.Process(demo.pid).children(recursive=True)
        demo.send_signal(number)
        assert demo.wait(PATIENCE) == (0 if number == signal.SIGINT else 128 + number)
    wait_for(lambda: not any(process.is_running() for process in began), "the end of all")


def test_they_call_each_other_and_log_off() -> None:
    with Proxy(receivers=1) as proxy:
        (instance,) = find_instances(proxy.run_directory)
        with open_client(instance.fifo) as client:

            def counter(name: str) -> int:
                _, rows = read_table(client.ask("stats", name).body)
                return int(rows[0][1])

            with Office(proxy.port, 6):
                wait_for(lambda: counter("received.BYE") > 0, "a call that was ended", PATIENCE)
            assert b"Contact" not in client.ask("ul_dump").body
            assert counter("core.failures") == counter("core.unreadable") == 0
        log = subprocess.run(
            [sys.executable, "-m", "serctl", "--run-dir", str(proxy.run_directory), "ul", "show"],
            cwd=PROJECT, capture_output=True, text=True, check=False, timeout=PATIENCE,
        )  # fmt: skip
        assert (log.returncode, log.stdout) == (0, "")


def test_a_ser_that_cannot_start_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    config = tmp_path / "ser.cfg"
    config.write_text("rute { }\n")
    monkeypatch.setattr("demo.proxy.CONFIG", config)
    with pytest.raises(RuntimeError, match="rute"), Proxy():
        pass
