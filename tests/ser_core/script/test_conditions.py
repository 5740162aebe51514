"""Conditions: precedence, operands, and mistakes in them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.script_trees import condition_of
from tests.support.scripts import errors_of

A: list[Any] = [("a", [])]


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("1", 1),
        ("yes", 1),
        ("a()", ("a", [])),
        ("loose_route", ("loose_route", None)),
        ("route(1)", ("route", "1")),
        ("break", "break"),
        ("{ a(); b(); }", ("block", ("a", []), ("b", []))),
        ("if (1) a();", ("block", ("if", [(1, A)], None))),
        ("!a()", ("not", ("a", []))),
        ("not a()", ("not", ("a", []))),
        ("!!a()", ("a", [])),
        ("! not ! a()", ("not", ("a", []))),
        ("1 and 2 && 3 & 4", ("and", 1, 2, 3, 4)),
        ("1 or 2 || 3 | 4", ("or", 1, 2, 3, 4)),
        ("1 or 2 and 3", ("or", 1, ("and", 2, 3))),
        ("(1 or 2) and 3", ("and", ("or", 1, 2), 3)),
        ("!1 and 2", ("and", ("not", 1), 2)),
        ("!(1 and 2)", ("not", ("and", 1, 2))),
        ('!method=="X"', ("not", ("method", "==", "X"))),
        ("!uri==myself", ("not", ("uri", "==", "myself"))),
        ("method==INVITE", ("method", "==", "INVITE")),
        ('method=~"INVITE|ACK"', ("method", "=~", "INVITE|ACK")),
        ('uri!="sip:a@b"', ("uri", "!=", "sip:a@b")),
        ("uri==sip.example.org", ("uri", "==", "sip.example.org")),
        ('status=~"^18"', ("status", "=~", "^18")),
        ("uri==myself", ("uri", "==", "myself")),
        ("myself==from_uri", ("myself", "==", "from_uri")),
        ("myself!=src_ip", ("myself", "!=", "src_ip")),
        ("src_ip==10.0.0.1", ("src_ip", "==", "10.0.0.1")),
        ("src_ip==10.0.0.0/8", ("src_ip", "==", "10.0.0.0/8")),
        ("src_ip==10.0.0.0/255.0.0.0", ("src_ip", "==", "10.0.0.0/8")),
        ("src_ip==2001:db8::/32", ("src_ip", "==", "2001:db8::/32")),
        ("src_ip==[2001:db8::1]", ("src_ip", "==", "2001:db8::1")),
        ("dst_ip==host.example.org", ("dst_ip", "==", "host.example.org")),
        ("src_port<1024", ("src_port", "<", 1024)),
        ("dst_port>=5060", ("dst_port", ">=", 5060)),
        ("proto==udp", ("proto", "==", "udp")),
        ("proto!=*", ("proto", "!=", "*")),
        ("af==INET6", ("af", "==", "INET6")),
        ("msg:len>max_len", ("msg:len", ">", "max_len")),
        ("msg : len <= 2048", ("msg:len", "<=", 2048)),
    ],
)
def test_conditions(text: str, tree: Any) -> None:
    assert condition_of(text) == tree


def test_a_word_that_is_nearly_an_operand() -> None:
    assert errors_of('route { if (metod=="INVITE") { break; } }') == [
        '1:13: "metod" can\'t be compared, did you mean "method"?'
    ]


@pytest.mark.parametrize(
    ("text", "mistakes"),
    [
        ("if () ;", ['5: expected a condition, not ")"']),
        ("if ;", ['4: expected a condition, not ";"']),
        ("if (1 ;", ['7: expected ")" to close the condition, not ";"']),
        ("if (1 and) ;", ['10: expected a condition, not ")"']),
        ("if (and 1) ;", ['5: expected a condition, not "and"']),
        (
            'if (method="X") ;',
            ['11: expected a comparison behind "method", not "=", did you mean "=="?'],
        ),
        ("if (uri) ;", ['8: expected a comparison behind "uri", not ")"']),
        ("if (method==) ;", ['13: expected something to compare with, not ")"']),
        ("if (msg>3) ;", ['8: expected ":" behind "msg", not ">"']),
        ("if (msg:size>3) ;", ['9: expected "len" behind "msg:", not "size"']),
        ('if (uri:host=="x") ;', ['5: "uri:" can stand in forward() and its like only']),
        (
            'if (method=="X" || "Y") ;',
            ["20: a string is no condition, compare it with something, as in method==…"],
        ),
        ("if (len_gt(3)) ;", ['5: unknown function "len_gt", write msg:len > …']),
        (
            "if (a()==1) ;",
            ['5: "a" can\'t be compared, the result of a command is true or false by itself'],
        ),
    ],
)
def test_mistakes_in_conditions(text: str, mistakes: list[str]) -> None:
    assert errors_of(f"route {{\n{text}\n}}") == [f"2:{x}" for x in mistakes]
