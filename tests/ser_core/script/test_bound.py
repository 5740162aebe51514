"""How route blocks are called in tracebacks and warnings."""

from __future__ import annotations

import pytest

from ser_core.script.bound import MAIN, Route, RouteKey
from ser_core.script.diagnostics import Span
from ser_core.script.nodes import Block


@pytest.mark.parametrize(
    ("key", "title"),
    [
        (MAIN, "route"),
        ((Block.ROUTE, "1"), "route[1]"),
        ((Block.FAILURE, "BUSY"), "failure_route[BUSY]"),
        ((Block.ONREPLY, "1"), "onreply_route[1]"),
    ],
)
def test_a_route_is_called_as_it_is_written(key: RouteKey, title: str) -> None:
    assert Route(key, Span("ser.cfg", 1, 1, 1, 1), ()).title == title
