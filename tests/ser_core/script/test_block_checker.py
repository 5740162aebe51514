"""What stands in route blocks: functions, arguments, route kinds, routes."""

from __future__ import annotations

import pytest

from tests.support.scripts import LOAD, Run, errors_of, fake_of, load, message, warnings_of


def in_route(statement: str) -> str:
    return f"{LOAD}route {{\n{statement}\n}}\n"


@pytest.mark.parametrize(
    ("statement", "mistake"),
    [
        (
            "t_realy();",
            '1: unknown function "t_realy", did you mean "t_relay"? it needs loadmodule "tm.so"',
        ),
        ("t_relay();", '1: unknown function "t_relay", it needs loadmodule "tm.so"'),
        ('sya("x");', '1: unknown function "sya", did you mean "say"?'),
        ("Break;", '1: unknown function "Break", did you mean "break"?'),
        ("setflg(1);", '1: unknown function "setflg", did you mean "setflag"?'),
        ("xyzzy();", '1: unknown function "xyzzy"'),
        ("if (xyzzy()) ;", '5: unknown function "xyzzy"'),
        ("say;", '1: expected "(" behind "say", a function needs them'),
        ("say();", "1: say takes 1 argument, not 0"),
        ('say("a", "b");', "1: say takes 1 argument, not 2"),
        ('breaks("a");', "1: breaks takes no arguments, not 1"),
        ('arguments("1");', "1: arguments takes 4 to 5 arguments, not 1"),
        ("answer(10);", '8: the arguments of answer are strings in quotes, write "10"'),
        ("say(uri:host);", "5: the arguments of say are strings in quotes"),
        ('answer("ten");', '8: answer: "ten" is not a number'),
        ('answer("");', '8: answer: "" is not a number'),
        ('answer("1 ");', '8: answer: "1 " is not a number'),
        ('answer("99999999999");', '8: answer: "99999999999" is not a number'),
        (
            'arguments("1", "a", "b", "(");',
            '26: arguments: "(" is no regular expression: missing ): (',
        ),
        ('on_failure("7");', "12: there is no failure_route[7]"),
        ('on_failure("BUZY");', '12: there is no failure_route[BUZY], did you mean "BUSY"?'),
        ('on_reply("1");', "10: there is no onreply_route[1]"),
        ("route(7);", "7: there is no route[7]"),
        ("route(RELY);", '7: there is no route[RELY], did you mean "RELAY"?'),
        ("setflag(32);", "9: setflag: a flag is a number from 1 to 31"),
        ("setflag(0);", "9: setflag: a flag is a number from 1 to 31"),
        ('setflag("1");', "9: setflag takes a flag, 1 to 31 here"),
        ("setflag();", "1: setflag takes 1 argument, not 0"),
        ("setflag;", '1: expected "(" behind "setflag"'),
        ("if (return) ;", '5: "return" can\'t stand in a condition, break can'),
        (
            "if (1) { if (!{ return(1); }) ; }",
            '17: "return" can\'t stand in a condition, break can',
        ),
        ('revert_uri("x");', "1: revert_uri takes no arguments, not 1"),
        ("if (src_port==70000) ;", '5: "src_port" is compared with a number from 0 to 65535'),
    ],
)
def test_a_mistake_in_a_block(statement: str, mistake: str) -> None:
    more = "failure_route[BUSY] { ; } route[RELAY] { ; }"
    assert errors_of(in_route(statement) + more) == [f"3:{mistake}"]


def test_an_unknown_function_is_told_of_once() -> None:
    assert len(errors_of(in_route("xyzzy();\nxyzzy();\nif (xyzzy()) ;"))) == 1


def test_the_functions_of_a_module_that_failed_are_not_complained_about() -> None:
    text = 'loadmodule "tn.so"\nroute { t_relay(); ds_select("1"); sl_send_reply("1", "2"); }'
    assert errors_of(text) == [
        '1:12: there is no module "tn", did you mean "tm"?',
        '2:36: unknown function "sl_send_reply", it needs loadmodule "sl.so"',
    ]


def test_undefined_routes_are_not_complained_about_when_the_text_is_broken() -> None:
    assert errors_of("route { route(1); }\nroute[1] { ") == ['2:10: this "{" is never closed']


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        (
            "failure_route[1] { request_only(); }",
            '2:20: "request_only" can\'t stand in a failure_route, only in route',
        ),
        (
            "onreply_route[1] { no_replies(); }",
            '2:20: "no_replies" can\'t stand in an onreply_route, only in route and failure_route',
        ),
        (
            'onreply_route[1] { sethost("x"); }',
            '2:20: "sethost" can\'t stand in an onreply_route, only in route and failure_route',
        ),
        (
            "onreply_route[1] { if (forward(uri:host)) ; }",
            '2:24: "forward" can\'t stand in an onreply_route, only in route and failure_route',
        ),
    ],
)
def test_a_function_in_the_wrong_kind_of_block(text: str, mistake: str) -> None:
    assert errors_of(LOAD + text) == [mistake]


def test_arguments_are_converted_once_by_their_annotation() -> None:
    run = Run(r'arguments("-5", "text", "\xff", "^a+$", "more");')
    ((number, text, data, expression, more),) = run.calls
    assert (number, text, data, more) == (-5, "text", b"\xff", "more")
    assert expression.search(b"AAA")
    assert not expression.search(b"b")


def test_an_argument_with_a_default_may_be_left_out() -> None:
    ((*_, more),) = Run('arguments("1", "a", "b", "c");').calls
    assert more is None


def test_a_route_argument_may_disarm_with_0() -> None:
    assert Run('on_failure("0");').calls == ["0"]


def test_a_named_route_is_armed() -> None:
    text = in_route('on_failure("BUSY"); on_reply("1");')
    program = load(text + "failure_route[BUSY] { ; } onreply_route[1] { ; }")
    program.main(message())
    assert fake_of(program).calls == ["BUSY"]
    assert not any("never run" in x.text for x in program.warnings)


def test_the_function_of_the_module_loaded_last_counts() -> None:
    """textops has a `replace`, and so might another module: the last one loaded is asked first."""
    program = load('loadmodule "textops" loadmodule "fake" route { say("x"); }')
    program.main(message())
    assert fake_of(program).calls == ["x"]


def test_a_text_that_is_no_utf_8_is_refused_where_text_is_needed() -> None:
    text = 'loadmodule "sl"\nroute { sl_send_reply("404", "\\xff"); }'
    assert errors_of(text) == ["2:30: sl_send_reply: this string isn't UTF-8"]


def test_the_real_modules_say_what_they_want() -> None:
    text = 'loadmodule "sl"\nroute { sl_send_reply("four", "x"); }'
    assert errors_of(text) == [
        '2:23: sl_send_reply: "four" is not a status code, a number from 100 to 699'
    ]


def test_status_outside_of_a_reply_is_warned_of() -> None:
    warning = (
        "3:5: outside of onreply_route, status is the Request-URI, "
        "use t_check_status for the code of a reply"
    )
    assert warning in warnings_of(in_route('if (status=="200") ;'))
    assert not any("status" in x for x in warnings_of('onreply_route[1] { if (status=="200") ; }'))


def test_forward_tls_is_warned_of() -> None:
    assert "3:1: there is no TLS transport yet: this will fail" in warnings_of(
        in_route("forward_tls(10.0.0.1);")
    )
