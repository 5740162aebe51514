"""The fifo server of a real ser: who it is, whom it asks, and what its death costs."""

from __future__ import annotations

import os
import signal
import stat
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ser_core.fifo.client import FifoClient
from ser_core.fifo.protocol import Reply
from ser_core.fifo.tables import read_table
from ser_core.server.child import MAX_QUICK_DEATHS
from tests.support.daemon import Ser, is_running, name_of, wait_for

CONFIG = """
loadmodule "sl.so"
loadmodule "tm.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
route { if (!lookup("location")) { lookup("aliases"); }; t_relay(); }
"""


@pytest.fixture(scope="module")
def ser() -> Iterator[Ser]:
    with Ser(CONFIG, children=3) as made:
        yield made


@pytest.fixture
def fifo(ser: Ser) -> Iterator[FifoClient]:
    with FifoClient(ser.fifo) as client:
        yield client


def stats(fifo: FifoClient) -> dict[str, int]:
    return {row[0]: int(row[1]) for row in read_table(fifo.ask("stats").body)[1]}


def test_it_is_a_process_of_its_own_and_says_so(ser: Ser) -> None:
    assert ser.fifo_server() not in (0, ser.pid, *ser.receivers())
    names = sorted(name_of(pid) for pid in ser.receivers())
    assert names == ["ser receiver 0", "ser receiver 1", "ser receiver 2"]


def test_it_has_all_tables_of_the_script(fifo: FifoClient) -> None:
    assert b"'aliases' 0 0\n'location' 0 0\n" in fifo.ask("ul_stats").body


def test_a_reply_too_long_for_a_datagram_comes_whole_from_all_receivers(fifo: FifoClient) -> None:
    reply = fifo.ask("t_hash")
    lines = reply.body.splitlines()
    assert reply.is_ok
    assert len(lines) == 1 + 65536
    assert lines[-1].startswith(b"65535.\t")


def test_what_it_counts_is_in_the_totals(fifo: FifoClient) -> None:
    before = stats(fifo)["fifo.requests"]
    fifo.ask("uptime")
    assert stats(fifo)["fifo.requests"] == before + 2


def test_everyone_asking_at_once_gets_his_own_answers(ser: Ser) -> None:
    def ask(number: int) -> list[bytes]:
        with FifoClient(ser.fifo, timeout=30) as client:
            return [client.ask("print", f"{number}.{x}").body for x in range(50)]

    with ThreadPoolExecutor(8) as pool:
        for number, answers in enumerate(pool.map(ask, range(8))):
            assert answers == [b"%d.%d\n" % (number, x) for x in range(50)]


def test_its_death_costs_no_call_and_no_request(ser: Ser, fifo: FifoClient) -> None:
    before, receivers = ser.fifo_server(), ser.receivers()
    inode = ser.fifo.stat().st_ino
    os.kill(before, signal.SIGKILL)
    assert fifo.ask("uptime").is_ok
    assert ser.fifo_server() not in (0, before)
    assert ser.receivers() == receivers
    assert ser.fifo.stat().st_ino == inode


def test_calls_go_on_even_if_it_dies_again_and_again() -> None:
    with Ser(CONFIG, children=1) as ser:
        for _ in range(MAX_QUICK_DEATHS + 1):
            wait_for(ser.fifo_server, "a fifo server")
            killed = ser.fifo_server()
            os.kill(killed, signal.SIGKILL)
            wait_for(lambda killed=killed: ser.fifo_server() != killed, "its end")  # type: ignore[misc]  # bound now
        wait_for(ser.fifo_server, "one more")
        assert ser.process.poll() is None
        with FifoClient(ser.fifo) as fifo:
            assert fifo.ask("uptime").is_ok


def test_when_it_hangs_another_takes_its_place() -> None:
    hurry = "from ser_core import __main__; from ser_core.server import attendant; "
    hurry += "attendant.TICK = 0.3; raise SystemExit(__main__.main())"
    command = (sys.executable, "-c", hurry)
    with Ser(CONFIG, children=1, command=command) as ser, FifoClient(ser.fifo, timeout=30) as fifo:
        before = ser.fifo_server()
        os.kill(before, signal.SIGSTOP)
        assert fifo.ask("uptime").is_ok
        assert ser.fifo_server() != before
        assert f"fifo server (pid {before}) has done nothing" in ser.log_text()


def test_it_ends_with_the_attendant() -> None:
    with Ser(CONFIG, children=1) as ser:
        processes = [ser.fifo_server(), *ser.receivers()]
        os.kill(ser.pid, signal.SIGKILL)
        wait_for(lambda: not any(map(is_running, processes)), "the end of all", 3)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can run ser as somebody else")
def test_run_as_another_user_it_still_serves_and_stops_everything() -> None:
    with Ser(CONFIG, "-u", "nobody", children=1) as ser, FifoClient(ser.fifo) as fifo:
        status = Path(f"/proc/{ser.fifo_server()}/status").read_text()
        assert "Uid:\t0\t" not in status
        assert ser.fifo.stat().st_uid != 0
        assert fifo.ask("ul_stats").is_ok
        assert fifo.ask("kill") == Reply(200, "killing now...")
        assert ser.process.wait(5) == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a FIFO to any group")
def test_a_fifo_elsewhere_with_owner_group_and_mode_is_gone_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "fifo"
    settings = f'fifo="{path}"\nfifo_mode=0620\nfifo_user=12345\nfifo_group=12346\n'
    with Ser(settings + CONFIG, children=1) as ser:
        found = path.stat()
        assert (found.st_uid, found.st_gid) == (12345, 12346)
        assert stat.S_IMODE(found.st_mode) == 0o620
        with FifoClient(path) as fifo:
            assert fifo.ask("uptime").is_ok
        assert ser.stop() == 0
        assert not path.exists()


def test_it_is_made_again_when_somebody_deletes_it(ser: Ser) -> None:
    ser.fifo.unlink()
    wait_for(ser.fifo.exists, "another FIFO", 2)
    with FifoClient(ser.fifo) as fifo:
        wait_for(lambda: fifo.ask("uptime").is_ok, "an answer")
        assert stats(fifo)["fifo.remade"] == 1
