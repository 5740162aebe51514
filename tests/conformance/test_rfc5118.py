"""The IPv6 torture messages of RFC 5118 on the wire.

They share one Call-ID and one branch, which here get the name of their case: else they would be
taken for repetitions of each other.
"""

from __future__ import annotations

import re

import pytest

from tests.conformance.far_end import Torture
from tests.conformance.forwarded import as_it_came, hops, hops_owed, without_hops
from tests.support.sip_case import Case
from tests.support.sip_reading import Message, read_message
from tests.support.torture import RFC5118

FORWARDED = [case for case in RFC5118 if case.owed == "forward"]
ANSWERED = [case for case in RFC5118 if case.owed != "forward"]
BY_NAME = {case.name: case for case in RFC5118}


def of_its_own(case: Case) -> bytes:
    """Its bytes, with Call-ID and topmost branch of its own."""
    name = case.name.encode()
    data = case.data.replace(b"Call-ID: ", b"Call-ID: " + name + b"-", 1)
    return data.replace(b"branch=z9hG4bK", b"branch=z9hG4bK-" + name + b"-", 1)


def next_hop_gets(torture: Torture, data: bytes) -> Message:
    torture.send(data)
    request = torture.next_hop_gets(data)
    torture.next_hop.reply(request, 480)
    return request


def test_no_message_is_left_out() -> None:
    assert len(FORWARDED) + len(ANSWERED) == 12


@pytest.mark.parametrize("case", FORWARDED, ids=str)
def test_ipv6_anywhere_in_a_message_leaves_as_it_came(torture: Torture, case: Case) -> None:
    data = of_its_own(case)
    request = next_hop_gets(torture, data)
    assert [reply.status for reply in torture.replies(data)] == [480]
    assert hops(request.raw) == hops_owed(data)
    # What the sender wrote into `received` gives way to where the message came from.
    claimed = re.sub(rb";received=\[?2001:db8::9:255\]?", b"", data, count=1)
    wanted = data if case.name == "mult-ip-in-header" else claimed
    assert as_it_came(request.raw, torture.proxy.target, torture.address) == without_hops(wanted)


@pytest.mark.parametrize("case", ANSWERED, ids=str)
def test_an_address_without_its_brackets_is_a_bad_request(torture: Torture, case: Case) -> None:
    data = of_its_own(case)
    torture.send(data)
    (reply,) = torture.replies(data)
    assert reply.status == case.owed
    assert reply.header("call-id") == read_message(data, ("", 0)).header("call-id")
    assert torture.forwarded(data) == []


def test_replies_find_their_way_back_over_ipv6(torture: Torture) -> None:
    with torture.proxy.peer(host="::1") as caller:
        caller.send(caller.request("INVITE", f"sip:someone@{torture.proxy.target6}"))
        request = torture.next_hop.receive("INVITE")
        torture.next_hop.reply(request, 480)
        assert caller.response(480).header("via").startswith(f"SIP/2.0/UDP [::1]:{caller.port};")


def test_received_is_written_without_brackets(torture: Torture) -> None:
    # RFC 5118 §4.5: the grammar of §25 has none there.
    with torture.proxy.peer(host="::1") as caller:
        via = f"SIP/2.0/UDP [2001:db8::9]:{caller.port}"
        caller.send(caller.request("INVITE", f"sip:someone@{torture.proxy.target6}", via=via))
        request = torture.next_hop.receive("INVITE")
        torture.next_hop.reply(request, 480)
        assert ";received=::1" in caller.response(480).header("via")
