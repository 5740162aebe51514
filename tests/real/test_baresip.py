"""baresip, a phone with another SIP stack than pjsua2, over UDP and over TCP."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.real.conftest import Proxy
from tests.support.baresip import Baresip
from tests.support.phone import Phone

pytestmark = [pytest.mark.real, pytest.mark.needs("baresip")]

MakePhone = Callable[[str], Baresip]

_numbers = itertools.count(1)


@pytest.fixture(params=["udp", "tcp"])
def baresip(request: pytest.FixtureRequest, proxy: Proxy, tmp_path: Path) -> Iterator[MakePhone]:
    """Makes phones that are registered; all of a test use the same transport.

    No test meets users of another one, whose phones are gone while their bindings live on.
    """
    number = next(_numbers)
    with ExitStack() as phones:

        def make(user: str) -> Baresip:
            name = f"{user}{number}-{request.param}"
            made = Baresip(name, proxy.target, tmp_path, transport=request.param)
            return phones.enter_context(made)

        yield make


def test_two_baresips_talk_and_the_caller_hangs_up(baresip: MakePhone) -> None:
    carol, dave = baresip("carol"), baresip("dave")
    carol.call(dave.user)
    dave.incoming_call()
    carol.wait_for("CALL_RINGING")
    dave.answer()
    carol.wait_for("CALL_ESTABLISHED")
    carol.wait_for_voice()
    dave.wait_for_voice()
    carol.hang_up()
    dave.ended_with()


def test_the_baresip_that_was_called_hangs_up(baresip: MakePhone) -> None:
    carol, dave = baresip("carol"), baresip("dave")
    carol.call(dave.user)
    dave.incoming_call()
    dave.answer()
    carol.wait_for("CALL_ESTABLISHED")
    dave.hang_up()
    carol.ended_with()


def test_a_baresip_that_gives_up_stops_the_ringing(baresip: MakePhone) -> None:
    carol, dave = baresip("carol"), baresip("dave")
    carol.call(dave.user)
    dave.incoming_call()
    carol.wait_for("CALL_RINGING")
    carol.hang_up()
    dave.ended_with()


def test_a_baresip_that_refuses_is_busy(baresip: MakePhone) -> None:
    carol, dave = baresip("carol"), baresip("dave")
    carol.call(dave.user)
    dave.incoming_call()
    dave.hang_up()
    assert carol.ended_with().startswith("486 ")


def test_a_baresip_that_calls_nobody_is_told(baresip: MakePhone) -> None:
    carol = baresip("carol")
    carol.call("nobody")
    assert carol.ended_with() == "404 User Not Found"


@pytest.mark.needs("pjsua2")
def test_baresip_and_pjsua2_talk_both_ways(
    baresip: MakePhone, proxy: Proxy, tmp_path: Path
) -> None:
    carol = baresip("carol")
    with Phone("peter", proxy.target, tmp_path) as peter:
        peter.register()
        outgoing = peter.call(carol.user)
        carol.incoming_call()
        carol.answer()
        outgoing.wait_for("CONFIRMED")
        outgoing.wait_for_voice()
        carol.hang_up()
        outgoing.wait_for("DISCONNECTED")
        carol.call(peter.user)
        incoming = peter.incoming_call()
        incoming.ring()
        incoming.answer()
        carol.wait_for("CALL_ESTABLISHED")
        incoming.wait_for_voice()
        incoming.hang_up()
        carol.ended_with()
