"""Whom a request is for: a SIP URI, or a registered user, who stands for all his contacts."""

from __future__ import annotations

import click

from ser_core.fifo.contacts import SHOW, is_uri, read_contacts
from serctl.environment import Environment
from serctl.replies import Misunderstood
from serctl.users import address_of_record


def uris_of(environment: Environment, target: str) -> list[str]:
    """The URIs that TARGET stands for, one at least. Raises Refused (404) when there is none.

    With --dry-run the question for a user's contacts is printed, and there are none.
    """
    if is_uri(target):
        return [target]
    if ":" in target:
        raise click.UsageError(f"{target!r} is neither a SIP URI (sip:…) nor a user")
    settings = environment.settings
    address = address_of_record(settings, target)
    if environment.dry_run:
        environment.request(SHOW, settings.location_table, address)
        environment.note(f"then t_uac_dlg, for each contact that this tells of {address}")
        return []
    reply = environment.ask(SHOW, settings.location_table, address)
    try:
        return read_contacts(reply)
    except ValueError:
        raise Misunderstood(reply) from None
