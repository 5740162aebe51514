"""The arguments of one request, taken line by line as the command declares them. No I/O.

A request that is wrong is read on to its end: what stands behind its mistake must not be taken for
commands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from ser_core.fifo.declarations import Argument, Shape
from ser_core.fifo.protocol import END

_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


class ArgumentReader:
    """Takes lines until it `is_complete`."""

    def __init__(self, declared: Sequence[Argument]) -> None:
        self._declared = declared
        self._values: list[bytes | list[bytes]] = []
        self._lines: list[bytes] = []
        """Of the argument that is being read."""
        self._take: dict[Shape, Callable[[Argument, bytes], None]] = {
            Shape.LINE: self._take_line,
            Shape.HEADERS: self._take_header,
            Shape.BODY: self._take_body_line,
            Shape.REST: self._take_rest,
        }
        self._is_kept = True
        self.refusal = ""
        """What a 400 says."""
        self.is_missing = False
        """What a line should have told isn't there: no need to wait for the others."""
        self.had_empty_line = False
        """The empty line that ends a request has been read, and nothing is to be thrown away."""

    @property
    def is_complete(self) -> bool:
        """All that is to be read has been."""
        return len(self._values) == len(self._declared)

    @property
    def values(self) -> tuple[bytes | list[bytes], ...]:
        return tuple(self._values)

    @property
    def expected(self) -> Argument:
        """The argument that the next line belongs to."""
        return self._declared[len(self._values)]

    def take(self, line: bytes) -> None:
        """One line, stripped on the right."""
        argument = self.expected
        self._take[argument.shape](argument, line)

    def forget(self) -> None:
        """Keep nothing of what is taken from now on: nobody will want it."""
        self._is_kept = False
        self._lines = []

    def _take_line(self, argument: Argument, line: bytes) -> None:
        if line:
            self._check(argument, line)
            self._values.append(line)
        elif argument.missing:
            self._miss(argument)
        elif self._may_end_here():
            self._leave_out()
        else:
            self._values.append(b"")

    def _take_header(self, argument: Argument, line: bytes) -> None:
        if line and line != END:
            self._keep(line)
        elif argument.missing and not self._lines and self._is_kept:
            self._miss(argument)
        else:
            self._finish_text()

    def _take_body_line(self, argument: Argument, line: bytes) -> None:
        if line != END:
            self._keep(line)
        else:
            self._finish_text()

    def _take_rest(self, argument: Argument, line: bytes) -> None:
        if line:
            self._check(argument, line)
            self._keep(line)
        else:
            self._leave_out()

    def _keep(self, line: bytes) -> None:
        if self._is_kept:
            self._lines.append(line)

    def _finish_text(self) -> None:
        self._values.append(b"".join(line + b"\r\n" for line in self._lines))
        self._lines = []

    def _may_end_here(self) -> bool:
        """Nothing that is left needs to be there, so an empty line ends the request."""
        left = self._declared[len(self._values) :]
        return all(
            each.shape is Shape.REST or (each.shape is Shape.LINE and not each.missing)
            for each in left
        )

    def _leave_out(self) -> None:
        """The request ends here; what may still come is empty."""
        self.had_empty_line = True
        while not self.is_complete:
            self._values.append(self._lines if self.expected.shape is Shape.REST else b"")

    def _miss(self, argument: Argument) -> None:
        self.is_missing = True
        self.refusal = self.refusal or argument.missing
        self._values.append(b"")

    def _check(self, argument: Argument, line: bytes) -> None:
        if not self.refusal and _CONTROL.search(line):
            self.refusal = f"control byte in argument {argument.name}"
