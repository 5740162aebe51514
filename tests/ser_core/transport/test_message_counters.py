"""Requests by method, responses by class, in each direction."""

from __future__ import annotations

import pytest

from ser_core.transport.message_counters import METHODS, MessageCounters


def counted(counters: MessageCounters) -> dict[str, int]:
    """Those that aren't nought."""
    return {each.name: each.value for each in counters.all() if each.value}


@pytest.fixture
def counters() -> MessageCounters:
    return MessageCounters("received")


@pytest.mark.parametrize("method", METHODS)
def test_a_request_counts_for_its_method(counters: MessageCounters, method: bytes) -> None:
    counters.request(method)
    counters.message(method + b" sip:bob@example.com SIP/2.0\r\n\r\n")
    assert counted(counters) == {f"received.{method.decode()}": 2}


@pytest.mark.parametrize("method", [b"INVITES", b"invite", b"INV", b"X", b""])
def test_a_method_of_another_name_is_another_method(
    counters: MessageCounters, method: bytes
) -> None:
    counters.request(method)
    counters.message(method + b" sip:bob@example.com SIP/2.0\r\n\r\n")
    assert counted(counters) == {"received.other": 2}


@pytest.mark.parametrize("status", [100, 183, 200, 302, 404, 503, 699])
def test_a_response_counts_for_its_class(counters: MessageCounters, status: int) -> None:
    counters.response(status)
    counters.message(b"SIP/2.0 %d whatever\r\n\r\n" % status)
    assert counted(counters) == {f"received.{status // 100}xx": 2}


def test_a_status_of_no_class_counts_for_none(counters: MessageCounters) -> None:
    counters.response(700)
    counters.response(99)
    assert not counted(counters)


def test_all_have_names_of_their_own_and_say_what_they_count() -> None:
    both = [*MessageCounters("received").all(), *MessageCounters("sent").all()]
    assert len({each.name for each in both}) == len(both) == 2 * (len(METHODS) + 1 + 6)
    assert all(each.doc for each in both)
