"""What a running ser tells of itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class About:
    """What is known of a running ser from its start on."""

    started_at: float
    """Unix seconds."""
    command_line: tuple[str, ...]
    run_dir: str
    fifo: str
    """Its path; empty: there is none."""
    unix_sock: str
    listen: tuple[str, ...]
    """As udp:192.0.2.1:5060."""
