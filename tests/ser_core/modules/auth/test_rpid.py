from __future__ import annotations

import pytest

from ser_core.modules.auth.arguments import OneLine
from ser_core.modules.auth.authorized import AVPS, state_of
from ser_core.script.runtime import ScriptMessage
from tests.support.auth_world import made
from tests.support.script_messages import leaving, request_in_script


def message(rpid: bytes | None) -> ScriptMessage:
    msg = request_in_script()
    if rpid is not None:
        state_of(msg)[AVPS] = {"rpid": rpid}
    return msg


def test_the_remote_party_id_of_the_user_is_added() -> None:
    msg = message(b"<sip:+431234@example.org>")
    assert made().append_rpid_hf(msg)
    assert leaving(msg).header(b"remote-party-id") == (
        b"<sip:+431234@example.org>;party=calling;id-type=subscriber;screen=yes"
    )


def test_prefix_and_suffix_come_from_the_parameters_or_from_the_script() -> None:
    auth = made(rpid_prefix="<sip:", rpid_suffix="@gw>")
    msg = message(b"+431234")
    assert auth.append_rpid_hf(msg)
    assert leaving(msg).header(b"remote-party-id") == b"<sip:+431234@gw>"
    msg = message(b"+431234")
    assert auth.append_rpid_hf(msg, OneLine(b"<tel:"), OneLine(b">"))
    assert leaving(msg).header(b"remote-party-id") == b"<tel:+431234>"


@pytest.mark.parametrize("rpid", [None, b""])
def test_who_has_none_gets_none(rpid: bytes | None) -> None:
    msg = message(rpid)
    assert not made().append_rpid_hf(msg)
    assert leaving(msg).header(b"remote-party-id") is None


@pytest.mark.parametrize("rpid", [b"a\r\nVia: x", b"a\0", b"a\n"])
def test_what_stands_in_the_database_never_breaks_the_header(rpid: bytes) -> None:
    msg = message(rpid)
    assert not made().append_rpid_hf(msg)
    assert b"Remote-Party-ID" not in msg.message.to_bytes()
    assert "control characters" in msg.core.logged[0][1]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("rpid", "answer"),
    [
        (b"<sip:+431234@example.org>", True),
        (b"sip:+431234@example.org", True),
        (b'"Joe" <sip:%2B431234@example.org>;x=y', True),
        (b"tel:+431234;x=y", True),
        (b"<sip:431234@example.org>", False),
        (b"<sip:+4312345678901234567@example.org>", False),
        (b"<sip:joe@example.org>", False),
        (b"<sip:example.org>", False),
        (b"+431234", False),
        (b"rubbish <", False),
        (None, False),
    ],
)
def test_a_telephone_number_is_recognised(rpid: bytes | None, answer: bool) -> None:
    assert made().is_rpid_user_e164(message(rpid)) is answer
