"""Cutting long messages and joining them again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ser_core.server import pieces
from ser_core.server.bus_messages import Piece
from ser_core.server.pieces import PIECE_SIZE, Joiner, cut

SIZES = [1, PIECE_SIZE - 1, PIECE_SIZE, PIECE_SIZE + 1, 3 * PIECE_SIZE, 10 * PIECE_SIZE + 7]


@pytest.mark.parametrize("size", SIZES)
def test_what_is_cut_is_joined(size: int) -> None:
    data = bytes(x % 251 for x in range(size))
    joiner = Joiner()
    *first, last = cut(data, sender=3)
    assert all(len(piece.data) <= PIECE_SIZE for piece in (*first, last))
    assert [joiner.add(piece) for piece in first] == [None] * len(first)
    assert joiner.add(last) == data


@given(st.permutations([(sender, number) for sender in range(3) for number in range(3)]))
def test_senders_do_not_disturb_each_other(turns: list[tuple[int, int]]) -> None:
    joiner = Joiner()
    made = {
        sender: iter(cut(bytes([sender]) * (2 * PIECE_SIZE + 1), sender)) for sender in range(3)
    }
    joined = [joiner.add(next(made[sender])) for sender, _ in turns]
    whole = [data for data in joined if data is not None]
    assert sorted(data[0] for data in whole) == [0, 1, 2]
    assert {len(data) for data in whole} == {2 * PIECE_SIZE + 1}


def test_a_piece_that_continues_nothing_is_refused() -> None:
    joiner = Joiner()
    first, second, third = cut(bytes(3 * PIECE_SIZE), 0)
    with pytest.raises(ValueError, match="continues nothing"):
        joiner.add(second)
    joiner.add(first)
    with pytest.raises(ValueError, match="continues nothing"):
        joiner.add(third)
    with pytest.raises(ValueError, match="piece 1 of process 0"):
        joiner.add(second)


def test_a_sender_that_begins_anew_has_died_in_between() -> None:
    joiner = Joiner()
    joiner.add(next(cut(bytes(2 * PIECE_SIZE), 0)))
    first, second = cut(b"x" * (PIECE_SIZE + 1), 0)
    joiner.add(first)
    assert joiner.add(second) == b"x" * (PIECE_SIZE + 1)


def test_no_more_is_collected_than_may_be_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "MAX_JOINED", 10)
    joiner = Joiner()
    joiner.add(Piece(0, 0, False, b"12345678"))
    with pytest.raises(ValueError, match="too long"):
        joiner.add(Piece(0, 1, False, b"9abc"))
    with pytest.raises(ValueError, match="continues nothing"):
        joiner.add(Piece(0, 2, True, b""))
