"""RFC 4475 §3.1.2: messages with one fault each. Our own bytes, after its descriptions.

Where the RFC leaves a proxy the choice between mending and 400, ours answers 400: what needs
mending can be read in two ways.
"""

from __future__ import annotations

from tests.support.sip_case import SDP, SDP_HEADERS, Case, lines

BADINV01 = Case(
    "badinv01",
    "RFC 4475 §3.1.2.1",
    "semicolons and commas with nothing between them, in Via and Contact; Via can still be copied",
    lines(
        b"INVITE sip:user@example.com SIP/2.0",
        b"To: sip:j.user@example.com",
        b"From: sip:caller@example.net;tag=134161461246",
        b"Max-Forwards: 7",
        b"Call-ID: badinv01.0ha0isndaksdjasdf3234nas",
        b"CSeq: 8 INVITE",
        b"Via: SIP/2.0/UDP 192.0.2.15;;,;,,",
        b'Contact: "Joe" <sip:joe@example.org>;;;;',
        SDP_HEADERS[1],
        b"Content-Type: application/sdp",
        body=SDP,
    ),
    400,
    reads=False,
)

CLERR = Case(
    "clerr",
    "RFC 4475 §3.1.2.2",
    "Content-Length is larger than the datagram",
    lines(
        b"INVITE sip:user@example.com SIP/2.0",
        b"Max-Forwards: 80",
        b"To: sip:j.user@example.com",
        b"From: sip:caller@example.net;tag=93942939o2",
        b"Contact: <sip:caller@hungry.example.net>",
        b"Call-ID: clerr.0ha0isndaksdjweiafasdk3",
        b"CSeq: 8 INVITE",
        b"Via: SIP/2.0/UDP host5.example.com;branch=z9hG4bK-39234-23523",
        b"Content-Type: application/sdp",
        b"Content-Length: 9999",
        body=SDP,
    ),
    400,
    reads=False,
)

NCL = Case(
    "ncl",
    "RFC 4475 §3.1.2.3",
    "a negative Content-Length",
    lines(
        b"INVITE sip:user@example.com SIP/2.0",
        b"Max-Forwards: 254",
        b"To: sip:j.user@example.com",
        b"From: sip:caller@example.net;tag=32394234",
        b"Call-ID: ncl.0ha0isndaksdj2193423r542w35",
        b"CSeq: 0 INVITE",
        b"Via: SIP/2.0/UDP 192.0.2.53;branch=z9hG4bKkdjuw",
        b"Contact: <sip:caller@example53.example.net>",
        b"Content-Type: application/sdp",
        b"Content-Length: -999",
        body=SDP,
    ),
    400,
    reads=False,
)

SCALAR02 = Case(
    "scalar02",
    "RFC 4475 §3.1.2.4",
    "CSeq, Max-Forwards and Expires beyond their ranges in a request",
    lines(
        b"REGISTER sip:example.com SIP/2.0",
        b"Via: SIP/2.0/TCP host129.example.com;branch=z9hG4bK342sdfoi3",
        b"To: <sip:user@example.com>",
        b"From: <sip:user@example.com>;tag=239232jh3",
        b"CSeq: 36893488147419103232 REGISTER",
        b"Call-ID: scalar02.23o0pd9vanlq3wnrlnewofjas9ui32",
        b"Max-Forwards: 300",
        b"Expires: 1" + b"0" * 100,
        b"Contact: <sip:user@host129.example.com>\r\n  ;expires=280297596632815",
        b"Content-Length: 0",
    ),
    400,
    reads=False,
)

SCALARLG = Case(
    "scalarlg",
    "RFC 4475 §3.1.2.5",
    "CSeq, Retry-After and Warning beyond their ranges in a response",
    lines(
        b"SIP/2.0 503 Service Unavailable",
        b"Via: SIP/2.0/TCP host129.example.com;branch=z9hG4bKzzxdiwo34sw;received=192.0.2.129",
        b"To: <sip:user@example.com>",
        b"From: <sip:other@example.net>;tag=2easdjfejw",
        b"CSeq: 9292394834772304023312 OPTIONS",
        b"Call-ID: scalarlg.noase0of0234hn2qofoaf0232aewf2394r",
        b"Retry-After: 949302838503028349304023988",
        b'Warning: 1812 overture "In Progress"',
        b"Content-Length: 0",
    ),
    "drop",
    reads=False,
)

QUOTBAL = Case(
    "quotbal",
    "RFC 4475 §3.1.2.6",
    "the quotes of a display name don't close",
    lines(
        b"INVITE sip:user@example.com SIP/2.0",
        b'To: "Mr. J. User <sip:j.user@example.com>',
        b"From: sip:caller@example.net;tag=93334",
        b"Max-Forwards: 10",
        b"Call-ID: quotbal.aksdj",
        b"Contact: <sip:caller@host59.example.net>",
        b"CSeq: 8 INVITE",
        b"Via: SIP/2.0/UDP 192.0.2.59:5050;branch=z9hG4bKkdjuw39234",
        *SDP_HEADERS,
        body=SDP,
    ),
    400,
    reads=False,
)


def _request(start_line: bytes, name: bytes, *more: bytes, cseq: bytes = b"1 INVITE") -> bytes:
    return lines(
        start_line,
        b"To: sip:user@example.com",
        b"From: sip:caller@example.net;tag=341518",
        b"Max-Forwards: 7",
        b"Contact: <sip:caller@host39923.example.net>",
        b"Call-ID: " + name + b".ksdj8923rhjns",
        b"CSeq: " + cseq,
        b"Via: SIP/2.0/UDP host39923.example.net;branch=z9hG4bKgq-" + name,
        *more,
        b"l: 0",
    )


LTGTRURI = Case(
    "ltgtruri",
    "RFC 4475 §3.1.2.7",
    "angle brackets round the Request-URI",
    _request(b"INVITE <sip:user@example.com> SIP/2.0", b"ltgtruri"),
    400,
    reads=False,
)
LWSRURI = Case(
    "lwsruri",
    "RFC 4475 §3.1.2.8",
    "a blank inside the Request-URI",
    _request(b"INVITE sip:user@example.com; lr SIP/2.0", b"lwsruri"),
    400,
    reads=False,
)
LWSSTART = Case(
    "lwsstart",
    "RFC 4475 §3.1.2.9",
    "more than one blank between the parts of the request line",
    _request(b"INVITE  sip:user@example.com  SIP/2.0", b"lwsstart"),
    400,
    reads=False,
)
TRWS = Case(
    "trws",
    "RFC 4475 §3.1.2.10",
    "blanks at the end of the request line",
    _request(b"OPTIONS sip:remote-target@example.com SIP/2.0  ", b"trws", cseq=b"8 OPTIONS"),
    400,
    reads=False,
)
ESCRURI = Case(
    "escruri",
    "RFC 4475 §3.1.2.11",
    "headers in the Request-URI, which §19.1.1 doesn't allow there",
    _request(
        b"INVITE sip:user@example.com?Route=%3Csip:example.com%3E SIP/2.0",
        b"escruri",
    ),
    400,
    reads=False,
)
BADDATE = Case(
    "baddate",
    "RFC 4475 §3.1.2.12",
    "a Date that isn't in GMT: of no concern to a proxy, which needn't read it",
    _request(
        b"INVITE sip:user@example.com SIP/2.0", b"baddate", b"Date: Fri, 01 Jan 2010 16:00:00 EST"
    ),
    "forward",
)
REGBADCT = Case(
    "regbadct",
    "RFC 4475 §3.1.2.13",
    "a Contact with a question mark, without the angle brackets that this needs: the registrar "
    "refuses it",
    lines(
        b"REGISTER sip:example.com SIP/2.0",
        b"To: sip:user@example.com",
        b"From: sip:user@example.com;tag=998332",
        b"Max-Forwards: 70",
        b"Call-ID: regbadct.k345asrl3fdbv@10.0.0.1",
        b"CSeq: 1 REGISTER",
        b"Via: SIP/2.0/UDP 135.180.130.133:5060;branch=z9hG4bKkdjuw",
        b"Contact: sip:user@example.com?Route=%3Csip:sip.example.com%3E",
        b"l: 0",
    ),
    400,
)
BADASPEC = Case(
    "badaspec",
    "RFC 4475 §3.1.2.14",
    "blanks inside the angle brackets of To",
    lines(
        b"OPTIONS sip:user@example.org SIP/2.0",
        b"Via: SIP/2.0/UDP host4.example.com:5060;branch=z9hG4bKkdju43234",
        b"Max-Forwards: 70",
        b'From: "Bell, Alexander" <sip:a.g.bell@example.com>;tag=433423',
        b'To: "Watson, Thomas" < sip:t.watson@example.org >',
        b"Call-ID: badaspec.sdf0234n2nds0a099u23h3hnnw009cdkne3",
        b"Accept: application/sdp",
        b"CSeq: 3923239 OPTIONS",
        b"l: 0",
    ),
    400,
    reads=False,
)
BADDN = Case(
    "baddn",
    "RFC 4475 §3.1.2.15",
    "display names with a comma, which only quotes make legal",
    lines(
        b"OPTIONS sip:t.watson@example.org SIP/2.0",
        b"Via:     SIP/2.0/UDP c.example.com:5060;branch=z9hG4bKkdjuw",
        b"Max-Forwards:      70",
        b"From:    Bell, Alexander <sip:a.g.bell@example.com>;tag=43",
        b"To:      Watson, Thomas <sip:t.watson@example.org>",
        b"Call-ID: baddn.31415@c.example.com",
        b"Accept:  application/sdp",
        b"CSeq:    3923239 OPTIONS",
        b"l: 0",
    ),
    400,
    reads=False,
)
BADVERS = Case(
    "badvers",
    "RFC 4475 §3.1.2.16",
    "SIP/7.0",
    lines(
        b"OPTIONS sip:t.watson@example.org SIP/7.0",
        b"Via:     SIP/7.0/UDP c.example.com;branch=z9hG4bKkdjuw",
        b"Max-Forwards:     70",
        b"From:    A. Bell <sip:a.g.bell@example.com>;tag=qweoiqpe",
        b"To:      T. Watson <sip:t.watson@example.org>",
        b"Call-ID: badvers.31417@c.example.com",
        b"CSeq:    1 OPTIONS",
        b"l: 0",
    ),
    505,
    reads=False,
)
MISMATCH01 = Case(
    "mismatch01",
    "RFC 4475 §3.1.2.17",
    "CSeq has another method than the request line",
    _request(b"OPTIONS sip:user@example.com SIP/2.0", b"mismatch01", cseq=b"8 INVITE"),
    400,
    reads=False,
)
MISMATCH02 = Case(
    "mismatch02",
    "RFC 4475 §3.1.2.18",
    "CSeq has another method than the request line, which has one that nobody knows",
    _request(b"NEWMETHOD sip:user@example.com SIP/2.0", b"mismatch02", cseq=b"8 INVITE"),
    400,
    reads=False,
)
BIGCODE = Case(
    "bigcode",
    "RFC 4475 §3.1.2.19",
    "a status code of ten digits, which in 32 bits would read 5",
    lines(
        b"SIP/2.0 4294967301 better not break the receiver",
        b"Via: SIP/2.0/UDP 192.0.2.105;branch=z9hG4bK2398ndaoe",
        b"Call-ID: bigcode.asdof3uj203asdnf3429uasdhfas3ehjasdfas9i",
        b"CSeq: 353494 INVITE",
        b"From: <sip:user@example.com>;tag=39ansfi3",
        b"To: <sip:user@example.edu>;tag=902jndnke3",
        b"Content-Length: 0",
        b"Contact: <sip:user@host105.example.com>",
    ),
    "drop",
    reads=False,
)

INVALID = (
    BADINV01,
    CLERR,
    NCL,
    SCALAR02,
    SCALARLG,
    QUOTBAL,
    LTGTRURI,
    LWSRURI,
    LWSSTART,
    TRWS,
    ESCRURI,
    BADDATE,
    REGBADCT,
    BADASPEC,
    BADDN,
    BADVERS,
    MISMATCH01,
    MISMATCH02,
    BIGCODE,
)
