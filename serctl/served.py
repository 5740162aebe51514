"""Whether ser serves a domain: a subscriber of any other can't register."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from ser_core.errors import SerError
from serctl.environment import Environment
from serctl.replies import pairs_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

SHOWN = 5
"""Names that a warning has room for."""


def served_names(environment: Environment) -> list[str]:
    """What the ser that runs takes for itself, as users would write it; none when it can't tell."""
    try:
        reply = environment.request("config")
        pairs = pairs_of(reply) if reply.is_ok else []
    except (SerError, click.ClickException):  # a hint isn't worth a failure
        return []
    found = [_host_of(name, value).lower() for name, value in pairs if name in ("listen", "alias")]
    return list(dict.fromkeys(found))


def why_unserved(connection: Connection, domain: str, names: list[str]) -> str:
    """A sentence for who adds somebody in a domain that isn't served; empty when it is.

    `names` are those of ser; more of them may stand in the table `domain`.
    """
    from ser_core.database import domains

    if not names or domain in names:
        return ""
    if domain in {each.name for each in domains.domains(connection)}:
        return ""
    shown = ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")
    return (
        f"the ser that runs doesn't serve {domain} but {shown}; phones can register as "
        f"...@{domain} once it is an `alias` in ser.cfg, or in `serctl domain show`"
    )


def _host_of(name: str, value: str) -> str:
    """Of udp:192.0.2.1:5060, or of example.com:5070."""
    address = value.partition(":")[2] if name == "listen" else value
    return re.sub(r":\d+$", "", address)
