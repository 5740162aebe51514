from __future__ import annotations

import pytest

from serctl.discretion import tells_password


@pytest.mark.parametrize(
    "line",
    [
        "add joe secret joe@example.com",
        "add joe joe@example.net secret",
        "passwd joe se@cret",
        "serctl add joe secret",
        "-F json add joe secret",
        "add -F json joe secret",
        "passwd joe secret",
        "passwd joe 'half a secret",
        "psswd joe secret",
        "ad joe secret",
        "ps --password secret",
        "ps --password=secret",
        "ps --pw secret",
        "ps --secret x",
        "ul add joe sip:joe:secret@example.com",
        "fifo t_uac_dlg OPTIONS 'sips:joe:secret@example.com' .",
    ],
)
def test_a_line_with_a_password(line: str) -> None:
    assert tells_password(line)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "add",
        "add joe",
        "passwd joe",
        "passwd joe --password-stdin",
        "add joe@example.com joe@example.net",
        "passwd --help",
        "ul add joe sip:joe@192.0.2.9:5062",
        "ul show passwd add",
        "alias add 1234 sip:joe@example.com",
        "rm joe bob",
        "ping sip:192.0.2.9:5060",
        "nothing like it",
    ],
)
def test_a_line_without(line: str) -> None:
    assert not tells_password(line)
