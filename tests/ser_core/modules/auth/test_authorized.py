from __future__ import annotations

from ser_core.modules.auth.authorized import AVPS, authorized, avp, set_authorized, state_of
from ser_core.modules.uri.uri import AUTHORIZED_USER
from tests.support.credentials import parse_credentials
from tests.support.digest_client import Challenge
from tests.support.script_messages import request_in_script

CHALLENGE = Challenge({"realm": "example.org", "nonce": "n"})


def test_nobody_is_authorized_at_first() -> None:
    msg = request_in_script()
    assert authorized(msg) is None
    state_of(msg)["other"] = 1
    assert authorized(msg) is None


def test_who_was_authorized_is_known() -> None:
    value = CHALLENGE.answer("INVITE", "sip:x", "joe@home.example")
    msg = request_in_script(f"Authorization: {value}")
    header = msg.message.first(b"authorization")
    set_authorized(msg, parse_credentials(value.encode()), header)
    found = authorized(msg)
    assert found is not None
    assert (found.user, found.domain, found.realm) == (b"joe", b"home.example", b"example.org")
    assert found.headers == (header,)
    assert state_of(msg)[AUTHORIZED_USER] == b"joe"


def test_attributes_that_have_a_text_can_be_read() -> None:
    msg = request_in_script()
    assert avp(msg, "rpid") == b""
    state_of(msg)[AVPS] = {"rpid": b"+431234", "number": 7}
    assert avp(msg, "rpid") == b"+431234"
    assert avp(msg, "number") == b""
    assert avp(msg, "nothing") == b""
