"""What the reload command takes."""

from __future__ import annotations

from typing import Any

import pytest

from ser_core.fifo.command_table import CommandTable
from ser_core.fifo.declarations import Pending, Where
from ser_core.fifo.protocol import FifoError
from ser_core.fifo.reload_commands import ReloadCommands

NOBODY: Any = None


class Reloader:
    def __init__(self) -> None:
        self.asked: list[bool] = []
        self.pending = Pending()

    def reload(self, *, only_check: bool) -> Pending:
        self.asked.append(only_check)
        return self.pending


@pytest.mark.parametrize(("what", "only_check"), [(b"", False), (b"check", True)])
def test_a_reload_or_only_a_check(what: bytes, only_check: bool) -> None:
    reloader = Reloader()
    assert ReloadCommands(reloader).reload(NOBODY, what) is reloader.pending
    assert reloader.asked == [only_check]


def test_anything_else_is_refused() -> None:
    reloader = Reloader()
    with pytest.raises(FifoError, match="400 reload: nothing, or check expected"):
        ReloadCommands(reloader).reload(NOBODY, b"/etc/passwd")
    assert reloader.asked == []


def test_it_is_a_command_that_changes_something() -> None:
    table = CommandTable()
    table.register(ReloadCommands(Reloader()))
    entry = table.find("reload")
    assert entry is not None
    assert entry.command.changes
    assert entry.command.where is Where.FIFO
