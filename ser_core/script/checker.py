"""Looks everything up: directives, modules and their parameters, routes.

What stands inside of route blocks is looked up by `block_checker.py`. A mistake that follows from
another one isn't told: nobody can know the functions of a module that could not be found.
"""

from __future__ import annotations

from collections.abc import Callable

from ser_core.modules import registry
from ser_core.modules.api import Module, Param, ParamError, params_of
from ser_core.script import directives, nodes
from ser_core.script.block_checker import BlockChecker
from ser_core.script.bound import Checked, Kept, Route, RouteKey, Running
from ser_core.script.diagnostics import Reporter, Span, did_you_mean
from ser_core.script.operands import Resolve
from ser_core.script.posix import compile_test
from ser_core.script.settings import Settings


def check(
    file: nodes.File,
    reporter: Reporter,
    resolve: Resolve | None,
    running: Running | None = None,
) -> Checked:
    """Look up all that `file` names; mistakes go to `reporter`.

    `running`: modules whose `fixed` parameters stay what they are.
    """
    return _Checker(file, reporter, resolve, running or {}).run()


class _Checker:
    def __init__(
        self, file: nodes.File, reporter: Reporter, resolve: Resolve | None, running: Running
    ) -> None:
        self.file = file
        self.reporter = reporter
        self.resolve = resolve
        self.running = running
        self.checked = Checked(file, Settings())
        self.syntax_is_bad = bool(reporter.errors)
        self.failed_modules: list[str] = []
        self.set_at: dict[tuple[str, str], Span] = {}
        """Where a module's parameter got its value."""

    def run(self) -> Checked:
        checked = self.checked
        directives.apply(self.file.assigns, checked, self.reporter)
        for statement in self.file.modules:
            self._load(statement)
        for param in self.file.params:
            self._set_param(param)
        self._keep_params()
        self._check_modules()
        self._join_routes()
        BlockChecker(
            checked,
            self.reporter,
            self.resolve,
            failed_modules=self.failed_modules,
            routes_are_known=not self.syntax_is_bad,
        ).run()
        return checked

    # --- modules

    def _load(self, statement: nodes.LoadModule) -> None:
        name = registry.module_name(statement.path.value)
        if name in self.checked.modules:
            self.reporter.warning(statement.path.span, f'module "{name}" is loaded twice')
            return
        try:
            module = registry.find_module(name)
        except registry.ModuleError as error:
            self.failed_modules.append(name)
            if name in registry.OF_SER:
                hint = "SER 0.9 has it, this ser hasn't"
            else:
                hint = did_you_mean(name, registry.known_modules())
            self.reporter.error(statement.path.span, str(error), hint)
            return
        self.checked.modules[name] = module()

    def _check_modules(self) -> None:
        """Let each module look at its parameters, and find those it needs."""
        spans = {registry.module_name(x.path.value): x.path.span for x in self.file.modules}
        for name, module in self.checked.modules.items():
            for needed in module.needs:
                if needed not in self.checked.modules and needed not in self.failed_modules:
                    self.reporter.error(
                        spans[name],
                        f'module "{name}" needs module "{needed}"',
                        f'add loadmodule "{needed}.so"',
                    )
            try:
                module.check()
                if all(needed in self.checked.modules for needed in module.needs):
                    module.check_beside(self.checked.modules)
            except ValueError as error:
                self._blame(name, error, spans[name])

    def _blame(self, name: str, error: ValueError, loaded_at: Span) -> None:
        """The modparam, if one alone is wrong; several modules may have got it from there."""
        span = self.set_at.get((name, error.param)) if isinstance(error, ParamError) else None
        if span is None:
            self.reporter.error(loaded_at, f'module "{name}": {error}')
        else:
            self.reporter.error(span, str(error))

    # --- modparam

    def _set_param(self, statement: nodes.ModParam) -> None:
        for module in self._modules_called(statement.module):
            self._set_param_of(module, statement)

    def _modules_called(self, pattern: nodes.String) -> list[Module]:
        """The loaded modules that a modparam's first argument means."""
        text = pattern.value
        try:
            is_meant = _matcher(text)
        except ValueError as error:
            self.reporter.error(pattern.span, str(error))
            return []
        found = [
            module
            for module in self.checked.modules.values()
            if any(is_meant(name) for name in registry.names_of(type(module)))
        ]
        if not found and not self._may_mean_a_failed_module(text):
            self._no_module_called(pattern)
        return found

    def _may_mean_a_failed_module(self, text: str) -> bool:
        return any(did_you_mean(text, [x]) or x in text for x in self.failed_modules)

    def _no_module_called(self, pattern: nodes.String) -> None:
        text = pattern.value
        for name in registry.built_in():
            if text.lower() in registry.names_of(registry.find_module(name)):
                hint = f'add loadmodule "{name}.so"'
                self.reporter.error(pattern.span, f'module "{text}" is not loaded', hint)
                return
        hint = did_you_mean(text, self.checked.modules)
        self.reporter.error(pattern.span, f'no module is called "{text}"', hint)

    def _set_param_of(self, module: Module, statement: nodes.ModParam) -> None:
        known = {x.name: x for x in params_of(type(module))}
        declared = known.get(statement.name.value)
        if declared is None:
            self.reporter.error(
                statement.name.span,
                f'module "{module.name}" has no parameter "{statement.name.value}"',
                did_you_mean(statement.name.value, known),
            )
            return
        problem = declared.problem_with(statement.value.value)
        if problem:
            self.reporter.error(statement.value.span, f'module "{module.name}": {problem}')
            return
        self._assign_param(module, declared, statement.value.value)
        self.set_at[module.name, declared.name] = statement.value.span

    def _assign_param(self, module: Module, declared: Param, value: int | str) -> None:
        before = getattr(module, declared.name)
        if declared.cumulative and isinstance(value, str) and before:
            value = f"{before}\n{value}"
        setattr(module, declared.name, value)

    def _keep_params(self) -> None:
        """What can't change while ser runs stays, and is told."""
        for name, module in self.checked.modules.items():
            before = self.running.get(name)
            if type(before) is not type(module):
                continue
            for param in module.fixed:
                kept = Kept(name, param, getattr(before, param), getattr(module, param))
                if kept.before != kept.wanted:
                    setattr(module, param, kept.before)
                    self.checked.kept.append(kept)

    # --- routes

    def _join_routes(self) -> None:
        """Blocks of the same kind and name are one, in the order of the text, as in SER."""
        routes: dict[RouteKey, Route] = {}
        for block in self.file.blocks:
            if not self._is_name(block):
                continue
            key = (block.kind, block.name)
            earlier = routes.get(key)
            if earlier is None:
                routes[key] = Route(key, block.span, block.body)
            else:
                routes[key] = Route(key, earlier.span, earlier.body + block.body)
        self.checked.routes = routes

    def _is_name(self, block: nodes.RouteBlock) -> bool:
        lowest = 0 if block.kind is nodes.Block.ROUTE else 1
        if block.name.isdigit() and not lowest <= int(block.name) <= MAX_ROUTE:
            self.reporter.error(
                block.span,
                f"{block.kind.value} numbers go from {lowest} to {MAX_ROUTE}",
                "use a name for more",
            )
            return False
        return True


def _matcher(text: str) -> Callable[[str], object]:
    """Tells whether modparam's first argument means a module's name. ValueError: it can't.

    SER glues the anchors on as text, so that "a|b" means: begins with a, or ends with b.
    """
    if text.isidentifier():  # nearly always, and it saves start-up the expressions' engine
        return text.lower().__eq__
    search = compile_test(f"^{text}$")
    return lambda name: search(name.encode())


MAX_ROUTE = 19
"""Highest number of a route block, as in SER."""
