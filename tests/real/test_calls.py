"""Raw messages through a running ser: forking, races, sizes, loops, and TCP as it comes."""

from __future__ import annotations

import itertools
import socket
import time
from collections.abc import Iterator

import pytest

from tests.real.conftest import Proxy
from tests.support.ports import free_port
from tests.support.sip_peer import Peer, ack, cancel, in_dialog, new_call_id

_numbers = itertools.count(1)


@pytest.fixture
def user() -> str:
    """A user name that no other test uses."""
    return f"user{next(_numbers)}"


@pytest.fixture
def caller(proxy: Proxy) -> Iterator[Peer]:
    with Peer(proxy.target, "caller") as peer:
        yield peer


@pytest.fixture
def phones(proxy: Proxy, user: str) -> Iterator[tuple[Peer, Peer]]:
    """Two phones of one user."""
    with Peer(proxy.target, user) as first, Peer(proxy.target, user) as second:
        first.register()
        second.register()
        yield first, second


@pytest.fixture
def phone(proxy: Proxy, user: str) -> Iterator[Peer]:
    with Peer(proxy.target, user) as peer:
        peer.register()
        yield peer


def uri_of(phone: Peer) -> str:
    return f"sip:{phone.user}@{phone.proxy}"


# Forking


def test_the_first_2xx_cancels_the_other_phone(caller: Peer, phones: tuple[Peer, Peer]) -> None:
    first, second = phones
    caller.send(caller.request("INVITE", uri_of(first)))
    invites = first.receive("INVITE"), second.receive("INVITE")
    for phone, invite in zip(phones, invites, strict=True):
        phone.reply(invite, 180)
    second.reply(invites[1], 200, contact=second.uri)
    caller.response(200)
    cancellation = first.receive("CANCEL")
    assert cancellation.uri == invites[0].uri
    assert cancellation.header("via") == invites[0].headers("via")[0]
    assert cancellation.header("cseq") == "1 CANCEL"
    first.reply(cancellation, 200)
    first.reply(invites[0], 487)
    first.receive("ACK")
    assert not [response for response in caller.arrived(0.2) if response.status >= 200]


def test_two_phones_that_answer_at_once_are_both_told_to_the_caller(
    caller: Peer, phones: tuple[Peer, Peer]
) -> None:
    """RFC 3261 §16.7 step 5: every 2xx to an INVITE goes upstream."""
    caller.send(caller.request("INVITE", uri_of(phones[0])))
    for number, phone in enumerate(phones):
        invite = phone.receive("INVITE")
        phone.reply(invite, 200, contact=phone.uri, to_tag=f"answer{number}")
    assert {caller.response(200).to_tag for _ in phones} == {"answer0", "answer1"}


def test_a_6xx_ends_the_search(caller: Peer, phones: tuple[Peer, Peer]) -> None:
    first, second = phones
    caller.send(caller.request("INVITE", uri_of(first)))
    ringing, refused = first.receive("INVITE"), second.receive("INVITE")
    first.reply(ringing, 180)
    second.reply(refused, 603)
    first.reply(first.receive("CANCEL"), 200)
    first.reply(ringing, 487)
    assert caller.final_response().status == 603


def test_the_best_refusal_is_passed_on(caller: Peer, phones: tuple[Peer, Peer]) -> None:
    """RFC 3261 §16.7 step 6: the lowest class, in it what tells the caller most."""
    first, second = phones
    caller.send(caller.request("INVITE", uri_of(first)))
    first.reply(first.receive("INVITE"), 500)
    second.reply(second.receive("INVITE"), 486)
    assert caller.final_response().status == 486


def test_challenges_of_all_phones_are_collected(caller: Peer, phones: tuple[Peer, Peer]) -> None:
    """RFC 3261 §16.7 step 7."""
    caller.send(caller.request("INVITE", uri_of(phones[0])))
    for number, phone in enumerate(phones):
        challenge = f'WWW-Authenticate: Digest realm="{number}", nonce="x"'
        phone.reply(phone.receive("INVITE"), 401, headers=[challenge])
    challenges = caller.response(401).headers("www-authenticate")
    assert sorted(challenge.split('"')[1] for challenge in challenges) == ["0", "1"]


# CANCEL


def test_a_cancel_reaches_every_phone(caller: Peer, phones: tuple[Peer, Peer]) -> None:
    invite = caller.request("INVITE", uri_of(phones[0]))
    caller.send(invite)
    received = [phone.receive("INVITE") for phone in phones]
    for phone, request in zip(phones, received, strict=True):
        phone.reply(request, 180)
    caller.response(180)
    caller.send(cancel(invite))
    assert caller.response(200, "CANCEL").reason == "canceling"
    for phone, request in zip(phones, received, strict=True):
        phone.reply(phone.receive("CANCEL"), 200)
        phone.reply(request, 487)
        phone.receive("ACK")
    caller.send(ack(invite, caller.response(487)))


def test_a_cancel_waits_for_the_first_provisional_response(caller: Peer, phone: Peer) -> None:
    """RFC 3261 §9.1."""
    invite = caller.request("INVITE", uri_of(phone))
    caller.send(invite)
    request = phone.receive("INVITE")
    caller.send(cancel(invite))
    caller.response(200, "CANCEL")
    assert not [message for message in phone.arrived(0.3) if message.method == "CANCEL"]
    phone.reply(request, 180)
    phone.reply(phone.receive("CANCEL"), 200)
    phone.reply(request, 487)
    caller.send(ack(invite, caller.response(487)))


def test_a_cancel_goes_where_the_invite_went_even_if_the_user_has_left(
    caller: Peer, phone: Peer
) -> None:
    invite = caller.request("INVITE", uri_of(phone))
    caller.send(invite)
    request = phone.receive("INVITE")
    phone.reply(request, 180)
    caller.response(180)
    phone.register(expires=0)
    caller.send(cancel(invite))
    phone.reply(phone.receive("CANCEL"), 200)
    phone.reply(request, 487)
    assert caller.response(487)


def test_a_cancel_that_nobody_knows_is_481(caller: Peer, phone: Peer) -> None:
    """RFC 3261 §16.10 lets a stateful proxy pass it on or refuse it; the phone mustn't ring."""
    caller.send(cancel(caller.request("INVITE", f"sip:nobody@{caller.proxy}")))
    assert caller.final_response().status in (404, 481)


def test_a_2xx_after_the_cancel_still_reaches_the_caller(caller: Peer, phone: Peer) -> None:
    invite = caller.request("INVITE", uri_of(phone))
    caller.send(invite)
    request = phone.receive("INVITE")
    phone.reply(request, 180)
    caller.response(180)
    caller.send(cancel(invite))
    phone.receive("CANCEL")
    phone.reply(request, 200, contact=phone.uri)
    answer = caller.response(200, "INVITE")
    caller.send(in_dialog(caller, "ACK", invite, answer))
    phone.receive("ACK")


# Merging, loops, limits


def test_merged_requests_are_two_transactions_and_the_callee_decides(
    caller: Peer, phone: Peer
) -> None:
    """RFC 3261 §8.2.2.2: 482 is the callee's word; a proxy passes both on, and the 482 back."""
    call_id = new_call_id()
    for number in range(2):
        caller.send(caller.request("INVITE", uri_of(phone), call_id=call_id))
        request = phone.receive("INVITE")
        if number:
            phone.reply(request, 482, "Loop Detected")
        else:
            phone.reply(request, 180)
    assert caller.response(482).header("call-id") == call_id


def test_a_contact_that_points_at_ourselves_ends_quickly(
    proxy: Proxy, caller: Peer, user: str
) -> None:
    with Peer(proxy.target, user) as looping:
        looping.register(contact=f"<sip:{user}@{proxy.target}>")
    times = []
    for _ in range(3):  # the machine may be busy with something else for once
        began = time.monotonic()
        caller.send(caller.request("INVITE", f"sip:{user}@{proxy.target}"))
        assert caller.final_response().status in (482, 483)
        times.append(time.monotonic() - began)
    assert min(times) < 0.3


def test_two_users_that_point_at_each_other_end_quickly(
    proxy: Proxy, caller: Peer, user: str
) -> None:
    """RFC 5393 §3: with two contacts each this grew as 2 to the power of 70."""
    with Peer(proxy.target, f"{user}a") as one, Peer(proxy.target, f"{user}b") as other:
        for peer in (one, other):
            for name in (one.user, other.user):
                peer.register(contact=f"<sip:{name}@{proxy.target};via={peer.user}>")
    began = time.monotonic()
    caller.send(caller.request("INVITE", f"sip:{user}a@{proxy.target}"))
    assert caller.final_response().status in (440, 482, 483)
    assert time.monotonic() - began < 1.0


# Sizes and TCP


def test_a_request_too_big_for_udp_goes_by_tcp(proxy: Proxy, caller: Peer, user: str) -> None:
    """RFC 3261 §18.1.1."""
    port = free_port()
    with (
        Peer(proxy.target, user, port=port) as by_udp,
        Peer(proxy.target, user, port=port, transport="tcp") as by_tcp,
    ):
        by_udp.register()
        caller.send(caller.request("MESSAGE", f"sip:{user}@{proxy.target}", body="x" * 1400))
        request = by_tcp.receive("MESSAGE")
        assert request.body == b"x" * 1400
        assert request.header("via").startswith("SIP/2.0/TCP ")
        by_tcp.reply(request, 200)
        assert caller.response(200)
        assert by_udp.nothing_comes(0)


def test_a_request_too_big_for_udp_goes_by_udp_when_there_is_no_tcp(
    caller: Peer, phone: Peer
) -> None:
    caller.send(caller.request("MESSAGE", uri_of(phone), body="x" * 1400))
    request = phone.receive("MESSAGE")
    assert request.header("via").startswith("SIP/2.0/UDP ")
    phone.reply(request, 200)
    caller.response(200)


def test_messages_over_tcp_may_come_in_pieces_or_together(proxy: Proxy, phone: Peer) -> None:
    with Peer(proxy.target, "streamer", transport="tcp") as streamer:
        texts = [streamer.request("MESSAGE", uri_of(phone), body=f"part {n}") for n in range(4)]
        stream = "\r\n\r\n" + "".join(texts)
        for start in range(0, len(stream), 400):
            streamer.send(stream[start : start + 400])
        bodies = {phone.receive("MESSAGE").body for _ in texts}
        assert bodies == {b"part 0", b"part 1", b"part 2", b"part 3"}


def test_a_tcp_phone_is_called_on_the_connection_it_registered_with(
    proxy: Proxy, caller: Peer, user: str
) -> None:
    with Peer(proxy.target, user, transport="tcp") as phone:
        phone.register()
        caller.send(caller.request("MESSAGE", f"sip:{user}@{proxy.target}"))
        request = phone.receive("MESSAGE")
        phone.reply(request, 200)
        assert caller.response(200)


def test_a_framing_error_closes_the_connection(proxy: Proxy) -> None:
    with Peer(proxy.target, "broken", transport="tcp") as broken:
        text = broken.request("OPTIONS", f"sip:{proxy.target}")
        broken.send(text.replace("Content-Length: 0", "Content-Length: -5"))
        deadline = time.monotonic() + 5
        while broken.is_connected and time.monotonic() < deadline:
            broken.arrived(0.02)
        assert not broken.is_connected


def test_a_keep_alive_over_tcp_is_answered(proxy: Proxy) -> None:
    """RFC 5626 §3.5.1: CRLF CRLF is a ping, CRLF the answer."""
    host, port = proxy.target.split(":")
    with socket.create_connection((host, int(port)), 5) as connection:
        connection.sendall(b"\r\n\r\n")
        assert connection.recv(16) == b"\r\n"


# Responses


def test_a_response_that_nobody_asked_for_is_dropped(caller: Peer, phone: Peer) -> None:
    caller.send(caller.request("INVITE", uri_of(phone)))
    invite = phone.receive("INVITE")
    forged = invite.headers("via")[0].replace("branch=z9hG4bK", "branch=z9hG4bKx")
    response = (
        f"SIP/2.0 200 OK\r\nVia: {forged}\r\nVia: {invite.headers('via')[1]}\r\n"
        f"From: {invite.header('from')}\r\nTo: {invite.header('to')};tag=evil\r\n"
        f"Call-ID: {invite.header('call-id')}\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n"
    )
    phone.send(response)
    caller.response(100)
    assert caller.nothing_comes()
    phone.reply(invite, 486)
    caller.response(486)


def test_received_and_rport_tell_where_a_request_came_from(proxy: Proxy, phone: Peer) -> None:
    """RFC 3581 §4: never what the request itself says."""
    with Peer(proxy.target, "natted") as natted:
        via = "SIP/2.0/UDP 10.1.2.3:5060;received=192.0.2.9;rport"
        natted.send(natted.request("MESSAGE", uri_of(phone), via=via))
        seen = phone.receive("MESSAGE")
        theirs = seen.headers("via")[1]
        assert f";rport={natted.port}" in theirs
        assert ";received=127.0.0.1" in theirs
        assert "192.0.2.9" not in theirs
        phone.reply(seen, 200)
        assert natted.response(200)


def test_a_request_that_is_no_invite_gets_no_response_of_ours(caller: Peer, phone: Peer) -> None:
    """RFC 4320 §4.1: no 100, which would only make the caller wait longer."""
    caller.send(caller.request("OPTIONS", uri_of(phone)))
    phone.receive("OPTIONS")
    assert caller.nothing_comes(0.4)
