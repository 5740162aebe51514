from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ser_core.modules.auth.nonce_count import (
    REGISTER_TIME,
    REPETITION_TIME,
    REPETITIONS,
    WINDOW,
    Outcome,
    Use,
    Uses,
    judge,
)

GOOD, REPEATED, REPLAYED = Outcome.GOOD, Outcome.REPEATED, Outcome.REPLAYED


class Phone:
    """One nonce and those who use it."""

    def __init__(self) -> None:
        self.uses: Uses | None = None
        self.now = 1_000_000
        self.repetition_time = REGISTER_TIME

    def sends(self, count: int, request: bytes = b"", *, user: bytes = b"joe") -> Outcome:
        request = request or b"request %d" % count
        new = Use(user, count, request, self.now, self.repetition_time)
        outcome, uses = judge(self.uses, new)
        assert (uses is not None) == (outcome is GOOD)
        self.uses = uses or self.uses
        return outcome


def test_a_phone_counts_up() -> None:
    phone = Phone()
    assert [phone.sends(count) for count in (1, 2, 3, 7, 8)] == [GOOD] * 5


def test_another_request_with_a_count_that_was_used_is_a_replay() -> None:
    phone = Phone()
    phone.sends(1, b"REGISTER of joe")
    assert phone.sends(1, b"REGISTER of somebody else") is REPLAYED


def test_the_same_request_again_is_a_repetition() -> None:
    phone = Phone()
    phone.sends(1)
    assert [phone.sends(1) for _ in range(10)] == [REPEATED] * 10


def test_a_request_may_be_repeated_while_others_follow() -> None:
    phone = Phone()
    for count in range(1, REPETITIONS + 1):
        phone.sends(count)
    assert phone.sends(1) is REPEATED
    phone.sends(REPETITIONS + 1)
    assert phone.sends(1) is REPLAYED, "so many are not remembered"


@pytest.mark.parametrize("time", [REGISTER_TIME, REPETITION_TIME])
def test_no_client_transaction_repeats_its_request_that_late(time: int) -> None:
    phone = Phone()
    phone.repetition_time = time
    phone.sends(1)
    phone.now += time
    assert phone.sends(1) is REPEATED
    phone.now += 1
    assert phone.sends(1) is REPLAYED


def test_a_repetition_does_not_prolong_the_time() -> None:
    phone = Phone()
    phone.sends(1)
    phone.now += REGISTER_TIME
    phone.sends(1)
    phone.now += REGISTER_TIME
    assert phone.sends(1) is REPLAYED


def test_the_same_bytes_with_another_count_are_another_request() -> None:
    phone = Phone()
    phone.sends(1, b"x")
    assert phone.sends(2, b"x") is GOOD


def test_requests_may_overtake_each_other() -> None:
    phone = Phone()
    assert [phone.sends(count) for count in (2, 1, 4, 3)] == [GOOD] * 4
    assert phone.sends(1, b"another") is REPLAYED


def test_a_count_that_is_far_behind_is_a_replay() -> None:
    phone = Phone()
    phone.sends(WINDOW + 1)
    assert phone.sends(2) is GOOD
    assert phone.sends(1) is REPLAYED


def test_without_qop_a_nonce_is_good_once() -> None:
    phone = Phone()
    assert phone.sends(0) is GOOD
    assert phone.sends(0) is REPEATED
    assert phone.sends(0, b"another") is REPLAYED


@pytest.mark.parametrize("count", [1, 2, WINDOW, 2**32 - 1])
def test_a_nonce_that_was_used_without_qop_cannot_be_used_with_one(count: int) -> None:
    phone = Phone()
    phone.sends(0)
    assert phone.sends(count) is REPLAYED


def test_a_nonce_that_was_used_with_qop_cannot_be_used_without() -> None:
    phone = Phone()
    phone.sends(1)
    assert phone.sends(0) is REPLAYED


def test_the_first_user_of_a_nonce_is_its_only_one() -> None:
    phone = Phone()
    phone.sends(1)
    assert phone.sends(2, user=b"mallory") is REPLAYED
    assert phone.sends(2) is GOOD


def test_the_highest_count_is_the_last() -> None:
    phone = Phone()
    assert phone.sends(2**32 - 1) is GOOD
    assert phone.sends(2**32 - 2) is GOOD
    assert phone.sends(2**32 - 1, b"another") is REPLAYED


@given(st.lists(st.integers(1, 3 * WINDOW), max_size=100), st.randoms())
def test_no_two_requests_ever_get_through_with_one_count(
    counts: list[int], order: random.Random
) -> None:
    phone = Phone()
    good = [c for place, c in enumerate(counts) if phone.sends(c, b"%d" % place) is GOOD]
    assert len(good) == len(set(good))
    for count in counts:
        if count > max(counts) - WINDOW:
            assert count in good
