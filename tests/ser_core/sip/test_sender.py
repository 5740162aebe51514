from __future__ import annotations

import pytest

from ser_core.sip.sender import default_sender
from ser_core.sip.uri import parse_uri


@pytest.mark.parametrize("node", ["pbx", "pbx-1.example.com", "a1"])
def test_a_request_comes_from_this_machine(node: str) -> None:
    assert default_sender(node) == f"sip:daemon@{node}"


@pytest.mark.parametrize("node", ["5e1f3b", "my_machine", "x-", "a b", "10.0.0.1"])
def test_a_name_that_no_uri_can_hold_is_left_out(node: str) -> None:
    assert default_sender(node) == "sip:daemon@localhost"


def test_it_can_always_be_read() -> None:
    assert parse_uri(default_sender().encode()).user == b"daemon"
