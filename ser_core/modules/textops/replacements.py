"""Replacing text in a message that may have been edited before."""

from __future__ import annotations

from collections.abc import Iterable

from ser_core.sip.message import Message

Span = tuple[int, int, bytes]
"""(start, end, new text) against the received bytes."""


def replace_spans(message: Message, spans: Iterable[Span]) -> int:
    """Record replacements; how many there were.

    `spans` come in order and don't overlap. What touches text that an earlier edit has replaced or
    removed is left out: that text is no longer there.
    """
    taken = sorted((start, end) for start, end, _data in message.edits if end > start)
    count = 0
    next_taken = 0
    for start, end, data in spans:
        while next_taken < len(taken) and taken[next_taken][1] <= start:
            next_taken += 1
        if next_taken < len(taken) and taken[next_taken][0] < max(end, start + 1):
            continue
        message.replace(start, end, data)
        count += 1
    return count
