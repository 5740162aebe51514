"""One datagram, or one message cut from a stream, to one `Message` (RFC 3261 §7, §18.3, §25).

What we read otherwise than the next hop would is how requests are smuggled past a proxy. So
everything of which two readings exist is an error here: repeated headers that may stand once, a
bare CR, NUL, a Content-Length that promises more than there is, numbers that aren't plain digits.

Ordinary messages take the fast way: CRLF line ends, no folding. The other way reads folded lines
and bare LFs; both give the same index.
"""

from __future__ import annotations

import re

from ser_core.errors import ParseError
from ser_core.sip.abnf import has_stray_nul
from ser_core.sip.headers import parse_cseq, parse_uint
from ser_core.sip.message import Field, Message, Request, Response
from ser_core.sip.names import (
    CALL_ID,
    CONTENT_LENGTH,
    CSEQ,
    FROM,
    KNOWN,
    SINGLE,
    TO,
    VIA,
    canonical,
)

MAX_FIELDS = 256
"""Header fields in one message; more is an attack, not a message."""

_METHODS = frozenset(
    (
        b"INVITE",
        b"ACK",
        b"BYE",
        b"CANCEL",
        b"REGISTER",
        b"OPTIONS",
        b"PRACK",
        b"SUBSCRIBE",
        b"NOTIFY",
        b"PUBLISH",
        b"INFO",
        b"REFER",
        b"MESSAGE",
        b"UPDATE",
    )
)
_TOKEN = re.compile(rb"[A-Za-z0-9\-.!%*_+`'~]+\Z")
# A Request-URI holds no blanks, no control bytes and none of the delimiters <>" (§25.1).
_URI_TEXT = re.compile(rb"[A-Za-z][A-Za-z0-9+\-.]*:[^\x00-\x20\x7f<>\"]+\Z")
_BLANK = (b" ", b"\t", b"")
_LINE = re.compile(rb"([^\r\n]*)(\r?\n)")
# §8.1.1; Max-Forwards isn't among them, since it is added where it is missing.
_MANDATORY = frozenset((VIA, FROM, TO, CALL_ID, CSEQ))


def parse_message(data: bytes) -> Request | Response:
    """Read one message.

    Raises ParseError; its `message` is the request to answer, when so much of it could be read.
    """
    head_end = data.find(b"\r\n\r\n")
    head = data[:head_end]
    if head_end <= 0 or b"\0" in head:
        return _from_odd_lines(data)
    # splitlines also splits at a bare CR or LF; then the lengths below don't add up.
    lines = head.splitlines()
    first_line = lines.pop(0)
    fields: list[Field] = []
    first_fields: dict[bytes, Field] = {}
    start = first_header = len(first_line) + 2
    problem = ""
    for line in lines:
        written, colon, value = line.partition(b":")
        name = KNOWN.get(written)
        if name is None:
            if line[:1] in _BLANK:
                return _from_odd_lines(data)
            try:
                name = _unusual_name(written, colon)
            except ParseError as error:
                problem = problem or error.reason
                start += len(line) + 2
                continue
        end = start + len(line) + 2
        field = (name, start, start + len(written) + 1, end, value.strip())
        fields.append(field)
        if name not in first_fields:
            first_fields[name] = field
        elif name in SINGLE:
            problem = problem or f"{name.decode()} stands more than once"
        start = end
    if start != head_end + 2:
        return _from_odd_lines(data)
    return _checked(data, first_line, fields, first_fields, first_header, head_end + 4, problem)


def _unusual_name(written: bytes, colon: bytes) -> bytes:
    """The canonical name of a header that isn't spelled in one of the usual ways."""
    if not colon:
        raise ParseError("header line without a name and a colon")
    return canonical(written.rstrip(b" \t"))


def _from_odd_lines(data: bytes) -> Request | Response:
    """Read a message with folded lines or bare LFs (or find that it is none).

    Where all lines of the head end in LF they get CRLF, so that the next hop reads what we read;
    both kinds in one head are how headers are hidden from one of the two.
    """
    head_end = data.find(b"\n\n") + 2
    if head_end > 2 and b"\r" not in data[:head_end]:
        return parse_message(data[:head_end].replace(b"\n", b"\r\n") + data[head_end:])
    position = 0
    first_line = b""
    first_header = 0
    fields: list[Field] = []
    first_fields: dict[bytes, Field] = {}
    problem = ""
    while True:
        found = _LINE.match(data, position)
        if found is None:
            problem = problem or "no empty line behind the headers"
            break
        line = found[1]
        start, position = position, found.end()
        if len(found[2]) == 1:
            problem = problem or "a line ends in LF without CR"
        if not first_header:
            first_line, first_header = line, position
        elif not line:
            break
        elif line[0] in b" \t":
            problem = problem or _continue_field(fields, first_fields, data, position)
        else:
            problem = _add_field(fields, first_fields, line, start, position) or problem
    if has_stray_nul(data[:position]):
        problem = "NUL in a header"
    if _BARE_CR.search(data[:position]):
        problem = "CR without LF in a header"
    if not first_header:
        raise ParseError("not a SIP message")
    return _checked(data, first_line, fields, first_fields, first_header, position, problem)


_BARE_CR = re.compile(rb"\r(?!\n)")


def _add_field(
    fields: list[Field], first_fields: dict[bytes, Field], line: bytes, start: int, end: int
) -> str:
    written, colon, value = line.partition(b":")
    try:
        name = KNOWN.get(written) or _unusual_name(written, colon)
    except ParseError as error:
        return error.reason
    field = (name, start, start + len(written) + 1, end, value.strip())
    fields.append(field)
    if first_fields.setdefault(name, field) is not field and name in SINGLE:
        return f"{name.decode()} stands more than once"
    return ""


def _continue_field(
    fields: list[Field], first_fields: dict[bytes, Field], data: bytes, end: int
) -> str:
    """Make the last field longer by a folded line (§7.3.1)."""
    if not fields:
        return "the first header line begins with a blank"
    name, start, value_start, _, _ = last = fields[-1]
    fields[-1] = (name, start, value_start, end, data[value_start:end].strip())
    if first_fields[name] is last:
        first_fields[name] = fields[-1]
    return ""


def _checked(
    data: bytes,
    first_line: bytes,
    fields: list[Field],
    first_fields: dict[bytes, Field],
    first_header: int,
    body_start: int,
    problem: str,
) -> Request | Response:
    parts = first_line.split(b" ", 2)
    if len(parts) < 3:
        raise ParseError("not a SIP message")
    if parts[0].upper() == b"SIP/2.0":
        return _response(parts, data, fields, first_fields, first_header, body_start, problem)
    method, uri, version = parts
    request = Request(method, uri, data, fields, first_fields, first_header, body_start)
    try:
        if problem:
            raise ParseError(problem)
        if len(fields) > MAX_FIELDS:
            raise ParseError("too many header fields", 513)
        if version != b"SIP/2.0":
            _check_version(version)
        if method not in _METHODS and not _TOKEN.match(method):
            raise ParseError("the method is not a token")
        if not _URI_TEXT.match(uri):
            raise ParseError("the Request-URI can't be read")
        _check_headers(request)
        if request.cseq_method != method:
            raise ParseError("the method in CSeq is not that of the request")
    except ParseError as error:
        if VIA in first_fields:  # else there is nowhere to answer to
            error.message = request
        raise
    return request


def _check_version(version: bytes) -> None:
    """Refuse a request line whose last part isn't SIP/2.0 (case doesn't matter, §7.1)."""
    upper = version.upper()
    if upper == b"SIP/2.0":
        return
    if re.match(rb"SIP/\d+\.\d+\Z", upper):
        raise ParseError("Version Not Supported", 505)
    raise ParseError("the request line can't be read")


def _response(
    parts: list[bytes],
    data: bytes,
    fields: list[Field],
    first_fields: dict[bytes, Field],
    first_header: int,
    body_start: int,
    problem: str,
) -> Response:
    _version, code, reason = parts
    if problem or len(fields) > MAX_FIELDS:
        raise ParseError(problem or "too many header fields")
    if len(code) != 3 or not code.isdigit() or not b"100" <= code <= b"699":
        raise ParseError("the status code is not between 100 and 699")
    response = Response(int(code), reason, data, fields, first_fields, first_header, body_start)
    _check_headers(response)
    return response


def _check_headers(message: Message) -> None:
    """Mandatory headers, CSeq, and a Content-Length that fits (§8.1.1, §18.3)."""
    first_fields = message.first_fields
    if not first_fields.keys() >= _MANDATORY:
        missing = sorted(_MANDATORY - first_fields.keys())
        raise ParseError(f"no {missing[0].decode()} header")
    buffer = message.buffer
    message.cseq_number, message.cseq_method = parse_cseq(first_fields[CSEQ][4])
    length_field = first_fields.get(CONTENT_LENGTH)
    if length_field is not None:
        text = length_field[4]
        length = 0 if text == b"0" else parse_uint(text, 1 << 24)
        present = len(buffer) - message.body_start
        if length > present:
            raise ParseError("Content-Length is larger than the message")
        if length < present:  # §18.3: bytes behind the body are discarded
            message.buffer = buffer[: message.body_start + length]
