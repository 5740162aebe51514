from __future__ import annotations

import pytest

from sertui.ping_sparkline import ping_sparkline


@pytest.mark.parametrize(
    ("trips", "width", "shown"),
    [
        ([], 4, "    "),
        ([0.01], 4, "   ▇"),
        ([0.008, 0.004, 0.001, 0.0], 4, "▇▄▁▁"),
        ([0.5, 0.001, 0.001], 2, "▇▇"),
        ([0.002, None, 0.001], 5, "  ▇x▄"),
        ([None, None], 3, " xx"),
        ([0.0], 1, "▁"),
        ([0.1], 0, ""),
    ],
)
def test_bars_stand_on_zero_and_losses_are_marked(
    trips: list[float | None], width: int, shown: str
) -> None:
    assert ping_sparkline(trips, width) == shown
