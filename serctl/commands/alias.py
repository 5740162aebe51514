"""Aliases: other names of users, in usrloc's table `aliases`."""

from __future__ import annotations

from typing import Any

import click

from serctl.commands.location_options import adding_options, listing_options, query_of
from serctl.environment import Environment
from serctl.registrations import add_contact, remove, show_registrations, show_user
from serctl.verbs import Subject, Verb, changing, pass_environment, reading


@click.group(cls=Subject)
def alias() -> None:
    """Show, add and remove aliases: other names that ser.cfg looks up."""


@alias.command("show", cls=Verb)
@click.argument("alias", required=False)
@listing_options
@reading
def alias_show(environment: Environment, alias: str | None, **options: Any) -> None:
    """Show all aliases and what they stand for, or one ALIAS.

    \b
        serctl alias show
        serctl alias show 00441234@example.com
    """
    table = environment.settings.alias_table
    if alias is not None:
        show_user(environment, table, alias)
    else:
        show_registrations(environment, query_of(environment, table, **options))


@alias.command("add", cls=Verb)
@click.argument("alias")
@click.argument("uri")
@adding_options
@pass_environment
def alias_add(
    environment: Environment, alias: str, uri: str, expires: int | None, q: float
) -> None:
    """Make ALIAS another name for URI, for good unless --expires says how long.

    \b
        serctl alias add 00441234@example.com sip:joe@example.com
    """
    add_contact(environment, environment.settings.alias_table, alias, uri, expires, q)


@alias.command("rm", cls=Verb)
@click.argument("alias")
@changing
def alias_rm(environment: Environment, alias: str) -> None:
    """Remove ALIAS."""
    remove(environment, environment.settings.alias_table, alias, None)
