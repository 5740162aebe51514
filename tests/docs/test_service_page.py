"""docs/service.md does what it says, from an empty machine to an empty machine."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.support import own_machine, walk
from tests.support.own_machine import needs_own_machine
from tests.support.walk import Step, Strayed, looks_like, steps_of, take

PAGE = Path(__file__).parents[2] / "docs" / "service.md"


@pytest.mark.long
@pytest.mark.real
@pytest.mark.needs("pjsua2", "setuptools")
@needs_own_machine()
def test_each_command_of_the_page_works_in_the_order_of_the_page() -> None:
    run = own_machine.run([sys.executable, "-m", walk.__name__, str(PAGE)])
    assert run.returncode == 0, run.stdout


def test_the_page_has_no_block_that_is_not_run() -> None:
    fences = [line for line in PAGE.read_text().splitlines() if line.startswith("```")]
    assert set(fences[::2]) == {"```sh", "```text"}
    assert set(fences[1::2]) == {"```"}
    text = PAGE.read_text()
    steps = list(steps_of(text))
    assert sum(bool(step.commands) for step in steps) == fences.count("```sh")
    assert sum(step.printed is not None for step in steps) == fences.count("```text")


def test_steps_stand_in_the_order_of_the_page() -> None:
    page = "Say:\n\n```sh\ntrue\n```\n\n```text\nx\n```\n\n<!-- test: rain -->\n```sh\nls\n```\n"
    assert list(steps_of(page)) == [
        Step(3, "true\n", "x\n"),
        Step(11, event="rain"),
        Step(12, "ls\n"),
    ]


@pytest.mark.parametrize(
    ("expected", "printed", "does"),
    [
        ("pid …\n", "pid 17\n", True),
        ("pid …\n", "pid 17\nmore\n", False),
        ("…\nlast\n", "one\ntwo\nlast\n", True),
        ("…\nlast\n", "last\n", True),
        ("a b\n", "a    b  \n", True),
        ("a.c\n", "abc\n", False),
    ],
)
def test_dots_stand_for_anything_and_nothing_else_does(
    expected: str, printed: str, does: bool
) -> None:
    assert looks_like(expected, printed) is does


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        (Step(7, "exit 3\n"), "line 7: exit status 3"),
        (Step(7, "echo no\n", "yes\n"), "line 7: expected\nyes\n"),
        (Step(7, event="rain"), "line 7: nobody knows how: rain"),
    ],
)
def test_who_strays_from_the_page_is_told_where(step: Step, reason: str) -> None:
    with pytest.raises(Strayed, match=reason):
        take(step, {})
