"""What ser says of its FIFO commands."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FifoCommand:
    """A row of `help`."""

    name: str
    arguments: str
    """Their names with blanks between; in brackets what may be left out."""
    changes: bool
    help: str

    @property
    def may_run_at_once(self) -> bool:
        """Nothing has to be said to it, and it changes nothing."""
        required = [name for name in self.arguments.split() if not name.startswith("[")]
        return not self.changes and not required
