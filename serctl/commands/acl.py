"""Groups: what subscribers may do."""

from __future__ import annotations

import click

from serctl.database import database_option, opened, would
from serctl.environment import Environment
from serctl.exit_status import ExitStatus, Failure
from serctl.output import Column, Table, show
from serctl.subscribers import known
from serctl.times import Moment
from serctl.users import subscriber_name
from serctl.verbs import Subject, Verb, changing, pass_environment, reading

WHOSE = "group"
COLUMNS = (Column("user"), Column("group"), Column("since", is_time=True))


@click.group(cls=Subject)
def acl() -> None:
    """Show and change what subscribers may do: the groups of is_user_in()."""


@acl.command("show", cls=Verb)
@click.argument("user", metavar="[SUBSCRIBER]", required=False)
@database_option
@reading
def acl_show(environment: Environment, user: str | None) -> None:
    """Show who is in which groups, or the groups of one subscriber.

    \b
        serctl acl show joe@example.com
    """
    _show(environment, user)


@acl.command("grant", cls=Verb)
@click.argument("user", metavar="SUBSCRIBER")
@click.argument("groups", metavar="GROUP...", nargs=-1, required=True)
@database_option
@pass_environment
def acl_grant(environment: Environment, user: str, groups: tuple[str, ...]) -> None:
    """Put a subscriber into groups. ACL_GROUPS, or serctl.toml, says which there are.

    \b
        serctl acl grant joe@example.com ld int
    """
    from ser_core.database import groups as table

    name, domain = subscriber_name(environment.settings, user)
    _check(environment, groups)
    if would(environment, f"put {name}@{domain} into {', '.join(groups)}"):
        return
    now = environment.now()
    with opened(environment, reads=True, whose=WHOSE) as database:
        if database.has_subscribers:
            database.run(lambda each: known(each, name, domain))
        database.run(
            lambda each: [table.grant(each, name, domain, group, now) for group in groups],
            writes=True,
        )
    _show(environment, user)


@acl.command("revoke", cls=Verb)
@click.argument("user", metavar="SUBSCRIBER")
@click.argument("group", metavar="[GROUP]", required=False)
@database_option
@changing
def acl_revoke(environment: Environment, user: str, group: str | None) -> None:
    """Take a subscriber out of a group, or out of all; asks before all.

    \b
        serctl acl revoke joe@example.com int
    """
    from ser_core.database import groups as table

    name, domain = subscriber_name(environment.settings, user)
    if would(environment, f"take {name}@{domain} out of {group or 'all groups'}"):
        return
    if group is None:
        environment.confirm(f"Take {name}@{domain} out of all groups?")
    with opened(environment, reads=True, whose=WHOSE) as database:
        count = database.run(lambda each: table.revoke(each, name, domain, group), writes=True)
    if not count:
        raise Failure(f"{name}@{domain} isn't in {group or 'any group'}", ExitStatus.NOT_FOUND)
    _show(environment, user)


@acl.command("groups", cls=Verb)
@reading
def acl_groups(environment: Environment) -> None:
    """Show the groups that `grant` knows.

    \b
        serctl acl groups
    """
    show(environment, Table((Column("group"),), [(x,) for x in environment.settings.acl_groups]))


def _check(environment: Environment, groups: tuple[str, ...]) -> None:
    from ser_core.database.names import checked_group

    known = environment.settings.acl_groups
    for group in groups:
        try:
            checked_group(group)
        except ValueError as error:
            raise click.UsageError(str(error)) from None
        if group not in known:
            raise click.UsageError(
                f"Invalid privilege: {group}; ACL privileges are: {' '.join(known)} "
                "(ACL_GROUPS, or acl_groups in serctl.toml)"
            )


def _show(environment: Environment, user: str | None) -> None:
    from ser_core.database import groups as table

    who = None if user is None else subscriber_name(environment.settings, user)
    with opened(environment, reads=True, whose=WHOSE) as database:
        found = database.run(lambda each: table.memberships(each, *(who or ())))
        if who is not None and not found and database.has_subscribers:
            database.run(lambda each: known(each, *who))
    rows = [(f"{x.username}@{x.domain}", x.group, Moment(x.since)) for x in found]
    if_none = "nobody is in any group" if who is None else f"{'@'.join(who)} is in no group"
    show(environment, Table(COLUMNS, rows), if_none=if_none)
