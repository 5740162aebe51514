"""Choosing the best response: RFC 3261 §16.7 step 6."""

from __future__ import annotations

import pytest

from ser_core.proxy.response_context import ProxyBranch, ResponseContext
from ser_core.sip.message import Response
from ser_core.sip.parser import parse_message
from ser_core.transaction.server import invite_server
from ser_core.transaction.timers import Timers
from tests.support.ladder import Ladder, request


def context_with(*statuses: int, assumed: tuple[int, ...] = ()) -> ResponseContext:
    ladder = Ladder()
    msg = ladder.message(request())
    context = ResponseContext(invite_server(b"", msg.source, Timers()), msg)
    for number, status in enumerate(statuses):
        branch = context.new_branch(b"sip:x", None, msg)
        branch.status = status
        if number not in assumed and status:
            branch.response = response(status)
    return context


def response(status: int) -> Response:
    made = parse_message(
        b"SIP/2.0 %d x\r\nVia: SIP/2.0/UDP x;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n"
        b"To: <sip:c@d>;tag=2\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n\r\n" % status
    )
    assert isinstance(made, Response)
    return made


@pytest.mark.parametrize(
    ("statuses", "best"),
    [
        ((404,), 404),
        ((404, 486, 302), 302),
        ((404, 603, 604), 603),
        ((486, 407), 407),
        ((486, 415), 415),
        ((480, 486), 480),
        ((500, 503), 500),
    ],
)
def test_best(statuses: tuple[int, ...], best: int) -> None:
    assert context_with(*statuses).best().status == best


def test_a_real_response_comes_before_an_assumed_one_of_its_class() -> None:
    assert context_with(408, 486, assumed=(0,)).best().status == 486


def test_complete_once_no_branch_is_pending() -> None:
    assert context_with(404, 486).is_complete
    context = context_with(404, 0)
    assert not context.is_complete
    pending: list[ProxyBranch] = context.pending()
    assert pending == [context.branches[1]]


def test_only_401_and_407_collect_challenges() -> None:
    context = context_with(404, 401)
    assert context.challenges(context.branches[0]) == []
