"""The keys of this place, in the last line.

Textual's own Footer has a widget for each key, and makes all of them anew whenever the focus moves:
some 30 ms of CPU for each change of screen. This one is a line of text.
"""

from __future__ import annotations

from typing import NamedTuple

from rich.style import Style
from rich.text import Text
from textual import events
from textual.app import RenderResult
from textual.screen import Screen
from textual.widget import Widget


class Key(NamedTuple):
    """One key in the line."""

    key: str
    shown: str
    label: str
    is_enabled: bool

    @property
    def width(self) -> int:
        """With the blank behind it."""
        return len(self.shown) + len(self.label) + 2


class KeyBar(Widget):
    """A click on a key is as good as pressing it."""

    COMPONENT_CLASSES = {"key-bar--key", "key-bar--off"}  # noqa: RUF012  # Textual's way
    DEFAULT_CSS = """
    KeyBar {
        dock: bottom;
        height: 1;
        background: $footer-background;
        color: $footer-foreground;
        .key-bar--key { color: $footer-key-foreground; text-style: bold; }
        .key-bar--off { text-style: dim; }
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
            if binding.show and binding.action not in found:
                shown = self.app.get_key_display(binding)
                found[binding.action] = Key(binding.key, shown, binding.description, is_enabled)
        return list(found.values())

    def render(self) -> RenderResult:
        key_style = self.get_component_rich_style("key-bar--key", partial=True)
        off = self.get_component_rich_style("key-bar--off", partial=True)
        text = Text(no_wrap=True, overflow="crop", end="")
        for key in self._keys:
            text.append(f"{key.shown} ", key_style if key.is_enabled else off)
            text.append(f"{key.label} ", Style() if key.is_enabled else off)
        return text

    def on_click(self, event: events.Click) -> None:
        """Press the key that stands there."""
        end = 0
        for key in self._keys:
            end += key.width
            if event.x < end:
                self.app.simulate_key(key.key)
                return
