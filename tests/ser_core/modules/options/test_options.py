from __future__ import annotations

from typing import Any

import pytest

from ser_core.modules import options as package
from ser_core.modules.api import REQUEST, commands_of, params_of
from ser_core.modules.options.options import Options, OptionsResult
from tests.support.script_messages import FakeCore, request_in_script


def module(**params: str) -> Options:
    made = Options()
    for name, value in params.items():
        setattr(made, name, value)
    made.check()
    return made


def asked(core: FakeCore, uri: str = "sip:example.com", method: str = "OPTIONS") -> Any:
    return request_in_script(core=core, uri=uri, method=method)


def test_declarations_are_those_of_ser() -> None:
    assert package.MODULE is Options
    assert [(made.name, made.routes) for made in commands_of(Options)] == [
        ("options_reply", REQUEST)
    ]
    assert {made.name: made.default for made in params_of(Options)} == {
        "accept": "*/*",
        "accept_encoding": "",
        "accept_language": "en",
        "support": "",
    }


def test_the_server_says_what_it_can() -> None:
    core = FakeCore()
    assert module(support="path").options_reply(asked(core)) is OptionsResult.ANSWERED
    (sent,) = core.replies
    assert (sent.status, sent.reason) == (200, b"OK")
    assert sent.headers == [
        b"Accept: */*\r\n",
        b"Accept-Encoding:\r\n",
        b"Accept-Language: en\r\n",
        b"Supported: path\r\n",
    ]


@pytest.mark.parametrize(
    ("uri", "method"),
    [
        ("sip:joe@example.com", "OPTIONS"),
        ("tel:+49", "OPTIONS"),
        ("sip:example.com", "INVITE"),
    ],
)
def test_what_is_not_for_the_server_is_left_alone(uri: str, method: str) -> None:
    core = FakeCore()
    assert module().options_reply(asked(core, uri, method)) is OptionsResult.NOT_FOR_US
    assert core.replies == []


def test_a_uri_that_cant_be_read_is_left_alone_and_told() -> None:
    core = FakeCore()
    msg = asked(core)
    msg.uri = b"nonsense"
    assert module().options_reply(msg) is OptionsResult.NOT_FOR_US
    assert core.logged == [(1, "options_reply: the URI can't be read")]


def test_a_reply_that_cant_be_sent_is_false() -> None:
    core = FakeCore()
    core.can_send = False
    assert module().options_reply(asked(core)) is OptionsResult.NOT_FOR_US


@pytest.mark.parametrize("name", ["accept", "accept_encoding", "accept_language", "support"])
def test_what_would_break_the_reply_stops_the_start(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} is one line"):
        module(**{name: "a\r\nX: y"})
