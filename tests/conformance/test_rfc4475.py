"""The torture messages of RFC 4475 on the wire: what comes out of a running proxy.

Each is sent by the transport that its topmost Via names (TLS and others: UDP). Those whose `owed`
is "forward" reach the next hop byte for byte, except for what a proxy changes; a REGISTER is for
our registrar.
"""

from __future__ import annotations

import re

import pytest

from tests.conformance.far_end import Torture
from tests.conformance.forwarded import as_it_came, cut, hops, hops_owed, without_hops
from tests.conformance.proxy import RunningProxy, assert_alive, comes_until_marker
from tests.support.sip_case import Case
from tests.support.sip_reading import Message, read_message
from tests.support.torture import BY_NAME, RFC4475

UNKNOWN_SCHEMES = ("unkscm", "novelsc")
TO_UNREADABLE = ("quotbal", "badaspec", "baddn")
"""Whether their To has a tag can't be told, so none is added."""
OVER_TCP = re.compile(rb"(?im)^(?:via|v)\s*:\s*SIP\s*/\s*2\.0\s*/\s*TCP")


def is_request(case: Case) -> bool:
    return not case.data.startswith(b"SIP/2.0 ")


def is_register(case: Case) -> bool:
    return case.data.startswith(b"REGISTER ")


def goes_by_tcp(case: Case) -> bool:
    """Whether the topmost Via says so."""
    top = re.search(rb"(?im)^(?:via|v)\s*:", case.data)
    return top is not None and OVER_TCP.match(case.data, top.start()) is not None


FORWARDED = [
    case
    for case in RFC4475
    if case.owed == "forward" and is_request(case) and not is_register(case)
]
SPECIAL = ("mpart01",)
ANSWERED = [
    case for case in RFC4475 if isinstance(case.owed, int) and case.name not in UNKNOWN_SCHEMES
]
DROPPED = [case for case in RFC4475 if case.owed == "drop"]
REGISTERS = [case for case in RFC4475 if is_register(case) and case.owed == "forward"]
ACCEPTED = [case for case in RFC4475 if not is_request(case) and case.owed == "forward"]


def answer_to(torture: Torture, case: Case) -> Message:
    """Send it, and take its final response."""
    if goes_by_tcp(case):
        with torture.proxy.peer(transport="tcp") as client:
            client.send(case.data)
            return client.final_response()
    torture.send(case.data)
    replies = torture.replies(case.data)
    assert len(replies) == 1, [reply.first_line for reply in replies]
    return replies[0]


def next_hop_gets(torture: Torture, case: Case) -> tuple[Message, str]:
    """Send it; what has reached the next hop for it, and the address that it was sent from. The
    next hop refuses it, so that it isn't sent again."""
    if goes_by_tcp(case):
        with torture.proxy.peer(transport="tcp") as client:
            client.send(case.data)
            request = torture.next_hop_gets(case.data)
            torture.next_hop.reply(request, 480)
            assert client.final_response().status == 480
            return request, client.host
    torture.send(case.data)
    request = torture.next_hop_gets(case.data)
    torture.next_hop.reply(request, 480)
    assert [reply.status for reply in torture.replies(case.data)] == [480]
    return request, torture.address


def test_no_message_is_left_out() -> None:
    covered = [*FORWARDED, *ANSWERED, *DROPPED, *REGISTERS, *ACCEPTED]
    assert len(RFC4475) == 49
    assert {case.name for case in covered} | set(UNKNOWN_SCHEMES) == {x.name for x in RFC4475}


@pytest.mark.parametrize("case", [x for x in FORWARDED if x.name not in SPECIAL], ids=str)
def test_what_is_sip_reaches_the_next_hop_as_it_came(torture: Torture, case: Case) -> None:
    request, source = next_hop_gets(torture, case)
    raw = re.sub(rb";rport=\d+", b";rport", request.raw, count=1)
    assert hops(raw) == hops_owed(case.data)
    assert as_it_came(raw, torture.proxy.target, source) == without_hops(cut(case.data))


def test_mpart01_goes_to_the_strict_router_that_its_route_names(torture: Torture) -> None:
    # The Route has no lr: it becomes the Request-URI, which becomes the last Route (§16.6 step 6).
    case = BY_NAME["mpart01"]
    request, _ = next_hop_gets(torture, case)
    assert request.uri == "sip:127.0.0.1:5080"
    assert request.headers("route") == ["<sip:kumiko@example.org>"]
    assert request.body == case.data.partition(b"\r\n\r\n")[2]


def test_a_method_with_escapes_is_not_register(torture: Torture) -> None:
    request, _ = next_hop_gets(torture, BY_NAME["esc02"])
    assert request.method == "RE%47IST%45R"


@pytest.mark.parametrize("case", ANSWERED, ids=str)
def test_a_fault_is_answered_with_the_status_that_names_it(torture: Torture, case: Case) -> None:
    reply = answer_to(torture, case)
    assert reply.status == case.owed
    assert torture.forwarded(case.data) == []
    sent = read_message(case.data, ("", 0))
    if sent.header("call-id"):
        assert reply.header("call-id") in sent.headers("call-id")
    if sent.header("to") and case.name not in TO_UNREADABLE:
        assert ";tag=" in reply.header("to")
    assert_alive(torture.proxy)


@pytest.mark.parametrize("name", UNKNOWN_SCHEMES)
def test_an_unknown_scheme_is_answered_416(proxy: RunningProxy, name: str) -> None:
    with proxy.peer() as client:
        own = f"SIP/2.0/UDP {client.host_port};branch=".encode()
        client.send(re.sub(rb"SIP/2.0/UDP [^;]+;branch=", own, BY_NAME[name].data))
        assert client.final_response().status == 416


def test_bext01_names_what_is_unsupported(torture: Torture) -> None:
    reply = answer_to(torture, BY_NAME["bext01"])
    wanted = ["nothingSupportsThis", "nothingSupportsThisEither"]
    assert reply.status == 420
    assert reply.values("unsupported") == wanted


@pytest.mark.parametrize("case", DROPPED, ids=str)
def test_a_response_nobody_asked_for_goes_nowhere(torture: Torture, case: Case) -> None:
    torture.send(case.data)
    assert torture.replies(case.data) == []
    assert torture.forwarded(case.data) == []
    assert_alive(torture.proxy)


def instead_of_its_own(answer: bytes, request: Message) -> bytes:
    """The strange response, made to belong to `request`."""
    copied = [
        f"{name}: {value}".encode()
        for name, value in request.fields
        if name in ("via", "from", "to", "call-id", "cseq")
    ]
    start, _, rest = answer.partition(b"\r\n")
    kept = re.sub(rb"(?im)^(?:via|from|to|call-id|cseq):[^\n]*\n", b"", rest)
    return b"\r\n".join([start, *copied, kept])


@pytest.mark.parametrize("case", ACCEPTED, ids=str)
def test_a_strange_response_comes_back_as_it_is(torture: Torture, case: Case) -> None:
    strange = read_message(case.data, ("", 0))
    with torture.proxy.peer() as caller:
        caller.send(caller.request("INVITE", f"sip:called@{torture.proxy.target}"))
        request = torture.next_hop.receive("INVITE")
        caller.response(100)
        torture.next_hop.socket.sendto(instead_of_its_own(case.data, request), request.source)
        came = comes_until_marker(caller)
        torture.next_hop.reply(request, 480)
    if case.name == "noreason":
        assert came == [], "a 100 is for one hop only (§16.7 step 5)"
        return
    assert [message.first_line for message in came] == [strange.first_line]
    assert came[0].body == strange.body
    assert came[0].header("contact") == strange.header("contact")


@pytest.mark.parametrize("case", REGISTERS, ids=str)
def test_a_register_that_is_only_strange_is_accepted(torture: Torture, case: Case) -> None:
    reply = answer_to(torture, case)
    assert reply.status == 200
    assert torture.forwarded(case.data) == []


def contact_of(torture: Torture, name: str) -> str:
    return answer_to(torture, BY_NAME[name]).header("contact")


def test_a_parameter_of_a_bare_contact_belongs_to_the_header(torture: Torture) -> None:
    assert "<sip:+19725552222@gw1.example.net>" in contact_of(torture, "cparam01")


def test_a_parameter_inside_the_brackets_is_kept_with_the_uri(torture: Torture) -> None:
    wanted = "<sip:+19725552222@gw1.example.net;unknownparam>"
    assert wanted in contact_of(torture, "cparam02")


def test_an_escaped_route_in_a_contact_is_stored_with_it(torture: Torture) -> None:
    wanted = "<sip:user@example.com?Route=%3Csip:sip.example.com%3E>"
    assert wanted in contact_of(torture, "regescrt")


def test_escaped_nuls_make_two_contacts(torture: Torture) -> None:
    contacts = contact_of(torture, "escnull")
    assert "<sip:%00@host5.example.com>" in contacts
    assert "<sip:%00%00@host5.example.com>" in contacts
