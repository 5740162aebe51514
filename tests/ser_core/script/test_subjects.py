"""Comparisons as Python expressions."""

from __future__ import annotations

import ast

import pytest

from tests.support.scripts import load


def code_of(condition: str, block: str = "route") -> str:
    """The test of the `if` that a condition is compiled to."""
    tree = ast.parse(load(f"{block} {{ if ({condition}) setflag(1); }}").dump_code())
    (test,) = (x.test for x in ast.walk(tree) if isinstance(x, ast.If))
    return ast.unparse(test)


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ('method=="INVITE"', "msg.message.method.upper() == b'INVITE'"),
        ('!method=="INVITE"', "msg.message.method.upper() != b'INVITE'"),
        ('uri=="sip:A@b"', "msg.message.uri.lower() == b'sip:a@b'"),
        ('uri=~"a"', "_constant_1(msg.message.uri)"),
        ("uri==myself", "_uri_is_myself(msg, True)"),
        ("uri!=myself", "_uri_is_myself(msg, False)"),
        ("!uri==myself", "not _uri_is_myself(msg, True)"),
        ("src_ip==10.0.0.1", "msg.source.host == '10.0.0.1'"),
        ("dst_ip!=10.0.0.1", "msg.source.listener.host != '10.0.0.1'"),
        ("src_ip==10.0.0.0/8", "_address_in(msg.source.host, _constant_1, True)"),
        ("src_ip==gw", "msg.source.host in _constant_1"),
        ("!src_ip==gw", "msg.source.host not in _constant_1"),
        ("!src_port<1024", "msg.source.port >= 1024"),
        ("!src_port>=1024", "msg.source.port < 1024"),
        ("!src_port>1024", "msg.source.port <= 1024"),
        ("!src_port<=1024", "msg.source.port > 1024"),
        ("dst_port!=5060", "msg.source.listener.port != 5060"),
        ("proto==TCP", "msg.source.transport == 'tcp'"),
        ("proto<tls", "_proto_numbers[msg.source.transport] < 3"),
        ("af==inet6", "msg.source.listener.family == 6"),
        ("af==2", "_family_numbers[msg.source.listener.family] == 2"),
        ("msg:len>max_len", "msg.message.length > 65535"),
        ('from_uri=="A"', "_from_uri_equals(msg, b'a', True)"),
        ('to_uri=~"a"', "_to_uri_matches(msg, _constant_1)"),
    ],
)
def test_the_code_of_a_comparison(condition: str, code: str) -> None:
    assert code_of(condition) == code


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ('method=="X"', "_method_of(msg) == b'X'"),
        ('status=="180"', "_uri_of(msg) == b'180'"),
        ('status=~"^18"', "_constant_1(_uri_of(msg))"),
    ],
)
def test_with_replies_the_kind_of_message_is_looked_at(condition: str, code: str) -> None:
    assert code_of(condition, "onreply_route[1]") == code
