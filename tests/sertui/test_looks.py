"""How each screen and dialog looks, in two themes and the terminal's own colours.

UPDATE_LOOKS=1 writes the files anew; then look at what has changed in them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from rich.color import Color

from sertui.app import SCREENS as MODES
from tests.support.sertui_feed import text_of
from tests.support.sertui_looks import (
    DARK,
    DIMMED,
    LOOKS,
    OWN,
    READABLE,
    SIZES,
    colors_of,
    compare,
    seen,
    text_in,
)
from tests.support.sertui_scenes import SCENES, opened

HOSTILE = [name for name in SCENES if name.endswith("_hostile")]
OLD = [name for name in SCENES if name.endswith("_lost")]


def sizes(name: str) -> Sequence[tuple[int, int]]:
    """All for a screen at work; the smallest for the others, whose room is the same."""
    return SIZES if name in MODES else SIZES[:1]


@pytest.fixture(autouse=True)
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of requests: none yet."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


@pytest.mark.parametrize("name", SCENES)
async def test_it_looks_so_and_can_be_read(name: str) -> None:
    async with opened(name) as pilot:
        await compare(name, pilot, sizes(name), least=DIMMED if name in OLD else READABLE)


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_strings_leave_all_else_in_its_place(name: str) -> None:
    async with opened(name) as pilot:
        shown = text_of(pilot.app)
        assert "[bold red]x[/]" in shown
        assert all(char.isprintable() for line in shown.splitlines() for char in line)


@pytest.mark.parametrize("name", MODES)
async def test_with_no_color_there_is_none(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with opened(name) as pilot:
        greys = await seen(pilot, DARK)
        assert {shade(color) for color in colors_of(greys)} == {"grey"}
        own = await seen(pilot, OWN)
        assert {shade(color) for color in colors_of(own)} == {"default"}
        assert text_in(own) == text_in(greys)


def shade(color: Color) -> str:
    """`default` is the terminal's own."""
    if color.triplet is None:
        return color.name
    return "grey" if len(set(color.triplet)) == 1 else "colour"


def test_no_look_outlives_its_scene() -> None:
    wanted = {f"{name}_{x}x{y}.txt" for name in SCENES for x, y in sizes(name)}
    assert {path.name for path in LOOKS.iterdir()} == wanted
