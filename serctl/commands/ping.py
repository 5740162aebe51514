"""`serctl ping`: is a phone there, and how far away?"""

from __future__ import annotations

from collections.abc import Sequence

import click

from ser_core.fifo import uac
from ser_core.fifo.probes import Probe, Tally
from ser_core.sip import request_templates
from ser_core.sip.request_text import SipRequest
from ser_core.sip.sender import default_sender
from serctl import probes
from serctl.askers import Askers
from serctl.environment import Environment
from serctl.escaping import escaped, escaped_lines
from serctl.finite_range import SECONDS, WholeNumber
from serctl.output import Column, Format, Table, show
from serctl.pinging import Pinger, Schedule, Sent
from serctl.targets import uris_of
from serctl.verbs import Verb, pass_environment

PROBES = (
    Column("target"),
    Column("seq", is_number=True),
    Column("outcome"),
    Column("code", is_number=True),
    Column("text"),
    Column("ms", is_number=True),
)
SUMMARIES = (
    Column("target"),
    *(Column(name, is_number=True) for name in ("transmitted", "received", "errors", "loss")),
    *(Column(name, is_number=True) for name in ("min", "avg", "max", "mdev")),
)
STREAMED = (Format.TABLE, Format.LINES, Format.RAW)
"""Formats that are written probe by probe; JSON and CSV are documents, and come at the end."""


@click.command(cls=Verb)
@click.argument("targets", metavar="URI|USER...", nargs=-1, required=True)
@click.option("-c", "--count", metavar="N", type=WholeNumber(min=1),
    help="Stop after N probes (endless on a terminal, else 1).")  # fmt: skip
@click.option("-i", "--interval", metavar="SECONDS", type=SECONDS, default=1.0,
    help="Time from one probe to the next (1).")  # fmt: skip
@click.option("-W", "--wait", metavar="SECONDS", type=SECONDS, default=5.0,
    help="How long to wait for an answer (5).")  # fmt: skip
@click.option("-q", "--quiet", is_flag=True, help="Show the summary only.")
@click.option("--from", "sender", metavar="URI", default=default_sender, show_default=False,
    help="Whom it comes from (sip:daemon@HOST).")  # fmt: skip
@pass_environment
def ping(
    environment: Environment,
    targets: tuple[str, ...],
    count: int | None,
    interval: float,
    wait: float,
    quiet: bool,
    sender: str,
) -> None:
    """Ask with OPTIONS whether somebody is there, as ping(8) does.

    A user stands for all contacts that are registered. Whatever response comes counts as received.
    Ctrl-C ends it with the summary.

    Exit status: 0 when every target answered with 2xx at least once, 1 when one answered only with
    errors, 4 when one didn't answer.

    \b
        serctl ping joe
        serctl ping -c 3 -i 0.2 -W 1 sip:joe@192.0.2.7:5062
    """
    groups = [[Tally(uri) for uri in uris_of(environment, target)] for target in targets]
    tallies = list({tally.target: tally for group in groups for tally in group}.values())
    schedule = Schedule(_count(environment, count), interval, wait)
    if environment.dry_run:
        for tally in tallies:
            environment.request(uac.COMMAND, *uac.arguments(options(tally.target, sender)))
        return
    _ping(environment, tallies, schedule, quiet, sender)
    counted = {tally.target: tally for tally in tallies}
    found = [probes.exit_status(counted[each.target] for each in group) for group in groups]
    click.get_current_context().exit(max(found))


def _count(environment: Environment, count: int | None) -> int | None:
    """A script that waits for the output of `serctl ping` must not wait for ever."""
    return count if count or environment.is_terminal else 1


def options(uri: str, sender: str) -> SipRequest:
    """The probe."""
    text = request_templates.text_of("options")
    return request_templates.request_from(text, method="OPTIONS", uri=uri, sender=sender)


def _ping(
    environment: Environment,
    tallies: Sequence[Tally],
    schedule: Schedule,
    quiet: bool,
    sender: str,
) -> None:
    askers: Askers[Sent] = Askers(lambda: environment.connect(environment.settings))
    report = _Report(environment, quiet)
    pinger = Pinger(
        askers,
        tallies,
        schedule,
        request_for=lambda uri: options(uri, sender),
        tell=report.tell,
    )
    try:
        report.begin(tallies)
        pinger.run()
    except KeyboardInterrupt:
        report.interrupted()
    finally:
        askers.close()
        report.end(tallies, pinger.elapsed)


class _Report:
    """Shows what happens, in the user's format."""

    def __init__(self, environment: Environment, quiet: bool) -> None:
        self._environment = environment
        self._quiet = quiet
        self._kept: list[Probe] = []
        self._has_something = False

    @property
    def _is_for_people(self) -> bool:
        return self._environment.format is Format.TABLE

    def begin(self, tallies: Sequence[Tally]) -> None:
        if self._is_for_people:
            self._write("".join(f"PING {escaped(x.target)} with OPTIONS\n" for x in tallies))

    def tell(self, probe: Probe) -> None:
        chosen = self._environment.format
        self._has_something = True
        if self._quiet:
            return
        if chosen not in STREAMED:
            self._kept.append(probe)
        elif chosen is Format.LINES:
            show(self._environment, Table(PROBES, [_row(probe)]))
        else:
            line = probes.raw_line(probe) if chosen is Format.RAW else probes.probe_line(probe)
            self._write(f"{escaped(line)}\n")
        self._environment.stdout.flush()

    def interrupted(self) -> None:
        """Ctrl-C stands on the line where the cursor was."""
        self._has_something = True
        if self._is_for_people:
            self._write("\n")

    def end(self, tallies: Sequence[Tally], elapsed: float) -> None:
        """The summary: for people beside the probes, for programs instead of them.

        There is none when an error ended it before anything happened.
        """
        if not self._has_something:
            return
        if self._is_for_people:
            for tally in tallies:
                self._write(escaped_lines(f"\n{probes.summary(tally, elapsed)}\n"))
        elif self._quiet:
            show(self._environment, Table(SUMMARIES, [_summary_row(tally) for tally in tallies]))
        elif self._environment.format not in STREAMED:
            show(self._environment, Table(PROBES, [_row(probe) for probe in self._kept]))

    def _write(self, text: str) -> None:
        self._environment.write(text)
        self._environment.stdout.flush()


def _row(probe: Probe) -> list[str | int | float | None]:
    took = round(probe.seconds * 1000, 3) if probe.is_answered else None
    return [probe.target, probe.seq, probe.outcome.value, probe.code, probe.text, took]


def _summary_row(tally: Tally) -> list[str | int | float | None]:
    times = tally.times
    figures = [times.lowest, times.average, times.highest, times.deviation]
    shown = [round(x * 1000, 3) if tally.received else None for x in figures]
    loss = round(tally.loss, 2)
    return [tally.target, tally.transmitted, tally.received, tally.errors, loss, *shown]
