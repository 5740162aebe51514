from __future__ import annotations

import pytest

from ser_core.sip import request_templates
from sertui.request_draft import TARGET, from_template, gist, judge, ready, request_uri, retargeted

SENDER = "sip:daemon@here"
JOE, ANN = "sip:joe@10.0.0.9:5062", "sip:ann@example.com"
GOOD = f"OPTIONS {JOE} SIP/2.0\nFrom: <{SENDER}>\nTo: <{JOE}>\n"


def test_a_good_draft_is_a_request() -> None:
    verdict = judge(GOOD, " sip:proxy@a;lr ")
    assert verdict.request is not None
    assert verdict.request.next_hop == "sip:proxy@a;lr"
    assert verdict.problems == ()


def test_what_is_missing_is_told_in_words() -> None:
    verdict = judge(f"OPTIONS {JOE} SIP/2.0\nTo: <{JOE}>\n\nhello")
    assert verdict.request is None
    assert len(verdict.problems) == 2
    assert verdict.problems[0].startswith("From is missing")
    assert verdict.problems[1].startswith("a body needs its type")


@pytest.mark.parametrize(
    ("text", "told"),
    [("", "there is no request in it"), ("OPTIONS", "line 1: 'OPTIONS' is no request line")],
)
def test_what_is_no_request_yet(text: str, told: str) -> None:
    verdict = judge(text)
    assert verdict.request is None
    assert verdict.problems[0].startswith(told)


def test_a_bad_next_hop_is_told() -> None:
    assert judge(GOOD, "nowhere").problems[0].startswith("the next hop 'nowhere'")


def test_what_ser_sets_is_left_out_and_told() -> None:
    verdict = judge(GOOD + "Via: SIP/2.0/UDP a\n")
    assert verdict.left_out == ("Via",)
    assert verdict.request is not None
    assert verdict.request.header("via") is None


def test_a_request_is_made_ready_without_changing_what_is_there() -> None:
    request = judge(GOOD + "CSeq: 7 OPTIONS\n").request
    assert request is not None
    sent = ready(request, "abc")
    assert (sent.header("call-id"), sent.header("cseq")) == ("abc@sertui", "7 OPTIONS")


@pytest.mark.parametrize("name", sorted(set(request_templates.names()) - {"bye"}))
def test_each_template_can_be_sent_as_it_is(name: str) -> None:
    assert judge(from_template(name, JOE, SENDER)).problems == ()


def test_a_template_without_a_target_has_one_to_be_written_over() -> None:
    text = from_template("options", "", SENDER)
    assert f"OPTIONS {TARGET} SIP/2.0" in text
    assert judge(text).problems[0].startswith("nobody is chosen")


@pytest.mark.parametrize("name", request_templates.names())
def test_a_draft_goes_to_somebody_else(name: str) -> None:
    assert retargeted(from_template(name, JOE, SENDER), JOE, ANN) == from_template(
        name, ANN, SENDER
    )


def test_a_draft_without_an_old_target_stays() -> None:
    assert retargeted(GOOD, "", ANN) == GOOD


def test_a_draft_in_a_line() -> None:
    assert gist(GOOD) == f"OPTIONS {JOE}"
    assert gist("what\nnow") == "what"


def test_whom_a_text_is_for() -> None:
    assert request_uri(GOOD) == JOE
    assert request_uri("what") == ""
