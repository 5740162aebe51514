"""What a module's script function takes and answers, read from its Python annotations."""

from __future__ import annotations

import enum
import inspect
import re
import sys
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ser_core.modules.api import CommandInfo, FailureRoute, Module, ReplyRoute, RouteKind
from ser_core.script.core_arguments import encoded
from ser_core.script.nodes import Block
from ser_core.script.posix import compile_posix

_INTEGER = re.compile(r"-?[0-9]{1,10}", re.ASCII)


class Answer(enum.Enum):
    """What a command's result can be."""

    TRUTH = "true or false"
    """A bool; it never ends the list."""
    NUMBER = "a number that is never 0"
    """Above 0 true, below 0 false: an IntEnum without a member 0."""
    STOPS = "a number, 0 ends the list"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument of a module's function; always a string in ser.cfg."""

    name: str
    convert: Callable[[str], object]
    """Raises ValueError with a sentence for the user."""
    required: bool
    block: Block | None
    """The kind of route block whose name the argument has to be."""


@dataclass(frozen=True, slots=True)
class Signature:
    """A script function of a module."""

    name: str
    parameters: tuple[Parameter, ...]
    answer: Answer
    routes: RouteKind
    blocking: bool
    doc: str

    @property
    def required(self) -> int:
        """How many arguments it needs."""
        return sum(x.required for x in self.parameters)


def signature_of(module: type[Module], command: CommandInfo) -> Signature:
    """Read the declaration of a command. Raises TypeError when it can't be a script function."""
    function = getattr(module, command.name)
    scope = vars(sys.modules[function.__module__])
    place = f"{module.__name__}.{command.name}"
    declared = list(command.signature.parameters.values())[2:]  # self and the message
    parameters = tuple(_parameter(x, scope, place) for x in declared)
    answer = _answer(command.signature.return_annotation, scope, place)
    return Signature(
        command.name, parameters, answer, command.routes, command.blocking, command.doc
    )


def _parameter(declared: inspect.Parameter, scope: dict[str, Any], place: str) -> Parameter:
    wanted = _evaluate(declared.annotation, scope, place)
    wanted = _without_none(wanted)
    block = None
    if isinstance(wanted, type) and issubclass(wanted, FailureRoute):
        block = Block.FAILURE
    elif isinstance(wanted, type) and issubclass(wanted, ReplyRoute):
        block = Block.ONREPLY
    required = declared.default is inspect.Parameter.empty
    return Parameter(declared.name, _converter(wanted, place), required, block)


def _evaluate(annotation: Any, scope: dict[str, Any], place: str) -> Any:
    """The type an annotation means; under `from __future__ import annotations` it is a text."""
    if not isinstance(annotation, str):
        return annotation
    try:
        return eval(annotation, scope)  # a module's own source text, not a user's
    except NameError as error:
        raise TypeError(f"{place}: {error}; annotations are needed at run time") from error


def _without_none(wanted: Any) -> Any:
    """`X` for `X | None`."""
    if typing.get_origin(wanted) in (types.UnionType, typing.Union):
        rest = [x for x in typing.get_args(wanted) if x is not type(None)]
        if len(rest) == 1:
            return rest[0]
    return wanted


def _converter(wanted: Any, place: str) -> Callable[[str], object]:
    if wanted is int:
        return _integer
    if wanted is str:
        return str
    if wanted is bytes:
        return encoded
    if wanted is re.Pattern or typing.get_origin(wanted) is re.Pattern:
        return compile_posix
    from_script = getattr(wanted, "from_script", None)
    if from_script is None:
        raise TypeError(f"{place}: {wanted!r} can't be an argument of a script function")
    convert: Callable[[str], object] = from_script
    return convert


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise ValueError(f'"{text}" is not a number')
    return int(text)


def _answer(annotation: Any, scope: dict[str, Any], place: str) -> Answer:
    result = _evaluate(annotation, scope, place)
    if result is bool:
        return Answer.TRUTH
    if isinstance(result, type) and issubclass(result, enum.IntEnum):
        return Answer.STOPS if 0 in {x.value for x in result} else Answer.NUMBER
    if result is int:
        return Answer.STOPS
    raise TypeError(f"{place}: a script function answers with bool, int or an IntEnum")
