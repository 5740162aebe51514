"""What ul_list is asked, and what its answer means."""

from __future__ import annotations

import pytest

from ser_core.fifo.protocol import Reply
from sertui.registrations import FRESH, PERMANENT, Query, RowState, read_listing
from tests.support.sertui_feed import NOW
from tests.support.sertui_registrations import answer, registration


def test_an_answer_is_read_back_as_it_was_written() -> None:
    rows = [registration("joe", user_agent="tab\there \\ [red]"), registration("ann", q="")]
    listing = read_listing(answer(rows, total=9, matched=2))
    assert (list(listing.rows), listing.total, listing.matched) == (rows, 9, 2)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, "ok total=1 matched=1", b"rubbish"),
        Reply(200, "ok total=1 matched=1", b"aor\nx\n"),
        Reply(200, "ok", b"aor\n"),
    ],
)
def test_another_answer_is_a_value_error(reply: Reply) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_listing(reply)


def test_a_query_asks_for_a_page_in_its_order() -> None:
    query = Query("Joe", "expires", descending=True, table="aliases")
    assert query.options(100, 300) == (
        "table=aliases",
        "sort=-expires",
        "offset=100",
        "limit=300",
        "filter=Joe",
    )
    assert not any(option.startswith("filter") for option in Query(" ").options(0, 1))


@pytest.mark.parametrize(
    ("contact", "transport"),
    [
        ("sip:a@h", "udp"),
        ("sips:a@h", "tls"),
        ("SIP:a@h;Transport=TCP;x", "tcp"),
        ("<sip:a@h;transport=ws>", "ws"),
        ("sip:a@h;transport=", "udp"),
    ],
)
def test_the_contact_tells_the_transport(contact: str, transport: str) -> None:
    assert registration(contact=contact).transport == transport


def test_the_times_tell_the_state() -> None:
    now = int(NOW)
    assert registration(since=now).state(now) is RowState.NEW
    assert registration(since=now).state(now + FRESH) is RowState.USUAL
    assert registration(since=now + 60).state(now) is RowState.USUAL  # a clock was set back
    assert registration(expires=now).state(now) is RowState.EXPIRED
    assert registration(expires=0).state(now) is RowState.PERMANENT
    assert registration(expires=now - 9, flags=PERMANENT).state(now) is RowState.PERMANENT
