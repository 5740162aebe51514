"""What a script may do and what it may not bring down: endless regular expressions, exceptions in
other people's modules, endless calls, too many branches."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conformance.proxy import RunningProxy, drain
from tests.support.daemon import Ser
from tests.support.sip_peer import Peer
from tests.support.sip_reading import Message

MOST_BRANCHES = 12

CONFIG = """
loadmodule "sl.so"
loadmodule "tm.so"
loadmodule "textops.so"
loadmodule "bomb.so"
route {
    if (method == "STOP") { sl_send_reply("200", "reached"); break; };
    if (uri =~ "^sip:(a+)+$") { sl_send_reply("200", "matched"); break; };
    if (search("((x*)*)*y!")) { sl_send_reply("200", "matched"); break; };
    if (uri =~ "^sip:bomb@") { explode(); sl_send_reply("200", "survived"); break; };
    if (uri =~ "^sip:deep@") { route(1); break; };
    if (uri =~ "^sip:fork@") {
        APPENDS
        t_relay();
        break;
    };
    sl_send_reply("404", "Nothing");
}
route[1] { route(1); }
"""

BOMB = '''
from ser_core.modules.api import REQUEST, Module, command


class Bomb(Module):
    """Raises."""

    name = "bomb"

    @command(routes=REQUEST)
    def explode(self, msg) -> bool:
        """Raise."""
        raise RuntimeError("boom")
'''


@dataclass(frozen=True, slots=True)
class Scripted:
    """The daemon, and the phones that its branches go to."""

    proxy: RunningProxy
    phones: tuple[Peer, ...]

    def answer(self, uri: str, body: str = "", method: str = "MESSAGE") -> Message:
        """The final response to a request."""
        with self.proxy.peer() as caller:
            caller.send(caller.request(method, uri, body=body))
            return caller.final_response()


def install_bomb(directory: Path) -> None:
    """A package with an entry point, as pip would have put it there."""
    (directory / "bomb.py").write_text(BOMB)
    about = directory / "bomb-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: bomb\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[ser.modules]\nbomb = bomb:Bomb\n")


@pytest.fixture(scope="module")
def scripted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scripted]:
    """A daemon with a script that can be led astray."""
    directory = tmp_path_factory.mktemp("modules")
    install_bomb(directory)
    with ExitStack() as stack:
        phones = [stack.enter_context(Peer("", f"phone{n}")) for n in range(MOST_BRANCHES + 3)]
        appends = "\n".join(f'append_branch("{phone.uri}");' for phone in phones[1:])
        config = CONFIG.replace("APPENDS", f'rewriteuri("{phones[0].uri}");\n{appends}')
        environment = {"PYTHONPATH": str(directory)}
        ser = stack.enter_context(Ser(config, environment=environment))
        yield Scripted(RunningProxy(ser, f"127.0.0.1:{ser.port}", ""), tuple(phones))


def test_an_exception_in_a_script_is_answered_500_and_no_more(scripted: Scripted) -> None:
    receivers = scripted.proxy.ser.receivers()
    for _ in range(3):
        assert scripted.answer("sip:bomb@192.0.2.1").status == 500
    assert scripted.answer("sip:x@192.0.2.1", method="STOP").status == 200
    assert scripted.proxy.ser.receivers() == receivers


def test_an_exception_in_a_script_is_logged_with_its_traceback_and_counted(
    scripted: Scripted,
) -> None:
    before = scripted.proxy.count_of("core.failures")
    scripted.answer("sip:bomb@192.0.2.1")
    assert scripted.proxy.count_of("core.failures") == before + 1
    log = scripted.proxy.ser.log_text()
    assert "RuntimeError: boom" in log
    assert "ser.cfg" in log


def test_an_exception_for_an_ack_is_answered_with_nothing(scripted: Scripted) -> None:
    with scripted.proxy.peer() as caller:
        caller.send(caller.request("ACK", "sip:bomb@192.0.2.1"))
        caller.send(caller.request("STOP", "sip:x@192.0.2.1"))
        assert caller.final_response().status == 200
        assert drain(caller) == []


def test_routes_that_call_each_other_for_ever_end(scripted: Scripted) -> None:
    with scripted.proxy.peer() as caller:
        caller.send(caller.request("MESSAGE", "sip:deep@192.0.2.1"))
        caller.send(caller.request("STOP", "sip:x@192.0.2.1"))
        caller.response(200, "STOP")
    scripted.proxy.ser.wait_for_log("more than 100 route blocks within each other")


@pytest.mark.parametrize(
    ("uri", "body"),
    [("sip:" + "a" * 5000 + "!@192.0.2.1", ""), ("sip:b@192.0.2.1", "x" * 20_000)],
)
def test_no_regular_expression_holds_up_a_receiver(scripted: Scripted, uri: str, body: str) -> None:
    # In a backtracking matcher each of these takes longer than the universe has existed.
    began = time.monotonic()
    assert scripted.answer(uri, body).status in (400, 404, 414)
    assert time.monotonic() - began < 0.5


def test_at_most_twelve_branches_leave(scripted: Scripted) -> None:
    with scripted.proxy.peer() as caller:
        caller.send(caller.request("INVITE", "sip:fork@192.0.2.1"))
        invites = [phone.receive("INVITE") for phone in scripted.phones[:MOST_BRANCHES]]
        caller.send(caller.request("STOP", "sip:x@192.0.2.1"))
        caller.response(200)
        assert [drain(phone) for phone in scripted.phones[MOST_BRANCHES:]] == [[], [], []]
        for phone, invite in zip(scripted.phones, invites, strict=False):
            phone.reply(invite, 480)
        assert caller.final_response().status == 480
