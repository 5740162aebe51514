"""How keys are written: as they stand on the keyboard."""

from __future__ import annotations

_NAMES = {
    "plus": "+",
    "minus": "-",
    "question_mark": "?",
    "slash": "/",
    "escape": "Esc",
    "enter": "Enter",
    "space": "Space",
    "delete": "Del",
    "end": "End",
}


def key_name(key: str) -> str:
    """Of Textual's name of a key: `F5`, `^P`, `Esc`, `?`; a letter as it is typed."""
    control, _, plain = key.rpartition("ctrl+")
    if plain != key:
        return f"{control}^{plain.upper()}"
    if key[:1] == "f" and key[1:].isdigit():
        return key.upper()
    return _NAMES.get(key, key)
