"""What Tab offers in the shell, for prompt_toolkit. candidates.py knows the words."""

from __future__ import annotations

from collections.abc import Iterator

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from serctl.candidates import Candidate, Source, candidates
from serctl.cli import root
from serctl.interpreter import LEAVING, without_program
from serctl.place import Place
from serctl.words import COMMENT, quoted, read_line


class ShellCompleter(Completer):
    """Completes the word before the cursor. Runs in a thread: a Source may take its time."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def get_completions(
        self, document: Document, complete_event: CompleteEvent
    ) -> Iterator[Completion]:
        line = read_line(document.text_before_cursor)
        if line.open == COMMENT:
            return
        words, current = line.before_last()
        typed, raw = (current.text, current.raw) if current else ("", "")
        place = Place.behind(root, without_program(words))
        for each in candidates(place, typed, self._source):
            yield _completion(each, raw)
        if not words:
            ways_out = (Candidate(*each) for each in LEAVING.items() if each[0].startswith(typed))
            yield from (_completion(each, raw) for each in ways_out)


def _completion(candidate: Candidate, raw: str) -> Completion:
    """With a blank behind it, so that the next word can be typed at once."""
    text = quoted(candidate.text) + ("" if candidate.is_open else " ")
    return Completion(
        text, -len(raw), display=candidate.text, display_meta=candidate.help.rstrip(".")
    )
