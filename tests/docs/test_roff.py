from __future__ import annotations

import subprocess

import pytest

from docs import roff


def test_text_comes_out_as_it_is() -> None:
    assert roff.escaped("a\\b -c 'd'") == "a\\eb \\-c \\(aqd\\(aq"
    assert roff.escaped('`e` ~^"') == "\\(gae\\(ga \\(ti\\(ha\\(dq"


def test_what_stands_in_backquotes_is_bold() -> None:
    assert roff.prose("Say `ser -c` first.") == "Say \\fBser \\-c\\fR first."


def test_a_dot_at_the_beginning_is_no_macro() -> None:
    assert roff.prose(".ci is a directory\nof ours") == "\\&.ci is a directory\nof ours"


def test_sections_without_anything_are_left_out() -> None:
    assert roff.section("Empty", "", "") == ""


def test_paragraphs_are_apart() -> None:
    assert roff.section("One", "a", "b") == ".SH ONE\na\n.PP\nb"
    assert roff.paragraphs("a", ".TP\nb") == "a\n.TP\nb"


def test_an_entry_has_a_term_and_what_it_means() -> None:
    assert roff.entry("term", "a", "", "b") == ".TP\nterm\na\n.sp\nb"
    assert roff.entry("term") == ".TP\nterm\n\\&"
    assert roff.entry("term", "a", ".RS\n.TP\nb\n.RE") == ".TP\nterm\na\n.RS\n.TP\nb\n.RE"


def test_an_example_keeps_its_lines() -> None:
    assert roff.example(["if x;", "  .y"]) == ".nf\n\\&    if x;\n\\&      .y\n.fi"


@pytest.mark.needs("groff")
def test_a_page_can_be_rendered() -> None:
    page = roff.page(
        roff.heading("try", 8, "Nothing"),
        roff.section("Name", roff.prose('try - it\'s `-x` \\n "here"')),
        roff.section("More", roff.subsection("A b", roff.entries([("t", "x")]))),
        roff.section("Then", roff.example([".a 'b'"])),
    )
    run = subprocess.run(
        ["groff", "-mandoc", "-Tascii", "-Kutf8", "-ww", "-P-c", "-P-bou"],
        input=page,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stderr == ""
    assert 'try - it\'s -x \\n "here"' in run.stdout
    assert "    .a 'b'\n" in run.stdout
