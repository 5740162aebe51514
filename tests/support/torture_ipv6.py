"""RFC 5118: the torture messages for IPv6. Our own bytes, after its descriptions."""

from __future__ import annotations

from tests.support.sip_case import Case, lines

_SDP = (
    b"v=0\r\n"
    b"o=assistant 971731711378798081 0 IN IP6 2001:db8::20\r\n"
    b"s=Live video feed\r\n"
    b"c=IN IP6 2001:db8::20\r\n"
    b"t=3338481189 3370017201\r\n"
    b"m=audio 6000 RTP/AVP 2\r\n"
    b"a=rtpmap:2 G726-32/8000\r\n"
)


def _request(
    method: bytes,
    uri: bytes,
    *more: bytes,
    via: tuple[bytes, ...] = (b"Via: SIP/2.0/UDP [2001:db8::9:1]:6050;branch=z9hG4bKas3-111",),
    contact: bytes = b"<sip:caller@[2001:db8::1]>",
    body: bytes = b"",
) -> bytes:
    return lines(
        method + b" " + uri + b" SIP/2.0",
        b"To: sip:user@example.com",
        b"From: sip:user@example.com;tag=81x2",
        *via,
        b"Call-ID: SSG9559905523997077@hlau_4100",
        b"Max-Forwards: 70",
        b"Contact: " + contact,
        b"CSeq: 8912 " + method,
        *more,
        b"Content-Length: %d" % len(body),
        body=body,
    )


RFC5118 = (
    Case(
        "ipv6-good",
        "RFC 5118 §4.1",
        "an IPv6 reference in the Request-URI and in Via",
        _request(b"REGISTER", b"sip:[2001:db8::10]"),
        "forward",
    ),
    Case(
        "ipv6-bad",
        "RFC 5118 §4.2",
        "an IPv6 address without brackets in the Request-URI",
        _request(b"REGISTER", b"sip:2001:db8::10"),
        400,
        reads=False,
    ),
    Case(
        "port-ambiguous",
        "RFC 5118 §4.3",
        "what was meant as a port stands inside the brackets: it belongs to the address",
        _request(b"REGISTER", b"sip:[2001:db8::10:5070]"),
        "forward",
    ),
    Case(
        "port-unambiguous",
        "RFC 5118 §4.4",
        "the port stands behind the brackets",
        _request(b"REGISTER", b"sip:[2001:db8::10]:5070"),
        "forward",
    ),
    Case(
        "via-received-param-with-delim",
        "RFC 5118 §4.5",
        "received with brackets, which its grammar doesn't have",
        _request(
            b"BYE",
            b"sip:[2001:db8::10]",
            via=(b"Via: SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255];branch=z9hG4bKas3",),
        ),
        "forward",
    ),
    Case(
        "via-received-param-no-delim",
        "RFC 5118 §4.5",
        "received without brackets, as its grammar has it",
        _request(
            b"OPTIONS",
            b"sip:[2001:db8::10]",
            via=(b"Via: SIP/2.0/UDP [2001:db8::9:1];received=2001:db8::9:255;branch=z9hG4bKas3",),
        ),
        "forward",
    ),
    Case(
        "ipv6-in-sdp",
        "RFC 5118 §4.6",
        "IPv6 addresses in the body",
        _request(
            b"INVITE",
            b"sip:user@[2001:db8::10]",
            b"Content-Type: application/sdp",
            body=_SDP,
        ),
        "forward",
    ),
    Case(
        "mult-ip-in-header",
        "RFC 5118 §4.7",
        "IPv4 and IPv6 side by side in one Via list",
        _request(
            b"BYE",
            b"sip:user@host.example.net",
            via=(
                b"Via: SIP/2.0/UDP [2001:db8::9:1]:6050;branch=z9hG4bKas3-111",
                b"Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKjhja8781hjuaij65144",
                b"Via: SIP/2.0/TCP [2001:db8::9:255];branch=z9hG4bK451jj;received=192.0.2.200",
            ),
        ),
        "forward",
    ),
    Case(
        "mult-ip-in-sdp",
        "RFC 5118 §4.8",
        "one stream by IPv4 and one by IPv6",
        _request(
            b"INVITE",
            b"sip:user@[2001:db8::10]",
            b"Content-Type: application/sdp",
            body=_SDP
            + b"c=IN IP4 192.0.2.1\r\nm=video 6024 RTP/AVP 107\r\nc=IN IP6 2001:db8::1\r\n",
        ),
        "forward",
    ),
    Case(
        "ipv4-mapped-ipv6",
        "RFC 5118 §4.9",
        "IPv4 addresses mapped into IPv6",
        _request(
            b"INVITE",
            b"sip:user@example.com",
            b"Content-Type: application/sdp",
            via=(
                b"Via: SIP/2.0/UDP [::ffff:192.0.2.10]:19823;branch=z9hG4bKbh19",
                b"Via: SIP/2.0/UDP [::ffff:192.0.2.2];branch=z9hG4bKas3-111",
            ),
            contact=b'"T. desk phone" <sip:ted@[::ffff:192.0.2.2]>',
            body=_SDP.replace(b"2001:db8::20", b"::ffff:192.0.2.2"),
        ),
        "forward",
    ),
    Case(
        "ipv6-bug-abnf-3-colons",
        "RFC 5118 §4.10",
        "three colons before an IPv4 address, an error in RFC 3261's grammar: tolerated",
        _request(b"OPTIONS", b"sip:user@[2001:db8:::192.0.2.1]"),
        "forward",
    ),
    Case(
        "ipv6-correct-abnf-2-colons",
        "RFC 5118 §4.10",
        "the same with two colons",
        _request(b"OPTIONS", b"sip:user@[2001:db8::192.0.2.1]"),
        "forward",
    ),
)
