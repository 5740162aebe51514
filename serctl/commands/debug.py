"""The debug level of all processes."""

from __future__ import annotations

import click

from serctl.environment import Environment
from serctl.output import Column, Record, Value, show
from serctl.replies import pairs_of
from serctl.times import Moment, read_duration
from serctl.verbs import Verb, reading


# "-1" is a level, and no option.
@click.command(cls=Verb, context_settings={"ignore_unknown_options": True})
@click.argument("level", type=int, required=False)
@click.option("--for", "period", metavar="TIME", help="Go back after TIME, such as 90, 10m or 1h.")
@reading
def debug(environment: Environment, level: int | None, period: str | None) -> None:
    """Show the debug level, or set it in all processes at once.

    0 to 2 warn and tell of errors, 3 tells what happens, 4 a line for each message, 9 everything.

    \b
        serctl debug
        serctl debug 4 --for 10m
        serctl debug --watch
    """
    if level is not None and click.get_current_context().params.get("watch"):
        raise click.UsageError("--watch only looks: it goes without a LEVEL")
    arguments = [] if level is None else [str(level)]
    if period is not None:
        arguments.append(str(_seconds(level, period)))
    reply = environment.ask("debug", *arguments)
    show(environment, Record([_field(name, text) for name, text in pairs_of(reply)]), reply)


def _seconds(level: int | None, period: str) -> int:
    if level is None:
        raise click.UsageError("--for needs a LEVEL")
    try:
        seconds = round(read_duration(period))
    except ValueError as error:
        raise click.UsageError(f"--for: {error}") from None
    if seconds < 1:
        raise click.UsageError("--for needs a second at least")
    return seconds


def _field(name: str, text: str) -> tuple[Column, Value]:
    if name == "until":
        return Column(name), Moment(float(text))
    return Column(name), int(text)
