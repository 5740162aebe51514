from __future__ import annotations

import pytest

from ser_core.modules.xlog.specifiers import SPECIFIERS
from ser_core.modules.xlog.template import Template
from tests.support.script_messages import request_in_script as request


def filled(text: str, limit: int = 4096) -> bytes:
    return Template.from_script(text).fill(request("Subject: %ci"), limit)


def test_text_and_specifiers_stand_in_their_order() -> None:
    assert filled("<%rm> of %ft: %ci.") == b"<INVITE> of a48s: 1@192.0.2.101."


def test_a_text_without_specifiers_stays_as_it_is() -> None:
    assert filled("plain {text} é") == "plain {text} é".encode()
    assert filled("") == b""


def test_two_percent_signs_are_one() -> None:
    assert filled("100%% %%ci") == b"100% %ci"


def test_what_the_message_brings_is_not_read_again() -> None:
    assert filled("%{Subject}") == b"%ci"


def test_a_header_is_found_by_any_spelling() -> None:
    assert filled("%{s}|%{SUBJECT}|%{ subject }") == b"%ci|%ci|%ci"
    assert filled("%{X-None}") == b"<null>"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_one_line_end_at_the_end_is_left_out(end: str) -> None:
    assert filled(f"a{end}") == b"a"
    assert filled(f"a\n{end}") == b"a\n"


def test_a_text_is_cut_at_its_limit() -> None:
    assert filled("%rm", 3) == b"INV"


@pytest.mark.parametrize(
    ("text", "shown", "place"),
    [("%zz", "'%zz'", 1), ("from %fu %f", "'%f'", 10), ("a%", "'%'", 2), ("%CI", "'%CI'", 1)],
)
def test_a_wrong_specifier_is_told_with_its_place(text: str, shown: str, place: int) -> None:
    with pytest.raises(ValueError, match=f"{shown}, character {place} of the text, is no spec"):
        Template.from_script(text)


@pytest.mark.parametrize("text", ["%{Subject", "%{}", "%{two words}", "%{"])
def test_a_header_needs_its_name(text: str) -> None:
    with pytest.raises(ValueError, match="character 1 of the text, needs the name of a header"):
        Template.from_script(text)


def test_the_mistake_names_all_specifiers() -> None:
    with pytest.raises(ValueError, match="there are") as raised:
        Template.from_script("%")
    assert all(f"%{letters}" in str(raised.value) for letters in SPECIFIERS)
