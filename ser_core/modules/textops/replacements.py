"""Replacing text in a message that may have been edited before."""

from __future__ import annotations

from collections.abc import Iterable

from ser_core.sip.message import Message

Span = tuple[int, int, bytes]
"""(start, end, new text) against the received bytes."""


def replace_spans(message: Message, spans: Iterable[Span]) -> int:
    """Record replacements; how many there were.

    `spans` come in order, hold at least one byte and don't overlap. What touches text that an
    earlier edit has replaced or removed is left out: that text is no longer there. So is what
    begins in the headers and ends in the body: nobody could say where the body begins then.
    """
    taken = sorted((start, end) for start, end, _data in message.edits if end > start)
    body_start = message.body_start
    count = 0
    next_taken = 0
    for start, end, data in spans:
        while next_taken < len(taken) and taken[next_taken][1] <= start:
            next_taken += 1
        if next_taken < len(taken) and taken[next_taken][0] < end:
            continue
        if start < body_start < end:
            continue
        message.replace(start, end, data)
        count += 1
    return count


def insert_text(message: Message, position: int, text: bytes) -> bool:
    """Record an insertion; False when the text round it has been replaced or removed."""
    if any(start < position < end for start, end, _data in message.edits):
        return False
    message.insert(position, text)
    return True
