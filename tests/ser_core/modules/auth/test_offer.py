from __future__ import annotations

import pytest

from ser_core.modules.auth.offer import Offer
from ser_core.sip.digest import Algorithm

MD5, SHA_256, SHA_512_256 = Algorithm.MD5, Algorithm.SHA_256, Algorithm.SHA_512_256


def test_sha_256_is_offered_when_everybody_in_every_table_has_a_hash_for_it() -> None:
    offer = Offer()
    assert offer.depends_on_subscribers
    assert list(offer.algorithms) == [MD5]
    offer.tell_of_sha_256("subscriber", True)
    assert list(offer.algorithms) == [SHA_256, MD5]
    offer.tell_of_sha_256("guests", False)
    assert list(offer.algorithms) == [MD5]


def test_what_may_be_offered_later_is_accepted_already() -> None:
    assert list(Offer().accepted) == [SHA_256, MD5]


def test_a_list_says_what_is_offered_and_accepted() -> None:
    offer = Offer("MD5, SHA-512-256")
    assert not offer.depends_on_subscribers
    offer.tell_of_sha_256("subscriber", True)
    assert offer.algorithms == offer.accepted == (SHA_512_256, MD5)


@pytest.mark.parametrize(
    ("user_agent", "algorithms"),
    [
        (b"baresip v1.0.0 (x86_64/Linux)", [MD5]),
        (b"Asterisk PBX 13.1.0", [MD5]),
        (b"baresip v3.5.1 (x86_64/Linux)", [SHA_256, MD5]),
        (b"not baresip v1.0.0", [SHA_256, MD5]),
        (b"", [SHA_256, MD5]),
    ],
)
def test_user_agents_that_fail_on_two_algorithms_get_md5_only(
    user_agent: bytes, algorithms: list[Algorithm]
) -> None:
    assert list(Offer("SHA-256,MD5").algorithms_for(user_agent)) == algorithms


def test_who_wants_no_md5_offers_none_to_anybody() -> None:
    assert list(Offer("SHA-256").algorithms_for(b"baresip v1.0.0")) == [SHA_256]


def test_the_list_of_user_agents_may_be_another_or_empty() -> None:
    assert list(Offer("SHA-256,MD5", "^X").algorithms_for(b"xphone")) == [MD5]
    assert len(Offer("SHA-256,MD5", "").algorithms_for(b"baresip v1.0.0")) == 2


def test_an_expression_that_cannot_be_read_is_told() -> None:
    with pytest.raises(ValueError, match="md5_only: "):
        Offer("", "(")


def test_what_was_told_can_be_handed_on() -> None:
    old, new = Offer(), Offer()
    old.tell_of_sha_256("subscriber", True)
    new.learn_from(old)
    assert list(new.algorithms) == [SHA_256, MD5]
