from __future__ import annotations

import pytest

from ser_core.fifo.protocol import Reply, Sendable
from ser_core.fifo.tables import table_body
from sertui.address_book import AddressBook, TargetSuggester, uri_of
from sertui.feed import Answer
from tests.support.virtual_time import run

ROWS = [
    ["joe", "sip:joe@10.0.0.9:5062"],
    ["joe", "sip:joe@10.0.0.8:5062"],
    ["joanna@example.com", "sip:jo@10.0.0.7"],
]
LISTEN = "udp:192.0.2.1:5060 tcp:192.0.2.1:5060"


class Ser:
    def __init__(self, answer: Reply | None = None) -> None:
        self.answer = Answer(answer or Reply(body=table_body(["aor", "contact"], ROWS)))
        self.asked: list[tuple[Sendable, ...]] = []

    async def ask(self, *request: Sendable) -> Answer:
        self.asked.append(request)
        return self.answer


def book(ser: Ser) -> AddressBook:
    return AddressBook(ser.ask, lambda: LISTEN)


def test_users_are_found_once() -> None:
    ser = Ser()
    assert run(book(ser).users("jo")) == ["joe", "joanna@example.com"]
    assert ser.asked == [("ul_list", "filter=jo", "sort=aor", "limit=20")]


def test_uris_at_ser_come_before_those_of_contacts() -> None:
    assert run(book(Ser()).uris("jo")) == [
        "sip:joe@192.0.2.1",
        "sip:joanna@example.com",
        "sip:joe@10.0.0.9:5062",
        "sip:joe@10.0.0.8:5062",
        "sip:jo@10.0.0.7",
    ]


@pytest.mark.parametrize("reply", [Reply(500, "no"), Reply(body=b"what\n")])
def test_without_an_answer_nobody_is_found(reply: Reply) -> None:
    assert run(book(Ser(reply)).uris("jo")) == []


def test_without_ser_nobody_is_found() -> None:
    ser = Ser()
    ser.answer = Answer(None, "away")
    assert run(book(ser).users("jo")) == []


@pytest.mark.parametrize(
    ("aor", "listen", "uri"),
    [
        ("joe@example.com", LISTEN, "sip:joe@example.com"),
        ("joe", LISTEN, "sip:joe@192.0.2.1"),
        ("joe", "udp:[::1]:5070", "sip:joe@[::1]:5070"),
        ("joe", "", "sip:joe@localhost"),
    ],
)
def test_a_user_without_domain_is_asked_for_at_ser(aor: str, listen: str, uri: str) -> None:
    assert uri_of(aor, listen) == uri


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("jo", "joe"),
        ("joa", "joanna@example.com"),
        ("sip:joe@10", "sip:joe@10.0.0.9:5062"),
        ("sip:", None),
        ("", None),
        ("ann", None),
        ("tel:1", None),
    ],
)
def test_a_name_is_completed_while_it_is_typed(typed: str, offered: str | None) -> None:
    suggester = TargetSuggester(book(Ser()))
    assert run(suggester.get_suggestion(typed)) == offered
