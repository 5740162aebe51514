"""Looking a subscriber up, for verbs that are about one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from serctl.exit_status import ExitStatus, Failure

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ser_core.database.subscribers import Subscriber


def unknown(name: str, domain: str, alike: str | None = None) -> Failure:
    """For somebody who isn't a subscriber; `alike` is one whose name differs in case only."""
    hint = f"; did you mean {alike}@{domain}?" if alike is not None else ""
    return Failure(f"non-existent user {name}@{domain}{hint}", ExitStatus.NOT_FOUND)


def known(connection: Connection, name: str, domain: str) -> Subscriber:
    """The subscriber of that name. Raises Failure."""
    from ser_core.database import subscribers

    found = subscribers.find(connection, name, domain)
    if found is None:
        raise unknown(name, domain, subscribers.name_alike(connection, name, domain))
    return found
