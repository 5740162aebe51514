"""Keys and signs of docs/sertui.md, from the tables of actions and signs."""

from __future__ import annotations

from collections.abc import Iterator

from docs.markdown import table
from sertui.actions import EVERYWHERE, actions_of
from sertui.screens.help import keys_of
from sertui.signs import signs_of

PLACES = {
    EVERYWHERE: "Everywhere",
    "overview": "1 Overview",
    "registrations": "2 Registrations",
    "inject": "3 Inject",
    "pings": "4 Ping",
    "log": "5 Log",
}


def keys() -> str:
    """Tables for each place."""
    return "\n".join(_part(where, title) for where, title in PLACES.items() if actions_of(where))


def _part(where: str, title: str) -> str:
    keys = table(["key", "what it does"], _rows(where))
    signs = table(["sign", "what it says"], _signs(where))
    return f"### {title}\n\n{keys}\n{signs}"


def _rows(where: str) -> Iterator[list[str]]:
    for action in actions_of(where):
        yield [" ".join(f"`{_written(key)}`" for key in keys_of(action).split()), action.help]


def _signs(where: str) -> Iterator[list[str]]:
    for sign in signs_of(where):
        yield [sign.sign, sign.meaning]


def _written(key: str) -> str:
    """As it is printed on a keyboard: Ctrl+P, Enter; a letter as it is typed."""
    if key.startswith("^") and len(key) > 1:
        return f"Ctrl+{key[1:].upper()}"
    return key if len(key) == 1 else key.capitalize()
