"""The explanation of hello world, points 12 to 24: checks, routes, and requests for others.

Every test talks to a running ser with raw messages. Where a point needs a config of its own it is
etc/ser.cfg with one thing changed, or a few lines that isolate the statement.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.real.conftest import CONFIG, Proxy, check
from tests.support.daemon import Ser
from tests.support.sip_peer import Peer, in_dialog
from tests.support.two_peers import Two, two_of

SL = 'loadmodule "sl.so"\nloadmodule "maxfwd.so"\n'


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
