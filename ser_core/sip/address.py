"""name-addr and addr-spec, as From, To, Contact, Route and others have them (RFC 3261 §20.10, §25).

`uri_and_tag` is the quick way to what every message is asked for; `parse_address` reads everything.
"""

from __future__ import annotations

import msgspec

from ser_core.errors import ParseError
from ser_core.sip import params as header_params
from ser_core.sip.abnf import is_token, rule

# display-name = *(token LWS) / quoted-string. Other visible bytes than those of a token are let
# pass: `Müller (home)` without quotes has one reading. A comma has two (RFC 4475, baddn).
_NAME_ADDR = rule(
    rb"""
    {SWS} (?: ({QUOTED_STRING}) {SWS} | ({NAME_WORD} (?: {LWS} {NAME_WORD} )*) {SWS} )?
    < ({OPAQUE}) > {SWS} ({PARAMS}) {SWS}
    """
)
# What nearly every From and To looks like: a plain name, brackets, and no parameter but the tag.
_ORDINARY = rule(
    rb"""
    (?: "[^"\\\x00\r\n]*+" [ ]*+ | [A-Za-z0-9_.\- ]*+ ) < ({OPAQUE}) > (?: ;tag=({TOKEN}) )?
    """
)
# Without angle brackets what follows a semicolon belongs to the header, and the URI may hold
# neither comma nor question mark (§20.10).
_ADDR_SPEC = rule(rb"""{SWS} ({SCHEME} : [^\x00-\x20\x7f"<>;,?]++) {SWS} ({PARAMS}) {SWS}""")
_ELEMENT = rule(
    rb"""
    {SWS}
    ( [^\x00\r\n",<>]*+
      (?: (?: \r?\n[ \t] | {QUOTED_STRING} | <[^\x00\r\n<>]*+> ) [^\x00\r\n",<>]*+ )* )
    (,|\Z)
    """
)


class NameAddr(msgspec.Struct, frozen=True, gc=False):
    """A URI with the display name and the header parameters that stand round it."""

    display_name: bytes | None
    """As written, with its quotes; None when there is none."""
    uri: bytes
    """The text of the URI, without angle brackets."""
    params: bytes
    """Header parameters from their first semicolon on, or empty."""

    def param(self, name: bytes) -> bytes | None:
        """The value of a header parameter (`name` lower-case), quotes and all; None when absent."""
        params = self.params
        return header_params.find(params, name) if params else None

    @property
    def tag(self) -> bytes:
        """The tag parameter; empty when there is none (§19.3)."""
        return _checked_tag(self.param(b"tag"))


def parse_address(value: bytes) -> NameAddr:
    """Read one address with its header parameters. Raises ParseError.

    The URI's text isn't looked into; `parse_uri` does that.
    """
    found = _NAME_ADDR.fullmatch(value)
    if found is not None:
        quoted, words, uri, params = found.groups()
        return NameAddr(words if quoted is None else quoted, uri, params)
    found = _ADDR_SPEC.fullmatch(value)
    if found is None or _holds_at(found[2]):
        raise ParseError("the address can't be read")
    return NameAddr(None, found[1], found[2])


def _holds_at(params: bytes) -> bool:
    """True when "@" stands in a parameter: then others take part of the header for a user."""
    return b"@" in params and any(
        b"@" in value and value[0] != 0x22 for _name, value in header_params.pairs(params)
    )


def split_comma(value: bytes) -> list[tuple[int, int]]:
    """Where the elements of a comma list stand: (start, end), without the blanks round them.

    Commas in quotes and in angle brackets don't count. Raises ParseError when an element is empty,
    or quotes or brackets aren't closed.
    """
    spans = []
    position = 0
    while True:
        found = _ELEMENT.match(value, position)
        if found is None:
            raise ParseError("a list has quotes or brackets that don't close")
        start = found.start(1)
        end = start + len(found[1].rstrip())
        if start == end:
            raise ParseError("a list has an empty element")
        spans.append((start, end))
        position = found.end()
        if not found[2]:
            return spans


def uri_and_tag(value: bytes) -> tuple[bytes, bytes]:
    """The URI and the tag in the value of a From or To; an empty tag when there is none.

    Raises ParseError for each value that `parse_address` can't read, so that whoever asks for the
    tag knows that the address is one.
    """
    found = _ORDINARY.fullmatch(value)
    if found is not None:
        return found[1], found[2] or b""
    address = parse_address(value)
    return address.uri, address.tag


def _checked_tag(tag: bytes | None) -> bytes:
    if tag is None:
        return b""
    if not is_token(tag):
        raise ParseError("a tag is not a token")
    return tag
