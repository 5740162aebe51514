"""What the database knows of subscribers and registrations."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

import click

from serctl.database import Database, database_option, opened
from serctl.environment import Environment
from serctl.finite_range import WholeNumber
from serctl.output import Column, Table, Value, show
from serctl.subscribers import known
from serctl.times import Moment
from serctl.users import subscriber_name
from serctl.verbs import Verb, reading

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ser_core.database.registered import Contact
    from ser_core.database.subscribers import Subscriber

COLUMNS = (
    Column("user"),
    Column("email"),
    Column("contact"),
    Column("expires", is_time=True),
    Column("q", is_number=True),
    Column("user_agent"),
    Column("rpid", only_wide=True),
    Column("created", is_time=True, only_wide=True),
)
NOTE = "Due to usage of cache, server's list may differ from DB list."

Row = tuple[Value, ...]


@click.command(cls=Verb)
@click.argument("user", metavar="[SUBSCRIBER]", required=False)
@click.option("--filter", metavar="TEXT", default="", help="Only users whose name begins so.")
@click.option("--limit", metavar="N", type=WholeNumber(min=1), help="How many rows; else all.")
@database_option
@reading
def showdb(environment: Environment, user: str | None, filter: str, limit: int | None) -> None:
    """Show subscribers with their contacts, as the database has them, or one subscriber.

    A subscriber who isn't registered has no contact; contacts of who is no subscriber come last.
    With db_mode 2 of usrloc the database is behind `serctl ul show` by up to timer_interval.

    \b
        serctl showdb joe@example.com
    """
    beginning = filter.partition("@")[0]
    with opened(environment, reads=True, beside=("usrloc",)) as database:
        if user is None:
            rows = database.run(
                lambda each: list(islice(_all(environment, each, beginning), limit))
            )
        else:
            rows = _one(environment, database, user)
    show(environment, Table(COLUMNS, rows), if_none="there is nobody")
    if environment.is_terminal and rows:
        environment.note(NOTE)


def _one(environment: Environment, database: Database, user: str) -> list[Row]:
    from ser_core.database import registered, subscribers

    name, domain = subscriber_name(environment.settings, user)
    table = environment.settings.location_table

    def work(connection: Connection) -> list[Row]:
        found = subscribers.find(connection, name, domain)
        contacts = list(registered.contacts(connection, table, name, domain))
        if found is None and not contacts:
            known(connection, name, domain)
        return list(_rows(found, contacts))

    return database.run(work)


def _all(environment: Environment, connection: Connection, beginning: str) -> Iterator[Row]:
    """Subscribers in order, and then whoever is registered without being one."""
    from ser_core.database import registered, subscribers

    by_user: dict[tuple[str, str], list[Contact]] = {}
    for contact in registered.contacts(connection, environment.settings.location_table):
        if contact.username.startswith(beginning):
            by_user.setdefault((contact.username, contact.domain or ""), []).append(contact)
    shown = set()
    for subscriber in subscribers.each(connection, beginning):
        keys = _keys(subscriber)
        shown |= keys
        yield from _rows(subscriber, [x for key in sorted(keys) for x in by_user.get(key, ())])
    for key, contacts in by_user.items():
        if key not in shown:
            yield from _rows(None, contacts)


def _keys(subscriber: Subscriber) -> set[tuple[str, str]]:
    """What a subscriber's registrations may stand under: in lower case, without the domain."""
    names = (subscriber.username, subscriber.username.lower())
    return {(name, domain) for name in names for domain in (subscriber.domain, "")}


def _rows(subscriber: Subscriber | None, contacts: list[Contact]) -> Iterator[Row]:
    email: str | None = None
    own: Row = (None, Moment(None))
    if subscriber is not None:
        email, own = subscriber.email, (subscriber.rpid, Moment(subscriber.created))
    if subscriber is not None and not contacts:
        yield (_name(subscriber), email, None, Moment(None), None, None, *own)
    for each in contacts:
        expires = Moment(each.expires) if each.expires else Moment(None, "permanent")
        who = _name(subscriber or each)
        yield (who, email, each.contact, expires, _q(each.q), each.user_agent, *own)


def _name(who: Subscriber | Contact) -> str:
    return f"{who.username}@{who.domain}" if who.domain else who.username


def _q(q: float) -> Value:
    """None: the phone gave none."""
    if q < 0:
        return None
    return int(q) if float(q).is_integer() else q
