"""The FIFO commands of usrloc: SER's, and ul_list, which shows a large table by pages.

They run in the FIFO's process, where the module isn't started: all they have is `control` and the
module's parameters.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ser_core import log
from ser_core.fifo.declarations import fifo_command, line, rest
from ser_core.fifo.protocol import FifoError, Reply
from ser_core.fifo.tables import table_body
from ser_core.modules.api import Counter
from ser_core.modules.usrloc.dump import dump, printable, seconds_left, shown_q
from ser_core.modules.usrloc.expiry import RECORDS_PER_SLICE, ExpiryLog
from ser_core.modules.usrloc.failures import failures_told
from ser_core.modules.usrloc.fifo_arguments import (
    NO_TABLE_TO_ADD_TO,
    as_text,
    check_contact_length,
    read_aor,
    read_contact,
    read_number,
    read_q,
    read_table,
)
from ser_core.modules.usrloc.list_query import read_query
from ser_core.modules.usrloc.listing import COLUMNS, find_page, rows
from ser_core.registrar.bindings import find, put
from ser_core.registrar.location import NEVER, PERMANENT, Binding, LocationError

if TYPE_CHECKING:
    from ser_core.fifo.declarations import Control

CALL_ID = b"The-Answer-To-The-Ultimate-Question-Of-Life-Universe-And-Everything"
CSEQ = 42
USER_AGENT = b"SIP Express Router FIFO"
"""What SER and we write into a binding that ul_add makes."""

TABLE = "table, such as location or aliases"
AOR = "user, or user@domain; the domain counts only with use_domain"
OPTIONS = (
    "lines KEY=VALUE: table=location; filter=TEXT to be found in address, contact, user agent or "
    "received; sort=aor, contact, expires, since, q or user_agent, with - in front for the last "
    "one first; limit=50, at most 10,000; offset=0, or after=ADDRESS: what stands behind that one, "
    "so that pages in the order of aor lose and repeat nobody"
)


class FifoCommands:
    """What usrloc answers through the FIFO."""

    use_domain: int
    desc_time_order: int
    expired: Counter

    def written(self, control: Control, table: str, aors: Iterable[bytes]) -> None:
        """Where a database follows at once, wait until it has these records."""

    def write_all(self, control: Control) -> bool:
        """Write to the database what it doesn't have; False when it doesn't take it."""
        return True

    # -- whole tables ----------------------------------------------------------------------------

    @fifo_command(waits=True, reply="200 ok\nDomain Registered Expired\n...\n'location' 217 3")
    def ul_stats(self, control: Control) -> Reply:
        """How many users stand in each table, and how many bindings of it have expired."""
        lines = [b"Domain Registered Expired\n"]
        with failures_told("ul_stats"):
            for table in control.location.domains():
                users, _, expired = control.location.totals(table)
                lines.append(b"'%b' %d %d\n" % (table.encode(), users, expired))
        return Reply(body=b"".join(lines))

    @fifo_command(
        slow=True,
        reply="200 ok\n===Domain list===\n---Domain---\nname : 'location'\n...\n"
        "~~~Contact(0x4...)~~~\n...\naor       : 'joe'\nContact   : 'sip:joe@192.0.2.9:5062'\n"
        "Expires   : 3590\n...\n---/Domain---\n===/Domain list===",
    )
    def ul_dump(self, control: Control) -> Reply:
        """All that stands in all tables, in the layout of SER's memory. ul_list is handier."""
        with failures_told("ul_dump"):
            return Reply(body=dump(control, control.location.domains()))

    @fifo_command(slow=True, reply="200 ul_flush completed")
    def ul_flush(self, control: Control) -> Reply:
        """Remove what has expired, and write to the database what it doesn't have, at once."""
        told = ExpiryLog(lambda level, text: log.write(level, "%s", text))
        now, more = control.wall_time(), True
        with failures_told("ul_flush"):
            while more:
                removed, more = control.location.expire(now, RECORDS_PER_SLICE)
                self.expired.add(len(removed))
                told.tell(removed)
                control.pause()
        told.close()
        if not self.write_all(control):
            raise FifoError(500, "ul_flush: the database doesn't take registrations, see the log")
        return Reply(text="ul_flush completed")

    @fifo_command(
        rest("options", OPTIONS),
        slow=True,
        example=("filter=JOE", "sort=-since", "limit=20"),
        reply="200 ok total=217 matched=1\n"
        "aor\tcontact\texpires\tq\tcall_id\tcseq\tuser_agent\treceived\tflags\tsince\ttable\n"
        "joe\tsip:joe@192.0.2.9:5062\t1700003600\t1\t...\t42\t...\t\t0\t1700000000\tlocation",
    )
    def ul_list(self, control: Control, options: list[bytes]) -> Reply:
        """Registrations by pages, a row for each contact.

        `total` is what stands in the table, `matched` what fits the filter; with after=ADDRESS
        nobody counts those.
        """
        query = read_query(options)
        table = read_table(control, "ul_list", query.table)
        with failures_told("ul_list"):
            page = find_page(control, table, query)
        matched = "" if page.matched is None else f" matched={page.matched}"
        body = table_body(COLUMNS, rows(control, table, page))
        return Reply(text=f"ok total={page.total}{matched}", body=body)

    # -- one user --------------------------------------------------------------------------------

    @fifo_command(
        line("table", TABLE, missing="ul_show_contact: table name expected"),
        line("aor", AOR, missing="ul_show_contact: user name expected"),
        waits=True,
        example=("location", "joe@example.com"),
        reply="200 OK\n<sip:joe@192.0.2.9:5062>;q=1;expires=3590",
    )
    def ul_show_contact(self, control: Control, table: bytes, aor: bytes) -> Reply:
        """The contacts of a user, each as `<URI>;q=Q;expires=SECONDS`."""
        key = self._key(control, "ul_show_contact", aor, "user@domain")
        name = read_table(control, "ul_show_contact", table)
        with failures_told("ul_show_contact"):
            bindings = control.location.get(name, key)
        if not bindings:
            raise _no_such_user(name, key)
        now = control.wall_time()
        lines = [_contact_line(binding, now) for binding in bindings if binding.is_valid(now)]
        if not lines:
            raise FifoError(404, "No registered contacts found")
        return Reply(text="OK", body=b"".join(lines))

    @fifo_command(
        line("table", TABLE, missing="ul_add: table name expected"),
        line("aor", AOR, missing="ul_add: aor name expected"),
        line("contact", "URI", missing="ul_add: contact expected"),
        line("expires", "seconds from now", missing="ul_add: expires expected"),
        line("q", "0 to 1", missing="ul_add: q expected"),
        line("replicate", "a number; means nothing here", missing="ul_add: replicate expected"),
        line("flags", "128: permanent; else 0", missing="ul_add: flags expected"),
        changes=True,
        waits=True,
        example=("location", "joe@example.com", "sip:joe@192.0.2.9:5062", "3600", "1.00", "0", "0"),
        reply="200 Added to table\n('joe','sip:joe@192.0.2.9:5062') to 'location'",
    )
    def ul_add(
        self,
        control: Control,
        table: bytes,
        aor: bytes,
        contact: bytes,
        expires: bytes,
        q: bytes,
        replicate: bytes,
        flags: bytes,
    ) -> Reply:
        """Register a contact, or renew it.

        With flag 128 it never expires: an alias, a gateway. A contact that is there keeps its
        flags.
        """
        key = self._key(control, "ul_add", aor, "username@domain")
        name = read_table(control, "ul_add", table, NO_TABLE_TO_ADD_TO)
        binding = _new_binding(control.wall_time(), contact, expires, q, replicate, flags)
        if not int(expires) and not binding.flags & PERMANENT:
            return _not_added(name, key, contact, "expires 0 needs flag 128, permanent")
        try:
            self._put(control, name, key, binding)
            self.written(control, name, [key])
        except LocationError as error:
            log.error("ul_add: %s", error)
            return _not_added(name, key, contact, str(error))
        added = b"('%b','%b') to '%b'\n" % (key, contact, name.encode())
        return Reply(text="Added to table", body=added)

    def _put(self, control: Control, table: str, key: bytes, binding: Binding) -> None:
        def change(stored: list[Binding]) -> list[Binding]:
            bindings = list(stored)
            put(bindings, binding, desc_time_order=bool(self.desc_time_order))
            return bindings

        control.location.update(table, key, change)

    @fifo_command(
        line("table", TABLE, missing="ul_rm: table name expected"),
        line("aor", AOR, missing="ul_rm: user name expected"),
        changes=True,
        waits=True,
        example=("location", "joe@example.com"),
        reply="200 user (location, joe@example.com) deleted",
    )
    def ul_rm(self, control: Control, table: bytes, aor: bytes) -> Reply:
        """Remove a user with all contacts, also permanent ones."""
        key = self._key(control, "ul_rm", aor, "username@domain")
        name = read_table(control, "ul_rm", table)
        with failures_told("ul_rm"):
            control.location.delete(name, key)
        self.written(control, name, [key])
        return Reply(text=f"user ({name}, {as_text(aor.lower())}) deleted")

    @fifo_command(
        line("table", TABLE, missing="ul_rm_contact: table name expected"),
        line("aor", AOR, missing="ul_rm_contact: user name expected"),
        line("contact", "URI", missing="ul_rm_contact: contact expected"),
        changes=True,
        waits=True,
        example=("location", "joe@example.com", "sip:joe@192.0.2.9:5062"),
        reply="200 Contact (joe, sip:joe@192.0.2.9:5062) deleted from table location",
    )
    def ul_rm_contact(self, control: Control, table: bytes, aor: bytes, contact: bytes) -> Reply:
        """Remove one contact of a user: the one with this text, else one that is the same URI."""
        key = self._key(control, "ul_rm_contact", aor, "user@domain")
        name = read_table(control, "ul_rm_contact", table)
        check_contact_length("ul_rm_contact", contact)

        def change(stored: list[Binding]) -> list[Binding]:
            if not stored:
                raise _no_such_user(name, key)
            index = find(stored, contact)
            if index < 0:
                text = f"Contact {as_text(contact)} in table {name} not found"
                raise FifoError(404, text)
            return stored[:index] + stored[index + 1 :]

        with failures_told("ul_rm_contact"):
            control.location.update(name, key, change)
        self.written(control, name, [key])
        names = f"({as_text(key)}, {as_text(contact)})"
        return Reply(text=f"Contact {names} deleted from table {name}")

    def _key(self, control: Control, command: str, aor: bytes, expected: str) -> bytes:
        registrar = control.program.modules.get("registrar")
        return read_aor(
            command,
            aor,
            use_domain=bool(self.use_domain),
            case_sensitive=bool(getattr(registrar, "case_sensitive", 0)),
            expected=expected,
        )


def _new_binding(
    now: float, contact: bytes, expires: bytes, q: bytes, replicate: bytes, flags: bytes
) -> Binding:
    """What ul_add is given. Raises FifoError for the first that is wrong, in SER's order."""
    seconds, thousandths = read_number("expires", expires), read_q(q)
    read_number("replicate", replicate)
    bits = read_number("flags", flags)
    return Binding(
        uri=read_contact("ul_add", contact),
        expires_at=NEVER if bits & PERMANENT else now + seconds,
        q=thousandths,
        call_id=CALL_ID,
        cseq=CSEQ,
        user_agent=USER_AGENT,
        received=b"",
        flags=bits,
        since=now,
    )


def _not_added(table: str, key: bytes, contact: bytes, why: str) -> Reply:
    """SER's two lines, and one that says why."""
    body = b" ('%b','%b') in table '%b'\n%b\n" % (key, contact, table.encode(), why.encode())
    return Reply(500, "Error while adding contact", body)


def _no_such_user(table: str, key: bytes) -> FifoError:
    return FifoError(404, f"Username {as_text(key)} in table {table} not found")


def _contact_line(binding: Binding, now: float) -> bytes:
    uri, q = printable(binding.uri), shown_q(binding)
    return b"<%b>;q=%b;expires=%d\n" % (uri, q, seconds_left(binding, now))
