"""Looks up what stands inside of route blocks: commands, their arguments, comparisons, routes."""

from __future__ import annotations

from ser_core.modules import registry
from ser_core.modules.api import FAILURE, ONREPLY, REQUEST, Module, RouteKind, commands_of
from ser_core.script import core_commands, nodes
from ser_core.script.bound import KIND_OF_BLOCK, BoundCall, Checked, RouteKey
from ser_core.script.control import on_time
from ser_core.script.core_arguments import SendSocket, WrongKind
from ser_core.script.core_commands import CoreCommand
from ser_core.script.diagnostics import Reporter, did_you_mean, nearest
from ser_core.script.operands import Resolve, resolve_test
from ser_core.script.signatures import Answer, Parameter, Signature, signature_of
from ser_core.script.walk import condition_leaves, conditions, leaves

LANGUAGE = ("if", "else", "route", "break", "drop", "exit", "return")


class BlockChecker:
    """One pass over all route blocks."""

    def __init__(
        self,
        checked: Checked,
        reporter: Reporter,
        resolve: Resolve | None,
        *,
        failed_modules: list[str],
        routes_are_known: bool,
    ) -> None:
        self.checked = checked
        self.reporter = reporter
        self.resolve = resolve
        self.failed_modules = failed_modules
        self.routes_are_known = routes_are_known
        self.functions = self._functions()
        self.told: set[str] = set()
        """Unknown names, each told once."""

    def _functions(self) -> dict[str, tuple[Signature, Module]]:
        """Functions of the loaded modules; the last module loaded is asked first, as in SER."""
        found: dict[str, tuple[Signature, Module]] = {}
        for module in self.checked.modules.values():
            for command in commands_of(type(module)):
                found[command.name] = (signature_of(type(module), command), module)
        return found

    def run(self) -> None:
        for route in self.checked.routes.values():
            kind = KIND_OF_BLOCK[route.key[0]]
            for leaf in leaves(route.body):
                if isinstance(leaf, nodes.Call):
                    self._call(leaf, kind)
                elif isinstance(leaf, nodes.CallRoute):
                    self._call_route(leaf)
                elif isinstance(leaf, nodes.Compare):
                    self._compare(leaf, kind)

            for condition in conditions(route.body):
                self._no_return(condition)

    def _no_return(self, condition: nodes.Condition) -> None:
        """`return` leaves the route with a result, which a condition can't do on the way."""
        for leaf in condition_leaves(condition):
            if isinstance(leaf, nodes.Leave) and leaf.word == "return":
                self.reporter.error(leaf.span, '"return" can\'t stand in a condition', "break can")

    # --- routes

    def _call_route(self, call: nodes.CallRoute) -> None:
        self._route_exists((nodes.Block.ROUTE, call.target.text), call.target, "route")

    def _route_exists(self, key: RouteKey, where: nodes.Word | nodes.String, what: str) -> None:
        if key in self.checked.routes or not self.routes_are_known:
            return
        names = [name for block, name in self.checked.routes if block is key[0]]
        hint = did_you_mean(key[1], names) if not key[1].isdigit() else ""
        self.reporter.error(where.span, f"there is no {what}[{key[1]}]", hint)

    # --- comparisons

    def _compare(self, compare: nodes.Compare, kind: RouteKind) -> None:
        try:
            self.checked.tests[compare] = resolve_test(compare, self.resolve)
        except ValueError as error:
            self.reporter.error(compare.span, str(error))
            return
        left = compare.left
        if isinstance(left, nodes.Operand) and left.name == "status" and kind is not ONREPLY:
            self.reporter.warning(
                left.span,
                "outside of onreply_route, status is the Request-URI",
                "use t_check_status for the code of a reply",
            )

    # --- commands

    def _call(self, call: nodes.Call, kind: RouteKind) -> None:
        name = call.name.text
        core = core_commands.BY_ANY_NAME.get(name)
        if core is not None:
            self._core_call(call, core, kind)
        elif name in self.functions:
            self._module_call(call, *self.functions[name], kind)
        elif name not in self.told:
            self.told.add(name)
            self._unknown(call)

    def _stands_right(self, call: nodes.Call, routes: RouteKind, kind: RouteKind) -> bool:
        """SER's check: by the block that the call is written in."""
        if kind & routes:
            return True
        self.reporter.error(
            call.name.span,
            f'"{call.name.text}" can\'t stand in {_block_name(kind)}',
            f"only in {describe_routes(routes)}",
        )
        return False

    # --- commands of modules

    def _module_call(
        self, call: nodes.Call, signature: Signature, module: Module, kind: RouteKind
    ) -> None:
        if call.arguments is None:
            self.reporter.error(
                call.name.span, f'expected "(" behind "{signature.name}"', "a function needs them"
            )
            return
        if not self._stands_right(call, signature.routes, kind):
            return
        given = call.arguments
        least, most = signature.required, len(signature.parameters)
        if not least <= len(given) <= most:
            self._wrong_number(call, least, most)
            return
        converted = [
            self._module_argument(call, value, parameter)
            for value, parameter in zip(given, signature.parameters, strict=False)
        ]
        if any(x is _BAD for x in converted):
            return
        blocking = signature.blocking or module.waits()
        function = getattr(module, signature.name)
        self.checked.calls[call] = BoundCall(
            signature.name,
            on_time(function) if blocking else function,
            tuple(converted),
            signature.answer,
            signature.answer is not Answer.TRUTH,
            blocking,
            signature.routes,
        )

    def _module_argument(
        self, call: nodes.Call, value: nodes.Value, parameter: Parameter
    ) -> object:
        name = call.name.text
        if not isinstance(value, nodes.String):
            written = getattr(value, "text", "")
            hint = f'write "{written}"' if written else ""
            self.reporter.error(value.span, f"the arguments of {name} are strings in quotes", hint)
            return _BAD
        try:
            converted = parameter.convert(value.value)
        except UnicodeEncodeError:
            self.reporter.error(value.span, f"{name}: this string isn't UTF-8")
            return _BAD
        except ValueError as error:
            self.reporter.error(value.span, f"{name}: {error}")
            return _BAD
        if parameter.block is not None and value.value != "0":
            key = (parameter.block, value.value)
            self.checked.armed.add(key)
            self._route_exists(key, value, parameter.block.value)
        return converted

    def _wrong_number(self, call: nodes.Call, least: int, most: int) -> None:
        given = len(call.arguments or ())
        wanted = str(least) if least == most else f"{least} to {most}"
        if most == 0:
            text = f"{call.name.text} takes no arguments"
        else:
            text = f"{call.name.text} takes {wanted} argument{'s' if most > 1 else ''}"
        self.reporter.error(call.span, f"{text}, not {given}")

    # --- commands of the core

    def _core_call(self, call: nodes.Call, core: CoreCommand, kind: RouteKind) -> None:
        if not self._stands_right(call, core.routes, kind):
            return
        arguments: tuple[object, ...] | None
        if call.arguments is None:
            arguments = core.bare
            if arguments is None:
                self.reporter.error(call.name.span, f'expected "(" behind "{call.name.text}"')
                return
        else:
            arguments = self._core_arguments(call, core, call.arguments)
        if arguments is None:
            return
        for value in arguments:
            if isinstance(value, SendSocket):
                self.checked.sockets.append((call.span, value))
        if core.name == "forward_tls":
            self.reporter.warning(call.name.span, "there is no TLS transport yet: this will fail")
        self.checked.calls[call] = BoundCall(
            core.name,
            core.function,
            arguments,
            Answer.TRUTH,
            core.sets_error,
            core.blocking,
            core.routes,
        )

    def _core_arguments(
        self, call: nodes.Call, core: CoreCommand, given: tuple[nodes.Value, ...]
    ) -> tuple[object, ...] | None:
        """What the command's function gets; None after a mistake has been reported."""
        if not core.required <= len(given) <= len(core.arguments):
            self._wrong_number(call, core.required, len(core.arguments))
            return None
        converted: list[object] = []
        for value, argument in zip(given, core.arguments, strict=False):
            try:
                converted.append(argument.convert(value))
            except WrongKind:
                self.reporter.error(
                    value.span, f"{call.name.text} takes {argument.description} here"
                )
                return None
            except ValueError as error:
                self.reporter.error(value.span, f"{call.name.text}: {error}")
                return None
        if core.prepare is None:
            return tuple(converted)
        try:
            return core.prepare(*converted)
        except ValueError as error:
            self.reporter.error(call.span, f"{call.name.text}: {error}")
            return None

    # --- unknown ones

    def _unknown(self, call: nodes.Call) -> None:
        name = call.name.text
        homes = registry.homes_of_functions()
        known = {*homes, *self.functions, *core_commands.BY_ANY_NAME, *LANGUAGE}
        meant = name if name in homes else nearest(name, known)
        home = "" if meant in self.functions else homes.get(meant, "")
        if self.failed_modules and (not meant or home in self._failed_meanings()):
            return  # it may well be a function of the module that could not be loaded
        hints = [f'did you mean "{meant}"?'] if meant and meant != name else []
        if home:
            hints.append(f'it needs loadmodule "{home}.so"')
        self.reporter.error(call.name.span, f'unknown function "{name}"', " ".join(hints))

    def _failed_meanings(self) -> set[str]:
        """The built-in modules that the failed loadmodules may have meant."""
        return {nearest(x, registry.built_in()) for x in self.failed_modules} - {""}


_BAD = object()


def _block_name(kind: RouteKind) -> str:
    return {REQUEST: "a route", FAILURE: "a failure_route", ONREPLY: "an onreply_route"}[kind]


def describe_routes(routes: RouteKind) -> str:
    """The kinds of route block, by their words."""
    words = [block.value for block, kind in KIND_OF_BLOCK.items() if kind & routes]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
