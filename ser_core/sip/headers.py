"""Typed values of the headers that a proxy and registrar read (RFC 3261 §20)."""

from __future__ import annotations

import enum
import re
from typing import Final, Literal

from ser_core.errors import ParseError
from ser_core.sip.abnf import is_token, rule
from ser_core.sip.address import NameAddr, parse_address, split_comma

MAX_CSEQ: Final = (1 << 31) - 1
"""§8.1.1.5: a sequence number is below 2**31."""
MAX_SECONDS: Final = (1 << 32) - 1
"""§20.19: delta-seconds of Expires are below 2**32."""


class Star(enum.Enum):
    """`Contact: *` (§10.2.2)."""

    STAR = "*"


STAR: Final = Star.STAR


def parse_uint(value: bytes, limit: int) -> int:
    """A number from 0 to `limit`, of plain ASCII digits. Raises ParseError.

    No sign, blank, underscore or other script's digit, all of which `int` would take.
    """
    if not value.isdigit() or len(value) > 20:
        raise ParseError("a number is not made of at most 20 digits")
    number = int(value)
    if number > limit:
        raise ParseError(f"a number is larger than {limit}")
    return number


_CSEQ = rule(rb"([0-9]++) {LWS} ({TOKEN})")


def parse_cseq(value: bytes) -> tuple[int, bytes]:
    """Sequence number and method of a CSeq (§20.16). Raises ParseError."""
    number, blank, method = value.partition(b" ")
    # Ten digits are the most that can be below 2**31 without leading zeros.
    if blank and method.isalpha() and number.isdigit() and len(number) < 11:
        sequence = int(number)
        if sequence <= MAX_CSEQ:
            return sequence, method
    found = _CSEQ.fullmatch(value)
    if found is None:
        raise ParseError("CSeq can't be read")
    return parse_uint(found[1], MAX_CSEQ), found[2]


def parse_contacts(values: list[bytes]) -> list[NameAddr] | Literal[Star.STAR]:
    """All contacts of all Contact headers of a message, or STAR. Raises ParseError."""
    if len(values) == 1 and _is_single_address(values[0]):
        return [parse_address(values[0])]
    contacts: list[NameAddr] = []
    stars = 0
    for value in values:
        for start, end in split_comma(value):
            text = value[start:end]
            if text == b"*":
                stars += 1
            else:
                contacts.append(parse_address(text))
    if not stars:
        return contacts
    if contacts or stars > 1:
        raise ParseError("* used in contact and more than 1 contact")
    return STAR


def _is_single_address(value: bytes) -> bool:
    """True when nothing in `value` could make it anything but one address."""
    return b"," not in value and b'"' not in value and value != b"*"


_Q = re.compile(rb"0(?:\.([0-9]{0,3}))?|1(?:\.0{0,3})?")


def parse_q(value: bytes) -> int:
    """A qvalue (§25.1) in thousandths: 0 to 1000. Raises ParseError."""
    found = _Q.fullmatch(value)
    if found is None:
        raise ParseError("q is not a number from 0 to 1 with at most three decimals")
    if value[0] == 0x31:
        return 1000
    return int((found[1] or b"").ljust(3, b"0"))


def parse_tokens(values: list[bytes]) -> list[bytes]:
    """The tokens in all values of Require, Proxy-Require, Supported, Allow … as written.

    An empty value has none (`Supported:` may be empty, §20.37). Raises ParseError.
    """
    tokens: list[bytes] = []
    for value in values:
        stripped = value.strip()
        if not stripped:
            continue
        for part in stripped.split(b","):
            token = part.strip()
            if not is_token(token):
                raise ParseError("a list of tokens holds something else")
            tokens.append(token)
    return tokens
