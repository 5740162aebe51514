from __future__ import annotations

import pytest

from sertui.plain_text import plain, plain_text


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("plain", "plain"),
        ("[bold]Zoë[/]", "[bold]Zoë[/]"),
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("a\nb\tc\r", "a\\nb\\tc\\r"),
        ("\udcff", "\\xff"),
        ("\ud800", "\\ud800"),
        ("x\u202ey", "x\\u202ey"),
        ("\U000e0041", "\\U000e0041"),
        ("☎️", "☎\\ufe0f"),
        ("📞", "📞"),
        ("Zoe\u0308 e\u0323\u0301", "Zoe\u0308 e\u0323\u0301"),
        ("e\u0321\u0322\u0323\u0324x", "e\u0321\u0322\\u0323\\u0324x"),
    ],
)
def test_what_a_terminal_would_obey_is_written_out(text: str, seen: str) -> None:
    assert plain(text) == seen


def test_a_text_for_a_widget_keeps_markup_as_it_is() -> None:
    assert plain_text("[red]x[/]\n", "bold").plain == "[red]x[/]\\n"
