"""--watch: look again and again. In place on a terminal, one picture after the other in a pipe."""

from __future__ import annotations

from collections.abc import Callable

import click

from ser_core.errors import SerError
from serctl import times
from serctl.environment import Environment
from serctl.exit_status import message_of

HOME = "\x1b[H"
CLEAR_LINE = "\x1b[K"
CLEAR_BELOW = "\x1b[J"

Draw = Callable[[Environment], None]


def watch(environment: Environment, seconds: float, draw: Draw) -> None:
    """Draw every `seconds` until Ctrl-C, which is how it is meant to end.

    The first picture must succeed; later a ser that has gone is told, and waited for.
    """
    picture = _picture(environment, draw)
    try:
        while True:
            _put(environment, seconds, picture)
            environment.sleep(seconds)
            picture = _picture_or_error(environment, draw)
    except KeyboardInterrupt:
        return


def _picture(environment: Environment, draw: Draw) -> str:
    with environment.frame() as (frame, text):
        draw(frame)
    return text.getvalue()


def _picture_or_error(environment: Environment, draw: Draw) -> str:
    try:
        return _picture(environment, draw)
    except (SerError, click.ClickException) as error:
        environment.close()
        if environment.is_terminal:
            return environment.painted(message_of(error), "red") + "\n"
        environment.note(message_of(error))
        return ""


def _put(environment: Environment, seconds: float, picture: str) -> None:
    if not environment.is_terminal:
        environment.write(picture)
    else:
        now = environment.now()
        title = f"every {times.span(seconds)}, {times.clock(now, now)}; Ctrl-C ends"
        lines = [environment.painted(title, "dim"), "", *picture.splitlines()]
        lines = lines[: environment.height - 1]  # what scrolls can't be drawn over
        body = "".join(line + CLEAR_LINE + "\n" for line in lines)
        environment.write(HOME + body + CLEAR_BELOW)
    environment.stdout.flush()
