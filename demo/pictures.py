"""The pictures of the dashboard in README and docs: `make screenshots`.

Taken of a real run: a ser, simulated phones, and the dashboard without a terminal.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable
from html import escape, unescape
from pathlib import Path
from typing import Any

import click
from rich.cells import cell_len
from textual.pilot import Pilot

from demo.office import Office
from demo.phone import HOST
from demo.proxy import Proxy
from sertui.app import SertuiApp
from sertui.feed import Feed
from sertui.place import Place
from sertui.themes import DARK, LIGHT

SIZE = (120, 36)
HISTORY = 130.0
"""Seconds, so that the plots are full."""
PINGS = 25.0
"""Seconds of pings."""
CELL = 12.2
"""Width of a place in these files."""
FONT = "ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace"

_FACE = re.compile(r" *@font-face \{.*?\n    \}\n", re.S)
_TEXT = re.compile(
    r'<text class="([^"]*-r\d+)" x="([\d.]+)" y="([\d.]+)" '
    r'textLength="[\d.]+" ([^>]*)>([^<]*)</text>'
)
_WORD = re.compile(r"[!-~\u2500-\u257f]+|[^\s\u00a0]")
"""Together what any fixed-width font has; other signs alone, each in its place."""


def portable(svg: str) -> str:
    """With fonts that are there, nothing fetched, and each word in its place whatever the font."""
    return _TEXT.sub(_placed, _FACE.sub("", svg)).replace("Fira Code", FONT)


def _placed(found: re.Match[str]) -> str:
    style, left, y, rest, text = found.groups()
    words = unescape(text)
    return "".join(
        f'<text class="{style}" x="{float(left) + cell_len(words[: word.start()]) * CELL:.1f}"'
        f' y="{y}" textLength="{cell_len(word[0]) * CELL:.1f}" {rest}>{escape(word[0])}</text>'
        for word in _WORD.finditer(words)
    )


Steps = Callable[[Pilot[Any]], Awaitable[None]]


async def _registrations(pilot: Pilot[Any]) -> None:
    await pilot.press("2", *["down"] * 4)


async def _inject(pilot: Pilot[Any]) -> None:
    await pilot.press("3", "f2", *["down"] * 7, "enter", "f8", *"alice", "enter")
    await pilot.pause(0.5)
    await pilot.press("f5")


async def _pings(pilot: Pilot[Any]) -> None:
    await pilot.press("4")
    for user in ("alice", "bob", "carol", "dave"):
        await pilot.press("a", *user, "enter")
        await pilot.pause(0.5)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind((HOST, 0))
        await pilot.press("a", *f"sip:silent@{HOST}:{silent.getsockname()[1]}", "enter")
        await pilot.pause(PINGS)


async def _log(pilot: Pilot[Any]) -> None:
    await pilot.press("5", "plus", "plus")
    await pilot.pause(4.0)
    await pilot.press("minus", "minus")


SCREENS: dict[str, Steps] = {
    "registrations": _registrations,
    "inject": _inject,
    "log": _log,
    "pings": _pings,
}


async def take(proxy: Proxy, directory: Path, history: float = HISTORY) -> None:
    """One file for each screen, and the first one in light colours, too."""
    place = Place(run_dir=str(proxy.run_directory))
    app = SertuiApp(lambda post: Feed(place.connect, post))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause(history)
        await _save(pilot, directory / "sertui-overview.svg")
        app.theme = LIGHT.name
        await _save(pilot, directory / "sertui-overview-light.svg")
        app.theme = DARK.name
        for name, steps in SCREENS.items():
            await steps(pilot)
            await _save(pilot, directory / f"sertui-{name}.svg")


async def _save(pilot: Pilot[Any], path: Path) -> None:
    await pilot.pause(0.5)
    svg = pilot.app.export_screenshot(title=f"sertui: {path.stem.partition('-')[2]}")
    path.write_text(portable(svg))
    click.echo(path)


@click.command()
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@click.option("--seconds", default=HISTORY, show_default=True, help="Of traffic before.")
@click.option("--phones", default=24, show_default=True)
def main(directory: Path, seconds: float, phones: int) -> None:
    """Write the pictures into DIRECTORY."""
    directory.mkdir(parents=True, exist_ok=True)
    with Proxy() as proxy, Office(proxy.port, phones):
        asyncio.run(take(proxy, directory, seconds))


if __name__ == "__main__":
    main()
