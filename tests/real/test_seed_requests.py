"""The explanation of hello world, points 25 to 42: ACK, REGISTER, lookups and relaying.

Every test talks to a running ser with raw messages. Where a point needs a config of its own it is
etc/ser.cfg with one thing changed, or a few lines that isolate the statement.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.real.conftest import CONFIG, Proxy, check
from tests.support.daemon import Ser
from tests.support.sip_peer import Peer, ack
from tests.support.two_peers import Two, two_of

SL = 'loadmodule "sl.so"\nloadmodule "maxfwd.so"\n'


def test_point_25_the_ack_to_a_refusal_ends_the_transaction(two: Two) -> None:
    invite = two.caller.request("INVITE", two.uri)
    two.caller.send(invite)
    two.callee.reply(two.callee.receive("INVITE"), 486)
    refusal = two.caller.response(486)
    assert two.caller.response(486).raw == refusal.raw, "it is repeated until there is an ACK"
    two.caller.send(ack(invite, refusal))
    two.caller.arrived(0.1)
    assert two.caller.nothing_comes(1.2)


def test_point_26_an_ack_that_tm_knows_goes_no_further(two: Two) -> None:
    invite = two.caller.request("INVITE", two.uri)
    two.caller.send(invite)
    two.callee.reply(two.callee.receive("INVITE"), 486)
    own_ack = two.callee.receive("ACK")
    two.caller.send(ack(invite, two.caller.response(486)))
    assert own_ack.header("via").count("branch") == 1
    assert two.callee.nothing_comes()


def test_point_27_an_ack_is_never_answered(two: Two) -> None:
    two.caller.send(two.caller.request("ACK", two.uri))
    two.caller.send(two.caller.request("ACK", f"sip:{two.target}", max_forwards=0))
    assert two.caller.nothing_comes(0.4)


def test_point_28_a_register_is_answered_by_us(strangers: Two) -> None:
    assert strangers.callee.register().first_line == "SIP/2.0 200 OK"


def test_point_29_route_2_stores_the_contact(strangers: Two) -> None:
    contact = f"<{strangers.callee.uri}>;q=0.5"
    stored = strangers.callee.register(contact=contact, expires=600).header("contact")
    assert stored.startswith(f"<{strangers.callee.uri}>;q=0.5;expires=")
    assert 595 <= int(stored.rpartition("=")[2]) <= 600


def test_point_30_a_register_is_not_relayed_to_the_phone(two: Two) -> None:
    two.caller.user = two.callee.user
    two.caller.register()
    assert two.callee.nothing_comes()
    assert two.caller.nothing_comes()


ALIASES = CONFIG.replace(
    'if (!save("location")) {',
    'if (to_uri=~"^sip:8[0-9]*@") { save("aliases"); break; };\n\tif (!save("location")) {',
)
"""Users that begin with an 8 are other names: what `serctl alias add` would store."""


@pytest.fixture(scope="module")
def with_aliases() -> Iterator[Ser]:
    assert ALIASES != CONFIG
    with Ser(ALIASES) as ser:
        yield ser


def test_point_31_an_alias_rings_the_phone_of_its_user(with_aliases: Ser) -> None:
    with two_of(f"127.0.0.1:{with_aliases.port}") as two:
        two.caller.user = "8885551192"
        two.caller.register(contact=f"<{two.uri}>")
        two.caller.send(two.caller.request("INVITE", f"sip:8885551192@{two.target}"))
        invite = two.callee.receive("INVITE")
        assert invite.uri == two.callee.uri
        two.callee.reply(invite, 486)


def test_point_32_an_alias_for_somebody_elsewhere_is_relayed_there(with_aliases: Ser) -> None:
    with two_of(f"127.0.0.1:{with_aliases.port}", register=False) as two:
        two.caller.user = "8885551193"
        two.caller.register(contact=f"<{two.callee.uri}>")
        two.caller.send(two.caller.request("MESSAGE", f"sip:8885551193@{two.target}"))
        assert two.callee.receive("MESSAGE").uri == two.callee.uri
        assert two.callee.nothing_comes()


def test_point_33_the_request_uri_becomes_where_the_user_registered(two: Two) -> None:
    two.caller.send(two.caller.request("MESSAGE", two.uri))
    assert two.callee.receive("MESSAGE").uri == two.callee.uri


def test_point_33_all_places_of_the_user_are_called(two: Two, proxy: Proxy) -> None:
    with Peer(proxy.target, two.callee.user) as second:
        second.register()
        two.caller.send(two.caller.request("INVITE", two.uri))
        for phone in (two.callee, second):
            phone.reply(phone.receive("INVITE"), 486)
        assert two.caller.final_response().status == 486


def test_point_34_who_cannot_be_located_is_not_found(strangers: Two) -> None:
    strangers.caller.send(strangers.caller.request("INVITE", strangers.uri))
    assert strangers.caller.final_response().first_line == "SIP/2.0 404 User Not Found"


def test_point_34_the_404_is_stateless(strangers: Two) -> None:
    strangers.caller.send(strangers.caller.request("INVITE", strangers.uri))
    strangers.caller.response(404)
    assert strangers.caller.nothing_comes(1.2)


def test_point_35_after_the_404_nothing_is_done(strangers: Two) -> None:
    invite = strangers.caller.request("INVITE", strangers.uri)
    strangers.caller.send(invite)
    strangers.caller.send(ack(invite, strangers.caller.response(404)))
    assert strangers.caller.nothing_comes(0.4), "the ACK is swallowed"


@pytest.mark.parametrize("method", ["INVITE", "OPTIONS", "MESSAGE", "SUBSCRIBE", "FOO"])
def test_point_36_whatever_is_not_a_register_goes_to_the_user(two: Two, method: str) -> None:
    two.caller.send(two.caller.request(method, two.uri))
    request = two.callee.receive(method)
    two.callee.reply(request, 200, contact=two.callee.uri)
    two.caller.response(200)


def test_point_37_calling_a_route_that_is_not_defined_stops_the_start(tmp_path: Path) -> None:
    run = check(tmp_path, CONFIG.replace("route(2);", "route(3);"))
    assert run.returncode == 78
    assert "route(3)" in run.stderr


def test_point_37_square_brackets_define_and_parentheses_call(tmp_path: Path) -> None:
    run = check(tmp_path, CONFIG.replace("route(2);", "route[2];"))
    assert run.returncode == 78


def test_point_38_t_relay_repeats_a_request_until_there_is_an_answer(two: Two) -> None:
    two.caller.send(two.caller.request("INVITE", two.uri))
    two.caller.response(100)
    first, second = two.callee.receive("INVITE"), two.callee.receive("INVITE")
    assert second.raw == first.raw
    two.callee.reply(second, 486)
    two.caller.response(486)


def test_point_38_t_relay_keeps_track_of_the_replies(two: Two) -> None:
    two.caller.send(two.caller.request("INVITE", two.uri))
    invite = two.callee.receive("INVITE")
    for status in (180, 183, 200):
        two.callee.reply(invite, status, contact=two.callee.uri)
        response = two.caller.response(status)
        assert len(response.headers("via")) == 1, "our Via is gone"


def test_point_38_a_name_that_does_not_exist_is_unresolvable(strangers: Two) -> None:
    strangers.caller.send(strangers.caller.request("MESSAGE", "sip:x@nosuch.invalid"))
    response = strangers.caller.final_response()
    assert response.first_line == "SIP/2.0 478 Unresolvable destination (478/TM)"


def test_point_39_sl_reply_error_tells_what_went_wrong() -> None:
    config = f'{SL}route {{ mf_process_maxfwd_header("10"); sl_reply_error(); }}'
    with Ser(config) as ser, Peer(f"127.0.0.1:{ser.port}") as peer:
        peer.send(peer.request("OPTIONS", f"sip:{peer.proxy}"))
        response = peer.final_response()
        assert response.status == 500
        assert response.reason.startswith("I'm terribly sorry, server error occurred (")
        assert response.reason.endswith("/SL)")


def test_point_40_route_2_is_only_for_registrations(two: Two) -> None:
    two.caller.send(two.caller.request("MESSAGE", two.uri, headers=["Contact: <sip:x@192.0.2.9>"]))
    two.callee.receive("MESSAGE")
    assert "192.0.2.9" not in two.callee.register().header("contact")


def test_point_41_any_register_is_honoured(strangers: Two) -> None:
    """There are no passwords in hello world."""
    response = strangers.callee.register()
    assert response.status == 200
    assert not response.headers("www-authenticate")


def test_point_42_a_registration_that_cannot_be_saved_is_refused_once(strangers: Two) -> None:
    callee = strangers.callee
    headers = ["Contact: *", "Expires: 3600"]
    callee.send(callee.request("REGISTER", f"sip:{callee.proxy}", headers=headers))
    assert callee.final_response().status == 400
    assert callee.nothing_comes()
