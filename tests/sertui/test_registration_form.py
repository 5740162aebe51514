"""What is wrong with a registration that somebody types, in words."""

from __future__ import annotations

import pytest

from sertui.registration_form import Entry, in_words

GOOD = Entry("joe", "sip:joe@192.0.2.9")


@pytest.mark.parametrize(
    ("entry", "word"),
    [
        (Entry("", "sip:joe@h"), "AOR"),
        (Entry("joe doe", "sip:joe@h"), "AOR"),
        (Entry("joe", ""), "contact"),
        (Entry("joe", "joe@192.0.2.9"), "contact"),
        (Entry("joe", "sip:joe@h x"), "contact"),
        (Entry("joe", "sip:joe@h", "soon"), "seconds"),
        (Entry("joe", "sip:joe@h", "-1"), "seconds"),
        (Entry("joe", "sip:joe@h", "99999999999"), "seconds"),
        (Entry("joe", "sip:joe@h", "0"), "for good"),
        (Entry("joe", "sip:joe@h", "1", "2"), "q is"),
        (Entry("joe", "sip:joe@h", "1", "nan"), "q is"),
        (Entry("joe", "sip:joe@h", "1", ""), "q is"),
    ],
)
def test_what_is_wrong_is_told(entry: Entry, word: str) -> None:
    assert word in entry.problem


def test_nothing_is_wrong_with_a_good_one() -> None:
    assert GOOD.problem == ""
    assert GOOD.arguments("location") == (
        *("location", "joe", "sip:joe@192.0.2.9", "3600", "1.000", "0", "0"),
    )


def test_without_expires_it_stays_for_good() -> None:
    arguments = Entry("joe", "sip:joe@h", "").arguments("aliases")
    assert arguments[3] == "0"
    assert arguments[-1] == "128"


@pytest.mark.parametrize(
    ("refusal", "word"),
    [
        ("400 ul_add: username@domain expected", "user@domain"),
        ("400 Invalid contact", "URI"),
        ("400 table x not found", "ser.cfg"),
        ("500 command 'ul_list' not available", "usrloc"),
    ],
)
def test_a_refusal_says_what_to_do(refusal: str, word: str) -> None:
    words = in_words(refusal)
    assert words.startswith(refusal)
    assert word in words.removeprefix(refusal)


def test_another_refusal_stands_as_it_is() -> None:
    assert in_words("500 no") == "500 no"
