"""`serctl cisco_restart`: have phones fetch their configuration again."""

from __future__ import annotations

from collections.abc import Iterable

import click

from ser_core.fifo import uac
from ser_core.fifo.probes import Probe, Tally
from ser_core.sip import request_templates
from ser_core.sip.request_text import SipRequest
from ser_core.sip.sender import default_sender
from serctl import probes
from serctl.askers import Askers
from serctl.environment import Environment
from serctl.finite_range import SECONDS
from serctl.output import Column, Format, Table, show
from serctl.pinging import Pinger, Schedule, Sent
from serctl.targets import uris_of
from serctl.verbs import Verb, changing

TEMPLATE = "notify-check-sync"
COLUMNS = (
    Column("target"),
    Column("outcome"),
    Column("code", is_number=True),
    Column("text"),
)


@click.command(cls=Verb)
@click.argument("targets", metavar="URI|USER...", nargs=-1, required=True)
@click.option("-W", "--wait", metavar="SECONDS", type=SECONDS, default=10.0,
    help="How long to wait for an answer (10).")  # fmt: skip
@changing
def cisco_restart(environment: Environment, targets: tuple[str, ...], wait: float) -> None:
    """Restart phones: NOTIFY with Event: check-sync.

    Cisco's restart for it, others fetch their configuration. A user stands for all contacts that
    are registered.

    Exit status: 0 when all agreed, 1 when one didn't, 4 when one didn't answer.

    \b
        serctl cisco_restart joe
    """
    uris = [uri for target in targets for uri in uris_of(environment, target)]
    environment.confirm(f"Restart {', '.join(uris)}?")
    if environment.dry_run:
        for uri in uris:
            environment.request(uac.COMMAND, *uac.arguments(check_sync(uri)))
        return
    told = _restart(environment, uris, wait)
    _show(environment, told)
    click.get_current_context().exit(max(_status(probe) for probe in told))


def check_sync(uri: str) -> SipRequest:
    """The request that does it."""
    text = request_templates.text_of(TEMPLATE)
    return request_templates.request_from(text, method="NOTIFY", uri=uri, sender=default_sender())


def _restart(environment: Environment, uris: Iterable[str], wait: float) -> list[Probe]:
    """All at the same time, each once: a ping with another request."""
    told: list[Probe] = []
    askers: Askers[Sent] = Askers(lambda: environment.connect(environment.settings))
    tallies = [Tally(uri) for uri in dict.fromkeys(uris)]
    try:
        Pinger(
            askers, tallies, Schedule(1, 0, wait), request_for=check_sync, tell=told.append
        ).run()
    finally:
        askers.close()
    return told


def _show(environment: Environment, told: Iterable[Probe]) -> None:
    if environment.format is Format.RAW:
        environment.write("".join(f"{probes.raw_line(probe)}\n" for probe in told))
    else:
        rows = [[x.target, x.outcome.value, x.code, x.text or "no answer"] for x in told]
        show(environment, Table(COLUMNS, rows))


def _status(probe: Probe) -> int:
    tally = Tally(probe.target)
    tally.over(probe)
    return probes.exit_status([tally])
