from __future__ import annotations

import pytest

from sertui.key_names import key_name


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("f5", "F5"),
        ("f", "f"),
        ("F", "F"),
        ("ctrl+p", "^P"),
        ("escape", "Esc"),
        ("question_mark", "?"),
        ("plus", "+"),
        ("1", "1"),
    ],
)
def test_a_key_is_written_as_on_the_keyboard(key: str, name: str) -> None:
    assert key_name(key) == name
