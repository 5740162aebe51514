from __future__ import annotations

import os
from types import SimpleNamespace
from typing import Any

import pytest

from ser_core.modules.api import FAILURE, ONREPLY
from ser_core.modules.xlog.specifiers import SPECIFIERS
from ser_core.modules.xlog.xlog import Xlog
from ser_core.script.runtime import ScriptMessage
from tests.support.script_messages import FakeCore, in_script, request_bytes
from tests.support.script_messages import request_in_script as request

RESPONSE = (
    b"SIP/2.0 486 Busy Here\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK-2\r\n"
    b"From: <sip:alice@example.org>;tag=1\r\nTo: <sip:bob@example.com>;tag=2\r\n"
    b"Call-ID: 1\r\nCSeq: 7 INVITE\r\n\r\n"
)


class Core(FakeCore):
    def __init__(self) -> None:
        super().__init__()
        self.xlog = Xlog()

    def module(self, name: str) -> Xlog:
        assert name == "xlog"
        return self.xlog


def shown(letters: str, msg: ScriptMessage) -> bytes:
    return SPECIFIERS[letters](msg)


def test_the_specifiers_are_those_of_the_reference() -> None:
    assert " ".join(SPECIFIERS) == ("ci cs ct fu ft is mb mf mi ml pp rm ru rs rr tu tt Ts Tf ua")


@pytest.mark.parametrize(
    ("letters", "text"),
    [
        ("ci", b"1@192.0.2.101"),
        ("cs", b"1"),
        ("ct", b"<sip:alice@192.0.2.101>"),
        ("fu", b"sip:alice@example.org"),
        ("ft", b"a48s"),
        ("is", b"192.0.2.101"),
        ("mf", b"6"),
        pytest.param("pp", b"%d" % os.getpid(), id="pp"),  # workers must agree on the name
        ("rm", b"INVITE"),
        ("ru", b"sip:elsewhere@example.net"),
        ("rs", b"<null>"),
        ("rr", b"<null>"),
        ("tu", b"sip:bob@example.com"),
        ("tt", b"<null>"),
        ("Ts", b"1000000000"),
        ("ua", b"phone/1.0"),
    ],
)
def test_of_a_request(letters: str, text: bytes) -> None:
    msg = request("m: <sip:alice@192.0.2.101>", "User-Agent: phone/1.0")
    msg.uri = b"sip:elsewhere@example.net"
    msg.set_flag(1)
    msg.set_flag(2)
    assert shown(letters, msg) == text


@pytest.mark.parametrize(
    ("letters", "text"),
    [
        ("rm", b"INVITE"),
        ("ru", b"<null>"),
        ("rs", b"486"),
        ("rr", b"Busy Here"),
        ("tt", b"2"),
        ("cs", b"7"),
        ("ua", b"<null>"),
        ("ct", b"<null>"),
    ],
)
def test_of_a_response(letters: str, text: bytes) -> None:
    msg = in_script(RESPONSE, kind=ONREPLY)
    msg.status = 486
    assert shown(letters, msg) == text


def test_the_whole_message_and_its_length() -> None:
    data = request_bytes(body="hello")
    msg = in_script(data)
    assert shown("mb", msg) == data
    assert shown("ml", msg) == b"%d" % len(data)


def test_the_time_as_a_text() -> None:
    assert b" 2001" in shown("Tf", request())


@pytest.mark.parametrize("letters", ["fu", "ft", "tu", "tt"])
def test_an_address_that_cant_be_read_is_none(letters: str) -> None:
    msg = request(from_="nonsense <", to="nonsense <")
    assert shown(letters, msg) == b"<null>"


def test_a_message_has_one_number() -> None:
    core = Core()
    first, second = request(core=core), request(core=core)
    assert [shown("mi", msg) for msg in (first, second, first)] == [b"1", b"2", b"1"]


def test_a_message_has_its_number_in_its_failure_route_too() -> None:
    core = Core()
    msg = request(core=core)
    transaction: Any = SimpleNamespace(context=SimpleNamespace(msg=msg))
    inner = in_script(request_bytes(), core, kind=FAILURE)
    inner.transaction = transaction
    assert shown("mi", request(core=core)) == b"1"
    assert shown("mi", inner) == shown("mi", msg) == b"2"
    assert inner.state is None


def test_the_status_in_a_failure_route() -> None:
    msg = in_script(request_bytes(), kind=FAILURE)
    msg.status = 408
    assert shown("rs", msg) == b"408"
