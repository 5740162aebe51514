"""What is told about a request: SER's letters, and what each stands for."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ser_core.errors import ParseError
from ser_core.sip.message import Request
from ser_core.sip.names import FROM, TO
from ser_core.sip.uri import parse_uri, unescape

MISSING = b"n/a"
"""Stands for what the request hasn't got."""


class Record(NamedTuple):
    """One request and what became of it."""

    request: Request
    out_uri: bytes
    """Request-URI of the branch that was answered; as it now is for a request without one."""
    status: bytes
    """Code of the response, perhaps with its reason; or the text of acc_log_request."""
    to_tag: bytes = b""
    """Of the response."""
    user: bytes = b""
    """Whose credentials have been checked; empty: nobody's."""


Read = Callable[[Record], bytes | None]


def _from(record: Record) -> bytes | None:
    return record.request.header(FROM)


def _to(record: Record) -> bytes | None:
    return record.request.header(TO)


def _from_uri(record: Record) -> bytes:
    return record.request.from_uri


def _to_uri(record: Record) -> bytes:
    return record.request.to_uri


def _user_of(uri: bytes) -> bytes:
    return unescape(parse_uri(uri).user or b"")


def _to_tag(record: Record) -> bytes:
    return record.to_tag or record.request.to_tag


class Field(NamedTuple):
    """What one letter stands for."""

    name: str
    """In a line of the log."""
    read: Read
    """None, empty or ParseError: there is no such thing."""


FIELDS: dict[str, Field] = {
    "c": Field("call_id", lambda record: record.request.call_id),
    "d": Field("to_tag", _to_tag),
    "f": Field("from", _from),
    "i": Field("i-uri", lambda record: record.request.received_uri),
    "m": Field("method", lambda record: record.request.method),
    "o": Field("o-uri", lambda record: record.out_uri),
    "r": Field("from_tag", lambda record: record.request.from_tag),
    "s": Field("code", lambda record: record.status),
    "t": Field("to", _to),
    "u": Field("user", lambda record: record.user),
    "p": Field("i-uri_user", lambda record: _user_of(record.request.received_uri)),
    "0": Field("from_user", lambda record: _user_of(record.request.from_uri)),
    "1": Field("to_user", lambda record: _user_of(record.request.to_uri)),
    "F": Field("from_uri", _from_uri),
    "T": Field("to_uri", _to_uri),
    "U": Field("user_or_from", lambda record: record.user or record.request.from_uri),
    "S": Field("status", lambda record: record.status[:3] if record.status[:3].isdigit() else b""),
    "n": Field("cseq", lambda record: b"%d" % record.request.cseq_number),
    "D": Field("i-uri_domain", lambda record: parse_uri(record.request.received_uri).host),
    "X": Field("from_domain", lambda record: parse_uri(record.request.from_uri).host),
}
"""By the letters of log_fmt."""


def value_of(letter: str, record: Record) -> bytes:
    """What a letter stands for in a record; MISSING when there is no such thing."""
    try:
        return FIELDS[letter].read(record) or MISSING
    except ParseError:
        return MISSING
