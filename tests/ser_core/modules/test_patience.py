from __future__ import annotations

from typing import Any

import pytest

from ser_core.modules.api import FAILURE
from ser_core.modules.patience import LEAST, PATIENCE, patience
from tests.support.script_messages import FakeCore, in_script, request_bytes


class Core(FakeCore):
    """With a clock."""

    clock = 100.0

    def monotonic(self) -> float:
        return self.clock


def test_all_questions_of_a_request_share_its_time() -> None:
    core = Core()
    msg = in_script(request_bytes(), core)
    assert patience(msg) == PATIENCE
    core.clock += 1.0
    assert patience(msg) == pytest.approx(PATIENCE - 1.0)
    core.clock += 10.0
    assert patience(msg) == LEAST
    assert patience(in_script(request_bytes(), core)) == PATIENCE


def test_a_failure_route_comes_much_later_and_has_its_own() -> None:
    core = Core()
    state: dict[str, Any] = {}
    msg = in_script(request_bytes(), core)
    msg.state = state
    patience(msg)
    core.clock += 30.0
    later = in_script(request_bytes(), core, kind=FAILURE)
    later.state = state
    assert patience(later) == PATIENCE
