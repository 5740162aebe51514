from __future__ import annotations

from sertui.ping_following import PERIOD, Following


def test_users_are_looked_at_one_after_the_other_and_again_after_a_while() -> None:
    following = Following()
    following.add("joe", 100)
    following.add("ann", 90)
    assert following.take_due(80) is None
    assert [following.take_due(100) for _ in range(3)] == ["ann", "joe", None]
    assert {following.take_due(100 + PERIOD) for _ in range(2)} == {"ann", "joe"}


def test_a_clock_that_was_put_back_holds_nobody_up() -> None:
    following = Following()
    following.add("joe", 1_000_000)
    assert following.take_due(100) == "joe"
    assert following.take_due(101) is None


def test_who_is_removed_is_looked_at_no_more() -> None:
    following = Following()
    following.add("joe", 0)
    following.remove("joe")
    following.remove("joe")
    assert following.take_due(100) is None
    assert "joe" not in following
    assert following.wanted("joe", ["sip:a"]) == ["sip:a"]


def test_a_contact_that_was_removed_by_hand_comes_back_when_it_has_been_registered_anew() -> None:
    following = Following()
    following.add("joe", 0)
    following.leave_out("joe", "sip:a")
    following.leave_out("nobody", "sip:a")
    assert following.wanted("joe", ["sip:a", "sip:b"]) == ["sip:b"]
    assert following.wanted("joe", ["sip:b"]) == ["sip:b"]
    assert following.wanted("joe", ["sip:a", "sip:b"]) == ["sip:a", "sip:b"]


def test_all_users_can_be_named() -> None:
    following = Following()
    following.add("joe", 0)
    assert list(following) == ["joe"]
