"""Two pjsua2 phones, and three: they register, call, talk, cancel, are busy, hang up."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.real.conftest import Proxy
from tests.support.phone import Call, Phone

pytestmark = [pytest.mark.real, pytest.mark.needs("pjsua2")]

MakePhone = Callable[[str], Phone]

_numbers = itertools.count(1)


@pytest.fixture(params=["udp", "tcp"])
def phone(request: pytest.FixtureRequest, proxy: Proxy, tmp_path: Path) -> Iterator[MakePhone]:
    """Makes phones that are registered; all of a test use the same transport.

    No test meets users of another one, whose phones are gone while their bindings live on.
    """
    number = next(_numbers)
    with ExitStack() as phones:

        def make(user: str) -> Phone:
            name = f"{user}{number}-{request.param}"
            made = Phone(name, proxy.target, tmp_path, transport=request.param)
            phones.enter_context(made).register()
            return made

        yield make


def established(caller: Phone, callee: Phone) -> tuple[Call, Call]:
    """A call that has been answered, as both sides see it."""
    outgoing = caller.call(callee.user)
    incoming = callee.incoming_call()
    incoming.ring()
    outgoing.wait_for("EARLY")
    incoming.answer()
    outgoing.wait_for("CONFIRMED")
    return outgoing, incoming


def test_two_phones_call_each_other_and_talk(phone: MakePhone) -> None:
    outgoing, incoming = established(phone("alice"), phone("bob"))
    outgoing.wait_for_voice()
    incoming.wait_for_voice()


def test_the_caller_hangs_up(phone: MakePhone) -> None:
    outgoing, incoming = established(phone("alice"), phone("bob"))
    outgoing.hang_up()
    incoming.wait_for("DISCONNECTED")
    outgoing.wait_for("DISCONNECTED")


def test_the_callee_hangs_up(phone: MakePhone) -> None:
    outgoing, incoming = established(phone("alice"), phone("bob"))
    incoming.hang_up()
    outgoing.wait_for("DISCONNECTED")
    incoming.wait_for("DISCONNECTED")


def test_they_call_again_after_hanging_up(phone: MakePhone) -> None:
    alice, bob = phone("alice"), phone("bob")
    for caller, callee in ((alice, bob), (bob, alice)):
        outgoing, incoming = established(caller, callee)
        outgoing.hang_up()
        incoming.wait_for("DISCONNECTED")


def test_a_caller_who_gives_up_cancels_the_ringing(phone: MakePhone) -> None:
    alice, bob = phone("alice"), phone("bob")
    outgoing = alice.call(bob.user)
    incoming = bob.incoming_call()
    incoming.ring()
    outgoing.wait_for("EARLY")
    outgoing.hang_up()
    assert incoming.ended_with() == 487
    assert outgoing.ended_with() == 487


def test_a_busy_callee_is_told_to_the_caller(phone: MakePhone) -> None:
    alice, bob = phone("alice"), phone("bob")
    outgoing = alice.call(bob.user)
    bob.incoming_call().refuse(486)
    assert outgoing.ended_with() == 486


def test_who_never_registered_is_not_found(phone: MakePhone) -> None:
    assert phone("alice").call("nobody").ended_with() == 404


def test_who_has_unregistered_is_not_found(phone: MakePhone) -> None:
    alice, bob = phone("alice"), phone("bob")
    bob.unregister()
    assert alice.call(bob.user).ended_with() == 404


def test_all_phones_of_a_user_ring_and_the_one_that_answers_wins(phone: MakePhone) -> None:
    alice, desk, mobile = phone("alice"), phone("bob"), phone("bob")
    outgoing = alice.call(desk.user)
    at_desk, at_mobile = desk.incoming_call(), mobile.incoming_call()
    at_desk.ring()
    at_mobile.ring()
    outgoing.wait_for("EARLY")
    at_mobile.answer()
    assert at_desk.ended_with() == 487, "the phone that didn't answer gets a CANCEL"
    outgoing.wait_for("CONFIRMED")
    at_mobile.wait_for_voice()
    outgoing.hang_up()
    at_mobile.wait_for("DISCONNECTED")


def test_one_busy_phone_of_a_user_does_not_end_the_call(phone: MakePhone) -> None:
    alice, desk, mobile = phone("alice"), phone("bob"), phone("bob")
    outgoing = alice.call(desk.user)
    desk.incoming_call().refuse(486)
    incoming = mobile.incoming_call()
    incoming.ring()
    incoming.answer()
    outgoing.wait_for("CONFIRMED")
    outgoing.hang_up()
    incoming.wait_for("DISCONNECTED")


def test_all_phones_of_a_user_busy_is_busy(phone: MakePhone) -> None:
    alice, desk, mobile = phone("alice"), phone("bob"), phone("bob")
    outgoing = alice.call(desk.user)
    desk.incoming_call().refuse(486)
    mobile.incoming_call().refuse(486)
    assert outgoing.ended_with() == 486


def test_giving_up_stops_all_phones_of_a_user(phone: MakePhone) -> None:
    alice, desk, mobile = phone("alice"), phone("bob"), phone("bob")
    outgoing = alice.call(desk.user)
    calls = desk.incoming_call(), mobile.incoming_call()
    for call in calls:
        call.ring()
    outgoing.wait_for("EARLY")
    outgoing.hang_up()
    assert [call.ended_with() for call in calls] == [487, 487]
    assert outgoing.ended_with() == 487


def test_a_udp_phone_and_a_tcp_phone_talk(proxy: Proxy, tmp_path: Path) -> None:
    with (
        Phone("ursula", proxy.target, tmp_path, transport="udp") as ursula,
        Phone("tom", proxy.target, tmp_path, transport="tcp") as tom,
    ):
        ursula.register()
        tom.register()
        for caller, callee in ((ursula, tom), (tom, ursula)):
            outgoing, incoming = established(caller, callee)
            outgoing.wait_for_voice()
            incoming.hang_up()
            outgoing.wait_for("DISCONNECTED")
