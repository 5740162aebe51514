"""The explanation of hello world has 42 points; each has a test that names it."""

from __future__ import annotations

import re
from pathlib import Path

NAMED = re.compile(r"^def test_point_(\d\d)_", re.MULTILINE)


def test_each_of_the_42_points_has_a_test_that_names_it() -> None:
    files = Path(__file__).parent.glob("test_seed_*.py")
    named = {int(number) for path in files for number in NAMED.findall(path.read_text())}
    assert named == set(range(1, 43))
