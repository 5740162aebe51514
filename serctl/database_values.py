"""Words for completion that stand in the database, or in what goes with it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

import click

from ser_core.errors import SerError
from serctl.environment import Environment
from serctl.settings import Settings
from serctl.value_kinds import ValueKind
from serctl.which_database import SUBSCRIBERS

if TYPE_CHECKING:
    from sqlalchemy import Connection

OF_DATABASE = (ValueKind.SUBSCRIBER, ValueKind.DOMAIN, ValueKind.GROUP)
MOST = 100
TIMEOUT = 1.0
"""Seconds that a ser may take to say which database it has, and a statement."""


def database_values(
    environment: Environment, settings: Settings, kind: ValueKind, typed: str
) -> list[str]:
    """Those that could begin with `typed`; none when the database can't be asked."""
    if kind is ValueKind.GROUP:
        return list(settings.acl_groups)
    from serctl.database import opened

    own = replace(environment, settings=replace(settings, timeout=TIMEOUT), _client=None)
    try:
        whose = "domain" if kind is ValueKind.DOMAIN else SUBSCRIBERS
        with closing(own), opened(own, reads=True, whose=whose) as database:
            return database.run(lambda connection: _words(connection, kind, typed))
    except (SerError, click.ClickException):
        return []


def _words(connection: Connection, kind: ValueKind, typed: str) -> list[str]:
    from ser_core.database import domains, subscribers

    if kind is ValueKind.DOMAIN:
        return [each.name for each in domains.domains(connection)]
    found = subscribers.each(connection, typed.partition("@")[0])
    return [f"{each.username}@{each.domain}" for each in islice(found, MOST)]
