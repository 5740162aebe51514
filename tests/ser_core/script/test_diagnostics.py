"""How mistakes look: place, text, line and caret."""

from __future__ import annotations

import pytest

from ser_core.script.diagnostics import (
    MAX_ERRORS,
    ConfigErrors,
    Diagnostic,
    Reporter,
    Span,
    TooManyErrors,
    did_you_mean,
    nearest,
    render_errors,
)

TEXT = "route {\n\tif (!t_realy()) {\n\t\tbreak;\n"


def span(line: int, column: int, end_line: int, end_column: int) -> Span:
    return Span("ser.cfg", line, column, end_line, end_column)


def test_an_error_shows_its_place_its_line_and_a_caret() -> None:
    reporter = Reporter("ser.cfg", TEXT)
    reporter.error(span(2, 7, 2, 14), 'unknown function "t_realy"', 'did you mean "t_relay"?')
    assert render_errors(reporter.errors) == (
        'ser.cfg:2:7: error: unknown function "t_realy", did you mean "t_relay"?\n'
        "    2 | \tif (!t_realy()) {\n"
        "      | \t     ^~~~~~~"
    )


def test_a_warning_says_that_it_is_one() -> None:
    reporter = Reporter("ser.cfg", TEXT)
    reporter.warning(span(1, 1, 1, 6), "route is never called")
    assert reporter.warnings[0].render().startswith("ser.cfg:1:1: warning: route is never called\n")


def test_a_piece_over_several_lines_is_marked_where_it_begins() -> None:
    reporter = Reporter("ser.cfg", TEXT)
    reporter.error(span(1, 7, 3, 2), "x")
    assert reporter.errors[0].render().endswith("    1 | route {\n      |       ^")


def test_a_place_behind_the_line_has_one_caret() -> None:
    reporter = Reporter("ser.cfg", "ab")
    reporter.error(span(1, 3, 1, 3), 'expected ";"')
    assert reporter.errors[0].render().endswith("    1 | ab\n      |   ^")


def test_control_characters_of_the_line_never_reach_the_terminal() -> None:
    reporter = Reporter("ser.cfg", "a\x1b[31m\x00b\r\n")
    reporter.error(span(1, 1, 1, 2), "x")
    assert "    1 | a?[31m?b\n" in reporter.errors[0].render()


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ('"db_url", "mysq://ser:hes:l@o@host/ser")', '"db_url", "mysq://ser:*******@host/ser")'),
        ('"db_url", "mysql:/ser:heslo@host/ser")', '"db_url", "mysql:/ser:*****@host/ser")'),
        ('"db_url", "mysql://host:33@6/ser")', '"db_url", "mysql://host:**@6/ser")'),
        ('rewriteuri("sip:bob@host:5060");', 'rewriteuri("sip:bob@host:5060");'),
        ('modparam("a:b", "c@d")', 'modparam("a:b", "c@d")'),
    ],
)
def test_passwords_in_the_line_are_not_shown(line: str, shown: str) -> None:
    assert (
        Diagnostic(span(1, 1, 1, 2), "wrong", line_text=line)
        .render()
        .splitlines()[1]
        .endswith(shown)
    )


def test_an_empty_line_is_not_shown() -> None:
    assert Diagnostic(span(1, 1, 1, 1), "the file is empty").render() == (
        "ser.cfg:1:1: error: the file is empty"
    )


def test_one_place_has_one_mistake() -> None:
    reporter = Reporter("ser.cfg", TEXT)
    reporter.error(span(1, 1, 1, 2), "first")
    reporter.error(span(1, 1, 1, 5), "what follows from it")
    assert [x.message for x in reporter.errors] == ["first"]


def test_after_ten_mistakes_it_is_enough() -> None:
    reporter = Reporter("ser.cfg", TEXT)
    for number in range(1, MAX_ERRORS):
        reporter.error(span(number, 1, number, 2), "x")
    with pytest.raises(TooManyErrors):
        reporter.error(span(MAX_ERRORS, 1, MAX_ERRORS, 2), "x")
    assert len(reporter.errors) == 10


def test_all_errors_come_in_the_order_of_the_text() -> None:
    reporter = Reporter("ser.cfg", TEXT)
    reporter.error(span(3, 1, 3, 2), "later")
    reporter.error(span(1, 1, 1, 2), "sooner")
    with pytest.raises(ConfigErrors) as caught:
        reporter.raise_errors()
    assert [x.message for x in caught.value.diagnostics] == ["sooner", "later"]
    assert render_errors(caught.value) == str(caught.value)


def test_warnings_alone_are_no_errors() -> None:
    reporter = Reporter("ser.cfg", TEXT)
    reporter.warning(span(1, 1, 1, 2), "x")
    reporter.raise_errors()


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("t_realy", "t_relay"),
        ("T_RELAY", "t_relay"),
        ("sl_send_repyl", "sl_send_reply"),
        ("completely_different", ""),
    ],
)
def test_the_nearest_known_name(word: str, name: str) -> None:
    known = ["t_relay", "t_reply", "sl_send_reply"]
    assert nearest(word, known) == name
    assert did_you_mean(word, known) == (f'did you mean "{name}"?' if name else "")


def test_spans_join() -> None:
    assert span(1, 1, 1, 2).to(span(3, 4, 3, 5)) == span(1, 1, 3, 5)
