from __future__ import annotations

import enum

from docs.module_lists import module_lists
from ser_core.modules.api import REQUEST, Counter, Module, command, counter, param


class Answer(enum.IntEnum):
    """What greet answers."""

    GREETED = 1
    """said hello"""
    UNKNOWN = -1
    """nobody is
    there"""


class Greet(Module):
    """Says hello."""

    name = "greet"
    word: str = param("hello", "what to say")
    times: int = param(1, "how often", minimum=1, maximum=9)
    greeted: Counter = counter("requests greeted")

    @command(routes=REQUEST, blocking=True)
    def greet(self, msg: object, who: str = "all") -> Answer:
        """Say hello to `who`."""
        return Answer.GREETED


EXPECTED = """\
## Parameters

| parameter | type | default | range | what it does |
|---|---|---|---|---|
| `word` | string | `"hello"` |  | what to say |
| `times` | number | `1` | 1 to 9 | how often |

## Functions

### `greet(who='all')`

In route. May wait.

Say hello to `who`.

| returns | when |
|---|---|
| 1 | said hello |
| -1 | nobody is there |

## Counters

| counter | counts |
|---|---|
| `greet.greeted` | requests greeted |
"""


def test_the_lists_of_a_module_say_what_its_class_declares() -> None:
    assert module_lists(Greet) == EXPECTED
