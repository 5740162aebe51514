"""A real ser with acc, xlog and group: what stands in the log and in the tables behind calls."""

from __future__ import annotations

import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from ser_core.database.engine import make_engine
from ser_core.database.schema import prepare
from ser_core.database.tables import acc, grp
from ser_core.database.url import DatabaseUrl
from ser_core.fifo.client import FifoClient
from tests.support.daemon import Ser, wait_for
from tests.support.databases import database_server, text_of
from tests.support.sip_peer import Peer, ack, cancel, in_dialog
from tests.support.sipp import Sipp

SCRIPT = """
debug=3
loadmodule "sl.so"
loadmodule "tm.so"
loadmodule "rr.so"
loadmodule "xlog.so"
loadmodule "group.so"
loadmodule "acc.so"
modparam("acc|group", "db_url", "{url}")
modparam("acc", "log_flag", 1)
modparam("acc", "log_missed_flag", 2)
modparam("acc", "db_flag", 1)
modparam("acc", "db_missed_flag", 2)
route {
    xlog("L_INFO", "100%% %rm from %fu at %is");
    if (method == "INVITE") {
        record_route();
        if (uri =~ "^sip:0" && !is_user_in("From", "pstn")) {
            sl_send_reply("403", "Not in this group");
            break;
        };
        setflag(1);
        setflag(2);
    };
    if (method == "BYE") {
        setflag(1);
    };
    if (!loose_route()) {
        if (!(uri =~ "^sip:bob@")) {
            acc_db_request("404 Not Found", "missed_calls");
            sl_send_reply("404", "Not Found");
            break;
        };
        rewritehostport("{bob}");
    };
    t_relay();
}
"""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "ser.db"
    engine = make_engine(DatabaseUrl.parse(f"sqlite:///{path}"))
    prepare(engine)
    with engine.begin() as connection:
        row = {"username": "alice", "domain": "127.0.0.1", "grp": "pstn"}
        connection.execute(insert(grp).values(row))
    engine.dispose()
    return path


def script(bob: Peer, url: str) -> str:
    return SCRIPT.replace("{bob}", bob.host_port).replace("{url}", url)


def rows(path: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def answered_call(alice: Peer, bob: Peer, proxy: str) -> None:
    """INVITE to BYE, with a retransmission of everything that can be one."""
    invite = alice.request("INVITE", f"sip:bob@{proxy}")
    alice.send(invite)
    incoming = bob.receive("INVITE")
    bob.reply(incoming, 180)
    alice.response(180)
    alice.send(invite)
    ok = bob.reply(incoming, 200, contact=bob.uri)
    answer = alice.response(200)
    bob.send_back(incoming, ok)
    alice.response(200)
    for _ in range(2):
        alice.send(in_dialog(alice, "ACK", invite, answer))
        bob.receive("ACK")
    alice.send(in_dialog(alice, "BYE", invite, answer))
    bob.reply(bob.receive("BYE"), 200)
    alice.response(200, "BYE")


def refused_call(alice: Peer, bob: Peer, proxy: str) -> None:
    invite = alice.request("INVITE", f"sip:bob@{proxy}")
    alice.send(invite)
    bob.reply(bob.receive("INVITE"), 486, "Busy Here")
    alice.send(ack(invite, alice.response(486)))


def cancelled_call(alice: Peer, bob: Peer, proxy: str) -> None:
    invite = alice.request("INVITE", f"sip:bob@{proxy}")
    alice.send(invite)
    incoming = bob.receive("INVITE")
    bob.reply(incoming, 180)
    alice.response(180)
    alice.send(cancel(invite))
    bob.reply(bob.receive("CANCEL"), 200)
    bob.reply(incoming, 487, "Request Terminated")
    alice.send(ack(invite, alice.response(487)))


def test_each_call_leaves_what_happened(database: Path) -> None:
    with (
        Peer("", "bob") as bob,
        Ser(script(bob, f"sqlite:///{database}"), children=2) as ser,
    ):
        proxy = f"127.0.0.1:{ser.port}"
        with Peer(proxy, "alice") as alice, Peer(proxy, "eve") as eve:
            answered_call(alice, bob, proxy)
            refused_call(alice, bob, proxy)
            cancelled_call(alice, bob, proxy)
            invite = alice.request("INVITE", f"sip:carol@{proxy}")
            alice.send(invite)
            alice.send(ack(invite, alice.response(404)))
            alice.send(alice.request("INVITE", f"sip:0123@{proxy}"))
            alice.response(404)
            eve.send(eve.request("INVITE", f"sip:0123@{proxy}"))
            eve.response(403)
            log = ser.log_text()
        ser.stop()
        assert "acc: " not in ser.log_text()
    calls = rows(database, "SELECT sip_method, sip_status, username, o_uri FROM acc ORDER BY id")
    assert "Traceback" not in log
    assert calls == [
        ("INVITE", "200", "alice", f"sip:bob@{bob.host_port}"),
        ("ACK", "200", "alice", f"sip:bob@{bob.host_port}"),
        ("BYE", "200", "alice", f"sip:bob@{bob.host_port}"),
    ]
    missed = rows(
        database, "SELECT sip_status, username FROM missed_calls ORDER BY sip_status, username"
    )
    assert missed == [
        ("404 Not Found", "0123"),
        ("404 Not Found", "carol"),
        ("486 Busy Here", "bob"),
        ("487 Request Terminated", "bob"),
    ]
    assert log.count("ACC: transaction answered: method=INVITE") == 1
    assert log.count("ACC: transaction answered: method=BYE") == 1
    assert log.count("ACC: request acknowledged: method=ACK") == 1
    assert log.count("ACC: call missed: ") == 2
    assert "INFO" in next(line for line in log.splitlines() if "100% INVITE from sip:eve@" in line)


@pytest.mark.long
def test_records_wait_for_a_database_that_is_away() -> None:
    with database_server("postgresql") as server:
        url = server.new_database("calls")

        def stored() -> list[str]:
            engine = make_engine(url)
            try:
                prepare(engine)
                with engine.connect() as connection:
                    return list(connection.execute(select(acc.c.sip_method)).scalars())
            finally:
                engine.dispose()

        with Peer("", "bob") as bob, Ser(script(bob, text_of(url))) as ser:
            proxy = f"127.0.0.1:{ser.port}"
            with Peer(proxy, "alice") as alice:
                answered_call(alice, bob, proxy)
                wait_for(lambda: len(stored()) == 3, "the records of the first call")
                server.stop()
                answered_call(alice, bob, proxy)
                ser.wait_for_log("acc: records wait for the database")
                answered_call(alice, bob, proxy)
                wait_for(lambda: ser.counter("acc.waiting") == 6, "the records of two calls")
                (killed,) = ser.receivers()
                os.kill(killed, signal.SIGKILL)
                wait_for(lambda: ser.receivers() not in ([], [killed]), "another receiver")
                server.start()
                wait_for(lambda: len(stored()) == 9, "the records of the other calls")
                assert sorted(stored()) == ["ACK"] * 3 + ["BYE"] * 3 + ["INVITE"] * 3
                server.stop()
                answered_call(alice, bob, proxy)
            ser.stop()
            log = ser.log_text()
    assert log.count("acc: not written to table acc: ") == 3
    assert "are lost" not in log


def test_a_call_that_rings_during_a_reload_is_told_as_its_own_script_says(database: Path) -> None:
    with (
        Peer("", "bob") as bob,
        Ser(script(bob, f"sqlite:///{database}")) as ser,
        FifoClient(ser.fifo) as fifo,
    ):
        proxy = f"127.0.0.1:{ser.port}"
        with Peer(proxy, "alice") as alice:
            invite = alice.request("INVITE", f"sip:bob@{proxy}")
            alice.send(invite)
            incoming = bob.receive("INVITE")
            bob.reply(incoming, 180)
            alice.response(180)
            text = ser.config.read_text()
            ser.config.write_text(f'{text}modparam("acc", "log_fmt", "mS")\n')
            assert fifo.ask("reload").is_ok
            bob.reply(incoming, 200, contact=bob.uri)
            answer = alice.response(200)
            alice.send(in_dialog(alice, "ACK", invite, answer))
            bob.receive("ACK")
            alice.send(in_dialog(alice, "BYE", invite, answer))
            bob.reply(bob.receive("BYE"), 200)
            alice.response(200, "BYE")
        ser.stop()
        log = ser.log_text()
    lines = [line for line in log.splitlines() if "ACC: " in line]
    assert ["o-uri=" in line for line in lines] == [True, False, False]
    assert "ACC: transaction answered: method=BYE, status=200" in lines[2]
    assert rows(database, "SELECT sip_method FROM acc ORDER BY id") == [
        ("INVITE",),
        ("ACK",),
        ("BYE",),
    ]


@pytest.mark.needs("sipp")
def test_many_calls_at_once_leave_a_record_each(database: Path, tmp_path: Path) -> None:
    calls = 300
    with Sipp("callee.xml", tmp_path, calls=calls) as callee:
        text = SCRIPT.replace("{bob}", f"127.0.0.1:{callee.port}").replace("debug=3", "debug=1")
        with Ser(text.replace("{url}", f"sqlite:///{database}"), children=2) as ser:
            target = f"127.0.0.1:{ser.port}"
            with Sipp(
                "caller.xml", tmp_path, target=target, calls=calls, rate=300, options=("-s", "bob")
            ) as caller:
                caller.wait().require_success(calls)
    found = rows(
        database,
        "SELECT sip_method, count(*), count(DISTINCT sip_callid) FROM acc GROUP BY sip_method",
    )
    assert sorted(found) == [(method, calls, calls) for method in ("ACK", "BYE", "INVITE")]
