"""POSIX expressions: what they mean, which engine searches, and that none runs for long."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ser_core.script.posix import compile_posix, compile_test


def engine_of(expression: str) -> str:
    owner = compile_test(expression).__self__  # type: ignore[attr-defined]
    return type(owner).__module__


@pytest.mark.parametrize(
    ("expression", "text", "found"),
    [
        ("^sip:[0-9]+@", b"sip:123@x", True),
        ("^sip:[0-9]+@", b"sip:joe@x", False),
        ("EXAMPLE", b"sip:a@example.org", True),
        ("INVITE|ACK", b"ack", True),
        ("INVITE|ACK", b"BYE", False),
        (r"example\.org", b"exampleXorg", False),
        (r"\.de$", b"sip:a@b.de", True),
        (r"\.de$", b"sip:a@b.de\n", False),
        ("a.b", b"a\nb", True),
        ("^b", b"a\nb", False),
        (r"[\.]", b"\\", True),
        (r"[\.]", b".", True),
        (r"[\.]", b"x", False),
        ("[]a]", b"]", True),
        ("[^]a]", b"]a", False),
        ("[^a]", b"\n", True),
        ("[a-]", b"-", True),
        ("[[:digit:]x]", b"5", True),
        ("[[:DIGIT:]]", b"5", None),
        ("[[:space:]]", b"\t", True),
        ("[[:punct:]]", b"]", True),
        ("[[:alpha:][:digit:]]", b"_", False),
        ("[^[:alnum:]]", b"a1", False),
        ("[[.-.]]", b"-", True),
        ("[[=a=]]", b"A", True),
        ("a{2}", b"aa", True),
        ("a{2}", b"a", False),
        ("xa{,2}y", b"xaay", True),
        ("xa{,2}y", b"xaaay", False),
        ("xa{1,}y", b"xaaay", True),
        ("x{", b"x{", True),
        ("x{}", b"x{}", True),
        ("x{a}", b"x{a}", True),
        (r"\w+@\d", b"joe@1", True),
        (r"\<joe\>", b"a joe b", True),
        (r"\<joe\>", b"joes", False),
        (r"a\+b", b"a+b", True),
        ("(a|b)c", b"bc", True),
        ("()", b"", True),
        ("", b"", True),
        ("a*?b", b"aab", True),
        ("^a?+b", b"aab", True),
        ("ü", "Ü".encode(), False),
        ("ü", "ü".encode(), True),
    ],
)
def test_what_an_expression_finds(expression: str, text: bytes, found: bool | None) -> None:
    if found is None:
        with pytest.raises(ValueError, match="is no class of characters"):
            compile_test(expression)
        return
    assert bool(compile_test(expression)(text)) is found


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("(", '"(" is no regular expression: missing ): ('),
        ("a)", '"a)" is no regular expression: unexpected ): a)'),
        ("[a", '"[a" is no regular expression: "[" is never closed'),
        ("[", '"[" is no regular expression: "[" is never closed'),
        ("[]", '"[]" is no regular expression: "[" is never closed'),
        ("[z-a]", '"z-a" is no range of characters'),
        ("[[:foo:]]", '"[:foo:]" is no class of characters'),
        ("[[:foo]]", '"[:" is never closed with ":]"'),
        ("[[.ab.]]", '"[.ab.]" is no character'),
        ("*a", '"*a" is no regular expression: no argument for repetition operator: *'),
        ("a{2,1}", '"a{2,1}" is no regular expression: invalid repetition size: {2,1}'),
        ("a{1001}", '"a{1001}" is no regular expression: invalid repetition size: {1001}'),
        ("(a)\\1", '"(a)\\1" refers back with \\1, which isn\'t possible'),
        ("a\\", '"a\\" is no regular expression: it ends in a backslash'),
        ("(?i)a", '"(?i)a" is no POSIX regular expression: "(?" means nothing'),
        ("a" * 5000, "a regular expression has at most 4096 characters"),
    ],
)
def test_a_wrong_expression_says_what_is_wrong(expression: str, reason: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(reason)}$"):
        compile_test(expression)


@pytest.mark.parametrize(
    ("expression", "engine"),
    [
        ("INVITE|ACK", "re"),
        ("^sip:[0-9]+@", "re"),
        (r"^sip:.*\.org$", "re"),
        (r"\.org$", "re"),
        ("(a+)+b", "re2"),
        ("a+b", "re2"),
        ("^a*a*b", "re2"),
        ("^a+|b", "re2"),
        ("(ab)?c", "re2"),
        ("a{3}", "re2"),
        ("a?b?c?d", "re2"),
        ("^a?+b", "re2"),
        ("^*a", "re2"),
    ],
)
def test_only_what_can_not_backtrack_far_is_searched_by_pythons_engine(
    expression: str, engine: str
) -> None:
    assert engine_of(expression).partition(".")[0] == engine


@pytest.mark.parametrize(
    "expression",
    ["(a+)+b", "(a|a)*b", "(a|aa)+$", "a*a*a*a*b", "(.*)*x", "^(a?){40}a{40}$", "^a*b", "(x+x+)+y"],
)
def test_no_expression_needs_more_than_linear_time(expression: str) -> None:
    """Backtracking would take centuries for these; that this test ends is the proof."""
    compile_test(expression)(b"a" * 60_000)
    compile_posix(expression).search(b"x" * 60_000)


def test_the_longest_of_the_leftmost_matches_is_found() -> None:
    found = compile_posix("a|ab|abc").search(b"xabcd")
    assert found is not None
    assert found.span() == (1, 4)


def test_lines_count_where_a_message_is_searched() -> None:
    found = compile_posix("^from:.*$").search(b"Via: x\nFrom: y\nTo: z")
    assert found is not None
    assert found.group() == b"From: y"
    assert compile_posix("[^x]+").search(b"a\nb").span() == (0, 1)  # type: ignore[union-attr]


def test_without_lines_a_newline_is_a_character() -> None:
    pattern = compile_posix("^a.*b$", dot_all=True)
    assert pattern.search(b"a\nb")
    assert not pattern.search(b"x\na\nb")


def test_case_counts_when_asked_for() -> None:
    assert not compile_posix("a", ignore_case=False).search(b"A")


def test_groups_can_be_taken_out_and_put_in() -> None:
    pattern = compile_posix("([a-z]+)@([a-z]+)")
    assert pattern.groups == 2
    assert pattern.subn(lambda found: found[2] + b"@" + found[1], b"joe@home", count=1) == (
        b"home@joe",
        1,
    )


def test_an_expression_may_be_bytes() -> None:
    assert compile_test(b"\xff")(b"a\xffb")


@given(st.text(alphabet="ab.*+?|()[]{}^$\\,0123:-=d[:digit:]", max_size=20))
def test_any_text_is_an_expression_or_a_value_error(text: str) -> None:
    try:
        search = compile_test(text)
    except ValueError:
        return
    search(b"aabb1.2" * 20)


@given(
    st.from_regex(r"\A\^?([ab.]|\[a-c\])([*+?])?([ab.]|\[a-c\]){0,3}(\|b)?\$?\Z"),
    st.text(alphabet="abcd", max_size=12),
)
def test_both_engines_agree(expression: str, text: str) -> None:
    by_test = bool(compile_test(expression)(text.encode()))
    by_re2 = bool(compile_posix(expression, dot_all=True).search(text.encode()))
    assert by_test == by_re2
