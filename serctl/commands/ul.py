"""Registrations: who is where, in usrloc's table `location`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click

from serctl.commands.location_options import adding_options, listing_options, query_of
from serctl.environment import Environment
from serctl.listing import Page, Query
from serctl.output import Column, Part, show_parts, show_text
from serctl.registrations import add_contact, pages_of, remove, show_registrations, show_user
from serctl.replies import text_of
from serctl.verbs import Subject, Verb, changing, pass_environment, reading


@click.group(cls=Subject)
def ul() -> None:
    """Show, add and remove registrations."""


@ul.command("show", cls=Verb)
@click.argument("user", required=False)
@listing_options
@reading
def ul_show(environment: Environment, user: str | None, **options: Any) -> None:
    """Show who is registered where, or the contacts of USER.

    \b
        serctl ul show joe@example.com
        serctl ul show --filter Grandstream --sort -expires --limit 20
    """
    table = environment.settings.location_table
    if user is not None:
        show_user(environment, table, user)
    else:
        show_registrations(environment, query_of(environment, table, **options))


@ul.command("add", cls=Verb)
@click.argument("user")
@click.argument("uri")
@adding_options
@pass_environment
def ul_add(environment: Environment, user: str, uri: str, expires: int | None, q: float) -> None:
    """Register USER at the contact URI, for good unless --expires says how long.

    \b
        serctl ul add joe@example.com sip:joe@192.0.2.9:5062 --expires 1h
    """
    add_contact(environment, environment.settings.location_table, user, uri, expires, q)


@ul.command("rm", cls=Verb)
@click.argument("user")
@click.argument("contact", required=False)
@changing
def ul_rm(environment: Environment, user: str, contact: str | None) -> None:
    """Remove USER with all contacts, or one CONTACT of USER.

    \b
        serctl ul rm joe@example.com
        serctl ul rm joe@example.com sip:joe@192.0.2.9:5062
    """
    remove(environment, environment.settings.location_table, user, contact)


@ul.command("dump", cls=Verb)
@reading
def ul_dump(environment: Environment) -> None:
    """Print all of both tables in the long form of SER's `ul show`."""
    reply = environment.ask("ul_dump")
    show_text(environment, text_of(reply), reply)


@click.command(cls=Verb)
@reading
def online(environment: Environment) -> None:
    """List the users who are registered, each once."""
    pages = pages_of(environment, Query(environment.settings.location_table))
    parts = (Part(page.reply, [[user] for user in _users(page)]) for page in pages)
    show_parts(environment, [Column("user")], parts)


def _users(page: Page) -> Iterable[str]:
    """Each once; a user isn't in two pages."""
    return dict.fromkeys(row[0] for row in page.rows)
