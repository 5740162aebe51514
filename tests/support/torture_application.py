"""RFC 4475 §3.2 to §3.4: well-formed messages that ask something of the layers above the parser.

Our own bytes, after its descriptions.
"""

from __future__ import annotations

from tests.support.sip_case import SDP, SDP_HEADERS, Case, lines


def _options(name: bytes, *more: bytes, uri: bytes = b"sip:user@example.com") -> bytes:
    return lines(
        b"OPTIONS " + uri + b" SIP/2.0",
        b"To: sip:user@example.com",
        b"From: sip:caller@example.net;tag=242etr",
        b"Call-ID: " + name + b".0ha0isndaksdj",
        b"CSeq: 8 OPTIONS",
        *more,
        b"l: 0",
    )


def _register(name: bytes, *more: bytes) -> bytes:
    return lines(
        b"REGISTER sip:example.com SIP/2.0",
        b"Via: SIP/2.0/TCP saturn.example.com:5060;branch=z9hG4bKkdj-" + name,
        b"Max-Forwards: 70",
        b"From: sip:watson@example.com;tag=DkfVgjkrtMwaerKKpe",
        b"To: sip:watson@example.com",
        b"Call-ID: " + name + b".70710@saturn.example.com",
        b"CSeq: 2 REGISTER",
        *more,
        b"l: 0",
    )


def _invite(name: bytes, *more: bytes, body: bytes = SDP) -> bytes:
    return lines(
        b"INVITE sip:user@example.com SIP/2.0",
        b"Contact: <sip:caller@host5.example.net>",
        b"To: sip:j.user@example.com",
        b"From: sip:caller@example.net;tag=8392034",
        b"Max-Forwards: 70",
        b"Call-ID: " + name + b".0ha0isndaksdjadsfij34n23d",
        b"CSeq: 235448 INVITE",
        b"Via: SIP/2.0/UDP somehost.example.com;branch=z9hG4bKkdjuw-" + name,
        *more,
        b"Content-Length: %d" % len(body),
        body=body,
    )


_VIA = b"Via: SIP/2.0/UDP host1.example.com;branch=z9hG4bKkdjuw"
_HOPS = b"Max-Forwards: 70"

BADBRANCH = Case(
    "badbranch",
    "RFC 4475 §3.2.1",
    "a branch that is the magic cookie and nothing more: no transaction identifier, so it is "
    "matched as RFC 2543 has it",
    _options(b"badbranch", _HOPS, b"Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK"),
    "forward",
)
INSUF = Case(
    "insuf",
    "RFC 4475 §3.3.1",
    "no Call-ID, From and To",
    lines(
        b"INVITE sip:user@example.com SIP/2.0",
        b"CSeq: 193942 INVITE",
        b"Via: SIP/2.0/UDP 192.0.2.95;branch=z9hG4bKkdj.insuf",
        *SDP_HEADERS,
        body=SDP,
    ),
    400,
    reads=False,
)
UNKSCM = Case(
    "unkscm",
    "RFC 4475 §3.3.2",
    "a Request-URI of a scheme that nobody knows",
    _options(b"unkscm", _HOPS, _VIA, uri=b"nobodyKnowsThisScheme:totallyopaquecontent"),
    416,
)
NOVELSC = Case(
    "novelsc",
    "RFC 4475 §3.3.3",
    "a Request-URI of a scheme that is registered, but not for SIP requests",
    _options(b"novelsc", _HOPS, _VIA, uri=b"soap.beep://192.0.2.103:3002"),
    416,
)
UNKSM2 = Case(
    "unksm2",
    "RFC 4475 §3.3.4",
    "To, From and Contact of unknown schemes: no user of this domain, yet no fault of syntax",
    lines(
        b"REGISTER sip:example.com SIP/2.0",
        b"To: isbn:2983792873",
        b"From: <http://www.example.com>;tag=3234233",
        b"Call-ID: unksm2.daksdj@hyphenated-host.example.com",
        b"CSeq: 234902 REGISTER",
        b"Max-Forwards: 70",
        b"Via: SIP/2.0/UDP 192.0.2.21:5060;branch=z9hG4bKkdjuw",
        b"Contact: <name:John_Smith>",
        b"l: 0",
    ),
    400,
)
BEXT01 = Case(
    "bext01",
    "RFC 4475 §3.3.5",
    "Proxy-Require and Require with what nobody supports: the proxy names its two in Unsupported",
    _options(
        b"bext01",
        b"Max-Forwards: 70",
        b"Proxy-Require: nothingSupportsThis, nothingSupportsThisEither",
        b"Require: nothingSupportsThis, nothingSupportsThisEither",
        b"Via: SIP/2.0/TLS fold-and-staple.example.com;branch=z9hG4bKkdjuw",
    ),
    420,
)
INVUT = Case(
    "invut",
    "RFC 4475 §3.3.6",
    "a body of an unknown type: for the UAS to refuse",
    _invite(b"invut", b"Content-Type: application/unknownformat", body=b"<audio>\r\n</audio>\r\n"),
    "forward",
)
REGAUT01 = Case(
    "regaut01",
    "RFC 4475 §3.3.7",
    "Authorization of an unknown scheme: a registrar that asks for credentials has seen none",
    _register(b"regaut01", b"Authorization: NoOneKnowsThisScheme opaque-data=here"),
    "forward",
)
MULTI01 = Case(
    "multi01",
    "RFC 4475 §3.3.8",
    "From, To, Call-ID, CSeq and Max-Forwards twice, with different values",
    lines(
        b"INVITE sip:user@company.com SIP/2.0",
        b"Contact: <sip:caller@host25.example.net>",
        b"Via: SIP/2.0/UDP 192.0.2.25;branch=z9hG4bKkdjuw",
        b"Max-Forwards: 70",
        b"CSeq: 5 INVITE",
        b"Call-ID: multi01.98asdh@192.0.2.1",
        b"CSeq: 59 INVITE",
        b"Call-ID: multi01.98asdh@192.0.2.2",
        b"From: sip:caller@example.com;tag=3413415",
        b"To: sip:user@example.com",
        b"To: sip:other@example.net",
        b"From: sip:caller@example.net;tag=2923420123",
        b"Max-Forwards: 5",
        *SDP_HEADERS,
        b"Contact: <sip:caller@host36.example.net>",
        body=SDP,
    ),
    400,
    reads=False,
)
MCL01 = Case(
    "mcl01",
    "RFC 4475 §3.3.9",
    "two Content-Lengths",
    lines(
        b"OPTIONS sip:user@example.com SIP/2.0",
        b"Via: SIP/2.0/UDP host5.example.net;branch=z9hG4bK293423",
        b"To: sip:user@example.com",
        b"From: sip:other@example.net;tag=3923942",
        b"Call-ID: mcl01.fhn2323orihawfdoa3o4r52o3irsdf",
        b"CSeq: 15932 OPTIONS",
        b"Content-Length: 13",
        b"Max-Forwards: 60",
        b"Content-Length: 5",
        b"Content-Type: text/plain",
        body=b"There's no way to know how many octets are supposed to be here.\r\n",
    ),
    400,
    reads=False,
)
BCAST = Case(
    "bcast",
    "RFC 4475 §3.3.10",
    "a response whose second Via is the broadcast address: it is not sent there",
    lines(
        b"SIP/2.0 200 OK",
        b"Via: SIP/2.0/UDP 192.0.2.198;branch=z9hG4bK1324923",
        b"Via: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1saber23",
        b"Call-ID: bcast.0384840201234ksdfak3j2erwedfsASdf",
        b"CSeq: 35 INVITE",
        b"From: sip:user@example.com;tag=11141343",
        b"To: sip:user@example.edu;tag=2229",
        *SDP_HEADERS,
        b"Contact: <sip:user@host28.example.com>",
        body=SDP,
    ),
    "drop",
)
ZEROMF = Case(
    "zeromf",
    "RFC 4475 §3.3.11",
    "Max-Forwards is 0",
    _options(b"zeromf", b"Max-Forwards: 0", _VIA),
    483,
)
CPARAM01 = Case(
    "cparam01",
    "RFC 4475 §3.3.12",
    "Contact without angle brackets: the parameter belongs to the header",
    _register(b"cparam01", b"Contact: sip:+19725552222@gw1.example.net;unknownparam"),
    "forward",
)
CPARAM02 = Case(
    "cparam02",
    "RFC 4475 §3.3.13",
    "Contact with angle brackets: the parameter belongs to the URI and is kept with it",
    _register(b"cparam02", b"Contact: <sip:+19725552222@gw1.example.net;unknownparam>"),
    "forward",
)
REGESCRT = Case(
    "regescrt",
    "RFC 4475 §3.3.14",
    "Contact with an escaped Route in its URI: it is stored, and no Route of this request",
    _register(b"regescrt", b"Contact: <sip:user@example.com?Route=%3Csip:sip.example.com%3E>"),
    "forward",
)
SDP01 = Case(
    "sdp01",
    "RFC 4475 §3.3.15",
    "Accept names no type that there is: for the UAS to refuse",
    _invite(b"sdp01", b"Accept: text/nobodyKnowsThis", b"Content-Type: application/sdp"),
    "forward",
)
INV2543 = Case(
    "inv2543",
    "RFC 4475 §3.4.1",
    "an INVITE as RFC 2543 has it: no branch, no From tag, no Max-Forwards, no Content-Length",
    lines(
        b"INVITE sip:UserB@example.com SIP/2.0",
        b"Via: SIP/2.0/UDP iftgw.example.com",
        b"From: <sip:+13035551111@ift.client.example.net;user=phone>",
        b"Record-Route: <sip:UserB@example.com;maddr=ss1.example.com>",
        b"To: sip:+16505552222@ss1.example.net;user=phone",
        b"Call-ID: inv2543.1717@ift.client.example.com",
        b"CSeq: 56 INVITE",
        b"Content-Type: application/sdp",
        body=SDP,
    ),
    "forward",
)

APPLICATION = (
    BADBRANCH,
    INSUF,
    UNKSCM,
    NOVELSC,
    UNKSM2,
    BEXT01,
    INVUT,
    REGAUT01,
    MULTI01,
    MCL01,
    BCAST,
    ZEROMF,
    CPARAM01,
    CPARAM02,
    REGESCRT,
    SDP01,
    INV2543,
)
