from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ser_core.errors import ParseError
from ser_core.sip import uri as uri_module
from ser_core.sip.uri import Uri, equal, escape_user, parse_uri, unescape
from tests.support.sip_case import outcome


def parts(text: bytes) -> tuple[bytes, bytes | None, bytes | None, bytes, int, bytes, bytes]:
    uri = parse_uri(text)
    return (
        uri.scheme,
        uri.user,
        uri.password,
        uri.host,
        uri.port,
        uri.params,
        uri.headers,
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"sip:h", (b"sip", None, None, b"h", 0, b"", b"")),
        (b"SIPS:a@H:5061", (b"sips", b"a", None, b"H", 5061, b"", b"")),
        (b"sip:a:b@h;lr?x=y", (b"sip", b"a", b"b", b"h", 0, b";lr", b"?x=y")),
        (b"sip:a:@h", (b"sip", b"a", b"", b"h", 0, b"", b"")),
        (b"sip:[::1]:1;x", (b"sip", None, None, b"[::1]", 1, b";x", b"")),
        (b"sip:u@[2001:db8::9]", (b"sip", b"u", None, b"[2001:db8::9]", 0, b"", b"")),
        (b"sip:h?a=b&c=d", (b"sip", None, None, b"h", 0, b"", b"?a=b&c=d")),
        (b"sip:+1-2;phone-context=x@h", (b"sip", b"+1-2;phone-context=x", None, b"h", 0, b"", b"")),
        (b"sip:a?b/c;d@h", (b"sip", b"a?b/c;d", None, b"h", 0, b"", b"")),
        (b"sip:%61%40@h", (b"sip", b"%61%40", None, b"h", 0, b"", b"")),
        (b"sip:#31#*9@h", (b"sip", b"#31#*9", None, b"h", 0, b"", b"")),
        (b"sip:192.0.2.1:05060", (b"sip", None, None, b"192.0.2.1", 5060, b"", b"")),
        (b"sip:a@my_host.example.", (b"sip", b"a", None, b"my_host.example.", 0, b"", b"")),
    ],
)
def test_a_sip_uri_is_taken_apart(text: bytes, expected: tuple[object, ...]) -> None:
    assert parts(text) == expected
    assert parse_uri(text).raw == text


@pytest.mark.parametrize(
    ("text", "scheme", "opaque"),
    [
        (b"tel:+1-201-555-0123;phone-context=x", b"tel", b"+1-201-555-0123;phone-context=x"),
        (b"urn:service:sos", b"urn", b"service:sos"),
        (b"HTTP://example.com/?a=b", b"http", b"//example.com/?a=b"),
        (b"soap.beep://192.0.2.1:3002", b"soap.beep", b"//192.0.2.1:3002"),
        (b"im:a@b", b"im", b"a@b"),
    ],
)
def test_other_schemes_are_passed_through(text: bytes, scheme: bytes, opaque: bytes) -> None:
    uri = parse_uri(text)
    assert (uri.scheme, uri.opaque, uri.host, uri.user) == (scheme, opaque, b"", None)
    assert not uri.is_sip
    assert uri.raw == text


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"sip",
        b"sip:",
        b":h",
        b"h",
        b"1sip:h",
        b"sip:@h",
        b"sip::b@h",
        b"sip:a@",
        b"sip:a@b@h",
        b"sip:a@h;x=b@c",
        b"sip:a@h?x=b@c",
        b"sip:a b@h",
        b"sip:a@h ",
        b" sip:a@h",
        b"sip:a@h\r\n",
        b"sip:a\r@h",
        b"sip:a\0@h",
        b"sip:a@h\0",
        b"sip:a%4@h",
        b"sip:a%zz@h",
        b"sip:a:b%z@h",
        b'sip:"a"@h',
        b"sip:a@h;x=<y>",
        b"<sip:a@h>",
        b"sip:h:",
        b"sip:h:0",
        b"sip:h:+5060",
        b"sip:h:-1",
        b"sip:h:5_0",
        b"sip:h:65536",
        b"sip:h:99999",
        b"sip:h:" + b"9" * 5000,
        b"sip:h:" + b"0" * 5000,
        "sip:h:٥٠٦٠".encode(),
        b"sip:h:5060x",
        b"sip:..",
        b"sip:a..b",
        b"sip:" + b"a." * 128 + b"b",
        b"sip:[::1",
        b"sip:[]",
        b"sip:[::g]",
        b"sip:2001:db8::1",
        b"sip:[2001:db8::1]x",
        "sip:höst".encode(),
        b"tel:",
        b"tel:a b",
        b"x:<y>",
    ],
)
def test_what_is_no_uri_is_refused(text: bytes) -> None:
    with pytest.raises(ParseError) as caught:
        parse_uri(text)
    assert caught.value.status == 400


def test_parameters_are_found_in_any_case_and_with_escapes() -> None:
    uri = parse_uri(b"sip:h;Transport=TCP;lr;maddr=192.0.2.1;%6Dethod=INVITE")
    assert uri.param(b"transport") == b"TCP"
    assert uri.param(b"lr") == b""
    assert uri.param(b"maddr") == b"192.0.2.1"
    assert uri.param(b"method") == b"INVITE"
    assert uri.param(b"ttl") is None
    assert parse_uri(b"sip:h").param(b"lr") is None


@pytest.mark.parametrize(
    ("params", "transport", "loose"),
    [
        (b"", None, False),
        (b";transport=UDP", b"udp", False),
        (b";lr;transport=Tcp", b"tcp", True),
        (b";TRANSPORT=tls;LR=on", b"tls", True),
        (b";transport=", None, False),
        (b";transport", None, False),
        (b";transport=;%78", None, False),
        (b";xtransport=udp;lrx;x=lr", None, False),
        (b";x=;lr", None, True),
        (b";%6C%72", None, True),
        (b";%74ransport=UDP", b"udp", False),
        (b";transport=udp;transport=tcp", b"udp", False),
    ],
)
def test_transport_and_lr_are_known_at_once(
    params: bytes, transport: bytes | None, loose: bool
) -> None:
    uri = parse_uri(b"sip:h" + params)
    assert (uri.transport, uri.is_loose_router) == (transport, loose)
    assert uri.is_loose_router is (uri.param(b"lr") is not None)


@pytest.mark.parametrize(
    ("text", "host"),
    [
        (b"sip:Example.com", "Example.com"),
        (b"sip:[2001:DB8::1]", "2001:DB8::1"),
        (b"sip:[2001:db8:::192.0.2.1]", "2001:db8::192.0.2.1"),
    ],
)
def test_host_text_is_for_sockets(text: bytes, host: str) -> None:
    assert parse_uri(text).host_text == host


def test_a_uri_does_not_change() -> None:
    with pytest.raises(AttributeError):
        parse_uri(b"sip:h").port = 5  # type: ignore[misc]  # what this test is about


# -- the cache -----------------------------------------------------------------------------------


def test_the_same_text_gives_the_same_object() -> None:
    assert parse_uri(b"sip:same@example.com") is parse_uri(b"sip:same@example.com")


def test_a_flood_of_uris_costs_no_memory() -> None:
    for number in range(10_000):
        parse_uri(b"sip:%d@example.com" % number)
        assert len(uri_module._cache) <= 4096
    before = len(uri_module._cache)
    parse_uri(b"sip:" + b"a" * 60_000 + b"@example.com")
    assert len(uri_module._cache) == before


# -- edits ---------------------------------------------------------------------------------------

FULL = b"SIP:alice:secret@atlanta.com:5070;transport=tcp?priority=urgent"


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({}, FULL),
        ({"user": b"bob"}, b"SIP:bob:secret@atlanta.com:5070;transport=tcp?priority=urgent"),
        ({"user": None}, b"SIP:atlanta.com:5070;transport=tcp?priority=urgent"),
        ({"password": None}, b"SIP:alice@atlanta.com:5070;transport=tcp?priority=urgent"),
        ({"password": b"x"}, b"SIP:alice:x@atlanta.com:5070;transport=tcp?priority=urgent"),
        ({"host": b"[::1]"}, b"SIP:alice:secret@[::1]:5070;transport=tcp?priority=urgent"),
        ({"port": 0}, b"SIP:alice:secret@atlanta.com;transport=tcp?priority=urgent"),
        ({"host": b"h", "port": 1}, b"SIP:alice:secret@h:1;transport=tcp?priority=urgent"),
    ],
)
def test_replace_changes_what_it_is_told_and_nothing_else(
    change: dict[str, bytes | None], text: bytes
) -> None:
    assert parse_uri(FULL).replace(**change).raw == text  # type: ignore[arg-type]  # table above


@pytest.mark.parametrize(
    "change", [{"user": b""}, {"user": b"a@b"}, {"host": b""}, {"host": b"a b"}, {"port": 65536}]
)
def test_replace_refuses_what_is_no_uri(change: dict[str, bytes]) -> None:
    with pytest.raises(ParseError):
        parse_uri(FULL).replace(**change)  # type: ignore[arg-type]  # table above


def test_replace_on_another_scheme_is_answered_with_416() -> None:
    with pytest.raises(ParseError) as caught:
        parse_uri(b"tel:123").replace(host=b"h")
    assert caught.value.status == 416


USERS = st.binary(min_size=1, max_size=12)
HOSTS = st.sampled_from([b"example.com", b"192.0.2.1", b"[2001:db8::1]", b"h"])


@given(USERS, st.none() | USERS, HOSTS, st.integers(0, 65535))
def test_edited_uris_parse_again(
    user: bytes, password: bytes | None, host: bytes, port: int
) -> None:
    edited = parse_uri(FULL).replace(
        user=escape_user(user),
        password=None if password is None else escape_user(password),
        host=host,
        port=port,
    )
    again = parse_uri(edited.raw)
    assert again == edited
    assert unescape(again.user or b"") == user
    assert (again.host, again.port) == (host, port)


# -- escapes -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "plain"),
    [(b"a", b"a"), (b"%61%4A%4a", b"aJJ"), (b"%00", b"\0"), (b"%", b"%"), (b"%4", b"%4"),
     (b"%zz%41", b"%zzA"), (b"%2541", b"%41")],
)  # fmt: skip
def test_unescape_decodes_once(text: bytes, plain: bytes) -> None:
    assert unescape(text) == plain


@given(st.binary(max_size=40))
def test_escaping_and_back_is_the_identity(text: bytes) -> None:
    assert unescape(escape_user(text)) == text


# -- comparison ----------------------------------------------------------------------------------

EQUAL = [
    (b"sip:%61lice@atlanta.com;transport=TCP", b"sip:alice@AtLanTa.CoM;Transport=tcp"),
    (b"sip:carol@chicago.com", b"sip:carol@chicago.com;newparam=5"),
    (b"sip:carol@chicago.com;security=on", b"sip:carol@chicago.com;newparam=5"),
    (
        b"sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
        b"sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
    ),
    (
        b"sip:alice@atlanta.com?subject=project%20x&priority=urgent",
        b"sip:alice@atlanta.com?priority=urgent&subject=project%20x",
    ),
    # not in the RFC's list
    (b"sip:a@h", b"SIP:a@H"),
    (b"sip:a@[2001:db8::1]", b"sip:a@[2001:0DB8:0:0::1]"),
    (b"sip:a@[2001:db8::192.0.2.1]", b"sip:a@[2001:db8:::192.0.2.1]"),
    (b"sip:a%2fb@h", b"sip:a%2Fb@h"),
    (b"sip:a@h;%6cr", b"sip:a@h;lr"),
    (b"tel:+1-201-555.0123;a=b;c=d", b"TEL:+12015550123;c=d;a=b"),
    (b"urn:service:sos", b"URN:service:sos"),
]
DIFFERENT = [
    (b"SIP:ALICE@AtLanTa.CoM;Transport=udp", b"sip:alice@AtLanTa.CoM;Transport=UDP"),
    (b"sip:bob@biloxi.com", b"sip:bob@biloxi.com:5060"),
    (b"sip:bob@biloxi.com", b"sip:bob@biloxi.com;transport=udp"),
    (b"sip:bob@biloxi.com", b"sip:bob@biloxi.com:6000;transport=tcp"),
    (b"sip:carol@chicago.com", b"sip:carol@chicago.com?Subject=next%20meeting"),
    (b"sip:bob@phone21.boxesbybob.com", b"sip:bob@192.0.2.4"),
    (b"sip:carol@chicago.com;security=on", b"sip:carol@chicago.com;security=off"),
    # not in the RFC's list
    (b"sip:a@h", b"sips:a@h"),
    (b"sip:a@h", b"tel:a"),
    (b"sip:h", b"sip:a@h"),
    (b"sip:a@h", b"sip:a:@h"),
    (b"sip:a:b@h", b"sip:a:B@h"),
    (b"sip:a/b@h", b"sip:a%2Fb@h"),
    (b"sip:a@h;user=phone", b"sip:a@h"),
    (b"sip:a@h;ttl=1", b"sip:a@h"),
    (b"sip:a@h;maddr=x", b"sip:a@h"),
    (b"sip:a@h;method=INVITE", b"sip:a@h"),
    (b"sip:a@h?a=b", b"sip:a@h?a=c"),
    (b"sip:a@h?a=b", b"sip:a@h?a=b&a=b"),
    (b"sip:a@[::1]", b"sip:a@[::2]"),
    (b"sip:a@[::1]", b"sip:a@localhost"),
    (b"sip:null-%00-null@h", b"sip:null-@h"),
    (b"tel:123", b"tel:124"),
    (b"tel:123;phone-context=a", b"tel:123"),
    (b"urn:a", b"urn:A"),
]


@pytest.mark.parametrize(("a", "b"), EQUAL)
def test_equal_uris(a: bytes, b: bytes) -> None:
    assert equal(parse_uri(a), parse_uri(b))
    assert equal(parse_uri(b), parse_uri(a))


@pytest.mark.parametrize(("a", "b"), DIFFERENT)
def test_different_uris(a: bytes, b: bytes) -> None:
    assert not equal(parse_uri(a), parse_uri(b))
    assert not equal(parse_uri(b), parse_uri(a))


# -- any bytes -----------------------------------------------------------------------------------

PIECES = st.lists(
    st.sampled_from(
        [b"sip:", b"SIPS:", b"tel:", b"a", b"%41", b"%", b"@", b":", b"5060", b"[::1]", b"[", b"]",
         b";", b"lr", b"=", b"transport=tcp", b"?", b"&", b".", b"-", b" ", b"\r\n", b"\0", b"\xff"]
    ),
    max_size=12,
).map(b"".join)  # fmt: skip


@given(st.binary(max_size=40) | PIECES)
def test_any_bytes_give_a_uri_or_a_parse_error(text: bytes) -> None:
    uri = outcome(parse_uri, text)
    if isinstance(uri, ParseError):
        assert uri.status == 400
        return
    assert uri.raw == text
    assert equal(uri, uri)
    assert uri.host_text.encode() in text.replace(b":::", b"::")
    if uri.is_sip:
        _check_parts_rebuild(uri)


def _check_parts_rebuild(uri: Uri) -> None:
    userinfo = b""
    if uri.user is not None:
        userinfo = uri.user + (b"" if uri.password is None else b":" + uri.password) + b"@"
    start = uri.raw[: len(uri.scheme) + 1] + userinfo + uri.host
    assert uri.raw.startswith(start)
    assert uri.raw.endswith(uri.params + uri.headers)
    assert 0 <= uri.port < 65536
