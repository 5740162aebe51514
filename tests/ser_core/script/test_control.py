"""What compiled code calls off the plain way; test_compiler.py shows it at work."""

from __future__ import annotations

import pytest

from ser_core.script.control import (
    ExitScript,
    clear_error,
    exit_script,
    on_time,
    refuse_number,
    refuse_truth,
    too_deep,
)
from ser_core.script.runtime import ScriptMessage
from tests.support.scripts import RecordingCore, message


def test_exit_raises_what_only_entries_catch() -> None:
    with pytest.raises(ExitScript):
        exit_script()


def test_clearing_the_error_is_false_so_that_an_or_goes_on() -> None:
    msg = message()
    msg.error = -478
    assert not clear_error(msg)  # type: ignore[func-returns-value]
    assert msg.error == 0


def test_refusals_and_depths_are_logged_with_the_place_of_the_caller() -> None:
    core = RecordingCore()
    msg = message(core=core)

    def route() -> tuple[bool, int]:
        return refuse_truth(msg, "sethost"), refuse_number(msg, "t_relay")

    def caller() -> int:
        return deep()

    def deep() -> int:
        return too_deep(msg)

    assert route() == (False, -1)
    assert caller() == -1
    lines = [text.partition(":")[2] for _, text in core.logged]
    first = route.__code__.co_firstlineno + 1
    assert [x.partition(":")[0] for x in lines] == [
        str(first),
        str(first),
        str(caller.__code__.co_firstlineno + 1),
    ]


def test_time_goes_on_behind_a_command_that_waited_even_when_it_failed() -> None:
    core = RecordingCore()
    msg = message(core=core)
    msg.now = -1.0

    def fails(msg: ScriptMessage, text: str) -> bool:
        raise ValueError(text)

    with pytest.raises(ValueError, match="x"):
        on_time(fails)(msg, "x")
    assert msg.now == core.monotonic()
    assert on_time(lambda msg: 7)(msg) == 7
