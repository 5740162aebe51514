from __future__ import annotations

import pytest

from ser_core.fifo.protocol import FifoError
from ser_core.modules.usrloc.list_query import SORT_KEYS, ListQuery, read_query
from ser_core.registrar.bindings import permanent
from tests.support.registrar import START, binding


def test_nothing_asks_for_the_first_page_of_location() -> None:
    assert read_query([]) == ListQuery(b"location", b"", "aor", False, 50, 0)


def test_every_option_is_read() -> None:
    options = [
        b"table=aliases",
        b"filter=Example.COM",
        b"sort=-expires",
        b"limit=1000",
        b"offset=100000",
    ]
    assert read_query(options) == ListQuery(
        b"aliases", b"example.com", "expires", True, 1000, 100_000
    )


def test_blanks_around_an_option_do_not_matter() -> None:
    assert read_query([b" filter = a=b "]) == ListQuery(filter=b"a=b")


def test_an_empty_filter_lets_all_pass() -> None:
    assert read_query([b"filter="]) == ListQuery()


def test_no_rows_may_be_asked_for_when_only_the_numbers_matter() -> None:
    assert read_query([b"limit=0"]).limit == 0


@pytest.mark.parametrize(
    ("option", "text"),
    [
        (b"limit", "'limit' is not KEY=VALUE"),
        (b"colour=red", "there is no 'colour', only table, filter, sort, limit, offset, after"),
        (b"=red", "there is no '', only table, filter, sort, limit, offset, after"),
        (b"limit=10001", "limit is a number up to 10000"),
        (b"limit=-1", "limit is a number up to 10000"),
        (b"limit=", "limit is a number up to 10000"),
        (b"offset=x", "offset is a number up to 4294967295"),
        (
            b"sort=age",
            "sort is one of aor, contact, expires, since, q, user_agent, "
            "with - in front for the last first",
        ),
        (
            b"sort=--aor",
            "sort is one of aor, contact, expires, since, q, user_agent, "
            "with - in front for the last first",
        ),
    ],
)
def test_a_wrong_option_is_told(option: bytes, text: str) -> None:
    with pytest.raises(FifoError) as caught:
        read_query([option])
    assert (caught.value.code, caught.value.text) == (400, f"ul_list: {text}")


def test_a_page_may_begin_behind_an_address_that_is_taken_as_it_is() -> None:
    assert read_query([b"after= j=o\xff ", b"sort=-aor"]) == ListQuery(
        after=b" j=o\xff ", descending=True
    )
    assert read_query([b"after="]).after == b""


@pytest.mark.parametrize("other", [b"offset=1", b"sort=expires"])
def test_behind_an_address_there_is_one_order_and_no_offset(other: bytes) -> None:
    with pytest.raises(FifoError, match=r"^400 ul_list: after goes with sort=aor, and without"):
        read_query([b"after=joe", other])


def test_an_option_stands_once() -> None:
    with pytest.raises(FifoError, match=r"^400 ul_list: limit is given twice$"):
        read_query([b"limit=1", b"limit=2"])


def test_a_long_option_is_not_repeated_whole() -> None:
    with pytest.raises(FifoError) as caught:
        read_query([b"x" * 60_000])
    assert len(caught.value.text) < 100


@pytest.mark.parametrize("text", ["JOE", "10.0.0.1", "tEST", "192.0.2.1", ""])
def test_a_filter_looks_into_four_fields(text: str) -> None:
    query = read_query([b"filter=" + text.encode()])
    assert query.fits(b"Joe", binding(b"sip:x@10.0.0.1", received=b"sip:192.0.2.1"))


def test_a_filter_looks_nowhere_else() -> None:
    query = read_query([b"filter=a84b4c"])
    assert not query.fits(b"joe", binding(b"sip:x@h", call_id=b"a84b4c"))


def test_permanent_bindings_expire_last() -> None:
    key = SORT_KEYS["expires"]
    assert key(b"", permanent(b"sip:a@h", START)) > key(b"", binding(expires_at=1e12))
