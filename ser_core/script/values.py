"""Tokens to values: strings, numbers, hosts, addresses, the arguments of a command."""

from __future__ import annotations

from ser_core.script import literals, nodes
from ser_core.script.diagnostics import Span
from ser_core.script.lexer import Kind
from ser_core.script.settings import ListenAddress
from ser_core.script.tokens import SyntaxFault, TokenStream, describe

BOOLEANS = {
    "yes": 1, "true": 1, "on": 1, "enable": 1,
    "no": 0, "false": 0, "off": 0, "disable": 0,
}  # fmt: skip


def string(stream: TokenStream) -> nodes.String:
    """The string that the stream stands at."""
    token = stream.take()
    return nodes.String(stream.span_of(token), str(token.value))


def number(stream: TokenStream) -> nodes.Number | None:
    """A number or a boolean word."""
    token = stream.token
    if token.kind is Kind.NUMBER:
        stream.take()
        return nodes.Number(stream.span_of(token), int(token.value), token.text)
    if token.kind is Kind.WORD and token.text in BOOLEANS:
        stream.take()
        return nodes.Number(stream.span_of(token), BOOLEANS[token.text], token.text)
    return None


def negative(stream: TokenStream) -> nodes.Number | None:
    """`-` and a number. SER's grammar has none; the checker says what the limits are."""
    if not stream.at("-") or stream.following.kind is not Kind.NUMBER:
        return None
    sign, token = stream.take(), stream.take()
    span = stream.source.span(sign.start, token.end)
    return nodes.Number(span, -int(token.value), f"-{token.text}")


def signed_number(stream: TokenStream) -> int | None:
    """A number with or without a minus, where one stands."""
    found = negative(stream) or number(stream)
    return found.value if found else None


def number_or_string(stream: TokenStream) -> nodes.Number | nodes.String | None:
    """The value of a modparam."""
    if stream.at_kind(Kind.STRING):
        return string(stream)
    return negative(stream) or number(stream)


def directive_value(stream: TokenStream) -> nodes.Value | None:
    """What stands behind `name=`, whatever the name; None when nothing does."""
    if stream.at_kind(Kind.STRING):
        return string(stream)
    if stream.at_top_level() or (stream.at_line_start() and stream.following.text == "="):
        return None
    return negative(stream) or literal(stream)


def literal(stream: TokenStream) -> nodes.Value | None:
    """An address, a network, a number, a boolean word, a host name or another word, or `*`."""
    token = stream.token
    if token.kind is Kind.SIGN and token.text == "*":
        stream.take()
        return nodes.Star(stream.span_of(token))
    try:
        if address := literals.ip_at(stream.source.text, token.start):
            return _ip_or_network(stream, token.start, address)
        if token.kind is Kind.NUMBER or token.text in BOOLEANS:
            found = literals.host_at(stream.source.text, token.start)
            if found is None or found.end <= token.end:
                return number(stream)
        return _host(stream)
    except literals.BadLiteral as bad:
        raise fail_literal(stream, bad) from None


def fail_literal(stream: TokenStream, bad: literals.BadLiteral) -> SyntaxFault:
    """Report what looks like an address but is none, and go behind it."""
    span = stream.source.span(stream.token.start, bad.end)
    stream.take_to(bad.end)
    return stream.fail_at(span, str(bad))


def _ip_or_network(stream: TokenStream, start: int, address: literals.Found) -> nodes.Value:
    network = literals.mask_at(stream.source.text, address)
    end = network.end if network else address.end
    stream.take_to(end)
    span = stream.source.span(start, end)
    return nodes.Network(span, network.text) if network else nodes.Ip(span, address.text)


def _host(stream: TokenStream) -> nodes.Word | None:
    token = stream.token
    if token.kind not in (Kind.WORD, Kind.NUMBER):
        return None
    found = literals.host_at(stream.source.text, token.start)
    assert found is not None  # a word or a number is at least a host's first label
    stream.take_to(found.end)
    return nodes.Word(stream.source.span(token.start, max(found.end, token.end)), found.text)


def addresses(stream: TokenStream) -> tuple[nodes.SocketName, ...]:
    """The items of `listen` or `alias`, up to the next statement of the top level."""
    items: list[nodes.SocketName] = []
    while not stream.at_kind(Kind.END) and not stream.at_top_level():
        if stream.at_kind(Kind.WORD) and stream.following.text == "=":
            break
        item = socket_name(stream)
        if item is None:
            break
        items.append(item)
    return tuple(items)


def socket_name(stream: TokenStream) -> nodes.SocketName | None:
    """[proto:]host[:port], the host quoted or not; the port is -1 where none is written."""
    text, start = stream.source.text, stream.token.start
    try:
        transport = literals.transport_at(text, start)
        if transport:
            stream.take_to(transport.end)
        if stream.at_kind(Kind.STRING):
            host = string(stream)
            found = literals.address_at(text, stream.tokens[stream.index - 1].end, host.value)
        else:
            found = literals.address_at(text, stream.token.start)
    except literals.BadLiteral as bad:
        raise fail_literal(stream, bad) from None
    if found is None:
        if transport:
            raise stream.fail(stream.token, f"expected a host, not {describe(stream.token)}")
        return None
    stream.take_to(found.end)
    span = _span(stream, start, found.end)
    proto = transport.text if transport else found.transport
    return nodes.SocketName(span, ListenAddress(proto, found.host, found.port))


def _span(stream: TokenStream, start: int, end: int) -> Span:
    return stream.source.span(start, max(start, end))


def route_name(stream: TokenStream) -> nodes.Word:
    """The number or the name of a route."""
    token = stream.token
    if token.kind is Kind.NUMBER:
        stream.take()
        return nodes.Word(stream.span_of(token), str(token.value))
    if token.kind is Kind.WORD:
        stream.take()
        return nodes.Word(stream.span_of(token), token.text)
    raise stream.fail(token, f"expected a route's number or name, not {describe(token)}")


def arguments(stream: TokenStream, name: str) -> tuple[nodes.Value, ...]:
    """`(…)` behind a command."""
    opening = stream.take()
    found: list[nodes.Value] = []
    if stream.take_if(")"):
        return ()
    while True:
        if stream.at_line_start() and stream.at_top_level():
            raise stream.fail(opening, f'the "(" behind "{name}" is never closed')
        found.append(_argument(stream, name))
        if stream.take_if(")"):
            return tuple(found)
        if not stream.take_if(","):
            if stream.at(";") or stream.at_kind(Kind.END):
                raise stream.fail(opening, f'the "(" behind "{name}" is never closed')
            raise stream.fail(
                stream.token, f'expected "," or ")" here, not {describe(stream.token)}'
            )


def _argument(stream: TokenStream, name: str) -> nodes.Value:
    token = stream.token
    if token.kind is Kind.STRING:
        return _string_or_socket(stream)
    if token.text == "uri" and stream.following.text == ":":
        return _uri_part(stream)
    if found := negative(stream):
        return found
    try:
        socket = literals.address_at(stream.source.text, token.start)
    except literals.BadLiteral as bad:
        raise fail_literal(stream, bad) from None
    value: nodes.Value | None
    with_transport = literals.transport_at(stream.source.text, token.start)
    if with_transport or (socket and socket.port >= 0):
        value = socket_name(stream)
    else:
        value = literal(stream)
    if value is None or isinstance(value, nodes.Star):
        raise stream.fail(token, f'expected an argument of "{name}", not {describe(token)}')
    return value


def _string_or_socket(stream: TokenStream) -> nodes.Value:
    """A string, unless a port follows it as in "host":5060."""
    if stream.following.text != ":":
        return string(stream)
    found = socket_name(stream)
    assert found is not None  # the string is its host
    return found


def _uri_part(stream: TokenStream) -> nodes.UriPart:
    start = stream.take().start
    stream.take()
    token = stream.token
    if token.text not in ("host", "port"):
        raise stream.fail(token, f'expected "host" or "port" behind "uri:", not {describe(token)}')
    stream.take()
    return nodes.UriPart(stream.span_from(start), token.text)
