"""The grammar: what is accepted, what the tree looks like, and how mistakes are told."""

from __future__ import annotations

from typing import Any

import pytest

from ser_core.script import nodes
from ser_core.script.parser import MAX_ARMS
from ser_core.script.tokens import MAX_NESTING
from tests.support.script_trees import body_of, tree_of, value
from tests.support.scripts import LOAD, Run, errors_of

# --- the top level


def test_the_statements_of_the_top_level_in_any_order() -> None:
    tree = tree_of(
        'route { ; } debug=3\nloadmodule "sl.so" modparam("sl","x",1) fork=no '
        "failure_route[1] { ; }"
    )
    assert [(x.name.text, value(x.values[0])) for x in tree.assigns] == [("debug", 3), ("fork", 0)]
    assert [x.path.value for x in tree.modules] == ["sl.so"]
    assert [(x.module.value, x.name.value, x.value.value) for x in tree.params] == [("sl", "x", 1)]
    assert [(x.kind, x.name) for x in tree.blocks] == [
        (nodes.Block.ROUTE, "0"),
        (nodes.Block.FAILURE, "1"),
    ]


def test_a_list_ends_where_the_next_statement_begins() -> None:
    tree = tree_of('listen=eth0 eth1 port=5070 alias=a.b loadmodule "sl" listen=eth2 route{;}')
    assert [(x.name.text, len(x.values)) for x in tree.assigns] == [
        ("listen", 2),
        ("port", 1),
        ("alias", 1),
        ("listen", 1),
    ]


@pytest.mark.parametrize(
    ("text", "kind", "name"),
    [
        ("route{;}", nodes.Block.ROUTE, "0"),
        ("route[0]{;}", nodes.Block.ROUTE, "0"),
        ("route[ 1 ] {;}", nodes.Block.ROUTE, "1"),
        ("route[RELAY]{;}", nodes.Block.ROUTE, "RELAY"),
        ("failure_route[1]{;}", nodes.Block.FAILURE, "1"),
        ("onreply_route[NAT]{;}", nodes.Block.ONREPLY, "NAT"),
        ("route{}", nodes.Block.ROUTE, "0"),
    ],
)
def test_route_blocks(text: str, kind: nodes.Block, name: str) -> None:
    (block,) = tree_of(text).blocks
    assert (block.kind, block.name) == (kind, name)


# --- statements


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        (";;;", []),
        ("a();", [("a", [])]),
        ("a(); ; b();;", [("a", []), ("b", [])]),
        ('a("x");', [("a", ["x"])]),
        ("a('x', \"y\", 3);", [("a", ["x", "y", 3])]),
        ("revert_uri;", [("revert_uri", None)]),
        ('log(1, "x");', [("log", [1, "x"])]),
        ('log(-1, "x");', [("log", [-1, "x"])]),
        ("forward(uri:host);", [("forward", ["uri:host"])]),
        ("forward(uri:host, uri:port);", [("forward", ["uri:host", "uri:port"])]),
        ("forward(uri : host, 5070);", [("forward", ["uri:host", 5070])]),
        ("forward(10.0.0.1, 5070);", [("forward", ["10.0.0.1", 5070])]),
        ("forward(sip-1.example.org);", [("forward", ["sip-1.example.org"])]),
        ("forward([2001:db8::1]);", [("forward", ["2001:db8::1"])]),
        ("send(2001:db8::1);", [("send", ["2001:db8::1"])]),
        (
            "force_send_socket(udp:10.0.0.1:5070);",
            [("force_send_socket", [("udp", "10.0.0.1", 5070)])],
        ),
        ("force_send_socket(10.0.0.1);", [("force_send_socket", ["10.0.0.1"])]),
        ('force_send_socket("a.b":5070);', [("force_send_socket", [("*", "a.b", 5070)])]),
        ("route(1);", [("route", "1")]),
        ("route( RELAY );", [("route", "RELAY")]),
        ("break;", ["break"]),
        ("drop();", ["drop"]),
        ("exit;", ["exit"]),
        ("return;", ["return"]),
        ("return();", ["return"]),
        ("return(1);", [("return", 1)]),
        ("return(-1);", [("return", -1)]),
        ("return -1;", [("return", -1)]),
    ],
)
def test_statements(text: str, statements: list[Any]) -> None:
    assert body_of(text) == statements


A: list[Any] = [("a", [])]
B: list[Any] = [("b", [])]
C: list[Any] = [("c", [])]


@pytest.mark.parametrize(
    ("text", "arms", "otherwise"),
    [
        ("if (1) a();", [(1, A)], None),
        ("if 1 a();", [(1, A)], None),
        ("if 1 { a(); }", [(1, A)], None),
        ("if (1) { a(); } else { b(); }", [(1, A)], B),
        ("if (1) a(); else b();", [(1, A)], B),
        ("if (1) a() else b();", [(1, A)], B),
        ("if (1) { a(); } else b();", [(1, A)], B),
        ("if (1) a(); else { b(); };", [(1, A)], B),
        ("if (1) ;", [(1, [])], None),
        ("if (1) ; else ;", [(1, [])], []),
        ("if (1) { } else { }", [(1, [])], []),
        ("if (1) a(); else if (2) b(); else c();", [(1, A), (2, B)], C),
        ("if (1) { a(); } else if (2) { b(); };", [(1, A), (2, B)], None),
        ("if (1) break; else drop;", [(1, ["break"])], ["drop"]),
        ("if (1) route(1); else route(2);", [(1, [("route", "1")])], [("route", "2")]),
    ],
)
def test_every_form_of_if(text: str, arms: list[Any], otherwise: list[Any] | None) -> None:
    assert body_of(text) == [("if", arms, otherwise)]


def test_a_dangling_else_belongs_to_the_nearest_if() -> None:
    assert body_of("if (1) if (2) a(); else b();") == [("if", [(1, [("if", [(2, A)], B)])], None)]


def test_a_semicolon_behind_a_brace_is_allowed() -> None:
    assert body_of("if (1) { a(); }; b();") == [("if", [(1, A)], None), ("b", [])]


# --- places


def test_nodes_know_where_they_stand() -> None:
    (block,) = tree_of('\nroute {\n  if (!method=="X") { a("b",\n  2); }\n}').blocks
    (statement,) = block.body
    assert isinstance(statement, nodes.If)
    (arm,) = statement.arms
    places = [
        (x.line, x.column, x.end_line, x.end_column)
        for x in (block.span, statement.span, arm.condition.span, arm.body[0].span)
    ]
    assert places == [(2, 1, 2, 6), (3, 3, 4, 8), (3, 7, 3, 19), (3, 23, 4, 5)]


# --- mistakes


@pytest.mark.parametrize(
    ("text", "mistakes"),
    [
        ("debug=", ['1:7: expected a value for "debug"']),
        ("debug=\nfork=no", ['1:7: expected a value for "debug"']),
        ("listen=\nfork=no", ['1:8: expected a value for "listen"']),
        (
            "debug=3;",
            ['1:8: unexpected ";", outside of route blocks nothing is ended by one'],
        ),
        ("debug 3", ['1:1: expected "=" behind "debug"']),
        ("}", ['1:1: unexpected "}", no block is open here']),
        ('log("x");', ["1:1: a command can stand in a route block only"]),
        ("if (1) { }", ["1:1: an if can stand in a route block only"]),
        ("foo", ['1:1: expected a directive, loadmodule, modparam or route, not "foo"']),
        ('"foo"', ["1:1: expected a directive, loadmodule, modparam or route, not a string"]),
        ('include "x"', ['1:1: unexpected "include", SER\'s language has no include']),
        (
            "branch_route[1] { }",
            ['1:1: unexpected "branch_route", there are route, failure_route and onreply_route'],
        ),
        ("loadmodule sl", ['1:12: expected a module in quotes behind "loadmodule", not "sl"']),
        (
            "loadmodule",
            ['1:11: expected a module in quotes behind "loadmodule", not the end of the file'],
        ),
        ('modparam "a"', ['1:10: expected "(" behind "modparam", not a string']),
        ('modparam(a, "b", 1)', ['1:10: expected the module\'s name in quotes, not "a"']),
        ('modparam("a" "b", 1)', ['1:14: expected "," behind the module\'s name, not a string']),
        ('modparam("a", b, 1)', ['1:15: expected the parameter\'s name in quotes, not "b"']),
        ('modparam("a", "b")', ['1:18: expected "," behind the parameter\'s name, not ")"']),
        ('modparam("a", "b", c)', ['1:20: expected a number or a string, not "c"']),
        ('modparam("a", "b", 1', ['1:21: expected ")" behind the value, not the end of the file']),
        (
            "failure_route { }",
            [
                '1:15: expected "[" behind "failure_route", not "{", a failure_route has a number '
                "or a name, as in failure_route[1]"
            ],
        ),
        ("route[] { }", ['1:7: expected a route\'s number or name, not "]"']),
        ("route[1 { }", ['1:9: expected "]" behind the route\'s name, not "{"']),
        ("route[1]", ['1:9: expected "{" behind "route[1]", not the end of the file']),
        ("route {", ['1:7: this "{" is never closed']),
        ("route { if (1) {", ['1:7: this "{" is never closed', '1:16: this "{" is never closed']),
        (
            "route { if (1) { ; }\nroute[1] { ; }",
            ['2:1: "route" can\'t stand in a route block, is the "{" of line 1 not closed?'],
        ),
        (
            "route { ; \ndebug=3",
            ['2:1: "debug" can\'t stand in a route block, is the "{" of line 1 not closed?'],
        ),
        ("listen=10.0.0.256", ["1:8: 10.0.0.256 is no IPv4 address"]),
        ("listen=10.0.0.1:70000", ["1:8: 70000 is no port"]),
        ("listen=udp:", ["1:12: expected a host, not the end of the file"]),
    ],
)
def test_mistakes_at_the_top_level(text: str, mistakes: list[str]) -> None:
    assert errors_of(text) == mistakes


@pytest.mark.parametrize(
    ("text", "mistakes"),
    [
        ('log("x")', ['9: expected ";" behind "log(…)"']),
        ("break", ['6: expected ";" behind "break"']),
        ("route(1)", ['9: expected ";" behind "route(1)"']),
        ("revert_uri", ['11: expected ";" behind "revert_uri"']),
        ("if (1) break", ['13: expected ";" behind "break"']),
        ('log("x") break;', ['9: expected ";" behind "log(…)"']),
        ("else break;", ['1: "else" without an if, no ";" can stand before else']),
        ("if (1) { ; }; else break;", ['15: "else" without an if, no ";" can stand before else']),
        ("3;", ['1: expected a command, not "3"']),
        ('"x";', ["1: expected a command, not a string"]),
        ("method;", ['1: "method" can stand in a condition only']),
        (
            "debugging=3;",
            ['1: "debugging" can\'t be set in a route block, directives stand outside'],
        ),
        ("while (1) { ; }", ['1: unexpected "while", SER\'s language has no loops']),
        (
            "switch (x) { ; }",
            ['1: unexpected "switch", SER\'s language has no switch, use if and else if'],
        ),
        ("log(;", ['5: expected an argument of "log", not ";"']),
        ('log("x";', ['4: the "(" behind "log" is never closed']),
        ('log("x" "y");', ['9: expected "," or ")" here, not a string']),
        ('log("x",);', ['9: expected an argument of "log", not ")"']),
        ("forward(uri:user);", ['13: expected "host" or "port" behind "uri:", not "user"']),
        ("forward(*);", ['9: expected an argument of "forward", not "*"']),
        ("forward(10.0.0.256);", ["9: 10.0.0.256 is no IPv4 address"]),
        ("route();", ['7: expected a route\'s number or name, not ")"']),
        ("route(1;", ['8: expected ")" behind the route\'s name, not ";"']),
        ('route "x";', ['7: expected "(" behind "route", not a string']),
        ("break(;", ['7: expected ")" behind "break(", not ";"']),
        ("return(x);", ['8: expected ")" behind "return(", not "x"']),
        ("if (src_ip==10.0.0.0/33) ;", ["13: 33 is no network mask for 10.0.0.0"]),
        ("if (src_ip==10.0.0.0/x) ;", ['13: expected a mask or a number of bits behind "/"']),
        ("if (src_ip==1.2.3.400) ;", ["13: 1.2.3.400 is no IPv4 address"]),
    ],
)
def test_mistakes_in_blocks(text: str, mistakes: list[str]) -> None:
    assert errors_of(f"route {{\n{text}\n}}") == [f"2:{x}" for x in mistakes]


def test_one_run_tells_several_mistakes_and_no_cascades() -> None:
    text = """debug=
fork=no;
route {
    log("x")
    foo(;
    if (method="INVITE") { log("a"); }
    break;
}
modparam("tm" "fr_timer", 3)
route[1] {
    else;
    log("fine");
}
children=4
"""
    assert errors_of(text) == [
        '1:7: expected a value for "debug"',
        '2:8: unexpected ";", outside of route blocks nothing is ended by one',
        '4:13: expected ";" behind "log(…)"',
        '5:9: expected an argument of "foo", not ";"',
        '6:15: expected a comparison behind "method", not "=", did you mean "=="?',
        '9:15: expected "," behind the module\'s name, not a string',
        '11:5: "else" without an if, no ";" can stand before else',
    ]


def test_at_most_ten_mistakes_are_told() -> None:
    assert len(errors_of("route {\n" + "log(;\n" * 30 + "}")) == 10


def test_a_forgotten_quote_is_suspected_where_it_is_missing() -> None:
    text = 'route {\n  log("one);\n  log("two");\n}'
    assert errors_of(text) == [
        '3:8: expected "," or ")" here, not "two", '
        "the string before it begins in line 2: is a quote missing there?",
        "3:11: this string is never closed",
    ]


def test_nesting_has_a_limit_that_says_so() -> None:
    (mistake,) = errors_of("route {" + "if (1) {" * 70 + ";" + "}" * 70 + "}")
    assert mistake.endswith(f"nested more than {MAX_NESTING} levels deep")


def test_as_deep_as_allowed_still_works() -> None:
    depth = MAX_NESTING // 2 - 1
    run = Run("if (1) {" * depth + 'say("deep");' + "}" * depth)
    assert run.calls == ["deep"]
    parentheses = "(" * (MAX_NESTING - 3)
    assert Run(f'if {parentheses}1{parentheses.replace("(", ")")} say("deep");').calls == ["deep"]


def test_too_many_parentheses_are_told() -> None:
    (mistake,) = errors_of("route { if " + "(" * 500 + "1" + ")" * 500 + " ; }")
    assert mistake.endswith(f"nested more than {MAX_NESTING} levels deep")


def test_any_number_of_nots() -> None:
    assert Run("if (" + "!" * 1001 + '0) say("x");').calls == ["x"]


def test_a_long_chain_of_else_if() -> None:
    chain = " else ".join(f'if (method=="M{n}") say("{n}");' for n in range(MAX_ARMS - 1))
    assert Run(f'{chain} else if (1) say("last"); else say("x");').calls == ["last"]
    (mistake,) = errors_of(LOAD + "route {" + " else ".join(["if (0) ;"] * (MAX_ARMS + 1)) + "}")
    assert mistake.endswith(f'more than {MAX_ARMS} "else if" in a row')


def test_many_operands_in_a_row() -> None:
    assert Run("if (" + " || ".join(["0"] * 2000 + ["1"]) + ') say("x");').calls == ["x"]
