"""What stands behind `=` and between the parentheses of a command."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.script_trees import body_of, tree_of, value
from tests.support.scripts import errors_of


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("debug=3", [3]),
        ("debug = yes", [1]),
        ("fifo_mode=0660", [0o660]),
        ("user=ser", ["ser"]),
        ('user="ser"', ["ser"]),
        ("user=1000", [1000]),
        ("log_facility=LOG_LOCAL0", ["LOG_LOCAL0"]),
        ("advertised_address=sip-1.example.org", ["sip-1.example.org"]),
        ("advertised_address=10.0.0.1", ["10.0.0.1"]),
        ("advertised_address=[2001:db8::1]", ["2001:db8::1"]),
        ("listen=10.0.0.1", [("*", "10.0.0.1", -1)]),
        ("listen=10.0.0.1 10.0.0.2:5070", [("*", "10.0.0.1", -1), ("*", "10.0.0.2", 5070)]),
        ("listen=udp:eth0 tcp:eth0", [("udp", "eth0", -1), ("tcp", "eth0", -1)]),
        ("listen=TCP:[2001:db8::1]:5070", [("tcp", "2001:db8::1", 5070)]),
        ("listen=2001:db8::1", [("*", "2001:db8::1", -1)]),
        ('listen="sip.example.org":5070', [("*", "sip.example.org", 5070)]),
        ('listen=udp:"port.example.org"', [("udp", "port.example.org", -1)]),
        ("alias=example.org:* *:example.net", [("*", "example.org", 0), ("*", "example.net", -1)]),
        ("alias=port.example.org", [("*", "port.example.org", -1)]),
        ("alias=3com.com", [("*", "3com.com", -1)]),
    ],
)
def test_the_value_of_a_directive(text: str, values: list[Any]) -> None:
    (assign,) = tree_of(text).assigns
    assert [value(x) for x in assign.values] == values


@pytest.mark.parametrize("word", ["yes", "true", "on", "enable"])
def test_boolean_words_are_1(word: str) -> None:
    assert body_of(f"a({word});") == [("a", [1])]


@pytest.mark.parametrize("word", ["no", "false", "off", "disable"])
def test_boolean_words_are_0(word: str) -> None:
    assert body_of(f"a({word});") == [("a", [0])]


def test_boolean_words_are_words_of_a_host_name_too() -> None:
    assert body_of("a(on.example.org);") == [("a", ["on.example.org"])]


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("a(1.2.3.400);", "11: 1.2.3.400 is no IPv4 address"),
        ("a([1.2.3.4]);", "11: 1.2.3.4 is no IPv6 address"),
        ("a(10.0.0.0/99);", "11: 99 is no network mask for 10.0.0.0"),
        ("a(b:99999);", "11: 99999 is no port"),
        ("a(udp:);", '15: expected a host, not ")"'),
        ("a(=);", '11: expected an argument of "a", not "="'),
    ],
)
def test_what_is_no_value(text: str, mistake: str) -> None:
    assert errors_of(f"route {{ {text} }}") == [f"1:{mistake}"]
