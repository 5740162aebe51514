"""What `ul` and `alias` share: two tables of usrloc, shown, added to and taken from alike."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from serctl.environment import Environment
from serctl.exit_status import Failure, Refused
from serctl.listing import COLUMNS, Page, Query, matches, pages
from serctl.output import Column, Format, Part, Table, Value, show, show_parts, show_reply
from serctl.replies import Misunderstood, lines_of
from serctl.times import Moment
from serctl.users import address_of_record, check_uri, subscriber_name

if TYPE_CHECKING:
    from ser_core.fifo.protocol import Reply

SCREENFUL = 50
"""What is shown on a terminal, unless told otherwise."""
DECADE = 10 * 365 * 86400
"""For what never expires ser shows more seconds than that; SER 0.9 some huge number, or below 0."""
PERMANENT = 128
"""The flag of a contact that stays for good."""
CONTACT_COLUMNS = (
    Column("contact"),
    Column("q", is_number=True),
    Column("expires", is_time=True),
)
_CONTACT = re.compile(r"<(.*)>;q=([\d.]*);expires=(-?\d+)")


NO_TABLE = "; tables are those that ser.cfg names in save() and lookup()"
NO_DOMAIN = "; domain unknown: use usernames with domain or set default domain in SIP_DOMAIN"
"""SER's words, where ser wants a domain and nobody named one."""


def _ask(environment: Environment, command: str, *arguments: str) -> Reply:
    """The reply; a refusal says more than ser does."""
    try:
        return environment.ask(command, *arguments)
    except Refused as refused:
        text = refused.reply.text
        if "@domain expected" in text:
            raise Refused(refused.reply, NO_DOMAIN) from None
        if refused.reply.code == 400 and re.search(r"table .* not found", text, re.I):
            raise Refused(refused.reply, NO_TABLE) from None
        raise


def pages_of(environment: Environment, query: Query) -> Iterator[Page]:
    """As many as it takes; with -F raw as ser gives them."""
    ask = partial(_ask, environment)
    return pages(ask, query, as_answered=environment.format is Format.RAW)


def show_registrations(environment: Environment, query: Query) -> None:
    """Show a table, or a part of it; a note tells when it is a part only."""
    shown = 0
    numbers = None

    def parts() -> Iterator[Part]:
        nonlocal shown, numbers
        for page in pages_of(environment, query):
            numbers = numbers or matches(page)
            shown += len(page.rows)
            yield Part(page.reply, map(_values, page.rows))

    show_parts(environment, COLUMNS, parts())
    total, matched = numbers or (0, 0)
    if numbers is not None and not shown:
        environment.note(_why_none(environment, query, total, matched))
    if query.limit is not None and query.offset + shown < matched:
        fitting = f"{matched} (of {total})" if matched < total else f"{total}"
        environment.note(f"{shown} of {fitting} shown; --all shows all, --offset what follows")


def _why_none(environment: Environment, query: Query, total: int, matched: int) -> str:
    if matched:
        return f"there are only {matched}: --offset is too large"
    if total:
        return f"none of {total} has {query.filter!r} in it"
    is_aliases = query.table == environment.settings.alias_table
    return "there is no alias" if is_aliases else "nobody is registered"


def _values(row: list[str]) -> list[Value]:
    values: list[Value] = list(row)
    for place, read in _READERS:
        values[place] = read(row[place])
    return values


def _time(text: str) -> Value:
    return _moment(int(text)) if text.isdecimal() else text


def _number(text: str) -> Value:
    return int(text) if text.isdecimal() else text


def _q(text: str) -> Value:
    """A q value as a number; None: the phone gave none."""
    if not re.fullmatch(r"\d*\.?\d+", text):
        return None
    return int(float(text)) if float(text).is_integer() else float(text)


def _moment(epoch: float) -> Moment:
    return Moment(epoch) if epoch else Moment(None, "permanent")


_BY_NAME = {"expires": _time, "since": _time, "q": _q, "cseq": _number, "flags": _number}
_READERS = [(n, _BY_NAME[x.name]) for n, x in enumerate(COLUMNS) if x.name in _BY_NAME]
"""What isn't text: where it stands in a row, and what makes a value of it."""


def show_user(environment: Environment, table: str, user: str) -> None:
    """Show the contacts of one user."""
    address = address_of_record(environment.settings, user)
    reply = _ask(environment, "ul_show_contact", table, address)
    now = environment.now()
    rows = [_contact(reply, line, now) for line in lines_of(reply)]
    show(environment, Table(CONTACT_COLUMNS, rows), reply)


def _contact(reply: Reply, line: str, now: float) -> list[Value]:
    found = _CONTACT.fullmatch(line)
    if found is None:
        raise Misunderstood(reply)
    uri, q, seconds = found[1], _q(found[2]), int(found[3])
    is_permanent = not 0 <= seconds < DECADE
    return [uri, q, Moment(None, "permanent") if is_permanent else Moment(now + seconds)]


def add_contact(
    environment: Environment, table: str, user: str, uri: str, expires: int | None, q: float
) -> None:
    """Add a contact; for good when `expires` is None, as SER's serctl did."""
    address = address_of_record(environment.settings, user)
    check_aliases(environment, address)
    if table == environment.settings.alias_table:
        _check_subscribers(environment, address)
    reply = _ask(
        environment,
        "ul_add",
        table,
        address,
        check_uri(uri),
        str(expires or 0),
        f"{q:.2f}",
        "0",
        "0" if expires else str(PERMANENT),
    )
    show_reply(environment, reply)


def check_aliases(environment: Environment, address: str) -> None:
    """Refuse what would be hidden by an alias, or hide it. Not for a --dry-run."""
    if environment.dry_run:
        return
    reply = environment.request("ul_show_contact", environment.settings.alias_table, address)
    if reply.is_ok:
        targets = ", ".join(str(_contact(reply, line, 0)[0]) for line in lines_of(reply))
        raise Failure(f"there is an alias {address} already, for {targets}: remove it first")
    if reply.code not in (400, 404):  # 400: ser.cfg uses no aliases
        raise Refused(reply)


def _check_subscribers(environment: Environment, address: str) -> None:
    """Refuse an alias with the name of a subscriber, where there is a database of them."""
    if environment.dry_run or "@" not in address:
        return
    from serctl.database import is_there, opened

    if not is_there(environment):
        return
    from ser_core.database import subscribers

    name, domain = subscriber_name(environment.settings, address)
    with opened(environment, reads=True) as database:
        if database.run(lambda each: subscribers.find(each, name, domain)) is not None:
            raise Failure("overlap of alias with an existing subscriber name")


def remove(environment: Environment, table: str, user: str, contact: str | None) -> None:
    """Remove a user with all contacts, or one contact. Asks before."""
    address = address_of_record(environment.settings, user)
    if contact is not None:
        environment.confirm(f"Remove the contact {contact} of {address} from {table}?")
        reply = _ask(environment, "ul_rm_contact", table, address, contact)
    else:
        count = _count_contacts(environment, table, address)
        environment.confirm(f"Remove {address} with {count} from {table}?")
        reply = _ask(environment, "ul_rm", table, address)
    show_reply(environment, reply)


def _count_contacts(environment: Environment, table: str, address: str) -> str:
    """For the question; a user who isn't there is told here, since ul_rm is content with that."""
    if environment.dry_run:
        return "all contacts"
    count = len(lines_of(_ask(environment, "ul_show_contact", table, address)))
    return "1 contact" if count == 1 else f"{count} contacts"
