from __future__ import annotations

import pytest

from ser_core.proxy.redirection import MAX_CONTACT, contact_line
from tests.support.script_messages import request_in_script as request


def test_without_a_destination_there_is_no_contact() -> None:
    assert contact_line(request()) == b""


def test_the_rewritten_request_uri_comes_first() -> None:
    msg = request()
    msg.uri = b"sip:bob@192.0.2.7;transport=tcp"
    msg.append_branch(b"sip:bob@192.0.2.8")
    assert contact_line(msg) == (
        b"Contact: <sip:bob@192.0.2.7;transport=tcp>, <sip:bob@192.0.2.8>\r\n"
    )


def test_a_request_uri_that_nobody_rewrote_isnt_listed() -> None:
    msg = request()
    msg.append_branch(b"sip:bob@192.0.2.8")
    assert contact_line(msg) == b"Contact: <sip:bob@192.0.2.8>\r\n"


@pytest.mark.parametrize(
    ("q", "text"),
    [
        (-1, b""),
        (0, b";q=0"),
        (5, b";q=0.005"),
        (500, b";q=0.5"),
        (750, b";q=0.75"),
        (1000, b";q=1"),
    ],
)
def test_q_is_written_as_short_as_possible(q: int, text: bytes) -> None:
    msg = request()
    msg.append_branch(b"sip:b@c", q)
    assert contact_line(msg) == b"Contact: <sip:b@c>" + text + b"\r\n"


def test_what_doesnt_fit_is_left_out_whole() -> None:
    msg = request()
    msg.append_branch(b"sip:" + b"b" * 200 + b"@c")
    msg.append_branch(b"sip:" + b"b" * 300 + b"@c")
    msg.append_branch(b"sip:d@e")
    line = contact_line(msg)
    assert line.endswith(b", <sip:d@e>\r\n")
    assert line.count(b"<") == 2
    assert len(line) <= MAX_CONTACT
