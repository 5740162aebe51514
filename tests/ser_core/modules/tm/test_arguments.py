"""Arguments of tm's functions."""

from __future__ import annotations

import pytest

from ser_core.modules.tm.arguments import Host, Port, WriteAction


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("[2001:DB8::1]", "2001:db8::1"),
        ("gw.example.com", "gw.example.com"),
    ],
)
def test_hosts(text: str, host: str) -> None:
    assert Host.from_script(text) == host


@pytest.mark.parametrize("text", ["", "a b", "sip:x", "-x", "a@b"])
def test_what_is_no_host(text: str) -> None:
    with pytest.raises(ValueError, match="neither an address nor a host name"):
        Host.from_script(text)


@pytest.mark.parametrize("text", ["", "0", "65536", "-1", "5_0", "x", "99999999999"])
def test_what_is_no_port(text: str) -> None:
    with pytest.raises(ValueError, match="port"):
        Port.from_script(text)


def test_port() -> None:
    assert Port.from_script("5060") == 5060


def test_write_action_may_name_an_append_list() -> None:
    assert WriteAction.from_script("voicemail/cpl") == ("voicemail", "cpl")
    assert WriteAction.from_script("voicemail") == ("voicemail", "")
    with pytest.raises(ValueError, match="empty"):
        WriteAction.from_script("/x")
