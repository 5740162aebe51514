"""Loops and forks that strangers may build by registering: each ends soon, and costs little
(RFC 5393; RFC 3261 §16.3 step 4)."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator

import pytest

from tests.conformance.calls import place_call
from tests.conformance.proxy import CONFIG, RunningProxy, new_user, running
from tests.support.sip_peer import ack
from tests.support.sip_reading import Message

SOON = 0.3
"""Seconds in which a call must have failed that can only come back to us."""
ENDED = (404, 440, 480, 482, 483, 500)


@pytest.fixture(scope="module")
def looped() -> Iterator[RunningProxy]:
    """A daemon that nobody else loads."""
    with running(CONFIG) as started:
        yield started


def bind(proxy: RunningProxy, user: str, *uris: str) -> None:
    """Register these contacts for a user."""
    with proxy.peer(user) as phone:
        phone.register(contact=", ".join(f"<{uri}>" for uri in uris))


def call_and_end(proxy: RunningProxy, user: str, method: str = "INVITE") -> tuple[Message, float]:
    """What calling `user` comes to, and the seconds until then."""
    with proxy.peer() as caller:
        text = caller.request(method, f"sip:{user}@{proxy.target}")
        began = time.monotonic()
        caller.send(text)
        reply = caller.final_response()
        seconds = time.monotonic() - began
        if method == "INVITE":
            caller.send(ack(text, reply))
        return reply, seconds


def work_of(proxy: RunningProxy) -> int:
    """Datagrams that the proxy has sent so far."""
    return proxy.count_of("transport.udp_sent")


@pytest.mark.parametrize("method", ["INVITE", "MESSAGE"])
def test_a_contact_that_is_the_user_himself_ends_soon(looped: RunningProxy, method: str) -> None:
    user = new_user("narcissus")
    bind(looped, user, f"sip:{user}@{looped.target}")
    reply, seconds = call_and_end(looped, user, method)
    assert reply.status in ENDED
    assert seconds < SOON


@pytest.mark.parametrize("suffix", [";transport=tcp", ";x=1", ";transport=udp", ";lr"])
def test_a_contact_that_is_ourselves_in_other_words_ends_soon(
    looped: RunningProxy, suffix: str
) -> None:
    user = new_user("narcissus")
    bind(looped, user, f"sip:{user}@{looped.target}{suffix}")
    reply, seconds = call_and_end(looped, user)
    assert reply.status in ENDED
    assert seconds < SOON


def test_a_contact_without_a_user_at_ourselves_ends_soon(looped: RunningProxy) -> None:
    user = new_user("narcissus")
    bind(looped, user, f"sip:{looped.target}")
    reply, seconds = call_and_end(looped, user)
    assert reply.status in ENDED
    assert seconds < SOON


@pytest.mark.parametrize("method", ["INVITE", "MESSAGE"])
def test_two_users_who_point_at_each_other_end_soon(looped: RunningProxy, method: str) -> None:
    one, other = new_user("one"), new_user("other")
    bind(looped, one, f"sip:{other}@{looped.target}")
    bind(looped, other, f"sip:{one}@{looped.target}")
    reply, seconds = call_and_end(looped, one, method)
    assert reply.status in ENDED
    assert seconds < SOON


def test_a_loop_through_the_other_address_ends_soon(looped: RunningProxy) -> None:
    one, other = new_user("one"), new_user("other")
    bind(looped, one, f"sip:{other}@{looped.target6}")
    bind(looped, other, f"sip:{one}@{looped.target}")
    reply, seconds = call_and_end(looped, one)
    assert reply.status in ENDED
    assert seconds < SOON


@pytest.mark.parametrize("hidden", ["sip:x@192.0.2.1:{port};maddr=127.0.0.1", "sip:x@127.1:{port}"])
@pytest.mark.parametrize("contacts", [1, 10])
def test_ourselves_under_a_name_that_we_do_not_know_ends_soon(
    looped: RunningProxy, hidden: str, contacts: int
) -> None:
    user = new_user("hidden")
    uri = hidden.format(port=looped.port)
    bind(looped, user, *(f"{uri};n={n}" for n in range(contacts)))
    before = work_of(looped)
    reply, seconds = call_and_end(looped, user)
    assert reply.status >= 400
    assert seconds < 2
    assert work_of(looped) - before < 3000


@pytest.mark.parametrize("contacts", [2, 10])
def test_a_user_with_many_contacts_at_ourselves_is_no_bomb(
    looped: RunningProxy, contacts: int
) -> None:
    # RFC 5393 §3: two contacts are enough to make 2^70 requests of one.
    user = new_user("bomb")
    bind(looped, user, *(f"sip:{user}@{looped.target};n={n}" for n in range(contacts)))
    before = work_of(looped)
    reply, seconds = call_and_end(looped, user)
    assert reply.status in ENDED
    assert seconds < 2
    assert work_of(looped) - before < 3000


def test_two_users_with_many_contacts_at_each_other_are_no_bomb(looped: RunningProxy) -> None:
    one, other = new_user("one"), new_user("other")
    bind(looped, one, *(f"sip:{other}@{looped.target};n={n}" for n in range(10)))
    bind(looped, other, *(f"sip:{one}@{looped.target};n={n}" for n in range(10)))
    before = work_of(looped)
    reply, seconds = call_and_end(looped, one)
    assert reply.status in ENDED
    assert seconds < 2
    assert work_of(looped) - before < 3000


def test_a_tree_of_users_is_no_bomb(looped: RunningProxy) -> None:
    # No loop at all, so only Max-Breadth ends it: 10 contacts in each of 5 generations.
    users = [new_user("generation") for _ in range(6)]
    for user, next_user in itertools.pairwise(users):
        bind(looped, user, *(f"sip:{next_user}@{looped.target};n={n}" for n in range(10)))
    before = work_of(looped)
    reply, seconds = call_and_end(looped, users[0])
    assert reply.status in ENDED
    assert seconds < 3
    assert work_of(looped) - before < 5000


def test_a_spiral_is_no_loop(looped: RunningProxy) -> None:
    # RFC 3261 §16.3 step 4: it comes back with another Request-URI, and is welcome.
    alias = new_user("alias")
    with looped.peer() as callee, looped.peer() as caller:
        callee.register()
        bind(looped, alias, f"sip:{callee.user}@{looped.target}")
        text = caller.request("INVITE", f"sip:{alias}@{looped.target}")
        caller.send(text)
        invite = callee.receive("INVITE")
        assert len(invite.values("via")) == 3
        assert invite.header("max-forwards") == "68"
        callee.reply(invite, 200, contact=callee.uri)
        assert caller.response(200).header("contact") == f"<{callee.uri}>"


def breadths(proxy: RunningProxy, phones: int, *headers: str) -> list[int]:
    """Max-Breadth of each branch to so many phones."""
    user = new_user("broad")
    peers = [proxy.peer(user) for _ in range(phones)]
    try:
        for peer in peers:
            peer.register()
        with proxy.peer() as caller:
            call = place_call(caller, *peers, headers=headers)
            call.end()
            return [int(invite.header("max-breadth") or 0) for invite in call.invites]
    finally:
        for peer in peers:
            peer.close()


def test_max_breadth_is_added_by_whoever_forks(looped: RunningProxy) -> None:
    # RFC 5393 §5.3.3: 60 where there is none. A proxy that doesn't fork leaves that to the first
    # one that does, and the bound is the same.
    assert breadths(looped, 2) == [30, 30]


def test_branches_share_what_is_added(looped: RunningProxy) -> None:
    shared = breadths(looped, 3)
    assert sum(shared) <= 60
    assert min(shared) >= 1


@pytest.mark.parametrize("phones", [1, 2, 3, 5])
def test_branches_share_max_breadth(looped: RunningProxy, phones: int) -> None:
    shared = breadths(looped, phones, "Max-Breadth: 20")
    assert sum(shared) <= 20
    assert min(shared) >= 1


def test_one_branch_keeps_max_breadth_one(looped: RunningProxy) -> None:
    assert breadths(looped, 1, "Max-Breadth: 1") == [1]


def test_too_small_a_max_breadth_is_answered_440(looped: RunningProxy) -> None:
    user = new_user("broad")
    with looped.peer(user) as one, looped.peer(user) as two, looped.peer() as caller:
        one.register()
        two.register()
        uri = f"sip:{user}@{looped.target}"
        text = caller.request("INVITE", uri, headers=["Max-Breadth: 1"])
        caller.send(text)
        reply = caller.final_response()
        caller.send(ack(text, reply))
        assert reply.status == 440


BEHIND_A_RECORD_ROUTE = "Via: {theirs}\r\nRecord-Route: <sip:192.0.2.1;lr>\r\nVia: {ours}"
"""What a second `ser` on the way makes of it: both write Record-Route above their Via."""


@pytest.mark.parametrize(
    "vias",
    [
        "Via: {theirs}\r\nVia: {ours}",
        "Via: {theirs}, {ours}",
        "v: {theirs}\r\nv: {ours}",
        BEHIND_A_RECORD_ROUTE,
    ],
    ids=["lines", "list", "compact", "record-route"],
)
def test_a_request_that_comes_back_by_another_element_is_answered_482(
    looped: RunningProxy, vias: str
) -> None:
    user = new_user("echo")
    with looped.peer(user) as one, looped.peer(user) as two, looped.peer() as caller:
        one.register()
        two.register()
        call = place_call(caller, one, two)
        ours = call.invite.values("via")[0]
        theirs = f"SIP/2.0/UDP {one.host_port};branch=z9hG4bKback"
        text = call.invite.raw.decode().replace(one.uri, f"sip:{user}@{looped.target}", 1)
        one.send(text.replace(f"Via: {ours}", vias.format(theirs=theirs, ours=ours), 1))
        reply = one.final_response(timeout=1)
        call.end()
        assert reply.status == 482
