"""Finding the way after a mistake: what is told next, and what isn't."""

from __future__ import annotations

import pytest

from ser_core.script.diagnostics import Reporter
from ser_core.script.lexer import Source
from ser_core.script.tokens import TokenStream, describe
from tests.support.scripts import errors_of


def stream_of(text: str) -> TokenStream:
    return TokenStream(Source("ser.cfg", text), Reporter("ser.cfg", text))


def test_the_end_is_never_passed() -> None:
    stream = stream_of("a")
    assert [stream.take().text for _ in range(3)] == ["a", "", ""]
    assert describe(stream.token) == "the end of the file"


def test_a_word_in_quotes_is_no_word() -> None:
    assert not stream_of('"route"').at('"route"')
    assert stream_of("route").at("route")


@pytest.mark.parametrize(
    ("text", "top_level"),
    [
        ("route {", True),
        ("route[1]", True),
        ("route(1)", False),
        ('loadmodule "x"', True),
        ("loadmodule = 3", False),
        ("modparam(", True),
        ("debug=3", True),
        ("debug==3", False),
        ("other=3", False),
        ("{", False),
    ],
)
def test_what_surely_begins_a_statement_of_the_top_level(text: str, top_level: bool) -> None:
    assert stream_of(text).at_top_level() is top_level


def test_a_long_token_is_cut_in_a_message() -> None:
    assert describe(stream_of("x" * 100).token) == f'"{"x" * 40}"'


@pytest.mark.parametrize(
    ("text", "mistakes"),
    [
        # Behind the ; of the statement.
        ("route {\n a( ; b( ;\n}", ["2:5", "2:10"]),
        # At the line's end, when the statement lacks its ;.
        ("route {\n a b\n c( ;\n}", ["2:3", "3:5"]),
        # At the brace that ends the block.
        ("route {\n if (1) { a( }\n b( ;\n}", ["2:14", "3:5"]),
        # Behind a whole block that belongs to the statement.
        ("route {\n if ( { a(); }\n b( ;\n}", ["3:2"]),
        ("route {\n foo { a(); b(); }\n c( ;\n}", ["2:5", "3:5"]),
        # At the next statement of the top level.
        ("debug\nfork=no\nroute { a( ; }", ["1:1", "3:12"]),
        ("foo bar\nbaz=1\nroute { a( ; }", ["1:1", "2:1", "3:12"]),
        ("route { a(\nroute[1] { b( ; }", ["1:10", "2:1", "2:15"]),
        ("modparam(1)\nmodparam(2)", ["1:10", "2:10"]),
    ],
)
def test_after_a_mistake_the_next_one_is_found(text: str, mistakes: list[str]) -> None:
    assert [x.rpartition(": ")[0].partition(": ")[0] for x in errors_of(text)] == mistakes


def test_what_is_missing_behind_an_unclosed_comment_is_not_complained_about() -> None:
    assert errors_of("route { /* a(); }") == ["1:9: this comment is never closed"]
    assert errors_of('route { log("a); }') == ["1:13: this string is never closed"]
