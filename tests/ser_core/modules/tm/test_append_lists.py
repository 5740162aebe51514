from __future__ import annotations

import pytest

from ser_core.modules.tm.append_lists import AppendList, read_append_lists


def test_a_list_names_headers_and_the_body() -> None:
    lists = read_append_lists("params:avp[fr];subject=hdr[Subject]; hdr[i] ;body=msg[body]")
    headers = ((b"subject", b"subject"), (b"i", b"call-id"))
    assert lists == {"params": AppendList(headers, with_body=True)}


def test_several_values_are_several_lists() -> None:
    lists = read_append_lists("a:hdr[From]\nB : hdr[To]")
    assert set(lists) == {"a", "b"}


def test_none_are_none() -> None:
    assert read_append_lists("") == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("no colon", "is not NAME:element"),
        (":hdr[a]", "is not NAME:element"),
        ("a:", "is not NAME:element"),
        ("a:Subject", "is not hdr"),
        ("a:hdr[x];", "is not hdr"),
        ("a:hdr[]", "is not hdr"),
        ("a:foo[x]", "is not hdr"),
        ("a:msg[head]", "only msg"),
        ("a:hdr[b@d]", "can't be the name of a header"),
        ("a:hdr[x]\nA:hdr[y]", "two lists with the name A"),
    ],
)
def test_what_is_wrong_is_told(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_append_lists(text)
