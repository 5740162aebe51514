from __future__ import annotations

import pytest

from ser_core.modules.arguments import ReasonPhrase, StatusCode
from ser_core.modules.sl.sl import Sl
from ser_core.script.runtime import E_BAD_ADDRESS
from tests.support.script_messages import FakeCore
from tests.support.script_messages import request_in_script as request

OK = ReasonPhrase(b"OK")


def sl(core: FakeCore) -> Sl:
    module = Sl()
    module.start(core)  # type: ignore[arg-type]  # as much of a Core as it needs
    return module


def test_a_reply_is_sent_as_the_script_words_it() -> None:
    core = FakeCore()
    msg = request(core=core)
    assert sl(core).sl_send_reply(msg, StatusCode(404), ReasonPhrase(b"User Not Found"))
    assert core.replies == [(404, b"User Not Found", [])]


def test_an_ack_is_never_answered() -> None:
    core = FakeCore()
    module = sl(core)
    assert not module.sl_send_reply(request(method="ACK", core=core), StatusCode(200), OK)
    assert core.replies == []
    assert module.failures.value == 1
    assert core.logged == [(1, "sl: an ACK is never answered (200 asked for)")]


def test_a_reply_that_cant_be_sent_is_a_failure() -> None:
    core = FakeCore()
    core.can_send = False
    module = sl(core)
    assert not module.sl_send_reply(request(core=core), StatusCode(200), OK)
    assert (module.failures.value, module.replies_200.value) == (1, 0)


def test_a_redirection_lists_the_destinations() -> None:
    core = FakeCore()
    msg = request(core=core)
    msg.uri = b"sip:bob@192.0.2.7"
    msg.append_branch(b"sip:bob@192.0.2.8", 500)
    sl(core).sl_send_reply(msg, StatusCode(302), ReasonPhrase(b"Moved"))
    assert core.replies[0].headers == [
        b"Contact: <sip:bob@192.0.2.7>, <sip:bob@192.0.2.8>;q=0.5\r\n"
    ]


@pytest.mark.parametrize("code", [200, 404])
def test_other_replies_dont(code: int) -> None:
    core = FakeCore()
    msg = request(core=core)
    msg.uri = b"sip:bob@192.0.2.7"
    sl(core).sl_send_reply(msg, StatusCode(code), OK)
    assert core.replies[0].headers == []


def test_sl_reply_error_tells_about_the_error_before() -> None:
    core = FakeCore()
    msg = request(core=core)
    msg.error = E_BAD_ADDRESS
    assert sl(core).sl_reply_error(msg)
    assert core.replies[0][:2] == (478, b"Unresolvable destination (478/SL)")


def test_sl_reply_error_without_an_error_is_a_500() -> None:
    core = FakeCore()
    assert sl(core).sl_reply_error(request(core=core))
    assert core.replies[0][:2] == (500, b"I'm terribly sorry, server error occurred (1/SL)")


@pytest.mark.parametrize(
    ("status", "counted"),
    [
        (200, "replies_200"),
        (202, "replies_202"),
        (299, "replies_2xx"),
        (300, "replies_300"),
        (301, "replies_301"),
        (302, "replies_302"),
        (305, "replies_3xx"),
        (400, "replies_400"),
        (401, "replies_401"),
        (403, "replies_403"),
        (404, "replies_404"),
        (407, "replies_407"),
        (408, "replies_408"),
        (483, "replies_483"),
        (486, "replies_4xx"),
        (500, "replies_500"),
        (503, "replies_5xx"),
        (603, "replies_6xx"),
        (180, "replies_xxx"),
    ],
)
def test_each_reply_is_counted_once(status: int, counted: str) -> None:
    core = FakeCore()
    module = sl(core)
    module.count(status)
    assert {made.name: made.value for made in module.counters if made.value} == {f"sl.{counted}": 1}


# -- the ACK to a stateless reply ----------------------------------------------------------------


def test_the_ack_to_a_stateless_reply_doesnt_reach_the_script() -> None:
    core = FakeCore()
    module = sl(core)
    tag = core.stateless_tag.tag_for(request().message).decode()
    ack = request(method="ACK", to=f"<sip:bob@example.com>;tag={tag}")
    assert not module.before_request(ack)
    assert module.absorbed_acks.value == 1


@pytest.mark.parametrize(
    "parts",
    [
        {"to": "<sip:bob@example.com>"},
        {"to": "<sip:bob@example.com>;tag=314159"},
        {"to": "<sip:bob@example.com>;tag={tag}0"},
        {"to": "<sip:bob@example.com>;tag={tag}", "via": "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK-2"},
        {"to": "<sip:bob@example.com>;tag={tag}", "method": "BYE"},
    ],
)
def test_any_other_request_does(parts: dict[str, str]) -> None:
    core = FakeCore()
    tag = core.stateless_tag.tag_for(request().message).decode()
    parts = {"method": "ACK", **parts, "to": parts["to"].format(tag=tag)}
    assert sl(core).before_request(request(**parts))


def test_the_tag_of_other_proxies_isnt_ours() -> None:
    core, other = FakeCore(), FakeCore()
    other.stateless_tag = type(other.stateless_tag)(b"another secret")
    tag = other.stateless_tag.tag_for(request().message).decode()
    ack = request(method="ACK", to=f"<sip:bob@example.com>;tag={tag}")
    assert sl(core).before_request(ack)


class Totals:
    """As much of a `Control` as sl_stats needs: counters that tell their own numbers."""

    def __init__(self, module: Sl) -> None:
        self._values = {each.name: number for number, each in enumerate(module.counters)}

    def total(self, counter: str) -> int:
        return self._values[counter]


def test_statistics_have_sers_layout() -> None:
    module = Sl()
    reply = module.sl_stats(Totals(module))  # type: ignore[arg-type]  # as much as it needs
    assert reply.to_bytes() == (
        b"200 ok\n"
        b"200: 0 202: 1 2xx: 2      \n"
        b"300: 3 301: 4 302: 5 3xx: 6      \n"
        b"400: 7 401: 8 403: 9 404: 10 407: 11 408: 12 483: 13 4xx: 14      \n"
        b"500: 15 5xx: 16      \n"
        b"6xx: 17      \n"
        b"xxx: 18      \n"
        b"failures: 19      \n"
    )
