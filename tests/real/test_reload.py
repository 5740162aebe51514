"""Another ser.cfg while ser runs: calls don't notice, bad scripts do nothing, all else stays."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from ser_core.fifo.client import FifoClient
from ser_core.fifo.protocol import Reply
from ser_core.fifo.tables import read_table
from tests.real.conftest import CONFIG, check
from tests.support.daemon import Ser, is_running, wait_for
from tests.support.serctl_process import Serctl
from tests.support.sip_peer import Peer, ack
from tests.support.sipp import Sipp

pytestmark = pytest.mark.real

RATE = 200
RELOADS = 10
SECONDS = 8
RECEIVERS = 2

TEXT = """
loadmodule "sl.so"
loadmodule "tm.so"
loadmodule "maxfwd.so"
route {
    if (!mf_process_maxfwd_header("10")) { break; };
    if (method=="OPTIONS") { sl_send_reply("404", "by the first"); break; };
    t_on_failure("1");
    t_relay();
}
failure_route[1] { t_reply("486", "by the first"); }
"""
SECOND = TEXT.replace("by the first", "by the second")
BROKEN = TEXT.replace("t_relay", "t_realy")


@pytest.fixture(scope="module")
def running() -> Iterator[Ser]:
    with Ser(TEXT, children=RECEIVERS) as made:
        yield made


@pytest.fixture
def ser(running: Ser) -> Ser:
    """One for all, which runs the first script."""
    assert reload(running, TEXT).code == 200
    return running


def target(ser: Ser) -> str:
    return f"{ser.host}:{ser.port}"


def reload(ser: Ser, text: str, what: str = "") -> Reply:
    ser.config.write_text(text)
    with FifoClient(ser.fifo) as client:
        return client.ask("reload", what, timeout=30)


def config_of(ser: Ser) -> dict[str, str]:
    with FifoClient(ser.fifo) as client:
        _, rows = read_table(client.ask("config").body)
    return {name: value for name, value in rows}  # noqa: C416  a row is a list


def asked(peer: Peer, call_id: str = "") -> str:
    """What the script that runs says to an OPTIONS."""
    peer.send(peer.request("OPTIONS", f"sip:{peer.proxy}", call_id=call_id))
    return peer.response(404).first_line.removeprefix("SIP/2.0 404 ")


def asked_everywhere(ser: Ser) -> set[str]:
    """What is said to as many Call-IDs as reach all receivers for sure."""
    with Peer(target(ser)) as peer:
        return {asked(peer) for _ in range(12)}


def test_the_next_message_in_each_process_runs_the_new_script(ser: Ser) -> None:
    assert asked_everywhere(ser) == {"by the first"}
    before = config_of(ser)
    reply = reload(ser, SECOND)
    generation = int(before["generation"]) + 1
    assert (reply.code, reply.text.split()[1]) == (200, f"generation={generation}")
    assert asked_everywhere(ser) == {"by the second"}
    after = config_of(ser)
    assert after["generation"] == str(generation)
    assert before["hash"] != after["hash"]
    assert before["pid"] == after["pid"]


def test_a_transaction_ends_with_the_failure_route_that_it_was_armed_with(ser: Ser) -> None:
    with Peer(target(ser), "alice") as alice, Peer(target(ser), "bob") as bob:
        invite = alice.request("INVITE", bob.uri)
        alice.send(invite)
        received = bob.receive("INVITE")
        assert reload(ser, SECOND).code == 200
        bob.reply(received, 503, "busy")
        refused = alice.response(486)
        assert refused.first_line == "SIP/2.0 486 by the first"
        alice.send(ack(invite, refused))
        alice.send(alice.request("INVITE", bob.uri))
        bob.reply(bob.receive("INVITE"), 503, "busy")
        assert alice.response(486).first_line == "SIP/2.0 486 by the second"


def test_a_bad_script_changes_nothing_and_is_told_as_by_ser_c(ser: Ser, tmp_path: Path) -> None:
    generation = config_of(ser)["generation"]
    reply = reload(ser, BROKEN)
    assert (reply.code, reply.text) == (400, "1 error in ser.cfg, nothing has changed")
    told = check(tmp_path, BROKEN).stderr.replace(str(tmp_path / "ser.cfg"), str(ser.config))
    assert reply.body.decode() in told
    assert "did you mean" in told
    assert asked_everywhere(ser) == {"by the first"}
    assert config_of(ser)["generation"] == generation


def test_a_check_shows_what_would_change(ser: Ser) -> None:
    text = f'children=4 debug=3 loadmodule "rr.so" {SECOND.replace("failure_route[1]", "route[A]")}'
    reply = reload(ser, text.replace('t_on_failure("1");', ""), "check")
    _, rows = read_table(reply.body)
    told = {(kind, name): (before, after, when) for kind, name, before, after, when in rows}
    assert told["directive", "debug"] == ("2", "3", "now")
    assert told["module", "rr"] == ("", "loaded", "now")
    assert told["route", "failure_route[1]"] == ("there", "", "now")
    assert told["route", "route[A]"] == ("", "added", "now")
    assert told["route", "route"] == ("there", "changed", "now")
    assert ("directive", "children") not in told  # the command line says how many
    assert asked_everywhere(ser) == {"by the first"}


def test_what_cannot_change_is_told_and_the_rest_takes_effect(ser: Ser) -> None:
    reply = reload(ser, f'wdir="/tmp" alias=other.example {SECOND}')
    _, rows = read_table(reply.body)
    assert ["directive", "wdir", '"/"', '"/tmp"', "at a restart"] in rows
    assert asked_everywhere(ser) == {"by the second"}
    # told again as long as it is so
    assert b"wdir" in reload(ser, f'wdir="/tmp" alias=other.example {SECOND}').body


def test_what_ser_has_stays() -> None:
    with Ser(CONFIG, children=RECEIVERS) as ser, FifoClient(ser.fifo) as client:
        with Peer(target(ser), "carol", transport="tcp") as carol:
            carol.register()
            client.ask("debug", "4")
            requests = client.ask("stats", "core.requests", "sl.").body
            assert reload(ser, CONFIG.replace("debug=3", "debug=1")).code == 200
            assert carol.is_connected
            assert client.ask("ul_show_contact", "location", "carol").code == 200
            assert client.ask("stats", "core.requests", "sl.").body == requests
            carol.register()
        assert dict(read_table(client.ask("debug").body)[1])["level"] == "1"  # the file has another
        client.ask("debug", "5")
        assert reload(ser, CONFIG.replace("debug=3", "debug=1") + "\n# the same").code == 200
        assert dict(read_table(client.ask("debug").body)[1])["level"] == "5"


def test_a_module_that_is_new_counts_and_has_its_commands(ser: Ser) -> None:
    with FifoClient(ser.fifo) as client:
        assert client.ask("ul_stats").code == 500
        added = 'loadmodule "usrloc.so" loadmodule "registrar.so"'
        text = added + TEXT.replace(
            "break; };", 'break; }; if (method=="REGISTER") { save("new"); break; };', 1
        )
        assert reload(ser, text).code == 200
        with Peer(target(ser), "dan") as dan:
            dan.register()
        assert b"registrar.accepted\t1\t" in client.ask("stats", "registrar").body
        assert client.ask("ul_show_contact", "new", "dan").code == 200
        assert reload(ser, TEXT).code == 200
        assert client.ask("ul_stats").code == 500


@pytest.mark.parametrize("alone", [False, True], ids=["several", "one process"])
def test_sighup_reloads_and_the_log_says_what_came_of_it(alone: bool) -> None:
    with Ser(TEXT, children=RECEIVERS, alone=alone) as ser:
        ser.config.write_text(BROKEN)
        os.kill(ser.pid, signal.SIGHUP)
        ser.wait_for_log("reload: 1 error in ser.cfg, nothing has changed")
        ser.wait_for_log("^~~~")
        assert asked_everywhere(ser) == {"by the first"}
        ser.config.write_text(SECOND)
        os.kill(ser.pid, signal.SIGHUP)
        ser.wait_for_log("another ser.cfg takes effect, generation 1")
        wait_for(lambda: asked_everywhere(ser) == {"by the second"}, "the second script")
        assert reload(ser, TEXT, "check").text == "ok changes=2 restart=0"
        assert reload(ser, TEXT).code == 200
        assert asked_everywhere(ser) == {"by the first"}


def test_processes_that_are_started_later_run_the_new_script(ser: Ser) -> None:
    assert reload(ser, SECOND).code == 200
    before = config_of(ser)
    killed = [*ser.receivers(), ser.fifo_server()]
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not any(map(is_running, killed)), "their end")
    wait_for(lambda: len(ser.receivers()) == RECEIVERS and ser.fifo_server(), "their successors")
    assert asked_everywhere(ser) == {"by the second"}
    after = config_of(ser)
    assert [after[x] for x in ("hash", "generation", "loaded")] == [
        before[x] for x in ("hash", "generation", "loaded")
    ]


def test_a_receiver_that_is_being_started_has_it_too(ser: Ser) -> None:
    for text, words in (
        (SECOND, "by the second"),
        (TEXT, "by the first"),
        (SECOND, "by the second"),
    ):
        os.kill(ser.receivers()[0], signal.SIGKILL)
        assert reload(ser, text).code == 200
        wait_for(lambda: len(ser.receivers()) == RECEIVERS, "the successor")
        assert asked_everywhere(ser) == {words}


def test_serctl_shows_mistakes_and_succeeds_afterwards(ser: Ser) -> None:
    ser.config.write_text(BROKEN)
    serctl = Serctl(ser.directory / "run")
    run = serctl("reload")
    assert run.returncode == 1
    assert 'error: unknown function "t_realy"' in run.stderr
    assert "^~~~" in run.stderr
    ser.config.write_text(SECOND)
    assert serctl("reload", "--check").returncode == 0
    assert asked_everywhere(ser) == {"by the first"}
    assert serctl("reload").returncode == 0
    assert asked_everywhere(ser) == {"by the second"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_file_that_only_root_may_read_is_read_again_for_another_user() -> None:
    with Ser(TEXT, "-u", "nobody", children=RECEIVERS) as ser:
        ser.config.chmod(0o600)
        text = f'loadmodule "textops.so" {SECOND}'.replace(
            't_on_failure("1");', 't_on_failure("1"); if (uri=~"^sip:[0-9]+@") { log(1, "x"); };'
        )
        assert reload(ser, text).code == 200
        assert asked_everywhere(ser) == {"by the second"}


@pytest.mark.long
@pytest.mark.needs("sipp")
def test_no_call_fails_while_scripts_good_and_bad_come_and_go(tmp_path: Path) -> None:
    calls = RATE * SECONDS
    options = ("-s", "bob")
    limits = {"calls": calls, "limit": 5000, "timeout": SECONDS + 20}
    with (
        Ser(CONFIG, children=RECEIVERS) as ser,
        Sipp("callee.xml", tmp_path, options=options, **limits) as callee,  # type: ignore[arg-type]
    ):
        with Peer(target(ser), "bob") as bob:
            bob.register(contact=f"<sip:bob@127.0.0.1:{callee.port}>")
        with Sipp(
            "caller.xml", tmp_path, target=target(ser), rate=RATE, options=options, **limits,  # type: ignore[arg-type]
        ) as caller:  # fmt: skip
            codes = [reload_in_turn(ser, caller, number) for number in range(RELOADS)]
            outcome = caller.wait(SECONDS + 20)
        outcome.require_success(calls)
        assert codes == [200, 400] * (RELOADS // 2)
        assert config_of(ser)["generation"] == str(RELOADS // 2)
        with FifoClient(ser.fifo) as client:
            assert b"core.failures\t0\t" in client.ask("stats", "core.failures").body


def reload_in_turn(ser: Ser, caller: Sipp, number: int) -> int:
    """When that share of the calls is done: the shipped script with another line, or a mistake."""
    share = RATE * SECONDS * number * 0.9 / RELOADS
    wait_for(lambda: caller.outcome().successful >= share, "calls", SECONDS + 20)
    line = f'log(4, "script {number}\\n");' if number % 2 == 0 else "t_realy();"
    return reload(ser, CONFIG.replace("route {", f"route {{ {line}", 1)).code
