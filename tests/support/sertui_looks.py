"""How a screen looks: text and colours, at three sizes, in two themes and the terminal's own.

tests/sertui/looks/NAME_80x24.txt has the text, then what colours there are, a letter for each, in
all themes, then where they are: ` 1  a12 b3 c` means that twelve columns of the first line look
like a, three like b, and the rest like c.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.pilot import Pilot
from textual.screen import ModalScreen
from textual.widgets import Input, TextArea

LOOKS = Path(__file__).parents[1] / "sertui" / "looks"
SIZES = ((80, 24), (120, 36), (200, 60))
DARK, LIGHT, OWN = THEMES = ("ser-dark", "ser-light", "ansi-dark")
DRAWN = set("─│╭╮╰╯━╌▁▂▃▄▅▆▇█▊▎▔") | {chr(number) for number in range(0x2800, 0x2900)}
"""Lines and bars: their colours needn't be as strong as those of letters."""
READABLE, DIMMED = 4.5, 3.0
"""Contrast of text by WCAG 2 (AA), and of what is dimmed because it is old."""
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ATTRIBUTES = ("bold", "dim", "italic", "underline", "reverse", "strike")

Cell = tuple[str, Style]
Picture = list[list[Cell]]


async def compare(
    name: str, pilot: Pilot[Any], sizes: Sequence[tuple[int, int]], *, least: float = READABLE
) -> None:
    """Compare to the files; UPDATE_LOOKS=1 writes them. Text must have a contrast of `least`."""
    for field in [*pilot.app.screen.query(Input), *pilot.app.screen.query(TextArea)]:
        field.cursor_blink = False
    for width, height in sizes:
        await pilot.resize_terminal(width, height)
        pictures = [await seen(pilot, theme) for theme in THEMES]
        for theme, picture in zip(THEMES[:2], pictures, strict=False):
            faint = hard_to_read(_front(pilot, picture), least)
            assert not faint, f"{name} at {width} columns in {theme}: hard to read: {faint}"
        _compare(LOOKS / f"{name}_{width}x{height}.txt", described(pictures))
    pilot.app.theme = DARK


async def seen(pilot: Pilot[Any], theme: str) -> Picture:
    """What is on the screen."""
    pilot.app.theme = theme
    await pilot.pause()
    strips = pilot.app.screen._compositor.render_strips()
    return [list(_cells(strip)) for strip in strips]


def _cells(segments: Sequence[Segment] | Any) -> Iterator[Cell]:
    for text, style, _ in segments:
        for char in text:
            yield char, style or Style()


def _compare(path: Path, seen: str) -> None:
    if os.environ.get("UPDATE_LOOKS"):
        path.write_text(seen)
    assert seen == path.read_text(), (
        f"{path.name} looked otherwise; UPDATE_LOOKS=1 if that is meant"
    )


def described(pictures: Sequence[Picture]) -> str:
    """The text of a look's file."""
    first, letters = pictures[0], dict[tuple[str, ...], str]()
    for other in pictures[1:]:
        assert text_in(other) == text_in(first), "a theme changes the text"
    places = [
        f"{number:2}  {_runs(line, letters)}"
        for number, line in enumerate(zip(*pictures, strict=True), 1)
    ]
    colors = [f"{letter}  {' | '.join(names)}" for names, letter in letters.items()]
    return "\n".join(
        [*text_in(first), f"── {' | '.join(THEMES)}", *colors, "── where", *places, ""]
    )


def text_in(picture: Picture) -> list[str]:
    """Its lines, without blanks at their ends."""
    return ["".join(char for char, _ in line).rstrip() for line in picture]


def _runs(line: Sequence[Sequence[Cell]], letters: dict[tuple[str, ...], str]) -> str:
    """A blank looks like what stands before it, if that has the same background."""
    looks: list[tuple[str, ...]] = []
    before: tuple[str, ...] = ()
    for cells in zip(*line, strict=True):
        look, grounds = _look_of(tuple(style for _, style in cells))
        if cells[0][0] == " " and grounds == before:
            look = looks[-1]
        before = grounds
        looks.append(look)
    runs = [(look, len(list(same))) for look, same in groupby(looks)]
    for look, _ in runs:
        letters.setdefault(look, _LETTERS[len(letters) % len(_LETTERS)] * (1 + len(letters) // 52))
    *most, (last, _) = runs
    return " ".join([*(f"{letters[look]}{count}" for look, count in most), letters[last]])


@lru_cache(1000)
def _look_of(styles: tuple[Style, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """In words; and what a blank shows of it."""
    grounds = (
        f"{color_name(style.bgcolor)} {bool(style.reverse)}{bool(style.underline)}"
        for style in styles
    )
    return tuple(map(name_of, styles)), tuple(grounds)


def name_of(style: Style) -> str:
    """`#d5dbe1 on #10151a bold`"""
    words = [color_name(style.color), "on", color_name(style.bgcolor)]
    return " ".join([*words, *(name for name in _ATTRIBUTES if getattr(style, name))])


def color_name(color: Color | None) -> str:
    """`#d5dbe1`, or what the terminal calls its own."""
    if color is None:
        return "default"
    return color.triplet.hex if color.triplet else color.name


def _front(pilot: Pilot[Any], picture: Picture) -> Picture:
    """The dialog alone, where there is one: what lies behind it is dimmed, and may be."""
    screen = pilot.app.screen
    if not isinstance(screen, ModalScreen):
        return picture
    regions = [child.region for child in screen.children if child.display]
    return [line[x : x + width] for x, y, width, height in regions for line in picture[y:][:height]]


def hard_to_read(picture: Picture, least: float) -> dict[str, str]:
    """Colours whose contrast isn't enough, with what is written in them."""
    faint: dict[str, str] = {}
    for line in picture:
        for char, style in line:
            if not char.isspace() and char not in DRAWN and contrast(style) < least:
                name = f"{name_of(style)} ({contrast(style):.1f})"
                faint[name] = faint.get(name, "") + char
    return {name: text[:40] for name, text in faint.items()}


def colors_of(picture: Picture) -> set[Color]:
    """Of letters and of what is behind them."""
    styles = {style for line in picture for _, style in line}
    return {color for style in styles for color in (style.color, style.bgcolor) if color}


@lru_cache(1000)
def contrast(style: Style) -> float:
    """By WCAG 2: 1 to 21."""
    if not (style.color and style.bgcolor and style.color.triplet and style.bgcolor.triplet):
        return 1.0
    low, high = sorted((luminance(style.color), luminance(style.bgcolor)))
    return (high + 0.05) / (low + 0.05)


def luminance(color: Color) -> float:
    """Relative, 0 to 1."""
    assert color.triplet
    parts = (
        value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4
        for value in color.triplet.normalized
    )
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))
