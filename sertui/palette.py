"""Ctrl+P: every action, those of this place first, and every FIFO command that this ser has."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from sertui import replies
from sertui.actions import EVERYWHERE, Action, actions_of
from sertui.fifo_commands import FifoCommand
from sertui.plain_text import plain
from sertui.screens.help import keys_of
from sertui.widgets.mode_bar import LABELS

if TYPE_CHECKING:
    from sertui.app import SertuiApp

SCREENS = dict(LABELS)
"""Each mode with its key and name, as in the line of tabs."""
PATIENCE = 2.0
"""Seconds that the palette waits for the names of the commands."""
_LEFT_OUT = ("command_palette",)
"""We are there."""


class SertuiProvider(Provider):
    """The source of all that the palette finds."""

    _commands: tuple[FifoCommand, ...] = ()

    async def startup(self) -> None:
        """Ask ser what it knows; one that is lost has only actions."""
        answer = await self._sertui.ask("help", timeout=PATIENCE)
        if answer.reply and answer.reply.is_ok:
            self._commands = tuple(replies.fifo_commands(answer.reply))

    async def discover(self) -> Hits:
        """Actions, before anything is typed; the commands would be too many."""
        for action in self._actions():
            label = _with_keys(Content(action.label), action)
            call = partial(self._act, action)
            yield DiscoveryHit(label, call, text=action.label, help=action.help)
        yield DiscoveryHit("Theme", self.app.action_change_theme, help="Other colours.")

    async def search(self, query: str) -> Hits:
        """All whose name has the letters in it."""
        matcher = self.matcher(query)
        for name, call, help, action in self._entries():
            score = matcher.match(name)
            if score > 0:
                label = _with_keys(matcher.highlight(name), action)
                yield Hit(score, label, call, text=name, help=help)

    def _entries(self) -> Iterator[tuple[str, partial[None], str, Action | None]]:
        for action in self._actions():
            yield action.label, partial(self._act, action), action.help, action
        yield "Theme", partial(self.app.action_change_theme), "Other colours.", None
        for mode, title in SCREENS.items():
            if mode != self._mode:
                for action in actions_of(mode):
                    name = f"{title}: {action.label}"
                    yield name, partial(self._act_there, action), action.help, action
        for command in self._commands:
            name = f"FIFO: {plain(command.name)}"
            yield name, partial(self._open, command), plain(command.help), None

    def _actions(self) -> Iterator[Action]:
        for action in (*actions_of(self._mode), *actions_of(EVERYWHERE)):
            if action.name not in _LEFT_OUT:
                yield action

    def _act(self, action: Action) -> None:
        """After the palette has closed, as if the key had been pressed."""
        app = self._sertui
        space = app if action.where == EVERYWHERE else app.mode_screen
        app.call_later(app.run_action, action.name, space)

    def _act_there(self, action: Action) -> None:
        """On another screen than this one."""
        app = self._sertui

        async def go_and_act() -> None:
            await app.action_mode(action.where)
            await app.run_action(action.name, app.mode_screen)

        app.call_later(go_and_act)

    def _open(self, command: FifoCommand) -> None:
        from sertui.screens.fifo_command import FifoCommandScreen

        self.app.push_screen(FifoCommandScreen(command))

    @property
    def _mode(self) -> str:
        """Of the screen below."""
        return getattr(self._sertui.mode_screen, "MODE", "")

    @property
    def _sertui(self) -> SertuiApp:
        return cast("SertuiApp", self.app)


def _with_keys(label: Content, action: Action | None) -> Content:
    """With its keys behind it, so that the next time it needs no palette."""
    keys = keys_of(action) if action else ""
    return Content.assemble(label, "  ", (keys, "$footer-key-foreground")) if keys else label
