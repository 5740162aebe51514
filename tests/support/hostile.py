"""What anyone on the network may send: messages of which two readings exist, and what isn't SIP.

Each differs in one place from a request that would be forwarded.
"""

from __future__ import annotations

from tests.support.sip_case import Case, lines

_HEADERS: dict[bytes, bytes] = {
    b"Via": b" SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK-hostile-1;rport",
    b"Max-Forwards": b" 70",
    b"From": b' "Mallory" <sip:mallory@example.net>;tag=m4ll0ry',
    b"To": b" <sip:alice@example.com>",
    b"Call-ID": b" hostile-1@192.0.2.7",
    b"CSeq": b" 1 OPTIONS",
    b"Content-Length": b" 0",
}
_START = b"OPTIONS sip:alice@example.com SIP/2.0"


def request(
    *more: bytes, start: bytes = _START, body: bytes = b"", without: bytes = b"", **changed: bytes
) -> bytes:
    """A request that would be forwarded, but for what the arguments change.

    `changed` has header names with underscores for hyphens; `more` are lines at the end.
    """
    values = dict(_HEADERS)
    values.update((name.replace("_", "-").encode(), value) for name, value in changed.items())
    values.pop(without, None)
    return lines(start, *(name + b":" + value for name, value in values.items()), *more, body=body)


def _refused(name: str, about: str, data: bytes, status: int = 400) -> Case:
    return Case(name, "hostile", about, data, status, reads=False)


def _dropped(name: str, about: str, data: bytes) -> Case:
    return Case(name, "hostile", about, data, "drop", reads=False)


REPEATED = tuple(
    _refused(
        f"repeated-{name.decode().lower()}{suffix}",
        "a header that may stand once stands twice",
        request(spelling + b":" + _HEADERS[name]),
    )
    for name, spelling, suffix in (
        (b"From", b"From", ""),
        (b"From", b"f", "-compact"),
        (b"To", b"To", ""),
        (b"To", b"T", "-compact"),
        (b"Call-ID", b"Call-ID", ""),
        (b"Call-ID", b"i", "-compact"),
        (b"CSeq", b"CSEQ", ""),
        (b"Content-Length", b"Content-Length", ""),
        (b"Content-Length", b"l", "-compact"),
        (b"Max-Forwards", b"max-forwards", ""),
        (b"Max-Forwards", b"Max-Forwards ", "-blank"),
    )
)

_FIVE_THOUSAND = b"9" * 5000
NUMBERS = tuple(
    _refused(
        f"{header.lower()}-{kind}", "not a plain number in its range", request(**{header: text})
    )
    for header, kind, text in (
        ("Content_Length", "signed", b" +0"),
        ("Content_Length", "negative", b" -1"),
        ("Content_Length", "underscore", b" 0_0"),
        ("Content_Length", "hexadecimal", b" 0x0"),
        ("Content_Length", "two-values", b" 0, 0"),
        ("Content_Length", "empty", b""),
        ("Content_Length", "5000-digits", b" " + _FIVE_THOUSAND),
        ("Content_Length", "5000-zeros", b" " + b"0" * 5000),
        ("Content_Length", "arabic-digits", b" " + "٠".encode()),
        ("Content_Length", "larger-than-datagram", b" 1"),
        ("CSeq", "signed", b" +1 OPTIONS"),
        ("CSeq", "underscore", b" 1_0 OPTIONS"),
        ("CSeq", "5000-digits", b" " + _FIVE_THOUSAND + b" OPTIONS"),
        ("CSeq", "too-large", b" 2147483648 OPTIONS"),
        ("CSeq", "other-method", b" 1 INVITE"),
        ("CSeq", "other-case", b" 1 options"),
        ("CSeq", "two-methods", b" 1 OPTIONS INVITE"),
        ("CSeq", "no-number", b" OPTIONS"),
        ("Max_Forwards", "signed", b" +70"),
        ("Max_Forwards", "negative", b" -1"),
        ("Max_Forwards", "underscore", b" 7_0"),
        ("Max_Forwards", "5000-digits", b" " + _FIVE_THOUSAND),
        ("Max_Forwards", "too-large", b" 256"),
        ("Via", "port-too-large", b" SIP/2.0/UDP 192.0.2.7:65536;branch=z9hG4bKx"),
        ("Via", "port-signed", b" SIP/2.0/UDP 192.0.2.7:+5060;branch=z9hG4bKx"),
        ("Via", "port-zero", b" SIP/2.0/UDP 192.0.2.7:0;branch=z9hG4bKx"),
        ("Via", "port-5000-digits", b" SIP/2.0/UDP 192.0.2.7:" + _FIVE_THOUSAND),
    )
)

SEPARATORS = (
    _refused(
        "blank-line-start",
        "the first header begins with a blank",
        request(start=_START + b"\r\n X: y"),
    ),
    _refused("blank-in-name", "a blank inside a header's name", request(b"X Y: z")),
    _refused("no-colon", "a header line without a colon", request(b"just text")),
    _refused("empty-name", "a header line that begins with its colon", request(b": value")),
    _refused("bare-cr-in-value", "CR without LF in a value", request(b"Subject: a\rTo: b")),
    _refused("bare-cr-before-name", "CR without LF before a name", request(b"\rX: y")),
    _refused("nul-in-value", "NUL in a value", request(b"Subject: a\0b")),
    _refused("nul-in-name", "NUL in a name", request(b"Subj\0ect: ab")),
    _refused(
        "nul-in-quotes",
        "NUL in quotes without its backslash",
        request(From=b' "a\0b" <sip:m@example.net>;tag=1'),
    ),
    _refused("control-in-name", "a control byte in a name", request(b"X\x01Y: z")),
    _refused("non-ascii-name", "a name that isn't ASCII", request("Ümlaut: z".encode())),
)

ADDRESSES = tuple(
    _refused(name, about, request(**{header: value}))
    for name, about, header, value in (
        ("from-without-uri", "an empty From", "From", b""),
        ("from-two-tags", "two tags in From", "From", b" <sip:m@example.net>;tag=1;tag=2"),
        ("from-empty-tag", "an empty tag in From", "From", b" <sip:m@example.net>;tag="),
        ("from-quoted-tag", "a tag in quotes", "From", b' <sip:m@example.net>;tag="1"'),
        ("from-list", "two addresses in From", "From", b" <sip:a@x>;tag=1, <sip:b@x>;tag=2"),
        ("from-open-quote", "quotes that don't close", "From", b' "m <sip:m@example.net>;tag=1'),
        ("to-open-bracket", "an angle bracket that doesn't close", "To", b" <sip:a@example.com"),
        ("to-space-in-uri", "a blank inside the brackets", "To", b" <sip:a b@example.com>"),
        ("to-junk", "text behind the brackets", "To", b" <sip:a@example.com> junk"),
        ("via-no-host", "no sent-by", "Via", b" SIP/2.0/UDP ;branch=z9hG4bKx"),
        ("via-empty", "an empty Via", "Via", b""),
        (
            "via-two-branches",
            "two branches",
            "Via",
            b" SIP/2.0/UDP h;branch=z9hG4bKa;branch=z9hG4bKb",
        ),
        ("via-quoted-branch", "a branch in quotes", "Via", b' SIP/2.0/UDP h;branch="z9hG4bKa,b"'),
        (
            "via-bare-ipv6",
            "IPv6 without brackets",
            "Via",
            b" SIP/2.0/UDP 2001:db8::1;branch=z9hG4bKx",
        ),
        ("via-bad-ipv6", "no IPv6 address", "Via", b" SIP/2.0/UDP [2001:::1];branch=z9hG4bKx"),
    )
)

START_LINES = tuple(
    _refused(name, about, request(start=start), status)
    for name, about, start, status in (
        ("ruri-two-ats", "two @ in the URI", b"OPTIONS sip:a@b@example.com SIP/2.0", 400),
        (
            "ruri-at-in-param",
            "an @ in a parameter",
            b"OPTIONS sip:a@b;c=d@example.com SIP/2.0",
            400,
        ),
        ("ruri-no-host", "no host", b"OPTIONS sip:alice@ SIP/2.0", 400),
        ("ruri-empty-user", "an empty user", b"OPTIONS sip:@example.com SIP/2.0", 400),
        ("ruri-no-scheme", "no scheme", b"OPTIONS alice@example.com SIP/2.0", 400),
        ("ruri-port-65536", "a port too large", b"OPTIONS sip:example.com:65536 SIP/2.0", 400),
        ("ruri-port-signed", "a port with a sign", b"OPTIONS sip:example.com:+5060 SIP/2.0", 400),
        ("ruri-port-underscore", "a port with _", b"OPTIONS sip:example.com:5_060 SIP/2.0", 400),
        ("ruri-port-digits", "5,000 digits", b"OPTIONS sip:h:" + _FIVE_THOUSAND + b" SIP/2.0", 400),
        ("ruri-bad-escape", "% without digits", b"OPTIONS sip:a%zz@example.com SIP/2.0", 400),
        ("ruri-quote", "a quote in the URI", b'OPTIONS sip:a"b@example.com SIP/2.0', 400),
        ("ruri-backslash", "a backslash in the user", b"OPTIONS sip:a\\b@example.com SIP/2.0", 400),
        (
            "method-not-token",
            "a method with a colon",
            b"OPT:IONS sip:alice@example.com SIP/2.0",
            400,
        ),
        ("version-3", "SIP/3.0", b"OPTIONS sip:alice@example.com SIP/3.0", 505),
    )
)

MISSING = tuple(
    _refused(f"no-{name.decode().lower()}", "a mandatory header is missing", request(without=name))
    for name in (b"From", b"To", b"Call-ID", b"CSeq")
)

_CLIENT_HELLO = bytes.fromhex("1603010200010001fc0303") + bytes(range(256)) * 2
_STUN_BINDING = bytes.fromhex("000100002112a442") + bytes(range(12))
NOT_SIP = (
    _dropped("empty", "an empty datagram", b""),
    _dropped("keep-alive", "CRLF CRLF, as phones send it to keep a NAT open", b"\r\n\r\n"),
    _dropped("one-nul", "a NUL, as some phones send it", b"\0"),
    _dropped("stun", "a STUN binding request", _STUN_BINDING),
    _dropped("tls", "a TLS ClientHello", _CLIENT_HELLO),
    _dropped("http", "an HTTP request", b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n"),
    _dropped("http-response", "an HTTP response", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    _dropped(
        "dns", "a DNS query", bytes.fromhex("1a2b01000001000000000000") + b"\x03www\0\0\1\0\1"
    ),
    _dropped("rtp", "an RTP packet", bytes.fromhex("8000000100000001") + b"\xff" * 160),
    _dropped("all-bytes", "every byte there is", bytes(range(256))),
    _dropped("blank-lines", "line ends only", b"\r\n" * 1000),
    _dropped(
        "folded-start-line", "a folded request line", request(start=b"OPTIONS sip:a@b\r\n SIP/2.0")
    ),
    _dropped(
        "tab-in-start-line", "a tab behind the method", request(start=b"OPTIONS\tsip:a@b SIP/2.0")
    ),
    _dropped("one-line", "a request line and nothing more", _START),
    _dropped("status-line-only", "a status line and nothing more", b"SIP/2.0 200 OK\r\n\r\n"),
    _dropped("status-not-number", "a status that is no number", request(start=b"SIP/2.0 2x0 OK")),
    _dropped("status-99", "a status below 100", request(start=b"SIP/2.0 099 OK")),
    _dropped("status-700", "a status above 699", request(start=b"SIP/2.0 700 OK")),
    _dropped("no-via", "nowhere to answer to", request(without=b"Via")),
)

READABLE = tuple(
    Case(name, "hostile", about, data, "forward")
    for name, about, data in (
        ("plain", "nothing special", request()),
        ("bare-lf", "LF instead of CRLF", request().replace(b"\r\n", b"\n")),
        (
            "leading-zeros",
            "numbers with zeros in front",
            request(Max_Forwards=b" 00070", CSeq=b" 0000000001 OPTIONS"),
        ),
        (
            "no-content-length",
            "no Content-Length in a datagram",
            request(without=b"Content-Length"),
        ),
        ("no-max-forwards", "no Max-Forwards", request(without=b"Max-Forwards")),
        (
            "lower-case-names",
            "header names without capitals",
            request(b"x-y: z").replace(b"Via", b"via"),
        ),
        ("blank-before-colon", "blanks before the colon", request().replace(b"To:", b"To \t :")),
        (
            "tag-in-name",
            "a display name that looks like a tag",
            request(From=b' "a>;tag=no" <sip:m@example.net>;tag=yes'),
        ),
        ("empty-header", "a header without value", request(b"Subject:")),
        (
            "body-any-bytes",
            "a body of any bytes",
            request(Content_Length=b" 256", body=bytes(range(256))),
        ),
    )
)

HOSTILE: tuple[Case, ...] = (
    *REPEATED,
    *NUMBERS,
    *SEPARATORS,
    *ADDRESSES,
    *START_LINES,
    *MISSING,
    *NOT_SIP,
    *READABLE,
)
