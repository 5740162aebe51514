"""Who calls whom, with which kinds of message, and how deep."""

from __future__ import annotations

from ser_core.modules.api import FAILURE, ONREPLY, REQUEST
from ser_core.script.bound import MAIN, RouteKey
from ser_core.script.call_graph import MAX_DEPTH, CallGraph
from ser_core.script.checker import check
from ser_core.script.diagnostics import Reporter
from ser_core.script.nodes import Block
from tests.support.script_trees import tree_of

TEXT = """
route { route(1); if (route(2)) ; }
route[1] { route(3); }
route[2] { ; }
route[3] { ; }
route[4] { route(3); }
failure_route[1] { if (!(1 && route(3))) ; }
onreply_route[A] { if ({ route(2); }) ; }
"""


def graph_of(text: str) -> CallGraph:
    return CallGraph(check(tree_of(text), Reporter("ser.cfg", text), None))


def route(name: str) -> RouteKey:
    return (Block.ROUTE, name)


def test_calls_in_statements_and_conditions_are_seen() -> None:
    graph = graph_of(TEXT)
    assert graph.called_by(MAIN) == [route("1"), route("2")]
    assert graph.called_by((Block.FAILURE, "1")) == [route("3")]
    assert graph.called_by((Block.ONREPLY, "A")) == [route("2")]
    assert graph.is_called(route("3"))
    assert not graph.is_called(MAIN)


def test_entries_are_the_main_block_and_those_of_transactions() -> None:
    assert graph_of(TEXT).entries() == [MAIN, (Block.FAILURE, "1"), (Block.ONREPLY, "A")]


def test_a_block_runs_with_the_kinds_of_all_that_lead_to_it() -> None:
    graph = graph_of(TEXT)
    assert graph.kinds_of(route("1")) == REQUEST
    assert graph.kinds_of(route("2")) == REQUEST | ONREPLY
    assert graph.kinds_of(route("3")) == REQUEST | FAILURE
    assert route("4") not in graph.kinds
    assert graph.kinds_of(route("4")) == REQUEST


def test_what_can_be_reached() -> None:
    assert graph_of(TEXT).reachable_from(route("1")) == {route("1"), route("3")}


def test_blocks_that_lead_back_to_themselves() -> None:
    graph = graph_of("route { route(1); } route[1] { route(2); } route[2] { route(1); }")
    assert [(key, call.target.text) for key, call in graph.recursive_calls()] == [
        (route("1"), "2"),
        (route("2"), "1"),
    ]
    assert graph.needs_depth()
    assert not graph_of(TEXT).needs_depth()


def test_very_many_blocks_are_counted_too() -> None:
    text = "route { ; }" + "".join(f"route[r{n}] {{ ; }}" for n in range(MAX_DEPTH))
    assert graph_of(text).needs_depth()
