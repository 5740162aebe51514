from __future__ import annotations

from docs.fifo_lists import described
from docs.module_lists import module_lists
from ser_core.fifo.declarations import (
    Control,
    Where,
    body,
    fifo_command,
    fifo_commands_of,
    headers,
    line,
    rest,
)
from ser_core.fifo.protocol import Reply
from ser_core.modules.api import Module


class Greet(Module):
    """Says hello."""

    name = "greet"

    @fifo_command(
        line("who", "whom to greet", missing="who expected"),
        line("how", "loud or not"),
        headers("headers", "what goes with it"),
        body("text", "the rest"),
        where=Where.OWNER,
        changes=True,
        example=("joe", "loud", "A: b", ".", "."),
        reply="200 ok\nhello joe",
    )
    def greet(self, control: Control) -> Reply:
        """Say hello.

        Loudly or not.
        """
        return Reply()

    @fifo_command(rest("who", "users"))
    def forget(self, control: Control) -> Reply:
        """Forget them."""
        return Reply()


EXPECTED = """\
### greet

Say hello.

Loudly or not.

Runs in the receiver that the call belongs to, and changes something.

| argument | how many lines | what it is |
|---|---|---|
| `who` | one line | whom to greet |
| `how` | one line, may be empty | loud or not |
| `headers` | lines, up to an empty one or a dot | what goes with it |
| `text` | lines, up to a dot | the rest |

```
:greet:ser_reply_1
joe
loud
A: b
.
.

```

is answered by

```
200 ok
hello joe
```

### forget

Forget them.

Runs in the fifo server.

| argument | how many lines | what it is |
|---|---|---|
| `who` | lines, as many as there are | users |
"""


def test_a_command_is_described_as_it_is_declared() -> None:
    assert described(fifo_commands_of(Greet)) == EXPECTED


def test_the_readme_of_a_module_has_its_fifo_commands_before_the_counters() -> None:
    text = module_lists(Greet)
    assert f"## FIFO commands\n\n{EXPECTED}\n## Counters\n" in text


def test_a_module_without_any_has_no_such_section() -> None:
    class Silent(Module):
        name = "silent"

    assert "FIFO" not in module_lists(Silent)
