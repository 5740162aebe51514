"""registrar: REGISTER requests into the location table, and requests to where somebody is.

The rules stand in `ser_core.registrar.bindings`; here they meet the message, the table and the
reply.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ser_core.errors import ParseError
from ser_core.log import ERROR, LOOKUPS, escape
from ser_core.modules.api import FAILURE, REQUEST, Core, Module, command, counter, param
from ser_core.modules.usrloc.domain import Domain
from ser_core.modules.usrloc.usrloc import WRITE_THROUGH, Usrloc
from ser_core.registrar.aor import address_of_record
from ser_core.registrar.bindings import Registration
from ser_core.registrar.contacts import WantedContact, contact_line, read_contact, read_expires
from ser_core.registrar.location import (
    MEMORY_ONLY,
    NAT,
    Binding,
    LocationError,
    LocationFull,
)
from ser_core.registrar.rules import (
    MAX_CALL_ID,
    MAX_CONTACTS_IN_REQUEST,
    MAX_USER_AGENT,
    Refused,
    Rules,
    bad_request,
    server_error,
    unavailable,
)
from ser_core.sip.abnf import is_token
from ser_core.sip.headers import STAR, parse_contacts, parse_tokens
from ser_core.sip.names import CONTACT, CSEQ, EXPIRES, REQUIRE, TO, USER_AGENT
from ser_core.sip.uri import parse_uri, read_uri

if TYPE_CHECKING:
    from ser_core.registrar.location import Location
    from ser_core.script.runtime import ScriptMessage


class SaveResult(enum.IntEnum):
    """What save, save_noreply and save_memory answer."""

    SAVED = 1
    """Done, and the 200 is sent."""
    REFUSED = 0
    """An error; the reply that says so is sent. The route list ends here."""
    NOT_SENT = -1
    """The reply could not be sent."""


class LookupResult(enum.IntEnum):
    """What lookup answers."""

    FOUND = 1
    """The Request-URI is now that of a contact."""
    BAD_AOR = -1
    """The Request-URI is no address-of-record."""
    LOCATION_FAILED = -2
    """The location table can't be read."""
    NOT_FOUND = -3
    """Nobody is registered there."""
    BAD_CONTACT = -4
    """The contact isn't a URI."""
    EXPIRED = -5
    """Everybody who was registered there has expired."""


class Registrar(Module):
    """Takes registrations (RFC 3261 §10.3) and finds where an address-of-record can be reached."""

    name = "registrar"
    needs = ("usrloc",)

    default_expires: int = param(
        3600, "seconds that a binding lives when the phone doesn't say", minimum=1
    )
    default_q: int = param(
        -1, "q of a contact that has none, times 1000; above 1000 is 1000, -1: none", minimum=-1
    )
    append_branches: int = param(
        1, "1: lookup makes further contacts branches", minimum=0, maximum=1
    )
    case_sensitive: int = param(
        0, "0: addresses-of-record are lower-cased; 1: only their domain", minimum=0, maximum=1
    )
    desc_time_order: int = param(
        0, "1: newest binding first, whatever its q; as in usrloc", minimum=0, maximum=1
    )
    nat_flag: int = param(4, "message flag that save reads and lookup sets", minimum=0, maximum=31)
    realm_prefix: str = param("", "taken off the beginning of an address-of-record's host")
    min_expires: int = param(
        60, "seconds; a shorter time is answered 423; 0: no lower bound", minimum=0
    )
    max_expires: int = param(0, "seconds; a longer time is cut to it; 0: no upper bound", minimum=0)
    received_param: str = param("received", "Contact parameter with the address behind the NAT")
    received_avp: int = param(42, "AVP with the address behind the NAT, set by nathelper")
    use_domain: int = param(
        0, "0: an address-of-record is the user, 1: user@domain", minimum=0, maximum=1
    )
    max_contacts: int = param(10, "bindings of an address-of-record; 0: no limit", minimum=0)
    retry_after: int = param(0, "seconds in Retry-After of 5xx replies; 0: none", minimum=0)

    accepted = counter("REGISTER requests answered 200")
    refused = counter("REGISTER requests answered with an error")

    def __init__(self) -> None:
        super().__init__()
        self._rules = Rules()
        self._core: Core | None = None
        self._location: Location | None = None
        self._retry_after: tuple[bytes, ...] = ()
        self._usrloc: Usrloc | None = None
        self._wait_until_written: Callable[[str, bytes, ScriptMessage], bool] | None = None
        """With a database that is written through."""

    def check(self) -> None:
        """Refuse limits that contradict each other."""
        if 0 < self.max_expires < self.min_expires:
            raise ValueError(
                f"max_expires {self.max_expires} is less than min_expires {self.min_expires}"
            )
        name = self.received_param.lower().encode()
        if not is_token(name) or name in (b"expires", b"q"):
            raise ValueError("received_param must be the name of a Contact parameter of its own")

    def check_beside(self, modules: Mapping[str, Module]) -> None:
        """Refuse a use_domain that isn't usrloc's: nobody would be found."""
        usrloc = modules["usrloc"]
        assert isinstance(usrloc, Usrloc)
        if self.use_domain != usrloc.use_domain:
            raise ValueError(
                f"use_domain is {self.use_domain} here and "
                f"{usrloc.use_domain} in usrloc; they must be the same"
            )
        self._usrloc = usrloc

    def waits(self) -> bool:
        """When usrloc has to ask a database."""
        return self._usrloc is not None and self._usrloc.waits()

    def start(self, core: Core) -> None:
        """Take the rules from the parameters and the table from the process."""
        usrloc = core.module("usrloc")
        self.check_beside({"usrloc": usrloc})
        if usrloc.db_mode == WRITE_THROUGH:
            self._wait_until_written = _patiently(usrloc)
        self._core = core
        self._location = core.location
        self._rules = Rules(
            default_expires=self.default_expires,
            default_q=min(self.default_q, 1000),
            min_expires=self.min_expires,
            max_expires=self.max_expires,
            max_contacts=self.max_contacts,
            desc_time_order=bool(self.desc_time_order),
            received_param=self.received_param.lower().encode(),
            use_domain=bool(self.use_domain),
            case_sensitive=bool(self.case_sensitive),
            realm_prefix=self.realm_prefix.lower().encode(),
        )
        if self.retry_after:
            self._retry_after = (b"Retry-After: %d\r\n" % self.retry_after,)

    # -- save ------------------------------------------------------------------------------------

    @command(routes=REQUEST)
    def save(self, msg: ScriptMessage, table: Domain) -> SaveResult:
        """Take the bindings of a REGISTER into the table and answer it."""
        return self._save(msg, table.name, 0, reply=True)

    @command(routes=REQUEST)
    def save_noreply(self, msg: ScriptMessage, table: Domain) -> SaveResult:
        """As save, but whatever happens, no reply is sent."""
        return self._save(msg, table.name, 0, reply=False)

    @command(routes=REQUEST)
    def save_memory(self, msg: ScriptMessage, table: Domain) -> SaveResult:
        """As save, but the bindings are never written to a database."""
        return self._save(msg, table.name, MEMORY_ONLY, reply=True)

    def _save(self, msg: ScriptMessage, table: str, flags: int, *, reply: bool) -> SaveResult:
        core, location = self._core, self._location
        assert core is not None
        assert location is not None
        try:
            bindings, now = self._update(core, location, msg, table, flags)
        except Refused as refused:
            return self._refuse(core, msg, refused, reply=reply)
        self.accepted.add()
        if core.log_level() >= LOOKUPS:
            core.log(LOOKUPS, f"save: {len(bindings)} bindings in {table}", msg)
        if not reply:
            return SAVED
        line = contact_line(bindings, now, self._rules)
        sent = core.reply(msg, 200, b"OK", headers=[line] if line else None)
        return SAVED if sent else NOT_SENT

    def _update(
        self, core: Core, location: Location, msg: ScriptMessage, table: str, flags: int
    ) -> tuple[list[Binding], float]:
        """The record after the request, and the time it was made for. Raises Refused."""
        now = core.wall_time()
        if msg.has_flag(self.nat_flag):
            flags |= NAT
        registration = self._read(msg, now, flags)
        aor = self._aor_of_to(msg)
        try:
            if registration.contacts or registration.remove_all:
                bindings = location.update(table, aor, registration.apply)
                wait = self._wait_until_written
                if wait is not None and not wait(table, aor, msg):
                    headers = () if self._retry_after else AGAIN
                    raise Refused(503, b"Service Unavailable", b"Not in the database yet", headers)
                return bindings, now
            return location.get(table, aor), now
        except LocationFull as error:
            core.log(ERROR, f"save: {error}", msg)
            raise unavailable(b"Location table full") from error
        except LocationError as error:
            core.log(ERROR, f"save: {error}", msg)
            raise server_error(_failed_operation(registration)) from error

    def _aor_of_to(self, msg: ScriptMessage) -> bytes:
        message = msg.message
        try:
            return address_of_record(read_uri(message.to_uri), self._rules)
        except ParseError as error:
            if TO not in message.first_fields:
                raise bad_request(b"To header not found") from error
            raise bad_request(b"Error while parsing AOR") from error

    def _read(self, msg: ScriptMessage, now: float, flags: int) -> Registration:
        """What the REGISTER asks for. Raises Refused."""
        message = msg.message
        fields = message.first_fields
        if REQUIRE in fields:
            _refuse_extensions(message.headers(REQUIRE))
        call_id = message.call_id
        if not call_id:
            raise bad_request(b"Call-ID header not found")
        if len(call_id) > MAX_CALL_ID:
            raise bad_request(b"Call-ID too long")
        if CSEQ not in fields:
            raise bad_request(b"CSeq header not found")
        user_agent = message.header(USER_AGENT)
        contacts, remove_all = self._read_contacts(msg)
        return Registration(
            self._rules,
            now,
            call_id,
            message.cseq_number,
            contacts,
            remove_all=remove_all,
            user_agent=b"Unknown" if user_agent is None else user_agent[:MAX_USER_AGENT],
            flags=flags,
        )

    def _read_contacts(self, msg: ScriptMessage) -> tuple[list[WantedContact], bool]:
        """The contacts, and whether it is `Contact: *`. Raises Refused."""
        message = msg.message
        expires = read_expires(message.header(EXPIRES))
        values = message.headers(CONTACT)
        if not values:
            return [], False
        try:
            contacts = parse_contacts(values)
        except ParseError as error:
            raise bad_request(_contact_problem(values)) from error
        if contacts is STAR:
            if expires != 0:
                raise bad_request(b"* used in contact and expires is not zero")
            return [], True
        if len(contacts) > MAX_CONTACTS_IN_REQUEST:
            raise unavailable(b"Too many registered contacts")
        rules = self._rules
        wanted = [read_contact(contact, expires, rules) for contact in contacts]
        received = _received_avp(msg, self.received_avp)
        if received:
            wanted = [w if w.received else replace(w, received=received) for w in wanted]
        return wanted, False

    def _refuse(
        self, core: Core, msg: ScriptMessage, refused: Refused, *, reply: bool
    ) -> SaveResult:
        self.refused.add()
        if not reply:
            return REFUSED
        headers = [b"P-Registrar-Error: " + refused.text + b"\r\n", *refused.headers]
        if refused.status >= 500:
            headers.extend(self._retry_after)
        sent = core.reply(msg, refused.status, refused.reason, headers=headers)
        return REFUSED if sent else NOT_SENT

    # -- lookup ----------------------------------------------------------------------------------

    @command(routes=REQUEST | FAILURE)
    def lookup(self, msg: ScriptMessage, table: Domain) -> LookupResult:
        """Replace the Request-URI by the contact that is registered for it.

        Further contacts become branches, with append_branches.
        """
        core, location = self._core, self._location
        assert core is not None
        assert location is not None
        try:
            stored = location.get(table.name, address_of_record(parse_uri(msg.uri), self._rules))
        except (ParseError, Refused):
            return BAD_AOR
        except LocationError as error:
            core.log(ERROR, f"lookup: {error}", msg)
            return LOCATION_FAILED
        if not stored:
            return NOT_FOUND
        now = core.wall_time()
        valid = [binding for binding in stored if binding.is_valid(now)]
        return self._go_to(core, msg, valid) if valid else EXPIRED

    def _go_to(self, core: Core, msg: ScriptMessage, bindings: list[Binding]) -> LookupResult:
        usable = [binding for binding in bindings if _is_uri(binding.uri)]  # ul_add takes any text
        if not usable:
            return BAD_CONTACT
        first = usable[0]
        if core.log_level() >= LOOKUPS:
            found = ", ".join(escape(binding.uri) for binding in usable)
            core.log(LOOKUPS, f"lookup: {escape(msg.uri)} is at {found}", msg)
        msg.uri = first.uri
        msg.next_hop = first.received or None
        natted = first.flags
        if len(usable) > 1 and self.append_branches:
            for binding in usable[1:]:
                if msg.append_branch(binding.uri, binding.q, binding.received or None):
                    natted |= binding.flags
        if natted & NAT:
            msg.set_flag(self.nat_flag)
        return FOUND

    @command(routes=REQUEST | FAILURE)
    def registered(self, msg: ScriptMessage, table: Domain) -> bool:
        """Whether somebody is registered for the Request-URI, which stays as it is."""
        core, location = self._core, self._location
        assert core is not None
        assert location is not None
        try:
            stored = location.get(table.name, address_of_record(parse_uri(msg.uri), self._rules))
        except (ParseError, Refused):
            return False
        except LocationError as error:
            core.log(ERROR, f"registered: {error}", msg)
            return False
        now = core.wall_time()
        return any(binding.is_valid(now) for binding in stored)


AGAIN = (b"Retry-After: 2\r\n",)
"""A 200 would promise that the binding outlives us. It is in the table, and surely written soon."""
WRITING = 0.3
"""Seconds that a write may take beyond what all questions to databases may."""

SAVED = SaveResult.SAVED
REFUSED = SaveResult.REFUSED
NOT_SENT = SaveResult.NOT_SENT
FOUND = LookupResult.FOUND
BAD_AOR = LookupResult.BAD_AOR
LOCATION_FAILED = LookupResult.LOCATION_FAILED
NOT_FOUND = LookupResult.NOT_FOUND
BAD_CONTACT = LookupResult.BAD_CONTACT
EXPIRED = LookupResult.EXPIRED


def _patiently(usrloc: Usrloc) -> Callable[[str, bytes, ScriptMessage], bool]:
    """Wait for usrloc's database as long as authentication, say, has left of the two seconds."""
    from ser_core.modules.patience import patience  # not for those who have no database

    def wait(table: str, aor: bytes, msg: ScriptMessage) -> bool:
        return usrloc.wait_until_written(table, aor, patience(msg) + WRITING)

    return wait


def _refuse_extensions(values: list[bytes]) -> None:
    """§10.3 step 2: no extension is supported that changes what registering means."""
    try:
        tags = parse_tokens(values)
    except ParseError as error:
        raise bad_request(b"Message parse error") from error
    if tags:
        line = b"Unsupported: " + b", ".join(tags) + b"\r\n"
        raise Refused(420, b"Bad Extension", b"Extension not supported", (line,))


def _is_uri(text: bytes) -> bool:
    try:
        parse_uri(text)
    except ParseError:
        return False
    return True


def _contact_problem(values: list[bytes]) -> bytes:
    star_and_others = any(part.strip() == b"*" for value in values for part in value.split(b","))
    return (
        b"* used in contact and more than 1 contact" if star_and_others else b"Contact parse error"
    )


def _failed_operation(registration: Registration) -> bytes:
    if registration.remove_all:
        return b"usrloc_record_delete failed"
    if not registration.contacts:
        return b"usrloc_record_get failed"
    if any(wanted.expires for wanted in registration.contacts):
        return b"usrloc_contact_update failed"
    return b"usrloc_contact_delete failed"


def _received_avp(msg: ScriptMessage, number: int) -> bytes:
    """Where the REGISTER came from, if nathelper has left it for us."""
    state = msg.state
    if not state:
        return b""
    received: bytes = state.get("avps", {}).get(number, b"")
    return received
