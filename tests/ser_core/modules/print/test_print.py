from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from ser_core.modules import print as package
from ser_core.modules.api import REQUEST, commands_of, params_of
from ser_core.modules.print.print import Print
from tests.support.script_messages import request_in_script as request

CORE: Any = None


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    yield reading, writing
    for descriptor in (reading, writing):
        os.close(descriptor)


def started(descriptor: int) -> Print:
    made = Print()
    made._descriptor = descriptor
    made.start(CORE)
    return made


def test_declarations_are_those_of_ser() -> None:
    assert package.MODULE is Print
    assert Print.export_names == ("print_stdout",)
    assert [(made.name, made.routes) for made in commands_of(Print)] == [("print", REQUEST)]
    assert {made.name: made.default for made in params_of(Print)} == {
        "str_param": "",
        "int_param": 0,
    }


def test_a_line_is_written(pipe: tuple[int, int]) -> None:
    assert started(pipe[1]).print(request(), b"hello %s")
    assert os.read(pipe[0], 100) == b"hello %s\n"


def test_a_reader_that_is_slow_holds_nobody_up(pipe: tuple[int, int]) -> None:
    made = started(pipe[1])
    for _ in range(10_000):
        if not made.print(request(), b"x" * 1000):
            break
    assert made.lost.value == 1


def test_a_reader_that_is_gone_is_no_error() -> None:
    reading, writing = os.pipe()
    made = started(writing)
    os.close(reading)
    assert not made.print(request(), b"x")
    assert made.lost.value == 1
    os.close(writing)
