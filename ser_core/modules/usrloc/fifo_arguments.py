"""Arguments of the ul_ commands: from the lines of a request to what the location table takes.

What is wrong is a FifoError, with SER's text where SER has one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ser_core.errors import ParseError
from ser_core.fifo.protocol import FifoError
from ser_core.modules.usrloc.domain import MAX_LENGTH
from ser_core.registrar.rules import MAX_AOR, MAX_CONTACT_URI
from ser_core.sip.headers import parse_q, parse_uint
from ser_core.sip.uri import parse_uri

if TYPE_CHECKING:
    from ser_core.fifo.declarations import Control

MAX_NUMBER = (1 << 32) - 1
NO_TABLE = "table ({0}) not found"
NO_TABLE_TO_ADD_TO = (
    "Table '{0}' not found in memory, "
    'use save("{0}") or lookup("{0}") in the configuration script first'
)


def as_text(value: bytes) -> str:
    """Bytes for the text of a reply; those that aren't UTF-8 leave as they came."""
    return value.decode("utf-8", "surrogateescape")


def read_aor(
    command: str, line: bytes, *, use_domain: bool, case_sensitive: bool, expected: str
) -> bytes:
    """The key of a record: the user, with use_domain user@domain, in lower case as the registrar
    has it."""
    _check_length(command, "address-of-record", line, MAX_AOR)
    user, at, domain = line.partition(b"@")
    if not case_sensitive:
        user = user.lower()
    if not use_domain:
        return user
    if not at:
        raise FifoError(400, f"{command}: {expected} expected")
    return user + at + domain.lower()


def read_table(control: Control, command: str, line: bytes, unknown: str = NO_TABLE) -> str:
    """The name of a table that ser.cfg mentions."""
    _check_length(command, "table's name", line, MAX_LENGTH)
    table = as_text(line)
    if table not in control.location.domains():
        raise FifoError(400, unknown.format(table))
    return table


def read_contact(command: str, line: bytes) -> bytes:
    """A contact to be stored. One that is no URI could never be called."""
    check_contact_length(command, line)
    try:
        parse_uri(line)
    except ParseError as error:
        raise FifoError(400, "Invalid contact") from error
    return line


def check_contact_length(command: str, line: bytes) -> None:
    """Refuse what is longer than any stored contact."""
    _check_length(command, "contact", line, MAX_CONTACT_URI)


def read_number(name: str, line: bytes) -> int:
    """A number of 32 bits without a sign."""
    try:
        return parse_uint(line, MAX_NUMBER)
    except ParseError as error:
        raise FifoError(400, f"Invalid {name} format") from error


def read_q(line: bytes) -> int:
    """A q value in thousandths."""
    try:
        return parse_q(line)
    except ParseError as error:
        raise FifoError(400, "Invalid q value") from error


def _check_length(command: str, what: str, line: bytes, limit: int) -> None:
    if len(line) > limit:
        raise FifoError(400, f"{command}: the {what} is longer than {limit} bytes")
