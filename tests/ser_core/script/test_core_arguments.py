"""Arguments of core commands, as nodes turn into values; test_core_commands.py has the texts."""

from __future__ import annotations

import pytest

from ser_core.script import core_arguments as arguments
from ser_core.script import nodes
from ser_core.script.core_arguments import SendSocket, WrongKind, encoded
from ser_core.script.diagnostics import Span
from tests.support.scripts import OURS, OURS_TCP, RecordingCore

SPAN = Span("ser.cfg", 1, 1, 1, 1)


def string(text: str) -> nodes.String:
    return nodes.String(SPAN, text)


def test_bytes_that_are_no_utf_8_come_back_as_they_were() -> None:
    assert encoded("a\udcff") == b"a\xff"
    assert arguments.BYTES.convert(string("ä\udc80")) == b"\xc3\xa4\x80"


@pytest.mark.parametrize("kind", [arguments.TEXT, arguments.FLAG, arguments.HOST, arguments.SOCKET])
def test_another_kind_of_argument_is_told_apart_from_a_bad_one(kind: arguments.Argument) -> None:
    with pytest.raises(WrongKind):
        kind.convert(nodes.Star(SPAN))


def test_uri_parts_are_told_apart() -> None:
    assert arguments.DESTINATION.convert(nodes.UriPart(SPAN, "host")) is arguments.UriPart.HOST
    assert arguments.DESTINATION_PORT.convert(nodes.UriPart(SPAN, "port")) is arguments.UriPart.PORT


def test_a_socket_is_found_by_transport_host_and_port() -> None:
    local = RecordingCore().local
    assert SendSocket("*", "192.0.2.1", 5060).among(local) is OURS
    assert SendSocket("tcp", "192.0.2.1", 5070).among(local) is OURS_TCP
    assert SendSocket("tcp", "192.0.2.1", 5060).among(local) is None


def test_a_socket_is_looked_for_once_in_the_same_addresses() -> None:
    socket = SendSocket("*", "192.0.2.1", 5060)
    local = RecordingCore().local
    found = socket.among(local)
    local.listeners = []
    assert socket.among(local) is found
    assert socket.among(RecordingCore(OURS_TCP).local) is None


def test_a_socket_is_shown_as_it_is_written() -> None:
    assert str(SendSocket("udp", "2001:db8::1", 5060)) == "udp:[2001:db8::1]:5060"
    assert repr(SendSocket("*", "10.0.0.1", 5070)) == "10.0.0.1:5070"
