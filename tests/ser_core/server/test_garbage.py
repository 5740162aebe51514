"""The collector and many objects that need none."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from ser_core.server import garbage
from ser_core.server.garbage import Garbage


@pytest.fixture(autouse=True)
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(garbage, "FEW", 1000)
    gc.collect()
    yield
    gc.unfreeze()
    gc.enable()


class Knot:
    """Refers to itself."""

    def __init__(self) -> None:
        self.me = self


def many() -> list[list[object]]:
    return [[] for _ in range(2000)]


def test_many_objects_are_not_looked_at_again() -> None:
    own = Garbage()
    own.hold()
    assert not gc.isenabled()
    made = many()
    own.set_aside()
    assert gc.isenabled()
    assert gc.get_freeze_count() > len(made)


def test_a_few_are_left_to_the_collector() -> None:
    before = gc.get_freeze_count()
    own = Garbage()
    with own.held():
        knot = weakref.ref(Knot())
    assert gc.get_freeze_count() == before
    gc.collect()
    assert knot() is None


def test_what_waits_beside_many_is_collected_in_the_end() -> None:
    own, knots, made = Garbage(), [], []
    for _ in range(garbage.MOST_LEFT):
        own.hold()
        knots.append(weakref.ref(Knot()))
        made.append(many())
        own.settle()
    assert [knot() for knot in knots] == [None] * len(knots)
    assert gc.get_freeze_count() > len(made) * 2000
