"""From the text of a ser.cfg to a `Program` that runs; `ser -c` and start-up come the same way."""

from __future__ import annotations

import ast
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ser_core.modules.api import Module
from ser_core.script.bound import MAIN, Checked, Kept, Route, RouteKey, Running
from ser_core.script.call_graph import CallGraph
from ser_core.script.checker import check
from ser_core.script.compiler import Compiled, RouteFunction, compile_routes
from ser_core.script.core_arguments import SendSocket
from ser_core.script.diagnostics import (
    ConfigErrors,
    Diagnostic,
    Reporter,
    Span,
    TooManyErrors,
    render_errors,
)
from ser_core.script.lexer import Source
from ser_core.script.lints import lint
from ser_core.script.nodes import Block
from ser_core.script.operands import Resolve
from ser_core.script.parser import parse
from ser_core.script.settings import Settings

if TYPE_CHECKING:
    from ser_core.script.runtime import ScriptMessage
    from ser_core.sip.hop import LocalAddresses


@dataclass(slots=True)
class Program:
    """A ser.cfg, ready to run."""

    file: str
    """As it was named."""
    path: str
    """The same from the root: ser changes its directory when it becomes a daemon."""
    settings: Settings
    modules: dict[str, Module]
    """By name, in the order they were loaded; parameters set, not started."""
    main: RouteFunction
    """Runs `route` with a request; the result is that of its list (reference §6)."""
    routes: dict[str, RouteFunction]
    failure_routes: dict[str, RouteFunction]
    reply_routes: dict[str, RouteFunction]
    warnings: list[Diagnostic]
    notes: list[str]
    """Directives that do nothing here, to be told at debug level."""
    may_block: bool
    """Some command may wait, so a request needs a greenlet of its own."""
    source_hash: str
    """SHA-256 of the text as it was read, as sha256sum shows it."""
    kept: list[Kept]
    """What the text says otherwise, but can't change while ser runs."""
    blocks: dict[RouteKey, Route]
    """The route blocks as they were read, for a comparison with those of another text."""
    _compiled: Compiled
    _sockets: list[tuple[Span, SendSocket]]
    _lines: list[str]

    def dismiss(self) -> None:
        """Undo the knots that it consists of, so that its memory is free at once: functions know
        their names and are among them. It can't be run any more."""
        self._compiled.namespace.scope.clear()
        self.modules.clear()

    def unknown_sockets(self, local: LocalAddresses) -> list[Diagnostic]:
        """Mistakes that can be seen only once ser listens: a force_send_socket that names none."""
        return [
            Diagnostic(
                span,
                f"force_send_socket: ser doesn't listen on {socket}",
                line_text=self._lines[span.line - 1],
            )
            for span, socket in self._sockets
            if socket.among(local) is None
        ]

    def dump_code(self) -> str:
        """The compiled code as Python, for those who want to see what ser.cfg means."""
        constants = [
            f"# {name} = {value!r}" for name, value in self._compiled.namespace.constants.items()
        ]
        return "\n".join([*constants, ast.unparse(self._compiled.tree), ""])


def load_program(
    path: str | Path,
    *,
    text: str | None = None,
    resolve: Resolve | None = None,
    running: Running | None = None,
) -> Program:
    """Read, check and compile a ser.cfg.

    `text` is used instead of the file's content; `resolve` finds the addresses of host names that
    stand in conditions; of the modules in `running` the parameters stay that are `fixed`.

    Raises ConfigErrors, and nothing else whatever the text; OSError when the file can't be read.
    """
    file = str(path)
    if text is None:
        text = Path(path).read_bytes().decode("utf-8", "surrogateescape")
    text = _readable(text)
    reporter = Reporter(file, text)
    checked: Checked | None = None
    with suppress(TooManyErrors):  # then there is enough to do for its reader
        checked = check(parse(Source(file, text), reporter), reporter, resolve, running)
    reporter.raise_errors()
    assert checked is not None
    if not text.strip():
        raise ConfigErrors([Diagnostic(Span(file, 1, 1, 1, 1), "the file is empty")])
    return _program(checked, text, reporter)


def _readable(text: str) -> str:
    """`text` without what could not stand in a file: lone surrogates that escape no byte."""
    try:
        text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text


def _program(checked: Checked, text: str, reporter: Reporter) -> Program:
    graph = CallGraph(checked)
    lint(checked, graph, reporter)
    compiled = compile_routes(checked, graph, text)

    def of_kind(kind: Block) -> dict[str, RouteFunction]:
        return {name: x for (block, name), x in compiled.functions.items() if block is kind}

    return Program(
        file=checked.file.name,
        path=os.path.abspath(checked.file.name),
        settings=checked.settings,
        modules=checked.modules,
        main=compiled.functions.get(MAIN, _nothing),
        routes=of_kind(Block.ROUTE),
        failure_routes=of_kind(Block.FAILURE),
        reply_routes=of_kind(Block.ONREPLY),
        warnings=sorted(reporter.warnings, key=lambda x: (x.span.line, x.span.column)),
        notes=checked.notes,
        may_block=any(call.blocking for call in checked.calls.values()),
        source_hash=_hash(text),
        kept=checked.kept,
        blocks=checked.routes,
        _compiled=compiled,
        _sockets=checked.sockets,
        _lines=reporter.lines,
    )


def _nothing(msg: ScriptMessage) -> int:
    """The main route of a ser.cfg that has none."""
    return 0


def _hash(text: str) -> str:
    from hashlib import sha256

    return sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


__all__ = ["ConfigErrors", "Program", "load_program", "render_errors"]
