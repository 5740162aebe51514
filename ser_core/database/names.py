"""What may stand for a user, a domain, a group in the tables. Each check raises ValueError.

Users and groups are compared byte by byte; domains are kept in lower case (RFC 3261 §19.1.4).
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from ser_core.database.octets import is_storable

MAX_NAME: Final = 255
MAX_GROUP: Final = 64
MAX_RPID: Final = 255
MAX_ADDRESS: Final = 254
"""Characters of an e-mail address (RFC 5321 §4.5.3.1.3)."""

_DOMAIN = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?|\[[0-9A-Fa-f:.]+\]")
_GROUP = re.compile(r"[\w.+-]+", re.ASCII)
_ADDRESS = re.compile(
    r"[\w.!#$%&'*+/=?^`{|}~-]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?", re.ASCII
)


def checked_user(text: str) -> str:
    """The user part, composed (NFC), as one sees it and as keyboards write it."""
    name = unicodedata.normalize("NFC", text)
    _check_length("a user name", name, MAX_NAME)
    bad = next((each for each in name if not each.isprintable() or each in ":@"), "")
    if bad:
        what = f"{bad!r}" if bad in ":@" else "control characters"
        raise ValueError(f"a user name takes no {what}: {_shown(name)}")
    return name


def checked_domain(text: str) -> str:
    """A host name or address, in lower case and without the dot of the root behind it."""
    name = text.lower().removesuffix(".")
    _check_length("a domain", name, MAX_NAME)
    if not name.isascii():
        raise ValueError(f"{_shown(name)} is no domain as SIP has it: write it with xn--")
    if not _DOMAIN.fullmatch(name):
        raise ValueError(f"{_shown(name)} is no domain")
    return name


def checked_group(text: str) -> str:
    """The name of a group."""
    _check_length("a group", text, MAX_GROUP)
    if not _GROUP.fullmatch(text):
        raise ValueError(f"a group's name has letters, digits, _ . + and - only: {_shown(text)}")
    return text


def checked_rpid(text: str) -> str:
    """A Remote-Party-ID: a number, or a URI. It goes into a header as it is."""
    _check_length("a Remote-Party-ID", text, MAX_RPID)
    bad = next((each for each in text if not each.isprintable() or each in ' <>";,'), "")
    if bad or not text.isascii():
        what = 'no blanks, < > " ; or ,' if bad else "ASCII characters only"
        raise ValueError(f"a Remote-Party-ID takes {what}: {_shown(text)}")
    return text


def checked_address(text: str) -> str:
    """An e-mail address, one and plain."""
    _check_length("an e-mail address", text, MAX_ADDRESS)
    if not _ADDRESS.fullmatch(text) or ".." in text:
        raise ValueError(f"{_shown(text)} is no e-mail address")
    return text


def checked_password(text: str) -> str:
    """A password, as a phone can send it."""
    _check_length("a password", text, 1000)
    if not text.isprintable() or not is_storable(text):
        raise ValueError("a password takes no control characters")
    return text


def _check_length(what: str, text: str, most: int) -> None:
    if not text:
        raise ValueError(f"{what} is missing")
    if len(text) > most:
        raise ValueError(f"{what} has {most} characters at most, not {len(text)}")
    if not is_storable(text):
        raise ValueError(f"{what} must be UTF-8 without NUL: {_shown(text)}")


def _shown(text: str) -> str:
    return ascii(text) if not text.isprintable() else repr(text)
