from __future__ import annotations

import pytest

from ser_core.fifo.protocol import Reply
from ser_core.fifo.tables import table_body
from serctl.replies import Misunderstood, lines_of, numbers_of, pairs_of, rows_of, text_of


def test_the_lines_of_a_body() -> None:
    assert lines_of(Reply(body=b"a\nb\r\n\nc")) == ["a", "b", "", "c"]
    assert lines_of(Reply()) == []


def test_what_is_no_utf8_is_kept() -> None:
    assert text_of(Reply(body=b"\xff\n")) == "\udcff\n"


def test_columns_are_found_by_name_whatever_stands_beside_them() -> None:
    reply = Reply(body=table_body(("new", "b", "a"), [("x", "2", "1\t")]))
    assert rows_of(reply, "a", "b") == [["1\t", "2"]]


@pytest.mark.parametrize("body", [b"", b"a\tb", b"a\n", b"a\tb\n1\n"])
def test_a_reply_that_is_no_such_table_is_told(body: bytes) -> None:
    with pytest.raises(Misunderstood, match=r"ser and serctl don't fit together: .*200 ok"):
        rows_of(Reply(body=body), "a", "b")


def test_names_and_values() -> None:
    reply = Reply(body=table_body(("name", "value"), [("listen", "x"), ("listen", "y")]))
    assert pairs_of(reply) == [("listen", "x"), ("listen", "y")]


def test_numbers_behind_the_status() -> None:
    reply = Reply(text="ok total=120 matched=7")
    assert numbers_of(reply, "matched", "total") == [7, 120]
    with pytest.raises(Misunderstood):
        numbers_of(reply, "next")
