"""The keys of this place, in the last line.

Textual's own Footer has a widget for each key, and makes all of them anew whenever the focus moves:
some 30 ms of CPU for each change of screen. This one is a line of text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rich.style import Style
from rich.text import Text
from textual import events
from textual.app import RenderResult
from textual.screen import Screen
from textual.widget import Widget

from sertui.actions import EVERYWHERE, actions_of
from sertui.key_names import key_name

ENTER = "⏎"
"""Room is scarce."""
ALWAYS = "help"
"""The action whose key is shown however little room there is."""


class Key(NamedTuple):
    """One key in the line."""

    key: str
    shown: str
    label: str
    is_enabled: bool
    action: str

    @property
    def width(self) -> int:
        """Key, blank, label."""
        return len(self.shown) + 1 + len(self.label)


class Place(NamedTuple):
    """Where a key stands."""

    column: int
    key: Key


class KeyBar(Widget):
    """A click on a key is as good as pressing it."""

    COMPONENT_CLASSES = {"key-bar--key", "key-bar--off"}  # noqa: RUF012  # Textual's way
    DEFAULT_CSS = """
    KeyBar {
        dock: bottom;
        height: 1;
        padding: 0 1;
        background: $footer-background;
        color: $footer-foreground;
        .key-bar--key { color: $footer-key-foreground; text-style: bold; }
        .key-bar--off { color: $faint-color; text-style: $faint-style; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._keys: list[Key] = []

    def on_mount(self) -> None:
        """Textual tells when other keys work, such as when the focus has moved."""
        self.screen.bindings_updated_signal.subscribe(self, self._look)
        self._look(self.screen)

    def on_unmount(self) -> None:
        self.screen.bindings_updated_signal.unsubscribe(self)

    def _look(self, screen: Screen[object]) -> None:
        if not screen.is_current:
            return
        keys = list(self._found(screen))
        if keys != self._keys:
            self._keys = keys
            self.refresh()

    def _found(self, screen: Screen[object]) -> list[Key]:
        """One key for each action that is to be shown."""
        found: dict[str, Key] = {}
        for _, binding, is_enabled, _ in screen.active_bindings.values():
            action = binding.action
            if binding.show and action not in found:
                shown = ENTER if binding.key == "enter" else key_name(binding.key)
                found[action] = Key(binding.key, shown, binding.description, is_enabled, action)
        return list(found.values())

    @property
    def _places(self) -> list[Place]:
        return placed(self._keys, self.content_size.width)

    def render(self) -> RenderResult:
        key_style = self.get_component_rich_style("key-bar--key", partial=True)
        off = self.get_component_rich_style("key-bar--off", partial=True)
        text = Text(no_wrap=True, overflow="crop", end="")
        for column, key in self._places:
            text.append(" " * (column - len(text)))
            text.append(key.shown, key_style if key.is_enabled else off)
            text.append(f" {key.label}", Style() if key.is_enabled else off)
        return text

    def on_click(self, event: events.Click) -> None:
        """Press the key that stands there."""
        at = event.x - self.styles.padding.left
        for column, key in self._places:
            if column <= at < column + key.width:
                self.app.simulate_key(key.key)
                return


def placed(keys: Sequence[Key], width: int) -> list[Place]:
    """Keys of this place from the left, those that work everywhere at the right end; none is cut.

    What there is no room for is left out: first of what works everywhere, then the last of the
    others. The key for help stays, for it tells them all.
    """
    anywhere = {action.name for action in actions_of(EVERYWHERE)}
    right = [key for key in keys if key.action in anywhere]
    left = [key for key in keys if key.action not in anywhere]
    while _width([*left, *right], 1) > width and (left or right):
        other = [key for key in right if key.action != ALWAYS]
        if other:
            right.remove(other[0])
        else:
            (left or right).pop()
    gap = 2 if _width([*left, *right], 2) <= width else 1
    return [*_from(0, left, gap), *_from(width - _width(right, gap), right, gap)]


def _width(keys: Sequence[Key], gap: int) -> int:
    return sum(key.width for key in keys) + gap * max(len(keys) - 1, 0)


def _from(column: int, keys: Sequence[Key], gap: int) -> Iterator[Place]:
    for key in keys:
        yield Place(column, key)
        column += key.width + gap
