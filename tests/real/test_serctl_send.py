"""`serctl send` and `cisco_restart` through a ser that runs: what the other end gets and sees."""

from __future__ import annotations

import itertools
import signal
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.real.conftest import CONFIG, RECEIVERS
from tests.support.daemon import Ser
from tests.support.phone import Phone
from tests.support.serctl_process import Serctl
from tests.support.sip_peer import Peer

pytestmark = pytest.mark.real

_numbers = itertools.count(1)

Run = subprocess.CompletedProcess[str]
Start = Callable[..., Callable[[], Run]]


@pytest.fixture(scope="module")
def ser() -> Iterator[Ser]:
    with Ser(CONFIG, children=RECEIVERS) as running:
        yield running


@pytest.fixture
def serctl(ser: Ser) -> Serctl:
    return Serctl(ser.directory / "run")


@pytest.fixture
def bob(ser: Ser) -> Iterator[Peer]:
    """Another user in each test: bindings stay."""
    with Peer(f"{ser.host}:{ser.port}", f"bob{next(_numbers)}") as made:
        yield made


@pytest.fixture
def start(serctl: Serctl) -> Iterator[Start]:
    """Runs serctl while the test plays the other end; what it gives waits for the end."""
    with ThreadPoolExecutor(1) as pool:
        yield lambda *words, **more: pool.submit(serctl, *words, **more).result


def test_a_message(bob: Peer, start: Start) -> None:
    end = start("-F", "table", "send", "MESSAGE", bob.uri, "-b", "Lunch?", "-H", "Subject: hungry")
    message = bob.receive("MESSAGE")
    bob.reply(message, 202, "Accepted", headers=["Server: test"])
    run = end()
    assert message.uri == bob.uri
    assert message.header("subject") == "hungry"
    assert message.body == b"Lunch?\r\n"
    assert run.returncode == 0
    assert run.stdout.startswith("202 Accepted\nVia: SIP/2.0/UDP ")
    assert "\nServer: test\n" in run.stdout


def test_a_whole_request_from_stdin(bob: Peer, start: Start) -> None:
    text = (
        f"INFO {bob.uri} SIP/2.0\nVia: SIP/2.0/UDP of.a.trace\nFrom: <sip:a@b>;tag=1\n"
        f"To: <{bob.uri}>\nCall-ID: traced@b\nCSeq: 42 INFO\nContent-Length: 0\n\n"
    )
    end = start("send", stdin=text)
    info = bob.receive("INFO")
    bob.reply(info, 200)
    run = end()
    assert (info.header("call-id"), info.header("cseq")) == ("traced@b", "42 INFO")
    assert len(info.headers("via")) == 1
    assert "left out, since ser sets it itself: Via, Content-Length" in run.stderr
    assert run.returncode == 0


@pytest.mark.parametrize(("status", "exits_with"), [(404, 5), (480, 5), (486, 1), (603, 1)])
def test_the_class_of_the_response_is_the_exit_status(
    status: int, exits_with: int, bob: Peer, start: Start
) -> None:
    end = start("send", "OPTIONS", bob.uri)
    bob.reply(bob.receive("OPTIONS"), status)
    assert end().returncode == exits_with


def test_nobody_answers_in_time(bob: Peer, serctl: Serctl) -> None:
    assert serctl("send", "OPTIONS", bob.uri, "-W", "0.5").returncode == 4


def test_a_registered_user(bob: Peer, start: Start) -> None:
    bob.register()
    end = start("send", "OPTIONS", bob.user)
    options = bob.receive("OPTIONS")
    bob.reply(options, 200)
    assert options.uri == bob.uri
    assert end().returncode == 0


def test_a_call_that_is_answered_is_ended(bob: Peer, start: Start) -> None:
    end = start("send", "INVITE", bob.uri)
    invite = bob.receive("INVITE")
    bob.reply(invite, 180, "Ringing")
    bob.reply(invite, 200, "OK", contact=bob.uri)
    bob.receive("ACK")
    bye = bob.receive("BYE")
    bob.reply(bye, 200)
    run = end()
    assert bye.header("call-id") == invite.header("call-id")
    assert bye.header("cseq") == "2 BYE"
    assert bye.to_tag == "b"
    assert run.returncode == 0
    assert "the call was answered, and ended: BYE 200 Because" in run.stderr


def test_a_call_through_the_proxy_is_ended_by_its_route(ser: Ser, bob: Peer, start: Start) -> None:
    bob.register()
    end = start("send", "INVITE", f"sip:{bob.user}@{ser.host}:{ser.port}")
    invite = bob.receive("INVITE")
    assert invite.header("record-route")
    bob.reply(invite, 200, "OK", contact=bob.uri)
    bob.receive("ACK")
    bye = bob.receive("BYE")
    bob.reply(bye, 200)
    assert bye.uri == bob.uri
    assert len(bye.headers("via")) == 2
    assert end().returncode == 0


@pytest.mark.needs("pjsua2")
def test_no_phone_is_left_hanging(ser: Ser, start: Start, tmp_path: Path) -> None:
    with Phone("paula", f"{ser.host}:{ser.port}", tmp_path) as paula:
        paula.register()
        end = start("send", "INVITE", "paula")
        call = paula.incoming_call()
        call.ring()
        call.answer()
        assert call.ended_with() == 200
        assert end().returncode == 0


def test_a_call_that_is_refused(bob: Peer, start: Start) -> None:
    end = start("send", "INVITE", bob.uri)
    bob.reply(bob.receive("INVITE"), 486, "Busy Here")
    bob.receive("ACK")
    assert end().returncode == 1


def test_a_call_that_rings_too_long_is_cancelled(bob: Peer, start: Start) -> None:
    end = start("send", "INVITE", bob.uri, "-W", "0.3")
    invite = bob.receive("INVITE")
    bob.reply(invite, 180, "Ringing")
    bob.reply(bob.receive("CANCEL"), 200)
    bob.reply(invite, 487, "Request Terminated")
    bob.receive("ACK")
    run = end()
    assert run.returncode == 4
    assert "cancelling" in run.stderr


def test_ctrl_c_cancels_a_call_that_rings(bob: Peer, serctl: Serctl) -> None:
    with serctl.running("send", "INVITE", bob.uri) as process:
        invite = bob.receive("INVITE")
        bob.reply(invite, 180, "Ringing")
        process.send_signal(signal.SIGINT)
        bob.reply(bob.receive("CANCEL"), 200)
        bob.reply(invite, 487, "Request Terminated")
        assert process.wait(10) == 130


def test_an_answer_that_crosses_ctrl_c_is_hung_up(bob: Peer, serctl: Serctl) -> None:
    with serctl.running("send", "INVITE", bob.uri) as process:
        invite = bob.receive("INVITE")
        bob.reply(invite, 180, "Ringing")
        process.send_signal(signal.SIGINT)
        cancel = bob.receive("CANCEL")
        bob.reply(invite, 200, "OK", contact=bob.uri)
        bob.reply(cancel, 200)
        bob.receive("ACK")
        bob.reply(bob.receive("BYE"), 200)
        assert process.wait(10) == 130


def test_the_request_can_be_edited_first(bob: Peer, start: Start, tmp_path: Path) -> None:
    editor = tmp_path / "editor"
    editor.write_text("#!/bin/sh\nsed -i 's/^Hello/Goodbye/' $1\n")
    editor.chmod(0o755)
    end = start("send", "-t", "message", bob.uri, "--edit", VISUAL=str(editor))
    message = bob.receive("MESSAGE")
    bob.reply(message, 200)
    assert message.body == b"Goodbye\r\n"
    assert end().returncode == 0


def test_a_next_hop(ser: Ser, bob: Peer, start: Start) -> None:
    end = start("send", "OPTIONS", "sip:somebody@nowhere.invalid", "--next-hop", bob.uri)
    options = bob.receive("OPTIONS")
    bob.reply(options, 200)
    assert options.uri == "sip:somebody@nowhere.invalid"
    assert end().returncode == 0


def test_cisco_restart(bob: Peer, start: Start) -> None:
    bob.register()
    end = start("-y", "cisco_restart", bob.user)
    notify = bob.receive("NOTIFY")
    bob.reply(notify, 200)
    assert notify.header("event") == "check-sync"
    run = end()
    assert (run.returncode, run.stdout) == (0, f"{bob.uri}\tok\t200\tBecause\n")
