"""Responses of our own by the settings of ser.cfg."""

from __future__ import annotations

from ser_core.proxy.replies import Replies, response_hop
from ser_core.script.runtime import ScriptMessage
from ser_core.sip.parser import parse_message
from tests.support.ladder import Ladder, request


def message(data: bytes | None = None) -> ScriptMessage:
    return Ladder().message(data or request())


def test_server_signature_can_be_switched_off() -> None:
    assert b"\r\nServer: " in Replies().build(message(), 404, b"Not Found")
    assert b"\r\nServer: " not in Replies(signature=False).build(message(), 404, b"Not Found")


def test_sip_warning_tells_where_the_request_came_from() -> None:
    msg = message()
    msg.uri = b'sip:a"b@x'
    reply = parse_message(Replies(warning=True).build(msg, 404, b"Not Found"))
    warning = reply.header(b"warning")
    assert warning is not None
    assert warning.startswith(b'392 192.0.2.100:5060 "Noisy feedback tells:  pid=')
    assert b" req_src_ip=192.0.2.1 req_src_port=5060 in_uri=sip:bob@192.0.2.100" in warning
    assert warning.endswith(b'out_uri=sip:a\\"b@x via_cnt==1"')


def test_a_warning_that_would_be_long_is_left_out() -> None:
    msg = message()
    msg.uri = b"sip:" + b"x" * 250 + b"@y"
    assert b"Warning" not in Replies(warning=True).build(msg, 404, b"Not Found")


def test_headers_of_the_script_come_before_those_of_the_reply() -> None:
    msg = message()
    msg.reply_headers.append(b"A: 1\r\n")
    assert b"A: 1\r\nB: 2\r\n" in Replies().build(msg, 200, b"OK", headers=[b"B: 2\r\n"])


def test_reply_to_via_sends_to_the_address_in_the_sent_by() -> None:
    ladder = Ladder()
    data = request().replace(b"192.0.2.1:5060;branch", b"203.0.113.9:5099;branch")
    msg = ladder.message(data)
    assert response_hop(msg).host == "192.0.2.1"
    ladder.environment.replies = Replies(to_via=True)
    assert response_hop(msg)[1:3] == ("203.0.113.9", 5099)
    named = ladder.message(data.replace(b"203.0.113.9", b"phone.example.com"))
    assert response_hop(named).host == "192.0.2.1"
