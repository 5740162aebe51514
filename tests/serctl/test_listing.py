from __future__ import annotations

from collections.abc import Iterator

import pytest

from ser_core.fifo.protocol import Reply, parse_reply
from serctl import listing
from serctl.listing import Page, Query, matches, pages
from tests.support.ul_list import UlList, registration

USERS = [registration(user) for user in ("a", "b", "b", "c", "d", "d", "e")]


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "PAGE", 3)


class Asker:
    """Answers from a table, and keeps what was asked."""

    def __init__(self, table: UlList) -> None:
        self.table = table
        self.options: list[tuple[str, ...]] = []

    def __call__(self, command: str, *options: str) -> Reply:
        assert command == "ul_list"
        self.options.append(options)
        return parse_reply(self.table(*options))

    @property
    def places(self) -> list[str]:
        return [options[-1] for options in self.options]


def users(found: Iterator[Page]) -> list[str]:
    return [row[0] for page in found for row in page.rows]


def test_each_page_begins_behind_the_last_whole_user() -> None:
    ask = Asker(UlList(USERS))
    assert users(pages(ask, Query("location"))) == list("abbcdde")
    assert ask.places == ["offset=0", "after=a", "after=b", "after=c", "after=d"]


def test_backwards() -> None:
    ask = Asker(UlList(USERS))
    assert users(pages(ask, Query("location", sort="-aor"))) == list("eddcbba")


def test_who_comes_and_goes_meanwhile_costs_nobody_his_row() -> None:
    table = UlList(list(USERS))
    found = pages(Asker(table), Query("location"))
    first = users(iter([next(found)]))
    table.rows = [registration("0"), *(row for row in USERS if row[0] != "a"), registration("f")]
    assert first + users(found) == list("abbcddef")


EXPIRING = [
    registration(user, expires=expires)
    for user, expires in {"d": 5, "c": 40, "b": 3, "a": 0, "e": 1, "g": 40}.items()
]
"""`a` never does."""


def test_in_another_order_all_are_read_by_user_and_sorted_here() -> None:
    ask = Asker(UlList(EXPIRING))
    assert users(pages(ask, Query("location", sort="expires"))) == list("ebdcga")
    assert ask.places == ["offset=0", "offset=0", "after=b", "after=d"]
    assert {options[1] for options in ask.options[1:]} == {"sort=aor"}
    assert users(pages(ask, Query("location", sort="-expires"))) == list("agcdbe")


@pytest.mark.parametrize("sort", [sign + key for key in listing.SORT_KEYS for sign in ("", "-")])
def test_the_order_is_that_of_ser_also_when_it_is_made_here(
    monkeypatch: pytest.MonkeyPatch, sort: str
) -> None:
    table = UlList([*EXPIRING, registration("\udcff", user_agent="Ä"), registration("f")])
    table.rows[0][3] = ""  # no q
    table.rows[1][3] = "1"
    found = users(pages(Asker(table), Query("location", sort=sort)))
    monkeypatch.setattr(listing, "PAGE", 100)
    assert found == users(pages(Asker(table), Query("location", sort=sort)))


def test_then_too_who_moves_meanwhile_is_neither_lost_nor_shown_twice() -> None:
    """Each request finds the first row at the other end: `e` has registered anew."""
    table = UlList(list(EXPIRING))
    later = iter(range(100, 200))

    def ask(command: str, *options: str) -> Reply:
        reply = parse_reply(table(*options))
        table.rows[4] = registration("e", expires=next(later))
        return reply

    assert users(pages(ask, Query("location", sort="expires"))) == list("bdcgea")


@pytest.mark.parametrize("limit", range(1, 9))
@pytest.mark.parametrize("offset", range(8))
def test_a_part_of_it_in_another_order(limit: int, offset: int) -> None:
    query = Query("location", sort="expires", limit=limit, offset=offset)
    expected = list("ebdcga")[offset : offset + limit]
    found = list(pages(Asker(UlList(EXPIRING)), query))
    assert users(iter(found)) == expected
    assert matches(found[0]) == (6, 6)


def test_as_answered_another_order_goes_by_offset() -> None:
    ask = Asker(UlList(EXPIRING))
    found = pages(ask, Query("location", sort="-expires"), as_answered=True)
    assert users(found) == list("agcdbe")
    assert ask.places == ["offset=0", "offset=3", "offset=6"]


def test_in_another_order_what_one_reply_holds_is_one_look() -> None:
    ask = Asker(UlList(USERS))
    assert users(pages(ask, Query("location", sort="-expires", limit=3, offset=2))) == list("dcb")
    assert ask.places == ["offset=2"]


def test_as_answered_no_row_comes_twice() -> None:
    replies = [
        page.reply for page in pages(Asker(UlList(USERS)), Query("location"), as_answered=True)
    ]
    assert b"".join(reply.body for reply in replies).count(b"@192.0.2.9") == len(USERS)


@pytest.mark.parametrize("limit", range(1, 9))
@pytest.mark.parametrize("offset", range(8))
def test_a_part_of_it(limit: int, offset: int) -> None:
    query = Query("location", limit=limit, offset=offset)
    assert users(pages(Asker(UlList(USERS)), query)) == list("abbcdde")[offset : offset + limit]


def test_a_user_with_more_contacts_than_a_page_is_no_endless_loop() -> None:
    ask = Asker(UlList([registration("a")] * 5 + [registration("b")]))
    assert set(users(pages(ask, Query("location")))) == {"a", "b"}


def test_an_empty_table_is_one_page() -> None:
    [page] = pages(Asker(UlList([])), Query("location", filter="x"))
    assert (page.rows, matches(page)) == ([], (0, 0))


def test_what_ser_is_asked_for() -> None:
    ask = Asker(UlList([]))
    list(pages(ask, Query("aliases", filter="Grand stream", sort="-q", limit=2)))
    assert ask.options == [
        ("table=aliases", "filter=Grand stream", "sort=-q", "limit=2", "offset=0")
    ]
