"""Modules that look on: who is told, and what happens when one fails."""

from __future__ import annotations

from typing import Any

import pytest

from ser_core.modules.api import Counter, Module
from ser_core.transport.watchers import Watchers

CONTEXT: Any = object()
BEST: Any = object()


class Looking(Module):
    """Writes down what it is told."""

    name = "looking"

    def __init__(self) -> None:
        super().__init__()
        self.told: list[Any] = []

    def on_response_sent(self, context: Any, status: int, data: bytes) -> None:
        self.told.append((context, status, data))

    def on_branches_failed(self, context: Any, best: Any) -> None:
        self.told.append((context, best))


class Failing(Module):
    name = "failing"

    def on_response_sent(self, context: Any, status: int, data: bytes) -> None:
        raise RuntimeError("broken on purpose")


def test_without_a_module_that_looks_on_there_is_nobody_to_tell() -> None:
    assert Watchers.of([Module()], Counter("failures", "")) is None


def test_who_fails_is_counted_and_the_others_are_told(capfd: pytest.CaptureFixture[str]) -> None:
    looking, failures = Looking(), Counter("failures", "")
    watchers = Watchers.of([Failing(), looking, Module()], failures)
    assert watchers is not None
    watchers.on_response_sent(CONTEXT, 200, b"data")
    watchers.on_branches_failed(CONTEXT, BEST)
    assert looking.told == [(CONTEXT, 200, b"data"), (CONTEXT, BEST)]
    assert failures.value == 1
    assert "failing failed upon what a transaction told" in capfd.readouterr().err
