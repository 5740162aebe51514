"""RFC 4475 §3.1.1: SIP, however strange. Our own bytes, after its descriptions."""

from __future__ import annotations

from tests.support.sip_case import SDP, SDP_HEADERS, Case, lines

WSINV = Case(
    "wsinv",
    "RFC 4475 §3.1.1.1",
    "blanks and folds wherever §25 lets them stand, escapes in quotes, odd cases, repeated Vias",
    lines(
        b"INVITE sip:vera@chair.example.com;unknownparam SIP/2.0",
        b"TO :\r\n sip:vera@chair.example.com ;   tag    = 1918181833n",
        b'from   : "J Rosen \\\\\\""       <sip:jrosen@example.com>\r\n  ;\r\n  tag = 98asjd8',
        b"MaX-fOrWaRdS: 0068",
        b"Call-ID: wsinv.ndaksdj@192.0.2.1",
        b"Content-Length   : %d" % len(SDP),
        b"cseq: 0009\r\n  INVITE",
        b"Via  : SIP  /   2.0\r\n /UDP\r\n    192.0.2.2;branch=390skdjuw",
        b"s :",
        b"NewFangledHeader:   newfangled value\r\n continued newfangled value",
        b"UnknownHeaderWithUnusualValue: ;;,,;;,;",
        b"Content-Type: application/sdp",
        b"Route:\r\n <sip:services.example.com;lr;unknownwith=value;unknown-no-value>",
        b"v:  SIP  / 2.0  / TCP     spindle.example.com   ;\r\n  branch  =   z9hG4bK9ikj8  ,"
        b"\r\n SIP  /    2.0   / UDP  192.168.255.111   ; branch=\r\n z9hG4bK30239",
        b'm:"Quoted string \\"\\"" <sip:jrosen@example.com> ; newparam =\r\n      newvalue ;'
        b"\r\n  secondparam ; q = 0.33",
        body=SDP,
    ),
    "forward",
)

INTMETH = Case(
    "intmeth",
    "RFC 4475 §3.1.1.2",
    "every byte that a method, user, password, branch, tag, Call-ID and display name may hold, a "
    "quoted NUL among them; UTF-8 in a quoted parameter and in an unknown header",
    lines(
        b"!interesting-Method0123456789_*+`.%indeed'~ "
        b"sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*"
        b":&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com SIP/2.0",
        b"Via: SIP/2.0/UDP host1.example.com;branch=z9hG4bK-.!%66*_+`'~",
        b'To: "BEL:\\\x07 NUL:\\\x00 DEL:\\\x7f" '
        b"<sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*@example.com>",
        b"From: token1~` token2'+_ token3*%!.- <sip:mundane@example.com>"
        b";fromParam''~+*_!.-%=\"" + "работающий".encode() + b"\";tag=_token~1'+`*%!-.",
        b"Call-ID: intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{",
        b"CSeq: 139122385 !interesting-Method0123456789_*+`.%indeed'~",
        b"Max-Forwards: 255",
        b"extensionHeader-!.%*+_`'~:" + "\ufeff大停電".encode(),
        b"Content-Length: 0",
    ),
    "forward",
)

ESC01 = Case(
    "esc01",
    "RFC 4475 §3.1.1.3",
    "escapes in users, parameter names and values: the user is `sips:user@example.com`, not a URI",
    lines(
        b"INVITE sip:sips%3Auser%40example.com@example.net SIP/2.0",
        b"To: sip:%75se%72@example.com",
        b"From: <sip:I%20have%20spaces@example.net>;tag=938",
        b"Max-Forwards: 87",
        b"i: esc01.239409asdfakjkn23onasd0-3234",
        b"CSeq: 234234 INVITE",
        b"Via: SIP/2.0/UDP host5.example.net;branch=z9hG4bKkdjuw",
        b"C: application/sdp",
        b"Contact:\r\n  <sip:cal%6Cer@host5.example.net;%6C%72;n%61me=v%61lue%25%34%31>",
        SDP_HEADERS[1],
        body=SDP,
    ),
    "forward",
)

ESCNULL = Case(
    "escnull",
    "RFC 4475 §3.1.1.4",
    "escaped NULs in users: `null-%00-null` isn't `null-`",
    lines(
        b"REGISTER sip:example.com SIP/2.0",
        b"To: sip:null-%00-null@example.com",
        b"From: sip:null-%00-null@example.com;tag=839923423",
        b"Max-Forwards: 70",
        b"Call-ID: escnull.39203ndfvkjdasfkq3w4otrq0adsfdfnavd",
        b"CSeq: 14398234 REGISTER",
        b"Via: SIP/2.0/UDP host5.example.com;branch=z9hG4bKkdjuw",
        b"Contact: <sip:%00@host5.example.com>",
        b"Contact: <sip:%00%00@host5.example.com>",
        b"L:0",
    ),
    "forward",
)

ESC02 = Case(
    "esc02",
    "RFC 4475 §3.1.1.5",
    "percent signs that escape nothing: the method isn't REGISTER, the names are not decoded",
    lines(
        b"RE%47IST%45R sip:registrar.example.com SIP/2.0",
        b'To: "%Z%45" <sip:resource@example.com>',
        b'From: "%Z%45" <sip:resource@example.com>;tag=f232jadfj23',
        b"Call-ID: esc02.asdfnqwo34rq23i34jrjasdcnl23nrlknsdf",
        b"Via: SIP/2.0/TCP host.example.com;rport;branch=z9hG4bK209%fzsnel234",
        b"CSeq: 29344 RE%47IST%45R",
        b"Max-Forwards: 70",
        b"Contact: <sip:alias1@host1.example.com>",
        b"C%6Fntact: <sip:alias2@host2.example.com>",
        b"Contact: <sip:alias3@host3.example.com>",
        b"l: 0",
    ),
    "forward",
)

LWSDISP = Case(
    "lwsdisp",
    "RFC 4475 §3.1.1.6",
    "no blank between display name and angle bracket",
    lines(
        b"OPTIONS sip:user@example.com SIP/2.0",
        b"To: sip:user@example.com",
        b"From: caller<sip:caller@example.com>;tag=323",
        b"Max-Forwards: 70",
        b"Call-ID: lwsdisp.1234abcd@funky.example.com",
        b"CSeq: 60 OPTIONS",
        b"Via: SIP/2.0/UDP funky.example.com;branch=z9hG4bKkdjuw",
        b"l: 0",
    ),
    "forward",
)

_LONG = b"long" * 22
LONGREQ = Case(
    "longreq",
    "RFC 4475 §3.1.1.7",
    "long user, display names, tag, branch, Call-ID, header name and value, 34 Vias",
    lines(
        b"INVITE sip:user@example.com SIP/2.0",
        b'To: "I have a user name of %s proportion" <sip:user@example.com:6000;' % (_LONG * 2)
        + b"unknownparam1=very%svalue;longparam%sname=shortvalue;very%sParameterNameWithNoValue>"
        % (_LONG, _LONG, _LONG),
        b"F: sip:amazinglylong%scallername@example.net" % _LONG
        + b";tag=12%s424;unknownheaderparam%sname=unknownheaderparam%svalue;unknownValueless%sparam"
        % (_LONG * 2, _LONG, _LONG, _LONG),
        b"Call-ID: longreq.one%scallid" % _LONG,
        b"CSeq: 3882340 INVITE",
        b"Unknown-%s-Name: unknown-%s-value; unknown-%s-parameter-name = unknown-%s-value"
        % (_LONG, _LONG, _LONG, _LONG),
        *(
            b"Via: SIP/2.0/UDP sip%d.example.com" % number
            if number > 1
            else b"v: SIP/2.0/TCP host.example.com;branch=z9hG4bK1%sxyz" % _LONG
            for number in range(33, 0, -1)
        ),
        b"Via: SIP/2.0/TCP %s.com;branch=very%sbranchvalue" % (_LONG[:60], _LONG * 4),
        b"Max-Forwards: 70",
        b"Contact: <sip:amazinglylong%scallername@host5.example.net>" % _LONG,
        *SDP_HEADERS,
        body=SDP,
    ),
    "forward",
)

DBLREQ = Case(
    "dblreq",
    "RFC 4475 §3.1.1.8",
    "a second message behind the first in one datagram: what Content-Length leaves is ignored",
    lines(
        b"REGISTER sip:example.com SIP/2.0",
        b"To: sip:j.user@example.com",
        b"From: sip:j.user@example.com;tag=43251j3j324",
        b"Max-Forwards: 8",
        b"I: dblreq.0ha0isndaksdj99sdfafnl3lk233412",
        b"Contact: sip:j.user@host.example.com",
        b"CSeq: 8 REGISTER",
        b"Via: SIP/2.0/UDP 192.0.2.125;branch=z9hG4bKkdjuw23492",
        b"Content-Length: 0",
        body=lines(
            b"INVITE sip:joe@example.com SIP/2.0",
            b"t: sip:joe@example.com",
            b"From: sip:caller@example.net;tag=141334",
            b"Max-Forwards: 8",
            b"Call-ID: dblreq.0ha0isnda977644900765@192.0.2.15",
            b"CSeq: 8 INVITE",
            b"Via: SIP/2.0/UDP 192.0.2.15;branch=z9hG4bKkdjuw380234",
            *SDP_HEADERS,
            body=SDP,
        ),
    ),
    "forward",
)

SEMIURI = Case(
    "semiuri",
    "RFC 4475 §3.1.1.9",
    "a semicolon and an escaped @ in the user part: the host is example.com",
    lines(
        b"OPTIONS sip:user;par=u%40example.net@example.com SIP/2.0",
        b"To: sip:j_user@example.com",
        b"From: sip:caller@example.org;tag=33242",
        b"Max-Forwards: 3",
        b"Call-ID: semiuri.0ha0isndaksdj",
        b"CSeq: 8 OPTIONS",
        b"Accept: application/sdp, application/pkcs7-mime,\r\n"
        b"        multipart/mixed, multipart/signed,\r\n"
        b"        message/sip, message/sipfrag",
        b"Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKkdjuw",
        b"l: 0",
    ),
    "forward",
)

TRANSPORTS = Case(
    "transports",
    "RFC 4475 §3.1.1.10",
    "Vias with all registered transports and one that nobody knows",
    lines(
        b"OPTIONS sip:user@example.com SIP/2.0",
        b"To: sip:user@example.com",
        b"From: <sip:caller@example.com>;tag=323",
        b"Max-Forwards: 70",
        b"Call-ID:  transports.kijh4akdnaqjkwendsasfdj",
        b"Accept: application/sdp",
        b"CSeq: 60 OPTIONS",
        b"Via: SIP/2.0/UDP t1.example.com;branch=z9hG4bKkdjuw",
        b"Via: SIP/2.0/SCTP t2.example.com;branch=z9hG4bKklasjdhf",
        b"Via: SIP/2.0/TLS t3.example.com;branch=z9hG4bK2980unddj",
        b"Via: SIP/2.0/UNKNOWN t4.example.com;branch=z9hG4bKasd0f3en",
        b"Via: SIP/2.0/TCP t5.example.com;branch=z9hG4bK0a9idfnee",
        b"l: 0",
    ),
    "forward",
)

_SIGNATURE = bytes.fromhex("3082015206092a864886f70d010702a0820143") + bytes(range(256))
_PARTS = (
    b"--7a9cbec02ceef655\r\n"
    b"Content-Type: text/plain\r\n"
    b"Content-Transfer-Encoding: binary\r\n"
    b"\r\n"
    b"Hello\r\n"
    b"--7a9cbec02ceef655\r\n"
    b"Content-Type: application/octet-stream\r\n"
    b"Content-Transfer-Encoding: binary\r\n"
    b"\r\n" + _SIGNATURE + b"\r\n--7a9cbec02ceef655--"
)
MPART01 = Case(
    "mpart01",
    "RFC 4475 §3.1.1.11",
    "a multipart body with every byte there is, NULs and empty lines among them",
    lines(
        b"MESSAGE sip:kumiko@example.org SIP/2.0",
        b"Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK-d87543-4dade06d0bdb11ee-1--d87543-;rport",
        b"Max-Forwards: 70",
        b"Route: <sip:127.0.0.1:5080>",
        b"Identity: r5mwreLuyDRYBi/0TiPwEsY3rEVsk/G2WxhgTV1PF7hHuLIK0YWVKZhKv9Mj8UeXqkMVbnVq37CD",
        b"Contact: <sip:fluffy@127.0.0.1:5070>",
        b"To: <sip:kumiko@example.org>",
        b"From: <sip:fluffy@example.com>;tag=2fb0dcc9",
        b"Call-ID: 3d9485ad0c49859b@Zmx1ZmZ5LW1hYy0xNi5sb2NhbA..",
        b"CSeq: 1 MESSAGE",
        b"Content-Transfer-Encoding: binary",
        b"Content-Type: multipart/mixed;boundary=7a9cbec02ceef655",
        b"Date: Sat, 15 Oct 2005 04:44:56 GMT",
        b"User-Agent: SIPimp.org/0.2.5 (curses)",
        b"Content-Length: %d" % len(_PARTS),
        body=_PARTS,
    ),
    "forward",
)


def _answer(status_line: bytes, name: bytes) -> bytes:
    return lines(
        status_line,
        b"Via: SIP/2.0/UDP 192.0.2.198;branch=z9hG4bK1324923",
        b"Call-ID: %s.1234ksdfak3j2erwedfsASdf" % name,
        b"CSeq: 35 INVITE",
        b"From: sip:user@example.com;tag=11141343",
        b"To: sip:user@example.edu;tag=2229",
        *SDP_HEADERS,
        b"Contact: <sip:user@host198.example.com>",
        body=SDP,
    )


UNREASON = Case(
    "unreason",
    "RFC 4475 §3.1.1.12",
    "a reason phrase in UTF-8",
    _answer(
        b"SIP/2.0 200 = 2**3 * 5**2 " + "но сто девяносто девять - простое".encode(), b"unreason"
    ),
    "forward",
)

NOREASON = Case(
    "noreason",
    "RFC 4475 §3.1.1.13",
    "an empty reason phrase; the blank behind the status code is there",
    _answer(b"SIP/2.0 100 ", b"noreason"),
    "forward",
)

VALID = (
    WSINV,
    INTMETH,
    ESC01,
    ESCNULL,
    ESC02,
    LWSDISP,
    LONGREQ,
    DBLREQ,
    SEMIURI,
    TRANSPORTS,
    MPART01,
    UNREASON,
    NOREASON,
)
