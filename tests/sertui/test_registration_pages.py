"""Pages that are kept, lines that are shown, and what is known to have gone."""

from __future__ import annotations

from sertui.registration_pages import KEPT, PAGE, Gone, RegistrationPages
from sertui.registrations import FRESH, Listing, Query, Registration
from tests.support.sertui_registrations import many, registration

NOW = 1000.0


def shown(pages: RegistrationPages, first: int = 0, end: int | None = None) -> list[str]:
    """AORs, those that have gone with a minus, what isn't known as a question mark."""
    lines = [pages.line(number) for number in range(first, len(pages) if end is None else end)]
    return [
        "?" if line is None else f"-{line.row.aor}" if isinstance(line, Gone) else line.aor
        for line in lines
    ]


def put(
    pages: RegistrationPages, rows: list[Registration], offset: int = 0, limit: int = PAGE
) -> None:
    """The part that was asked for, out of all rows."""
    part = tuple(rows[offset : offset + limit])
    pages.put(offset, limit, Listing(part, len(rows), len(rows)), NOW)


def people(names: str) -> list[Registration]:
    return [registration(name) for name in names]


def test_only_what_was_asked_for_is_known() -> None:
    pages, rows = RegistrationPages(), many(1000)
    put(pages, rows, 200, 300)
    assert len(pages) == 1000
    assert shown(pages, 198, 202) == ["?", "?", "user00200", "user00201"]
    assert shown(pages, 499, 501) == ["user00499", "?"]


def test_the_span_covers_the_view_and_a_page_on_either_side() -> None:
    pages = RegistrationPages()
    assert pages.span(0, 19) == (0, 200)
    put(pages, many(1000))
    assert pages.span(395, 410) == (200, 400)


def test_before_the_first_answer_the_top_is_asked_for() -> None:
    pages = RegistrationPages()
    put(pages, many(1000), 400, 200)
    pages.set_query(Query("joe"))
    assert pages.span(450, 470) == (0, 200)


def test_near_the_end_of_what_is_known_more_is_wanted() -> None:
    pages = RegistrationPages()
    assert not pages.has(0, 20)
    put(pages, many(1000), 0, 200)
    assert pages.has(0, 20)
    assert pages.has(100, 149)
    assert not pages.has(140, 160)


def test_nothing_is_wanted_beyond_the_end() -> None:
    pages = RegistrationPages()
    put(pages, people("abc"))
    assert pages.has(0, 20)
    put(pages, [])
    assert pages.has(0, 20)


def test_pages_that_were_looked_at_long_ago_are_forgotten() -> None:
    pages, rows = RegistrationPages(), many((KEPT + 9) * PAGE)
    for page in range(KEPT + 9):
        put(pages, rows, page * PAGE)
    assert shown(pages, 0, 1) == ["?"]
    assert shown(pages, 9 * PAGE, 9 * PAGE + 1) == ["user00900"]


def test_a_row_that_has_gone_stays_where_it_was_for_a_while() -> None:
    pages = RegistrationPages()
    put(pages, people("abcd"))
    put(pages, people("acd"))
    assert shown(pages) == ["a", "-b", "c", "d"]
    pages.forget_gone(NOW + FRESH - 1)
    assert len(pages) == 4
    pages.forget_gone(NOW + FRESH)
    assert shown(pages) == ["a", "c", "d"]


def test_it_may_have_been_the_first_the_last_or_the_only_one() -> None:
    pages = RegistrationPages()
    put(pages, people("abc"))
    put(pages, people("b"))
    assert shown(pages) == ["-a", "b", "-c"]
    put(pages, [])
    assert sorted(shown(pages)) == ["-a", "-b", "-c"]


def test_it_moves_with_the_row_behind_it() -> None:
    pages = RegistrationPages()
    put(pages, people("ceg"))
    put(pages, people("cg"))
    put(pages, people("abcg"))
    assert shown(pages) == ["a", "b", "c", "-e", "g"]


def test_it_is_no_more_gone_when_it_is_back() -> None:
    pages = RegistrationPages()
    for names in ("abc", "ac", "abc"):
        put(pages, people(names))
    assert shown(pages) == ["a", "b", "c"]


def test_what_moved_out_of_sight_has_not_gone() -> None:
    pages, rows = RegistrationPages(), many(500)
    put(pages, rows, 100, 200)
    put(pages, rows[5:], 100, 200)  # five before it have gone
    assert len(pages) == 495
    put(pages, people("abcdefg") + rows, 100, 200)
    assert len(pages) == 507


def test_in_an_order_by_time_only_what_has_run_out_has_gone() -> None:
    pages = RegistrationPages()
    pages.set_query(Query(sort="expires"))
    rows = [registration("a", expires=999), registration("b"), registration("c")]
    put(pages, rows)
    put(pages, rows[2:])
    assert shown(pages) == ["-a", "c"]


def test_the_answer_to_another_query_makes_nothing_gone() -> None:
    pages = RegistrationPages()
    put(pages, people("abc"))
    pages.set_query(Query("b"))
    assert shown(pages) == ["a", "b", "c"]
    put(pages, people("b"))
    assert shown(pages) == ["b"]


def test_lines_are_found_by_their_keys() -> None:
    pages = RegistrationPages()
    put(pages, people("abcd"))
    put(pages, people("acd"))
    found = pages.lines_of(-5, 50)
    assert [found[registration(name).key] for name in "abcd"] == [0, 1, 2, 3]
