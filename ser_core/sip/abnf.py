"""The grammar of RFC 3261 §25 as named patterns, each under the rule it implements.

Patterns are bytes, put together by `rule`; none captures. Their one rule: each runs in linear time
on any input. Repetitions of one byte class are possessive (`*+`); repeated groups begin with a byte
that can't stand before them, so that going back finds nothing to try. Groups aren't possessive
because Python 3.11 before 3.11.5 gets some of those wrong.

Where the world writes what §25 forbids and only one reading exists, the pattern allows it; its
comment says so.
"""

from __future__ import annotations

import re
from typing import Final

# token = 1*(alphanum / "-" / "." / "!" / "%" / "*" / "_" / "+" / "`" / "'" / "~")
TOKEN_BYTES: Final = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.!%*_+`'~"
TOKEN: Final = rb"[A-Za-z0-9\-.!%*_+`'~]++"

# SWS = [LWS], LWS = [*WSP CRLF] 1*WSP. Several folds in a row and a bare LF are let pass; a CR
# without LF, and a line end without a blank behind it, never are.
# The look-ahead keeps SWS from giving a fold back: what follows would take it and fail once more.
SWS: Final = rb"[ \t]*+(?:\r?\n[ \t]++)*(?!\r?\n[ \t])"
LWS: Final = rb"(?:[ \t]++|\r?\n[ \t]++)" + SWS

# quoted-string = SWS DQUOTE *(qdtext / quoted-pair ) DQUOTE; qdtext may be folded.
# quoted-pair = "\" (%x00-09 / %x0B-0C / %x0E-7F): the only place where NUL may stand. Bytes above
# 0x7F pass unchecked: old phones send Latin-1.
_OPEN_QUOTED_STRING: Final = rb'"[^"\\\x00\r\n]*+(?:(?:\\[^\r\n]|\r?\n[ \t])[^"\\\x00\r\n]*+)*'
QUOTED_STRING: Final = _OPEN_QUOTED_STRING + b'"'

# host = hostname / IPv4address / IPv6reference. Underscores, and labels that begin with a digit,
# are let pass, since networks have such names; a label has 63 bytes at most (RFC 1035 §2.3.4).
_LABEL: Final = rb"[A-Za-z0-9_][A-Za-z0-9_\-]{0,62}+"
HOSTNAME: Final = _LABEL + rb"(?:\." + _LABEL + rb")*\.?"
# IPv6reference = "[" IPv6address "]"; IPV6_ADDRESS below says what may stand inside.
IPV6_REFERENCE: Final = rb"\[[0-9A-Fa-f:.]{2,45}+\]"
# Most hosts are IPv4 addresses, which are hostnames too; written without a repeated group they are
# read in half the time.
_DOTTED: Final = rb"[0-9]{1,3}+\.[0-9]{1,3}+\.[0-9]{1,3}+\.[0-9]{1,3}+"
HOST: Final = rb"(?:" + _DOTTED + rb"|" + HOSTNAME + rb"|" + IPV6_REFERENCE + rb")"

# port = 1*DIGIT; its value is checked by whoever reads it.
PORT: Final = rb"[0-9]{1,5}"

# IPv6address as RFC 5954 §4.1 corrects it (and RFC 3986 §3.2.2 has it).
_H16: Final = rb"[0-9A-Fa-f]{1,4}"
_OCTET: Final = rb"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
IPV4_ADDRESS: Final = _OCTET + rb"(?:\." + _OCTET + rb"){3}"
_LS32: Final = rb"(?:" + _H16 + rb":" + _H16 + rb"|" + IPV4_ADDRESS + rb")"
IPV6_ADDRESS: Final = b"|".join(
    alternative.replace(b"H", _H16).replace(b"L", _LS32)
    for alternative in (
        rb"(?:H:){6}L",
        rb"::(?:H:){5}L",
        rb"(?:H)?::(?:H:){4}L",
        rb"(?:(?:H:){0,1}H)?::(?:H:){3}L",
        rb"(?:(?:H:){0,2}H)?::(?:H:){2}L",
        rb"(?:(?:H:){0,3}H)?::H:L",
        rb"(?:(?:H:){0,4}H)?::L",
        rb"(?:(?:H:){0,5}H)?::H",
        rb"(?:(?:H:){0,6}H)?::",
    )
)

# generic-param = token [ EQUAL gen-value ]; gen-value = token / host / quoted-string.
# An unquoted value may hold any visible byte that ends nothing: IPv6 addresses without brackets
# (RFC 5118 §4.5), base64 with its "=", and UTF-8 are all met with. So is nothing behind the "=".
PLAIN_VALUE: Final = rb'[^\x00-\x20\x7f";,<>]++'
GENERIC_PARAM: Final = (
    TOKEN + rb"(?:" + SWS + rb"=" + SWS + rb"(?:" + QUOTED_STRING + rb"|" + PLAIN_VALUE + rb")?)?"
)
# A word of a display-name without quotes; see address.py for why it isn't just a token.
NAME_WORD: Final = rb'[^\x00-\x20\x7f"<>,;]++'
# *( SEMI generic-param )
PARAMS: Final = rb"(?:" + SWS + rb";" + SWS + GENERIC_PARAM + rb")*"

# user = 1*( unreserved / escaped / user-unreserved ). Any visible byte is let pass that isn't a
# delimiter of the URI or of what stands round it ("#31#" is dialled a lot); "%" must escape.
_USER_CLASS: Final = rb'[^\x00-\x20\x7f"<>%:@\\]'
_ESCAPED: Final = rb"%[0-9A-Fa-f]{2}"
USER: Final = rb"(?![@:])" + _USER_CLASS + rb"*+(?:" + _ESCAPED + _USER_CLASS + rb"*+)*"
# password = *( unreserved / escaped / "&" / "=" / "+" / "$" / "," )
PASSWORD: Final = _USER_CLASS + rb"*+(?:" + _ESCAPED + _USER_CLASS + rb"*+)*"
# uri-parameters = *( ";" uri-parameter). No "@": whoever looks for the last one would find
# another host than whoever looks for the first.
URI_PARAMETERS: Final = rb'(?:;[^\x00-\x20\x7f"<>?@]*+)?'
# headers = "?" header *( "&" header )
URI_HEADERS: Final = rb'(?:\?[^\x00-\x20\x7f"<>@]*+)?'
# scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." )
SCHEME: Final = rb"[A-Za-z][A-Za-z0-9+\-.]*+"
# What is left of an absoluteURI whose scheme we don't know: visible bytes.
OPAQUE: Final = rb'[^\x00-\x20\x7f"<>]++'

_RULE = re.compile(rb"\{([A-Z][A-Z0-9_]+)\}")


def rule(text: bytes) -> re.Pattern[bytes]:
    """Compile a pattern in which `{NAME}` stands for a rule of this file; blanks don't count."""
    return re.compile(_RULE.sub(lambda found: globals()[found[1].decode()], text), re.VERBOSE)


_IPV6 = rule(rb"\[ (?:{IPV6_ADDRESS}) \]")
# RFC 3261's own grammar allows [2001:db8:::192.0.2.1]; RFC 5118 §4.10: it must be tolerated.
_THREE_COLONS = re.compile(rb":::(?=[0-9]+\.)")


def is_ipv6_reference(text: bytes) -> bool:
    """True when `text` is an IPv6 address in brackets."""
    return _IPV6.fullmatch(text) is not None or (
        b":::" in text and _IPV6.fullmatch(_THREE_COLONS.sub(b"::", text)) is not None
    )


# An unclosed quote runs to the end of its line, so that no byte is looked at twice.
_QUOTED = re.compile(_OPEN_QUOTED_STRING + rb'"?')


def has_stray_nul(head: bytes) -> bool:
    """True when NUL stands elsewhere than behind a backslash in a quoted string (§25.1)."""
    return b"\0" in head and b"\0" in _QUOTED.sub(b"", head)


def is_token(text: bytes) -> bool:
    """True when `text` is a token of §25.1."""
    return bool(text) and (text.isalnum() or not text.translate(None, TOKEN_BYTES))


def without_lws(text: bytes) -> bytes:
    """`text` without any blanks and line ends."""
    return text.translate(None, b" \t\r\n")
