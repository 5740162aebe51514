"""SIPp plays what phones don't do on demand: losses, races, refusals, old routers."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from tests.real.conftest import CONFIG, Proxy
from tests.support.daemon import Ser
from tests.support.sip_peer import Peer, ack, cancel, in_dialog
from tests.support.sipp import Outcome, Sipp

pytestmark = [pytest.mark.real, pytest.mark.needs("sipp")]

_numbers = itertools.count(1)

Fill = dict[str, str]


class Stage:
    """Brings a SIPp caller and a SIPp callee together through the proxy."""

    def __init__(self, proxy: Proxy, directory: Path) -> None:
        self.proxy = proxy
        self.directory = directory
        self.user = f"sipp{next(_numbers)}"

    @property
    def uri(self) -> str:
        return f"sip:{self.user}@{self.proxy.target}"

    def register(self, port: int) -> None:
        """Make the proxy find our user at `port`."""
        with Peer(self.proxy.target, self.user) as phone:
            phone.register(contact=f"<sip:{self.user}@127.0.0.1:{port}>")

    def caller(self, scenario: str, fill: Fill | None = None, calls: int = 1) -> Sipp:
        return Sipp(
            scenario,
            self.directory,
            target=self.proxy.target,
            calls=calls,
            rate=20,
            fill=fill,
            options=("-s", self.user),
            timeout=20,
        )

    def callee(self, scenario: str, fill: Fill | None = None, calls: int = 1) -> Sipp:
        return Sipp(
            scenario,
            self.directory,
            calls=calls,
            fill=fill,
            options=("-s", self.user),
            timeout=20,
        )

    def play(
        self, caller: str, callee: str, fill: Fill | None = None, calls: int = 1
    ) -> tuple[Outcome, Outcome]:
        """Let both play their scenarios; both must come to a good end."""
        with self.callee(callee, fill, calls) as called:
            self.register(called.port)
            with self.caller(caller, fill, calls) as calling:
                outcomes = calling.wait(), called.wait()
        for outcome in outcomes:
            outcome.require_success(calls)
        return outcomes


@pytest.fixture
def stage(proxy: Proxy, tmp_path: Path) -> Stage:
    return Stage(proxy, tmp_path)


def test_twenty_plain_calls_need_no_retransmission(stage: Stage) -> None:
    outcomes = stage.play("caller.xml", "callee.xml", calls=20)
    assert [outcome.retransmissions for outcome in outcomes] == [0, 0]


def test_a_retransmitted_invite_is_absorbed(stage: Stage) -> None:
    with Peer(stage.proxy.target, "caller") as caller, stage.callee("callee.xml") as called:
        stage.register(called.port)
        invite = caller.request("INVITE", stage.uri)
        for _ in range(3):
            caller.send(invite)
        answer = caller.response(200, "INVITE")
        caller.send(in_dialog(caller, "ACK", invite, answer))
        caller.send(in_dialog(caller, "BYE", invite, answer))
        caller.response(200, "BYE")
        called.wait().require_success(1)


def test_a_lost_ack_makes_the_callee_send_its_200_again(stage: Stage) -> None:
    with Peer(stage.proxy.target, "caller") as caller, stage.callee("callee.xml") as called:
        stage.register(called.port)
        invite = caller.request("INVITE", stage.uri)
        caller.send(invite)
        first = caller.response(200)
        second = caller.response(200)
        assert second.raw == first.raw
        caller.send(in_dialog(caller, "ACK", invite, second))
        caller.send(in_dialog(caller, "BYE", invite, second))
        caller.response(200, "BYE")
        outcome = called.wait()
        outcome.require_success(1)
        assert outcome.retransmissions >= 1


def test_a_late_2xx_passes_and_so_does_its_ack(stage: Stage) -> None:
    """RFC 6026 §7: a retransmitted 2xx goes through although the transaction has accepted one."""
    target = stage.proxy.target
    with Peer(target, "caller") as caller, Peer(target, stage.user) as callee:
        callee.register()
        invite = caller.request("INVITE", stage.uri)
        caller.send(invite)
        answer = callee.reply(callee.receive("INVITE"), 200, contact=callee.uri)
        for _ in range(3):
            acknowledgement = in_dialog(caller, "ACK", invite, caller.response(200))
            caller.send(acknowledgement)
            callee.receive("ACK")
            callee.send(answer)


def test_a_cancel_right_behind_the_invite_ends_the_call(stage: Stage) -> None:
    """It waits for the callee's first response (RFC 3261 §9.1), which comes late."""
    with (
        Peer(stage.proxy.target, "caller") as caller,
        stage.callee("callee_is_cancelled.xml") as called,
    ):
        stage.register(called.port)
        invite = caller.request("INVITE", stage.uri)
        caller.send(invite)
        caller.send(cancel(invite))
        caller.response(200, "CANCEL")
        caller.send(ack(invite, caller.response(487, "INVITE")))
        called.wait().require_success(1)


def test_a_cancel_while_it_rings_ends_the_call(stage: Stage) -> None:
    stage.play("caller_cancels_ringing.xml", "callee_is_cancelled.xml")


def test_a_cancel_that_crosses_the_200_leaves_the_call_standing(stage: Stage) -> None:
    stage.play("caller_cancels_too_late.xml", "callee_answers_cancelled.xml")


@pytest.mark.parametrize(
    ("status", "reason", "header"),
    [
        ("302", "Moved Temporarily", "Contact: <sip:elsewhere@192.0.2.1>"),
        ("404", "Not Here", "X-Why: unknown"),
        ("486", "Busy Here", "Retry-After: 60"),
        ("503", "Service Unavailable", "Retry-After: 60"),
        ("603", "Decline", "X-Why: no"),
    ],
)
def test_a_refusal_reaches_the_caller(stage: Stage, status: str, reason: str, header: str) -> None:
    expected = "500" if status == "503" else status  # RFC 3261 §16.7 step 6: 503 isn't passed on
    fill = {"STATUS": status, "REASON": reason, "HEADER": header, "MAX_FORWARDS": "70"}
    with stage.callee("callee_refuses.xml", fill) as called:
        stage.register(called.port)
        name = header.split(":")[0]
        seen = {**fill, "STATUS": expected, "REASON": name if expected == status else "SIP"}
        with stage.caller("caller_is_refused.xml", seen) as calling:
            calling.wait().require_success(1)
            called.wait().require_success(1)


@pytest.mark.parametrize(
    ("status", "challenge", "credentials"),
    [
        ("401", "WWW-Authenticate", "Authorization"),
        ("407", "Proxy-Authenticate", "Proxy-Authorization"),
    ],
)
def test_a_challenge_and_its_credentials_pass(
    stage: Stage, status: str, challenge: str, credentials: str
) -> None:
    fill = {"STATUS": status, "CHALLENGE": challenge, "CREDENTIALS": credentials}
    stage.play("caller_is_challenged.xml", "callee_challenges.xml", fill)


def test_a_strict_router_gets_its_own_uri_as_request_uri(stage: Stage) -> None:
    """RFC 3261 §16.6 step 6: our Route set names a router without lr behind us."""
    stage.play("caller.xml", "callee_behind_strict_router.xml")


def test_an_unknown_user_is_not_found(stage: Stage) -> None:
    fill = {"STATUS": "404", "REASON": "User Not Found", "MAX_FORWARDS": "70"}
    with stage.caller("caller_is_refused.xml", fill, calls=10) as calling:
        calling.wait().require_success(10)


def test_max_forwards_0_is_refused(stage: Stage) -> None:
    stage.register(1)
    fill = {"STATUS": "483", "REASON": "Too Many Hops", "MAX_FORWARDS": "0"}
    with stage.caller("caller_is_refused.xml", fill, calls=10) as calling:
        calling.wait().require_success(10)


def test_an_oversized_message_is_refused(tmp_path: Path) -> None:
    """SIPp's INVITE has 3,000 bytes, as many as the script lets nobody send."""
    with Ser(CONFIG.replace("msg:len > max_len", "msg:len > 2048")) as ser:
        stage = Stage(Proxy(f"127.0.0.1:{ser.port}", ser), tmp_path)
        stage.register(1)
        padded = f"70\nSubject: {'x' * 3000}"
        fill = {"STATUS": "513", "REASON": "Message Overflow", "MAX_FORWARDS": padded}
        with stage.caller("caller_is_refused.xml", fill, calls=10) as calling:
            calling.wait().require_success(10)
