from __future__ import annotations

from ser_core.proxy.uac_request import UacRequest
from ser_core.sip.uri import parse_uri
from tests.support.own_requests import BOB, draft


def test_a_request_is_found_by_call_id_and_cseq() -> None:
    request = UacRequest(draft("INVITE", cseq=7), parse_uri(BOB.encode()), None)
    assert request.key == (b"call-9", b"7 INVITE")


def test_only_an_invite_is_one() -> None:
    uri = parse_uri(BOB.encode())
    assert UacRequest(draft("INVITE"), uri, None).is_invite
    assert not UacRequest(draft("invite"), uri, None).is_invite
