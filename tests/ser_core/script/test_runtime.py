"""The message that a route block works on."""

from __future__ import annotations

from ser_core.script.runtime import E_TOO_MANY_BRANCHES, MAX_BRANCHES, Branch
from tests.support.ladder import Ladder, request


def test_flags() -> None:
    msg = Ladder().message(request())
    msg.set_flag(1)
    msg.set_flag(31)
    assert msg.has_flag(1)
    assert msg.has_flag(31)
    assert not msg.has_flag(2)
    msg.reset_flag(1)
    msg.reset_flag(1)
    assert not msg.has_flag(1)


def test_request_uri_is_rewritten_and_remembered() -> None:
    msg = Ladder().message(request())
    msg.uri = b"sip:x@y"
    assert (msg.uri, msg.received_uri) == (b"sip:x@y", b"sip:bob@192.0.2.100")


def test_branches_up_to_the_limit() -> None:
    msg = Ladder().message(request())
    for number in range(MAX_BRANCHES - 1):
        assert msg.append_branch(b"sip:%d@x" % number, q=500)
    assert not msg.append_branch(b"sip:one@too.many")
    assert msg.error == E_TOO_MANY_BRANCHES
    assert len(msg.branches) == MAX_BRANCHES - 1
    assert msg.branches[0] == Branch(b"sip:0@x", None, 500)
