"""Matching requests to server transactions: RFC 3261 §17.2.3 and §9.2."""

from __future__ import annotations

import pytest

from ser_core.sip.hop import Hop, Listener
from ser_core.sip.message import Request
from ser_core.sip.parser import parse_message
from ser_core.transaction.server import ServerTransaction, invite_server
from ser_core.transaction.table import SLOTS, Ident, TransactionTable, ident_of, server_key
from ser_core.transaction.timers import Timers
from tests.support.ladder import request

HOP = Hop("udp", "192.0.2.1", 5060, Listener("udp", "192.0.2.100", 5060))


def parsed(data: bytes) -> Request:
    message = parse_message(data)
    assert isinstance(message, Request)
    return message


def table_with(data: bytes) -> tuple[TransactionTable, ServerTransaction]:
    table = TransactionTable()
    key = server_key(parsed(data), b"INVITE")
    server = invite_server(key, HOP, Timers())
    table.servers[key] = server
    return table, server


@pytest.mark.parametrize("branch", ["z9hG4bKcaller", "1", "z9hG4bK"])
class TestMatching:
    def test_retransmission_matches(self, branch: str) -> None:
        table, server = table_with(request(branch=branch))
        assert table.server_for(parsed(request(branch=branch))) is server

    def test_ack_matches_its_invite(self, branch: str) -> None:
        table, server = table_with(request(branch=branch))
        assert table.server_for(parsed(request("ACK", branch=branch, to_tag="9"))) is server

    def test_cancel_is_not_its_invite_but_finds_it(self, branch: str) -> None:
        table, server = table_with(request(branch=branch))
        cancel = parsed(request("CANCEL", branch=branch))
        assert table.server_for(cancel) is None
        assert table.cancelled_by(cancel) is server

    def test_other_cseq_or_branch_does_not_match(self, branch: str) -> None:
        table, _ = table_with(request(branch=branch))
        other = request(branch=branch + "x", cseq=2)
        assert table.server_for(parsed(other)) is None


def test_same_branch_from_another_sent_by_does_not_match() -> None:
    table, _ = table_with(request())
    other = request().replace(b"192.0.2.1:5060;branch", b"192.0.2.7:5060;branch")
    assert table.server_for(parsed(other)) is None


def test_sent_by_compares_without_case() -> None:
    named = request().replace(b"192.0.2.1:5060;branch", b"Phone.example.com;branch")
    table, server = table_with(named)
    assert table.server_for(parsed(named.replace(b"Phone", b"phone"))) is server


class TestNumbers:
    """What other programs know a transaction by."""

    def test_a_transaction_is_found_by_its_number(self) -> None:
        table, server = table_with(request())
        assert table.server_with(ident_of(server.key)) is server

    def test_another_number_finds_none(self) -> None:
        table, server = table_with(request())
        slot, label = ident_of(server.key)
        assert table.server_with(Ident(slot, label ^ 1)) is None
        assert table.server_with(Ident(slot ^ 1, label)) is None

    def test_a_number_is_shown_as_ser_does(self) -> None:
        assert str(Ident(1234, 567890)) == "1234:567890"

    def test_numbers_are_those_of_ser_in_size(self) -> None:
        for number in range(2000):
            ident = ident_of(b"key %d" % number)
            assert 0 <= ident.slot < SLOTS
            assert 0 <= ident.label < 1 << 32
