from __future__ import annotations

import dataclasses

import pytest

from ser_core.sip.request_checks import complaints
from ser_core.sip.request_text import SipRequest

GOOD = SipRequest("OPTIONS", "sip:joe@a", (("From", "<sip:d@b>"), ("To", "<sip:joe@a>")))
BYE = SipRequest("BYE", "sip:joe@a", (("From", "<sip:d@b>;tag=1"), ("To", "<sip:joe@a>;tag=2")))


def with_header(name: str, value: str, request: SipRequest = GOOD) -> SipRequest:
    return request.replaced([(name, value)])


def test_a_good_request_has_nothing_to_complain_about() -> None:
    assert complaints(GOOD) == []


@pytest.mark.parametrize(
    ("request_", "complaint"),
    [
        (dataclasses.replace(GOOD, method="ACK"), "ACK can't be sent: ser sends the ACK of"),
        (dataclasses.replace(GOOD, method="CANCEL"), "CANCEL can't be sent: an INVITE under way"),
        (dataclasses.replace(GOOD, method="A B"), "'A B' is no method"),
        (dataclasses.replace(GOOD, method="options"), "methods are told apart by case: OPTIONS"),
        (dataclasses.replace(GOOD, uri="joe"), "the Request-URI 'joe' can't be read"),
        (dataclasses.replace(GOOD, next_hop="x"), "the next hop 'x' can't be read"),
        (dataclasses.replace(GOOD, next_hop="tel:1"), "the next hop 'tel:1' has to be a sip:"),
        (with_header("A(B", "x"), "'A(B' is no name of a header"),
        (with_header("Subject", "a\x1bb"), "Subject has a control character in it"),
        (dataclasses.replace(GOOD, headers=(*GOOD.headers, ("X", ""))), "X is empty"),
        (with_header("From", ""), "From is missing: it looks like From: <sip:joe@example.com>"),
        (with_header("To", "<joe>"), "To: '<joe>' is no address"),
        (with_header("To", "<sip:a>;tag=1;tag=<"), "To: '<sip:a>;tag=1;tag=<' is no address"),
        (with_header("CSeq", "one"), "CSeq: 'one' is no number and method"),
        (with_header("CSeq", "1 INVITE"), "CSeq: '1 INVITE' names another method than OPTIONS"),
        (dataclasses.replace(GOOD, body=("x",)), "a body needs its type"),
        (
            dataclasses.replace(with_header("c", "text/plain"), body=("x", ".")),
            "a line of the body is a lone dot",
        ),
        (
            dataclasses.replace(GOOD, headers=(*GOOD.headers, ("f", "<sip:x@y>"))),
            "from may stand there once only",
        ),
        (BYE, "BYE belongs to a dialog: it needs the Call-ID of that"),
    ],
)
def test_each_mistake_is_told(request_: SipRequest, complaint: str) -> None:
    told = complaints(request_)
    assert len(told) == 1
    assert told[0].startswith(complaint)


def test_a_bye_needs_both_tags() -> None:
    bye = dataclasses.replace(GOOD, method="BYE").replaced([("Call-ID", "x")])
    assert complaints(bye) == [
        "BYE belongs to a dialog: From needs the ;tag= that it has there",
        "BYE belongs to a dialog: To needs the ;tag= that it has there",
    ]


def test_all_mistakes_are_told_at_once() -> None:
    assert len(complaints(SipRequest("x", "y", body=("z",)))) == 5
