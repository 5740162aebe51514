"""Warnings: what the language allows, but nobody can have meant."""

from __future__ import annotations

from ser_core.script import nodes
from ser_core.script.block_checker import describe_routes
from ser_core.script.bound import MAIN, Checked
from ser_core.script.call_graph import CallGraph
from ser_core.script.diagnostics import Reporter
from ser_core.script.paths import relays_after_save
from ser_core.script.walk import leaves

MAXFWD = "mf_process_maxfwd_header"


def lint(checked: Checked, graph: CallGraph, reporter: Reporter) -> None:
    """Look at a ser.cfg without mistakes."""
    _no_main_route(checked, reporter)
    _never_called(checked, graph, reporter)
    _never_reached(checked, reporter)
    _recursion(checked, graph, reporter)
    _wrong_kind(checked, graph, reporter)
    _no_max_forwards(checked, graph, reporter)
    for call in relays_after_save(checked):
        reporter.warning(
            call.span,
            "a REGISTER that was saved, and thus answered, gets here and is relayed",
            "leave the block behind save()",
        )


def _no_main_route(checked: Checked, reporter: Reporter) -> None:
    if MAIN not in checked.routes:
        file = checked.file
        spans = [
            *(x.span for x in file.assigns),
            *(x.span for x in file.modules),
            *(x.span for x in file.params),
            *(x.span for x in file.blocks),
        ]
        if spans:
            first = min(spans, key=lambda span: (span.line, span.column))
            reporter.warning(first, "there is no route { … }, so every request is dropped")


def _never_called(checked: Checked, graph: CallGraph, reporter: Reporter) -> None:
    for key, route in checked.routes.items():
        if key[0] is nodes.Block.ROUTE and key not in graph.kinds:
            reporter.warning(route.span, f"{route.title} is never called")
        elif key[0] is not nodes.Block.ROUTE and key not in checked.armed:
            arming = "t_on_failure" if key[0] is nodes.Block.FAILURE else "t_on_reply"
            reporter.warning(route.span, f'{route.title} is never run: no {arming}("{key[1]}")')


def _never_reached(checked: Checked, reporter: Reporter) -> None:
    for route in checked.routes.values():
        _list_never_reached(route.body, reporter)


def _list_never_reached(body: tuple[nodes.Statement, ...], reporter: Reporter) -> None:
    ended = False
    for statement in body:
        if ended:
            reporter.warning(statement.span, "this is never reached")
            return
        if isinstance(statement, nodes.If):
            for arm in statement.arms:
                _list_never_reached(arm.body, reporter)
            _list_never_reached(statement.otherwise or (), reporter)
        ended = ends(statement)


def ends(statement: nodes.Statement) -> bool:
    """True when nothing behind the statement in its list can run."""
    if isinstance(statement, nodes.Leave):
        return True
    if not isinstance(statement, nodes.If) or statement.otherwise is None:
        return False
    bodies = [*(arm.body for arm in statement.arms), statement.otherwise]
    return all(any(ends(x) for x in body) for body in bodies)


def _recursion(checked: Checked, graph: CallGraph, reporter: Reporter) -> None:
    for key, call in graph.recursive_calls():
        title = checked.routes[key].title
        reporter.warning(call.span, f"this leads back to {title}, round and round")


def _wrong_kind(checked: Checked, graph: CallGraph, reporter: Reporter) -> None:
    """Commands that run, by way of route(n), with a kind of message that they aren't made for."""
    for key, route in checked.routes.items():
        kinds = graph.kinds_of(key)
        for leaf in leaves(route.body):
            bound = checked.calls.get(leaf) if isinstance(leaf, nodes.Call) else None
            if bound is None or not (missing := kinds & ~bound.routes):
                continue
            reporter.warning(
                leaf.span,
                f"{bound.name} also runs in {describe_routes(missing)} here",
                f"it is made for {describe_routes(bound.routes)}",
            )


def _no_max_forwards(checked: Checked, graph: CallGraph, reporter: Reporter) -> None:
    main = checked.routes.get(MAIN)
    if main is None or not main.body:
        return
    for key in graph.reachable_from(MAIN):
        for leaf in leaves(checked.routes[key].body):
            if isinstance(leaf, nodes.Call) and leaf.name.text == MAXFWD:
                return
    reporter.warning(
        main.span,
        f"{MAXFWD} is never called",
        'without it a request can circle for ever; it is in loadmodule "maxfwd.so"',
    )
