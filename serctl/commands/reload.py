"""Another ser.cfg for the ser that runs, without a restart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from serctl.environment import Environment
from serctl.escaping import escaped_lines
from serctl.exit_status import Failure, Refused
from serctl.output import Column, Format, Table, show
from serctl.replies import rows_of, text_of
from serctl.verbs import Verb, pass_environment

if TYPE_CHECKING:
    from ser_core.fifo.protocol import Reply

COLUMNS = (
    Column("kind"),
    Column("name"),
    Column("before"),
    Column("after"),
    Column("takes_effect"),
)
LONGEST_TIME = 30.0
"""Seconds that a reload may take on a busy machine; ser itself gives up before."""
NOW = "now"
WARNING = "warning"
BAD_CONFIG = 400


@click.command(cls=Verb)
@click.option("--check", is_flag=True, help="Only tell what would change.")
@pass_environment
def reload(environment: Environment, check: bool) -> None:
    """Have ser read its ser.cfg again, without a restart.

    Calls under way go on; registrations, connections and counters stay. When the file has mistakes
    they are shown, and nothing changes. What can't change while ser runs is told.

    \b
        serctl reload --check
        serctl reload
    """
    reply = environment.request(
        "reload",
        "check" if check else "",
        timeout=max(environment.settings.timeout, LONGEST_TIME),
    )
    if environment.dry_run:
        return
    if not reply.is_ok:
        raise _refusal(environment, reply)
    rows = rows_of(reply, *(column.name for column in COLUMNS))
    if rows or environment.format is not Format.TABLE:
        show(environment, Table(COLUMNS, rows), reply)
    _tell(environment, rows, check=check)


def _tell(environment: Environment, rows: list[list[str]], *, check: bool) -> None:
    """What the table means, for people."""
    differing = [row for row in rows if row[0] != WARNING]
    waiting = [row for row in differing if row[4] != NOW]
    for _, name, before, after, _ in waiting:
        environment.note(f"needs a restart: {name} {before} -> {after}")
    if check:
        environment.note("ser.cfg is good" + ("" if differing else ", it is what ser runs already"))
    else:
        environment.note("ser runs this ser.cfg now" + (", but for that" if waiting else ""))


def _refusal(environment: Environment, reply: Reply) -> Failure:
    """The mistakes go to stderr as `ser -c` shows them."""
    if reply.code != BAD_CONFIG or not reply.body:
        return Refused(reply)
    environment.stderr.write(escaped_lines(text_of(reply)))
    environment.stderr.flush()
    return Failure(reply.text.strip())
