"""Dialogs for a request that is read from a file, or written to one."""

from __future__ import annotations

from collections.abc import Callable

from rich.text import Text
from textual.widget import Widget

from sertui.plain_text import plain
from sertui.request_files import exists, read_file, write_file
from sertui.screens.ask_line import AskLine
from sertui.screens.confirm_dialog import ConfirmDialog


def open_request(place: Widget, take: Callable[[str], None]) -> None:
    """Ask for a file; `take` gets its text."""

    def read(name: str | None) -> None:
        if not name:
            return
        text, problem = read_file(name)
        if problem:
            place.notify(plain(problem), severity="error", markup=False)
        else:
            take(text)

    place.app.push_screen(AskLine("Open", "A file with the text of a request"), read)


def write_request(place: Widget, text: str) -> None:
    """Ask where to write it; once more before a file is replaced."""

    def write(name: str | None) -> None:
        if name and exists(name):
            _ask_to_replace(place, name, text)
        elif name:
            _write(place, name, text, replace=False)

    place.app.push_screen(AskLine("Write", "The name of a file"), write)


def _ask_to_replace(place: Widget, name: str, text: str) -> None:
    def take(replace: bool | None) -> None:
        if replace:
            _write(place, name, text, replace=True)

    question = Text(f"{plain(name)} is there already.")
    place.app.push_screen(ConfirmDialog("Replace the file?", question, "Replace"), take)


def _write(place: Widget, name: str, text: str, *, replace: bool) -> None:
    problem = write_file(name, text, replace=replace)
    place.notify(
        plain(problem or f"Written to {name}"),
        severity="error" if problem else "information",
        markup=False,
    )
