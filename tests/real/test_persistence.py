"""Registrations outlive ser: stopped, killed, and with a database that comes and goes.

SER_KILL_ROUNDS says how often everything is killed under load: few times here, 20 for a release.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ser_core.database.engine import make_engine
from ser_core.database.jobs import Job
from ser_core.database.registered import contacts
from ser_core.database.url import DatabaseUrl
from ser_core.fifo.client import FifoClient
from tests.support.daemon import NotStarted, Ser, children_of, is_running, wait_for
from tests.support.databases import Server, database_server, missing, text_of
from tests.support.ports import free_port
from tests.support.register_load import RegisterLoad
from tests.support.sip_peer import Peer

pytestmark = pytest.mark.long

ROUNDS = int(os.environ.get("SER_KILL_ROUNDS", "1"))
RECEIVERS = 2
CONFIG = """
debug=3
loadmodule "sl.so"
loadmodule "maxfwd.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
modparam("usrloc", "db_mode", MODE)
modparam("usrloc", "db_url", "URL")
modparam("usrloc", "timer_interval", INTERVAL)
route {
    if (!mf_process_maxfwd_header("10")) { break; };
    if (method=="REGISTER") { save("location"); break; };
    lookup("aliases");
    if (lookup("location")) { forward(uri:host, uri:port); break; };
    sl_send_reply("404", "Not Found");
}
"""


def make_ser(
    url: DatabaseUrl | str, mode: int, *, interval: int = 3600, alone: bool = False
) -> Ser:
    text = url if isinstance(url, str) else text_of(url)
    config = CONFIG.replace("MODE", str(mode)).replace("INTERVAL", str(interval))
    return Ser(config.replace("URL", text), children=RECEIVERS, alone=alone)


@pytest.fixture
def sqlite(tmp_path: Path) -> DatabaseUrl:
    return DatabaseUrl.parse(f"sqlite:///{tmp_path}/ser.db")


def ask(ser: Ser, command: str, *arguments: str) -> str:
    """The reply's body, or its text where there is none."""
    with FifoClient(ser.fifo) as client:
        reply = client.ask(command, *arguments)
    return reply.body.decode() or reply.text


def registered(ser: Ser) -> set[str]:
    """Who stands in ser's own table."""
    dump = ask(ser, "ul_dump")
    return {x.split("'")[1] for x in dump.splitlines() if x.startswith("aor       :")}


def users_in(url: DatabaseUrl) -> set[str]:
    """Who stands in the database."""
    engine = make_engine(url)
    try:
        return {x.username for x in Job(lambda c: list(contacts(c, "location"))).carry_out(engine)}
    finally:
        engine.dispose()


def kill_everything(ser: Ser) -> None:
    """SIGKILL to all processes of it, at once."""
    pids = [ser.pid, *children_of(ser.pid)]
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    ser.process.wait(10)
    wait_for(lambda: not any(map(is_running, pids)), "all to be dead")


# -- a stop and a start ----------------------------------------------------------


@pytest.mark.parametrize("mode", [1, 3])
def test_who_has_registered_is_there_after_a_restart(database_url: DatabaseUrl, mode: int) -> None:
    with make_ser(database_url, mode) as ser, Peer(f"127.0.0.1:{ser.port}", "joe") as joe:
        joe.register()
        assert ser.stop() == 0
        ser.start()
        assert registered(ser) == {"joe"}
        listed = joe.request("REGISTER", f"sip:{joe.proxy}", to=f"<sip:joe@{joe.proxy}>")
        joe.send(listed)
        assert joe.uri in joe.response(200).header("contact")


def test_one_process_alone_loads_and_saves_as_well(sqlite: DatabaseUrl) -> None:
    with make_ser(sqlite, 2, alone=True) as ser:
        with RegisterLoad(ser.port, "u", 500) as load:
            load.wait_for_answers(300)
        assert ser.stop() == 0
        ser.start()
        assert registered(ser) >= load.answered.keys()


def test_all_that_waits_for_the_timer_is_written_at_the_stop(sqlite: DatabaseUrl) -> None:
    with make_ser(sqlite, 2) as ser:
        let_the_timer_pass(ser, sqlite)
        with RegisterLoad(ser.port, "u", 1000) as load:
            load.wait_for_answers(1000)
        assert users_in(sqlite) == {"first"}
        wait_for(lambda: ser.counter("usrloc.unwritten") >= 1000, "the number of what is unwritten")
        begun = time.monotonic()
        assert ser.stop() == 0
        assert time.monotonic() - begun < 5
        assert users_in(sqlite) >= load.answered.keys()


def test_ul_flush_writes_what_waits_for_the_timer(sqlite: DatabaseUrl) -> None:
    with make_ser(sqlite, 2) as ser:
        let_the_timer_pass(ser, sqlite)
        with Peer(f"127.0.0.1:{ser.port}", "joe") as joe:
            joe.register()
        assert users_in(sqlite) == {"first"}
        assert ask(ser, "ul_flush") == "ul_flush completed"
        assert users_in(sqlite) == {"first", "joe"}


def let_the_timer_pass(ser: Ser, url: DatabaseUrl) -> None:
    """What is there at the first tick is written then; what comes next waits for the interval."""
    with Peer(f"127.0.0.1:{ser.port}", "first") as first:
        first.register()
    wait_for(lambda: users_in(url) == {"first"}, "the first one in the database")


def test_what_the_operator_adds_and_removes_is_in_the_database_at_once(
    database_url: DatabaseUrl,
) -> None:
    with make_ser(database_url, 1) as ser:
        ask(ser, "ul_add", "location", "gateway", "sip:gw@127.0.0.1", "0", "1.00", "0", "128")
        ask(ser, "ul_add", "location", "joe", "sip:joe@127.0.0.1", "3600", "0.50", "0", "0")
        assert users_in(database_url) == {"gateway", "joe"}
        ask(ser, "ul_rm", "location", "joe")
        assert users_in(database_url) == {"gateway"}
        kill_everything(ser)
        ser.start()
        assert ask(ser, "ul_show_contact", "location", "gateway").startswith(
            "<sip:gw@127.0.0.1>;q=1;"
        )
        assert "joe in table location not found" in ask(ser, "ul_show_contact", "location", "joe")


def test_a_database_that_cannot_be_reached_keeps_ser_from_starting() -> None:
    url = f"postgresql://ser:heslo@127.0.0.1:{free_port()}/ser"
    ser = make_ser(url, 1)
    with pytest.raises(NotStarted, match=r"(?s)ended with 71.*postgresql://.*refused") as told:
        ser.start()
    assert "heslo" not in str(told.value)


def test_a_reload_goes_on_writing_and_cannot_bring_a_new_table(sqlite: DatabaseUrl) -> None:
    with make_ser(sqlite, 1) as ser, Peer(f"127.0.0.1:{ser.port}", "joe") as joe:
        joe.register()
        first = ser.config.read_text()
        ser.config.write_text(first.replace('"location"', '"somewhere"'))
        assert "table somewhere is new" in ask(ser, "reload")
        ser.config.write_text(first.replace("Not Found", "Nobody There"))
        assert "needs a restart" not in ask(ser, "reload")
        with Peer(f"127.0.0.1:{ser.port}", "ann") as ann:
            ann.register()
        kill_everything(ser)
        assert users_in(sqlite) == {"joe", "ann"}
        ser.start()
        assert registered(ser) == {"joe", "ann"}


# -- everything is killed ----------------------------------------------------------


@pytest.mark.parametrize("kill_round", range(ROUNDS))
def test_every_registration_that_was_answered_outlives_a_kill_of_everything(
    database_url: DatabaseUrl, kill_round: int
) -> None:
    with make_ser(database_url, 1) as ser:
        with RegisterLoad(ser.port, "u", 500) as load:
            load.wait_for_answers(200 + kill_round)
            kill_everything(ser)
        ser.start()
        assert load.answered.keys() - registered(ser) == set()
        assert not load.refused


@pytest.mark.parametrize("kill_round", range(ROUNDS))
def test_with_write_back_a_kill_takes_nothing_older_than_the_timer(
    database_url: DatabaseUrl, kill_round: int
) -> None:
    interval = 2
    with make_ser(database_url, 2, interval=interval) as ser:
        with RegisterLoad(ser.port, "u", 300) as load:
            load.wait_for_answers(300 * interval + 300 + 50 * kill_round)
            killed_at = time.monotonic()
            kill_everything(ser)
        old = {x for x, y in load.answered.items() if y.answered_at < killed_at - interval}
        assert old
        ser.start()
        assert old - registered(ser) == set()


# -- a database that comes and goes ----------------------------------------------------------


@pytest.fixture(scope="module")
def postgresql() -> Iterator[Server]:
    why = missing("postgresql")
    if why:
        pytest.skip(why)
    with database_server("postgresql") as server:
        yield server


@pytest.mark.parametrize("how", ["stopped", "frozen"])
def test_registrations_go_on_while_postgresql_is_away(postgresql: Server, how: str) -> None:
    url = postgresql.new_database(f"away_{how}")
    with make_ser(url, 1) as ser:
        with RegisterLoad(ser.port, "u", 50) as load:
            load.wait_for_answers(50)
            (postgresql.stop if how == "stopped" else postgresql.freeze)()
            load.wait_for_answers(100)
            (postgresql.start if how == "stopped" else postgresql.thaw)()
            ser.wait_for_log("takes registrations again", timeout=15)
            load.wait_for_answers(50)
            assert load.unanswered(older_than=2.0) == []
        assert not load.refused
        assert load.slowest < 2.0
        # Under load there is always somebody whose transaction is under way.
        wait_for(lambda: not ser.counter("usrloc.unwritten"), "nothing left to write", 15)
        seen = dict(load.answered)
        kill_everything(ser)
        ser.start()
        assert seen.keys() - registered(ser) == set()
        log = ser.log_text()
        assert log.count("in memory only until they can be written") <= RECEIVERS


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "small"
    place.mkdir()
    options = ["-t", "tmpfs", "-o", "size=8m", "none", str(place)]
    if subprocess.run(["mount", *options], capture_output=True, check=False).returncode:
        pytest.skip("no file system of its own can be mounted here: not root, or a container")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_is_told_and_ser_goes_on_serving(small_disk: Path) -> None:
    url = DatabaseUrl.parse(f"sqlite:///{small_disk}/ser.db")
    with make_ser(url, 1) as ser:
        filler = small_disk / "filler"
        with RegisterLoad(ser.port, "u", 200) as load:
            load.wait_for_answers(50)
            with contextlib.suppress(OSError), open(filler, "wb", buffering=0) as file:
                while file.write(b"x" * 4096):
                    pass
            ser.wait_for_log("in memory only until they can be written")
            load.wait_for_answers(200)
            filler.unlink()
            ser.wait_for_log("takes registrations again")
        wait_for(lambda: not ser.counter("usrloc.unwritten"), "nothing left to write")
        assert not load.refused
        assert load.slowest < 2.0
        assert users_in(url) >= load.answered.keys()
