from __future__ import annotations

from ser_core.fifo.protocol import Reply
from ser_core.modules.tm.hash_table import merge_slots, show_slots

# the hash of a small number is the number itself


def test_a_receiver_tells_the_slots_that_are_not_empty() -> None:
    assert show_slots([7, 65536 + 7], [65535]) == Reply(body=b"7 2\n65535 1\n")
    assert show_slots([], []) == Reply(body=b"")


def test_all_receivers_together_fill_the_table() -> None:
    merged = merge_slots([show_slots([0, 65536]), show_slots([0, 65535]), show_slots()])
    lines = merged.body.splitlines()
    assert lines[0] == b"\tcurrent\ttotal"
    assert lines[1] == b"0.\t3\t3"
    assert lines[2] == b"1.\t0\t0"
    assert lines[-1] == b"65535.\t1\t1"
    assert len(lines) == 1 + 65536
    assert merge_slots([]).body.count(b"\t0\t0\n") == 65536, "nothing is left for the next one"
