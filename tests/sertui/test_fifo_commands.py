from __future__ import annotations

import pytest

from sertui.fifo_commands import FifoCommand


@pytest.mark.parametrize(
    ("arguments", "changes", "at_once"),
    [("", False, True), ("[since...]", False, True), ("aor", False, False), ("", True, False)],
)
def test_only_what_needs_nothing_and_changes_nothing_runs_at_once(
    arguments: str, changes: bool, at_once: bool
) -> None:
    assert FifoCommand("x", arguments, changes, "X.").may_run_at_once is at_once
