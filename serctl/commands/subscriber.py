"""Adding and removing subscribers, and their passwords."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ser_core.errors import SerError
from serctl.database import database_option, opened, would
from serctl.environment import Environment
from serctl.exit_status import ExitStatus, Failure, message_of
from serctl.passwords import IN_SIGHT, read_password
from serctl.registrations import check_aliases
from serctl.script_urls import MODULES
from serctl.served import served_names, why_unserved
from serctl.subscribers import known, unknown
from serctl.users import subscriber_name
from serctl.verbs import Verb, changing, pass_environment

if TYPE_CHECKING:
    from sqlalchemy import Connection

password_option = click.option(
    "--password-stdin", is_flag=True, help="Read the password from stdin, instead of asking for it."
)


def refuse_password(context: click.Context, _: click.Parameter, words: tuple[str, ...]) -> None:
    """SER's serctl had the password in the command line."""
    if words and not context.resilient_parsing:
        raise click.UsageError(IN_SIGHT, context)


in_sight = click.argument(
    "in_sight", nargs=-1, metavar="", expose_value=False, callback=refuse_password
)
"""Takes what SER's serctl had behind the words."""


@click.command(cls=Verb)
@click.argument("user")
@click.argument("email")
@in_sight
@password_option
@database_option
@pass_environment
def add(environment: Environment, user: str, email: str, password_stdin: bool) -> None:
    """Add a subscriber with an e-mail address: USER@DOMAIN, or USER with the domain of SIP_DOMAIN.

    The password is asked for. Of it the database keeps sums only (HA1, for MD5 and SHA-256), which
    hold for the realm DOMAIN.

    \b
        serctl add joe@example.com joe@example.net
        pwgen 20 1 | serctl add joe@example.com joe@example.net --password-stdin
    """
    from sqlalchemy.exc import IntegrityError

    from ser_core.database import db_aliases, subscribers, uris

    name, domain = subscriber_name(environment.settings, user)
    address = checked_email(email)
    exists = Failure(f"user already exists: {name}@{domain}")

    def check(connection: Connection) -> None:
        if subscribers.find(connection, name, domain) is not None:
            raise exists
        alike = subscribers.name_alike(connection, name, domain)
        if alike is not None:
            raise Failure(
                f"there is a subscriber {alike}@{domain} already, whom the registrar takes for "
                f"{name}@{domain}"
            )
        if db_aliases.find(connection, name, domain) is not None:
            raise Failure(f"there is an alias {name}@{domain} already, in dbaliases")

    def insert(connection: Connection) -> None:
        now = environment.now()
        subscribers.add(connection, name, domain, hashes, email=address, now=now)
        uris.add(connection, name, domain, name, now)

    if would(environment, f"add {name}@{domain} to subscriber and uri"):
        return
    with opened(environment, beside=("uri_db", "alias_db")) as database:
        database.run(check)
        _check_running(environment, f"{name}@{domain}")
        names = served_names(environment)
        warning = database.run(lambda each: why_unserved(each, domain, names))
        if warning:
            environment.note(warning)
        password = read_password(environment, from_stdin=password_stdin)
        clear = environment.settings.passwords == "clear"
        hashes = subscribers.hashes_of(name, domain, password, clear=clear)
        try:
            database.run(insert, writes=True)
        except IntegrityError:
            raise exists from None
    environment.write("new user added\n")


@click.command(cls=Verb)
@click.argument("user", metavar="SUBSCRIBER")
@in_sight
@password_option
@database_option
@pass_environment
def passwd(environment: Environment, user: str, password_stdin: bool) -> None:
    """Change a subscriber's password; it is asked for.

    \b
        serctl passwd joe@example.com
    """
    from ser_core.database import subscribers

    name, domain = subscriber_name(environment.settings, user)
    if would(environment, f"change the password of {name}@{domain}"):
        return
    with opened(environment, reads=True) as database:
        database.run(lambda each: known(each, name, domain))
        password = read_password(environment, from_stdin=password_stdin)
        clear = environment.settings.passwords == "clear"
        hashes = subscribers.hashes_of(name, domain, password, clear=clear)
        now = environment.now()
        changed = database.run(
            lambda each: subscribers.change(each, name, domain, now, **hashes), writes=True
        )
        if not changed:  # removed while the password was typed
            raise unknown(name, domain)
    environment.write("password change succeeded\n")


@click.command(cls=Verb)
@click.argument("user", metavar="SUBSCRIBER")
@database_option
@changing
def rm(environment: Environment, user: str) -> None:
    """Remove a subscriber, with groups, URIs, aliases in the database, and registrations.

    \b
        serctl rm joe@example.com
    """
    name, domain = subscriber_name(environment.settings, user)
    if environment.dry_run:
        would(environment, f"remove {name}@{domain} from subscriber, grp, uri and dbaliases")
        environment.request("ul_rm", environment.settings.location_table, f"{name}@{domain}")
        return
    with opened(environment, reads=True, beside=MODULES) as database:
        database.run(lambda each: known(each, name, domain))
        environment.confirm(f"Remove {name}@{domain} with groups, URIs and registrations?")
        if not database.run(lambda each: _remove(each, name, domain), writes=True):
            raise unknown(name, domain)
        if not _unregister(environment, f"{name}@{domain}"):
            table = environment.settings.location_table
            database.run(lambda each: _remove_contacts(each, table, name, domain), writes=True)
    environment.write(f"user {name}@{domain} removed\n")


def checked_email(email: str) -> str:
    """One plain e-mail address. Raises UsageError."""
    from ser_core.database.names import checked_address

    try:
        return checked_address(email)
    except ValueError as error:
        raise click.UsageError(f"{error}") from None


def _check_running(environment: Environment, address: str) -> None:
    """Aliases that the running ser knows; if none runs there are those of the database only."""
    from ser_core.fifo.client import CannotReach

    try:
        check_aliases(environment, address)
    except (CannotReach, Failure) as error:
        if not isinstance(error, CannotReach) and error.status != ExitStatus.CANNOT_REACH:
            raise


def _remove(connection: Connection, name: str, domain: str) -> bool:
    from ser_core.database import db_aliases, groups, subscribers, uris

    groups.revoke(connection, name, domain)
    uris.remove_all(connection, name, domain)
    db_aliases.remove_of(connection, name, domain)
    return subscribers.remove(connection, name, domain)


def _unregister(environment: Environment, address: str) -> bool:
    """Have the running ser forget the contacts; False when none runs."""
    from ser_core.fifo.client import CannotReach

    try:
        reply = environment.request("ul_rm", environment.settings.location_table, address)
    except CannotReach:
        return False
    except Failure as error:
        if error.status == ExitStatus.CANNOT_REACH:
            return False
        raise
    except SerError as error:
        environment.note(f"{address} may still be registered: {message_of(error)}")
        return True
    if not reply.is_ok and reply.code not in (400, 404):  # 400: ser.cfg has no such table
        environment.note(f"{address} may still be registered: ser says {reply.code} {reply.text}")
    return True


def _remove_contacts(connection: Connection, table: str, name: str, domain: str) -> None:
    """What would be loaded at the next start."""
    from ser_core.database import registered

    registered.remove(connection, table, name, domain)
