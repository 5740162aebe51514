"""The explanation of hello world, points 12 to 42: what each line of its routes does to a message.

Every test talks to a running ser with raw messages. Where a point needs a config of its own it is
etc/ser.cfg with one thing changed, or a few lines that isolate the statement.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.real.conftest import CONFIG, Proxy
from tests.real.test_seed_settings import check
from tests.support.daemon import Ser
from tests.support.sip_peer import Message, Peer, ack, in_dialog

_numbers = itertools.count(1)

SL = 'loadmodule "sl.so"\nloadmodule "maxfwd.so"\n'


class Two:
    """A caller, and a callee who is registered; names that no other test uses."""

    def __init__(self, target: str, *, register: bool = True) -> None:
        number = next(_numbers)
        self.target = target
        self.caller = Peer(target, f"alice{number}")
        self.callee = Peer(target, f"bob{number}")
        self.uri = f"sip:bob{number}@{target}"
        if register:
            self.callee.register()

    def established(self) -> tuple[str, Message]:
        """A call that has been answered and acknowledged: the INVITE, and the 200 to it."""
        invite = self.caller.request("INVITE", self.uri)
        self.caller.send(invite)
        self.callee.reply(self.callee.receive("INVITE"), 200, contact=self.callee.uri)
        answer = self.caller.response(200)
        self.caller.send(in_dialog(self.caller, "ACK", invite, answer))
        self.callee.receive("ACK")
        return invite, answer


@contextmanager
def two_of(target: str, *, register: bool = True) -> Iterator[Two]:
    two = Two(target, register=register)
    with two.caller, two.callee:
        yield two


@pytest.fixture
def two(proxy: Proxy) -> Iterator[Two]:
    with two_of(proxy.target) as made:
        yield made


@pytest.fixture
def strangers(proxy: Proxy) -> Iterator[Two]:
    """The callee isn't registered, and lives somewhere else."""
    with two_of(proxy.target, register=False) as made:
        yield made


@pytest.mark.parametrize("method", ["INVITE", "OPTIONS", "REGISTER", "MESSAGE", "FOO"])
def test_point_12_the_main_route_gets_every_request(method: str) -> None:
    config = f'{SL}route {{ mf_process_maxfwd_header("10"); sl_send_reply("299", "main"); }}'
    with Ser(config) as ser, Peer(f"127.0.0.1:{ser.port}") as peer:
        peer.send(peer.request(method, f"sip:x@{peer.proxy}"))
        assert peer.final_response().first_line == "SIP/2.0 299 main"


def test_point_12_a_route_block_needs_both_braces(tmp_path: Path) -> None:
    run = check(tmp_path, f'{SL}route {{ sl_send_reply("200", "OK");\n')
    assert run.returncode == 78
    assert 'this "{" is never closed' in run.stderr


def test_point_13_max_forwards_is_counted_down(two: Two) -> None:
    two.caller.send(two.caller.request("OPTIONS", two.uri, max_forwards=5))
    assert two.callee.receive("OPTIONS").header("max-forwards") == "4"


def test_point_13_a_request_without_max_forwards_gets_10(two: Two) -> None:
    two.caller.send(two.caller.request("OPTIONS", two.uri, max_forwards=None))
    assert two.callee.receive("OPTIONS").header("max-forwards") == "10"


def test_point_13_a_request_that_has_no_hops_left_is_stopped(two: Two) -> None:
    two.caller.send(two.caller.request("OPTIONS", two.uri, max_forwards=0))
    assert two.caller.final_response().status == 483
    assert two.callee.nothing_comes()


def test_point_14_the_reply_has_the_code_and_text_of_the_file(two: Two) -> None:
    two.caller.send(two.caller.request("INVITE", two.uri, max_forwards=0))
    assert two.caller.final_response().first_line == "SIP/2.0 483 Too Many Hops"


def test_point_14_a_stateless_reply_is_sent_once_per_request(two: Two) -> None:
    invite = two.caller.request("INVITE", two.uri, max_forwards=0)
    two.caller.send(invite)
    first = two.caller.response(483)
    assert two.caller.nothing_comes(1.2), "no timer sends it again"
    two.caller.send(invite)
    assert two.caller.response(483).raw == first.raw


def test_point_15_break_leaves_only_the_block_it_stands_in() -> None:
    config = SL + (
        'route { mf_process_maxfwd_header("10"); route(1); sl_send_reply("200", "went on"); }\n'
        'route[1] { break; sl_send_reply("500", "not reached"); }\n'
    )
    with Ser(config) as ser, Peer(f"127.0.0.1:{ser.port}") as peer:
        peer.send(peer.request("OPTIONS", f"sip:{peer.proxy}"))
        assert peer.final_response().first_line == "SIP/2.0 200 went on"
        assert peer.nothing_comes()


def test_point_15_break_in_the_main_route_ends_the_processing(two: Two) -> None:
    two.caller.send(two.caller.request("OPTIONS", two.uri, max_forwards=0))
    two.caller.response(483)
    assert two.caller.nothing_comes()
    assert two.callee.nothing_comes()


def test_point_16_a_message_above_the_limit_is_refused() -> None:
    config = CONFIG.replace("msg:len > max_len", "msg:len > 2048")
    with Ser(config) as ser, two_of(f"127.0.0.1:{ser.port}") as two:
        two.caller.send(two.caller.request("MESSAGE", two.uri, body="x" * 2048))
        assert two.caller.final_response().first_line == "SIP/2.0 513 Message Overflow"
        assert two.callee.nothing_comes()
        two.caller.send(two.caller.request("MESSAGE", two.uri, body="x" * 900))
        two.callee.receive("MESSAGE")


def test_point_16_no_message_is_above_max_len(two: Two) -> None:
    two.caller.send(two.caller.request("MESSAGE", two.uri, body="x" * 60_000))
    two.callee.receive("MESSAGE")


def test_point_17_whatever_is_not_a_register_is_record_routed(two: Two) -> None:
    two.caller.send(two.caller.request("OPTIONS", two.uri))
    assert two.callee.receive("OPTIONS").header("record-route")


def test_point_17_a_register_is_not_record_routed(strangers: Two) -> None:
    caller, callee = strangers.caller, strangers.callee
    caller.send(caller.request("REGISTER", f"sip:{callee.host_port}"))
    assert not callee.receive("REGISTER").headers("record-route")


def test_point_18_our_record_route_stands_before_all_others(two: Two) -> None:
    earlier = "<sip:192.0.2.1;lr>"
    headers = [f"Record-Route: {earlier}"]
    two.caller.send(two.caller.request("INVITE", two.uri, from_tag="z", headers=headers))
    routes = two.callee.receive("INVITE").headers("record-route")
    assert routes == [f"<sip:{two.target};ftag=z;lr=on>", earlier]


def test_point_18_requests_of_the_dialog_come_by_here_again(two: Two) -> None:
    invite, answer = two.established()
    two.caller.send(in_dialog(two.caller, "BYE", invite, answer))
    bye = two.callee.receive("BYE")
    assert len(bye.headers("via")) == 2
    two.callee.reply(bye, 200)
    two.caller.response(200, "BYE")


def test_point_19_our_own_route_is_removed_and_the_request_uri_decides(two: Two) -> None:
    invite, answer = two.established()
    two.caller.send(in_dialog(two.caller, "BYE", invite, answer))
    bye = two.callee.receive("BYE")
    assert bye.uri == two.callee.uri
    assert not bye.headers("route")


def test_point_19_the_next_route_decides_when_there_is_one(two: Two, proxy: Proxy) -> None:
    invite, answer = two.established()
    with Peer(proxy.target, "next") as following:
        bye = in_dialog(two.caller, "BYE", invite, answer)
        more = f"Route: <sip:{following.host_port};lr>\r\nCall-ID:"
        two.caller.send(bye.replace("Call-ID:", more))
        seen = following.receive("BYE")
        assert seen.uri == two.callee.uri
        assert seen.header("route") == f"<sip:{following.host_port};lr>"


def test_point_19_a_strict_router_before_us_is_understood(two: Two) -> None:
    """RFC 3261 §16.4: it has put our URI into the request line, the target is the last Route."""
    invite, answer = two.established()
    lines = in_dialog(two.caller, "BYE", invite, answer).split("\r\n")
    lines[0] = f"BYE sip:{two.target};ftag=a;lr=on SIP/2.0"
    route = next(number for number, line in enumerate(lines) if line.startswith("Route:"))
    lines[route] = f"Route: <{two.callee.uri}>"
    two.caller.send("\r\n".join(lines))
    bye = two.callee.receive("BYE")
    assert bye.uri == two.callee.uri
    assert not bye.headers("route")


def test_point_20_a_loose_routed_request_is_relayed(two: Two) -> None:
    invite, answer = two.established()
    for method in ("INFO", "UPDATE", "MESSAGE"):
        two.caller.send(in_dialog(two.caller, method, invite, answer))
        two.callee.reply(two.callee.receive(method), 200)
        two.caller.response(200, method)


def test_point_21_a_loose_routed_request_is_processed_no_further(two: Two) -> None:
    """Further down it would be answered 404: nobody has registered as the contact's user."""
    invite, answer = two.established()
    two.caller.send(in_dialog(two.caller, "BYE", invite, answer))
    two.callee.reply(two.callee.receive("BYE"), 200)
    assert two.caller.response(200, "BYE")
    assert two.callee.nothing_comes()
    assert all(message.status < 300 for message in two.caller.arrived())


def test_point_22_a_request_for_somebody_else_is_recognised(strangers: Two) -> None:
    strangers.caller.send(strangers.caller.request("MESSAGE", strangers.callee.uri))
    strangers.callee.reply(strangers.callee.receive("MESSAGE"), 200)
    strangers.caller.response(200)


def test_point_22_an_alias_is_myself_too() -> None:
    config = CONFIG.replace("port=5060", "port=5060\nalias=sip.example.org", 1)
    with Ser(config) as ser, two_of(f"127.0.0.1:{ser.port}") as two:
        uri = f"sip:{two.callee.user}@sip.example.org"
        two.caller.send(two.caller.request("MESSAGE", uri))
        two.callee.receive("MESSAGE")


def test_point_23_a_request_for_somebody_else_is_not_looked_up(two: Two, proxy: Proxy) -> None:
    with Peer(proxy.target, two.callee.user) as elsewhere:
        two.caller.send(two.caller.request("MESSAGE", elsewhere.uri))
        assert elsewhere.receive("MESSAGE").uri == elsewhere.uri
        assert two.callee.nothing_comes()


def test_point_24_and_that_is_all_that_happens_to_it(strangers: Two) -> None:
    strangers.caller.send(strangers.caller.request("MESSAGE", strangers.callee.uri))
    strangers.callee.reply(strangers.callee.receive("MESSAGE"), 200)
    strangers.caller.response(200)
    assert strangers.callee.nothing_comes()
    assert strangers.caller.nothing_comes()


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
