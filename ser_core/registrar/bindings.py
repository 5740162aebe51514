"""The registrar's rules: RFC 3261 §10.3 steps 6 and 7, without I/O and without a clock.

`Registration` is a REGISTER reduced to what matters; its `apply` goes from the stored bindings of
an address-of-record to the new ones, or raises `Refused` and changes nothing. The store runs it
inside a write transaction, so everything costly is done before, when the Registration is made.
"""

from __future__ import annotations

import msgspec

from ser_core.errors import ParseError
from ser_core.registrar.contacts import WantedContact
from ser_core.registrar.location import NEVER, PERMANENT, Binding
from ser_core.registrar.rules import (
    UNSPECIFIED_Q,
    Rules,
    bad_request,
    server_error,
    unavailable,
)
from ser_core.sip.uri import equal, parse_uri


def find(bindings: list[Binding], uri: bytes) -> int:
    """Where the binding of this contact stands, -1: nowhere.

    The one with exactly this text comes before those that are only equal as URIs: equality isn't
    transitive (§19.1.4), so there may be several.
    """
    for index, binding in enumerate(bindings):
        if binding.uri == uri:
            return index
    for index, binding in enumerate(bindings):
        if is_same_contact(binding.uri, uri):
            return index
    return -1


def is_same_contact(first: bytes, second: bytes) -> bool:
    """Contacts compare as URIs (§19.1.4); one that can't be read equals only its own bytes."""
    if first == second:
        return True
    try:
        return equal(parse_uri(first), parse_uri(second))
    except ParseError:
        return False


class Registration(msgspec.Struct):
    """A REGISTER: for which contacts, until when, and which one of its sequence it is."""

    rules: Rules
    now: float
    """Unix seconds."""
    call_id: bytes
    cseq: int
    contacts: list[WantedContact]
    remove_all: bool = False
    """`Contact: *`"""
    user_agent: bytes = b"Unknown"
    flags: int = 0

    def apply(self, stored: list[Binding]) -> list[Binding]:
        """The bindings after this request; the very list that came in when nothing changes.

        Raises Refused, and then nothing has changed (§10.3 step 7): 500 for a request that is
        older than the one that made a binding, 503 for too many contacts, 400 for a contact that
        is no URI.
        """
        if self.remove_all:
            return self._remove_all(stored)
        now = self.now
        bindings = [binding for binding in stored if binding.is_valid(now)]
        valid = len(bindings)
        changed = False
        for wanted in self.contacts:
            if self._apply_one(bindings, wanted):
                changed = True
        limit = self.rules.max_contacts
        if 0 < limit < len(bindings) and len(bindings) > valid:
            raise unavailable(b"Too many registered contacts")
        return bindings if changed else stored

    def _apply_one(self, bindings: list[Binding], wanted: WantedContact) -> bool:
        """Carry out what is wanted for one contact; False when that changes nothing."""
        index = find(bindings, wanted.uri)
        if index < 0:
            _must_be_uri(wanted.uri)
            if wanted.expires:
                self._insert(bindings, self._binding(wanted, self.now, 0))
            return wanted.expires != 0
        if self._is_repetition(bindings[index]):
            return False
        if wanted.expires:
            self._replace(bindings, index, wanted)
        else:
            del bindings[index]
        return True

    def _is_repetition(self, binding: Binding) -> bool:
        """True when this very request has made the binding; raises Refused when a later one has.

        A registrar that answers statelessly sees retransmissions too: they are answered like the
        first time instead of failing as RFC 3261 has it for requests that aren't retransmissions.
        """
        if binding.cseq < self.cseq or binding.call_id != self.call_id:
            return False
        if binding.cseq > self.cseq:
            raise server_error(b"CSeq not higher than that of the binding")
        return True

    def _remove_all(self, stored: list[Binding]) -> list[Binding]:
        """§10.3 step 6: all go, unless one was made by this request's equal or successor."""
        for binding in stored:
            if (
                binding.call_id == self.call_id
                and binding.cseq >= self.cseq
                and binding.is_valid(self.now)
            ):
                raise server_error(b"CSeq not higher than that of the binding")
        return [] if stored else stored

    def _binding(self, wanted: WantedContact, since: float, kept_flags: int) -> Binding:
        return Binding(
            wanted.uri,
            NEVER if kept_flags & PERMANENT else self.now + wanted.expires,
            wanted.q,
            self.call_id,
            self.cseq,
            self.user_agent,
            wanted.received,
            self.flags | kept_flags,
            since,
        )

    def _insert(self, bindings: list[Binding], binding: Binding) -> None:
        insert(bindings, binding, desc_time_order=self.rules.desc_time_order)

    def _replace(self, bindings: list[Binding], index: int, wanted: WantedContact) -> None:
        old = bindings[index]
        binding = self._binding(wanted, old.since, old.flags & PERMANENT)
        replace(bindings, index, binding, desc_time_order=self.rules.desc_time_order)


def _must_be_uri(uri: bytes) -> None:
    try:
        parse_uri(uri)
    except ParseError as error:
        raise bad_request(b"Contact parse error") from error


def insert(bindings: list[Binding], binding: Binding, *, desc_time_order: bool) -> None:
    """Put a binding in its place: by q, the highest first, behind those with the same q.

    With `desc_time_order` the newest stands first and q doesn't count.
    """
    place = 0
    if not desc_time_order:
        while place < len(bindings) and bindings[place].q >= binding.q:
            place += 1
    bindings.insert(place, binding)


def replace(
    bindings: list[Binding], index: int, binding: Binding, *, desc_time_order: bool
) -> None:
    """Put a refreshed binding where the old one stood, or elsewhere when its place has changed."""
    if bindings[index].q == binding.q and not desc_time_order:
        bindings[index] = binding
    else:
        del bindings[index]
        insert(bindings, binding, desc_time_order=desc_time_order)


def put(bindings: list[Binding], binding: Binding, *, desc_time_order: bool) -> None:
    """Insert what the operator adds, or renew with it the binding of the same contact.

    As in SER flags are only ever added that way, and where the phone really is stays known.
    """
    index = find(bindings, binding.uri)
    if index < 0:
        insert(bindings, binding, desc_time_order=desc_time_order)
        return
    old = bindings[index]
    flags = old.flags | binding.flags
    renewed = msgspec.structs.replace(
        binding,
        expires_at=NEVER if flags & PERMANENT else binding.expires_at,
        received=old.received,
        flags=flags,
        since=old.since,
    )
    replace(bindings, index, renewed, desc_time_order=desc_time_order)


def permanent(uri: bytes, now: float, q: int = UNSPECIFIED_Q, flags: int = 0) -> Binding:
    """A binding that the operator makes: an alias, a gateway (ul_add with flag 128)."""
    return Binding(uri, NEVER, q, b"", 0, b"", b"", flags | PERMANENT, now)
