"""Aliases in the database: the table of the module alias_db."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from serctl.database import database_option, opened, would
from serctl.environment import Environment
from serctl.exit_status import ExitStatus, Failure
from serctl.output import Column, Table, show
from serctl.subscribers import known
from serctl.users import subscriber_name
from serctl.verbs import Subject, Verb, changing, pass_environment, reading

if TYPE_CHECKING:
    from sqlalchemy import Connection

WHOSE = "alias_db"
COLUMNS = (Column("alias"), Column("user"))


@click.group(cls=Subject)
def alias_db() -> None:
    """Show and change aliases in the database: those of alias_db_lookup()."""


@alias_db.command("show", cls=Verb)
@click.argument("user", metavar="[SUBSCRIBER]", required=False)
@database_option
@reading
def alias_db_show(environment: Environment, user: str | None) -> None:
    """Show all aliases in the database, or those of one subscriber.

    \b
        serctl alias_db show
    """
    from ser_core.database import db_aliases

    who = None if user is None else subscriber_name(environment.settings, user)
    with opened(environment, reads=True, whose=WHOSE) as database:
        found = database.run(lambda each: db_aliases.aliases(each, *(who or ())))
        if who is not None and not found and database.has_subscribers:
            database.run(lambda each: known(each, *who))
    rows = [(f"{x.alias_username}@{x.alias_domain}", f"{x.username}@{x.domain}") for x in found]
    if_none = "there is no alias" if who is None else f"{'@'.join(who)} has no alias"
    show(environment, Table(COLUMNS, rows), if_none=if_none)


@alias_db.command("add", cls=Verb)
@click.argument("name", metavar="NAME")
@click.argument("user", metavar="SUBSCRIBER")
@database_option
@pass_environment
def alias_db_add(environment: Environment, name: str, user: str) -> None:
    """Make NAME, as 1234 or 1234@DOMAIN, another name of a subscriber.

    \b
        serctl alias_db add 1234@example.com joe@example.com
    """
    from ser_core.database import db_aliases, subscribers

    alias = db_aliases.Alias(
        *subscriber_name(environment.settings, name), *subscriber_name(environment.settings, user)
    )

    def check(connection: Connection) -> None:
        known(connection, alias.username, alias.domain)
        if subscribers.find(connection, alias.alias_username, alias.alias_domain) is not None:
            raise Failure("overlap of alias with an existing subscriber name")

    def insert(connection: Connection) -> None:
        there = db_aliases.find(connection, alias.alias_username, alias.alias_domain)
        if there is not None:
            raise Failure(f"there is an alias {name} already, for {there.username}@{there.domain}")
        db_aliases.add(connection, alias)

    if would(environment, f"add {name} for {user} to dbaliases"):
        return
    with opened(environment, reads=True, whose=WHOSE) as database:
        if database.has_subscribers:
            database.run(check)
        database.run(insert, writes=True)
    environment.write(f"alias {alias.alias_username}@{alias.alias_domain} added\n")


@alias_db.command("rm", cls=Verb)
@click.argument("name", metavar="NAME")
@database_option
@changing
def alias_db_rm(environment: Environment, name: str) -> None:
    """Remove an alias from the database.

    \b
        serctl alias_db rm 1234@example.com
    """
    from ser_core.database import db_aliases

    user, domain = subscriber_name(environment.settings, name)
    if would(environment, f"remove {user}@{domain} from dbaliases"):
        return
    environment.confirm(f"Remove the alias {user}@{domain}?")
    with opened(environment, reads=True, whose=WHOSE) as database:
        if not database.run(lambda each: db_aliases.remove(each, user, domain), writes=True):
            raise Failure(f"there is no alias {user}@{domain}", ExitStatus.NOT_FOUND)
    environment.write(f"alias {user}@{domain} removed\n")
