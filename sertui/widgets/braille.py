"""Bars of braille dots: two moments in a character, four steps in each. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence

_BLANK = 0x2800
# The dots of one column from the bottom up, left and right (Unicode 4.0, Braille Patterns).
_LEFT = (0x40, 0x04, 0x02, 0x01)
_RIGHT = (0x80, 0x20, 0x10, 0x08)


def bars(values: Sequence[float], top: float, width: int, height: int) -> list[str]:
    """`height` lines of `width` characters, the newest value at the right; bars stand up."""
    steps = [_steps(value, top, height * 4) for value in values[-width * 2 :]]
    steps = [0] * (width * 2 - len(steps)) + steps
    pairs = list(zip(steps[::2], steps[1::2], strict=True))
    return ["".join(_cell(pair, row * 4) for pair in pairs) for row in reversed(range(height))]


def hanging(values: Sequence[float], top: float, width: int, height: int) -> list[str]:
    """The same from the ceiling downwards."""
    return [line.translate(_UPSIDE_DOWN) for line in reversed(bars(values, top, width, height))]


def _steps(value: float, top: float, most: int) -> int:
    """Whatever is more than nothing has a dot."""
    if value <= 0 or top <= 0:
        return 0
    return max(min(round(value / top * most), most), 1)


def _cell(pair: tuple[int, int], floor: int) -> str:
    left, right = (max(min(step - floor, 4), 0) for step in pair)
    dots = sum(_LEFT[:left]) + sum(_RIGHT[:right])
    return chr(_BLANK + dots) if dots else " "


def _mirrored(dots: int) -> int:
    swaps = ((0x40, 0x01), (0x04, 0x02), (0x80, 0x08), (0x20, 0x10))
    found = 0
    for low, high in swaps:
        found |= (high if dots & low else 0) | (low if dots & high else 0)
    return found


_UPSIDE_DOWN = {_BLANK + dots: _BLANK + _mirrored(dots) for dots in range(256)}
