"""SER's results and control flow (reference, section 6), line by line; then the code itself."""

from __future__ import annotations

import marshal
import sys
import traceback
from pathlib import Path

import pytest

from ser_core.modules.api import FAILURE, ONREPLY
from ser_core.script.call_graph import MAX_DEPTH
from ser_core.script.loader import load_program
from tests.support.scripts import LOAD, Run, fake_of, load, message

# --- results of commands as statements


def test_a_negative_result_is_ignored_and_the_next_statement_runs() -> None:
    assert Run('answer("-1"); say("next");').calls == [-1, "next"]


def test_a_result_of_0_leaves_the_list() -> None:
    run = Run('answer("0"); say("next");')
    assert run.calls == [0]
    assert run.result == 0


def test_a_false_bool_does_not_leave_the_list() -> None:
    assert Run('truth("no"); say("next");').calls == ["no", "next"]


def test_an_answer_that_can_not_be_0_is_never_looked_at() -> None:
    run = Run('outcome("-1"); say("next");')
    assert run.calls == [-1, "next"]
    assert "if " not in load(LOAD + 'route { outcome("1"); outcome("1"); }').dump_code()


@pytest.mark.parametrize("word", ["break", "drop", "break()", "drop()", "return", "exit", "exit()"])
def test_leaving_words_end_the_list(word: str) -> None:
    assert Run(f'say("first"); {word}; say("next");').calls == ["first"]


@pytest.mark.parametrize("word", ["break", "drop", "exit", "return(0)"])
def test_a_list_that_was_broken_results_in_0(word: str) -> None:
    assert Run(f'say("x"); {word};').result == 0


def test_break_leaves_through_any_nesting_of_if_blocks() -> None:
    run = Run('if (1) { if (1) { if (1) { break; } say("a"); } say("b"); } say("c");')
    assert run.calls == []
    assert run.result == 0


# --- results of lists


@pytest.mark.parametrize(
    ("body", "result"),
    [
        ('say("x");', 1),
        ('truth("no");', -1),
        ('answer("7");', 7),
        ('answer("-3");', -3),
        ('answer("0");', 0),
        ('outcome("-1");', -1),
        ('answer("5"); truth("no");', -1),
        ('if (1) { answer("4"); }', 4),
        ('if (1) { answer("-4"); } else { say("x"); }', -4),
        ('if (0) { answer("4"); }', 1),
        ('if (0) { answer("4"); } else { answer("-2"); }', -2),
        ('if (0) { say("x"); } else if (1) { answer("6"); }', 6),
        ('if (1) { say("x"); answer("0"); }', 0),
        ("if (1) ;", 1),
        ("if (1) { ; } else { ; }", 1),
        ('if (answer("0")) { say("x"); }', 0),
        ('if (!answer("0")) { say("x"); }', 0),
        ("return;", 1),
        ("return();", 1),
        ("return(5);", 5),
        ("return 5;", 5),
        ("return(-2);", -2),
        ("return -2;", -2),
        (";", 0),
        ("", 0),
    ],
)
def test_the_result_of_a_list_is_that_of_its_last_command(body: str, result: int) -> None:
    assert Run(body).result == result


# --- commands in conditions


@pytest.mark.parametrize(
    ("condition", "taken"),
    [
        ('answer("1")', "then"),
        ('answer("42")', "then"),
        ('answer("-1")', "else"),
        ('!answer("1")', "else"),
        ('!answer("-1")', "then"),
        ('not answer("-1")', "then"),
        ('truth("yes")', "then"),
        ('truth("no")', "else"),
        ('!truth("no")', "then"),
        ('outcome("1")', "then"),
        ('outcome("-1")', "else"),
        ('!outcome("-1")', "then"),
        ('!!outcome("-1")', "else"),
        ('answer("1") && answer("2")', "then"),
        ('answer("1") && answer("-2")', "else"),
        ('answer("-1") || answer("2")', "then"),
        ('answer("-1") || answer("-2")', "else"),
        ('!(answer("-1") || answer("-2"))', "then"),
        ('!(answer("1") && answer("-2"))', "then"),
        ('!(answer("1") && !answer("-2"))', "else"),
        ('truth("no") || answer("-1") || answer("3")', "then"),
        ('(truth("no") and answer("0")) or answer("3")', "then"),
        ('truth("yes") or answer("0")', "then"),
    ],
)
def test_a_condition_decides_between_the_branches(condition: str, taken: str) -> None:
    run = Run(f'if ({condition}) {{ say("then"); }} else {{ say("else"); }} say("behind");')
    assert run.calls[-2:] == [taken, "behind"]


@pytest.mark.parametrize(
    ("condition", "called"),
    [
        ('answer("0")', [0]),
        ('!answer("0")', [0]),
        ('answer("0") && answer("1")', [0]),
        ('answer("0") || answer("1")', [0]),
        ('!(answer("0") || answer("1"))', [0]),
        ('!(answer("0") && answer("1"))', [0]),
        ('answer("1") && answer("0")', [1, 0]),
        ('answer("-1") || answer("0") || answer("1")', [-1, 0]),
        ('truth("yes") && answer("0") || say("x")', ["yes", 0]),
        ('(truth("no") || answer("0")) && say("x")', ["no", 0]),
        ('(truth("no") || answer("0")) || say("x")', ["no", 0]),
        ('truth("no") || (truth("yes") && !answer("0")) || say("x")', ["no", "yes", 0]),
        ("break", []),
        ('truth("yes") && drop', ["yes"]),
    ],
)
def test_a_0_in_a_condition_leaves_the_list_and_calls_nothing_more(
    condition: str, called: list[object]
) -> None:
    run = Run(f'if ({condition}) {{ say("then"); }} else {{ say("else"); }} say("behind");')
    assert run.calls == called
    assert run.result == 0


def test_a_0_in_an_else_if_leaves_the_list() -> None:
    run = Run('if (truth("no")) ; else if (answer("0")) say("a"); else say("b"); say("c");')
    assert run.calls == ["no", 0]
    assert run.result == 0


def test_a_result_of_an_earlier_condition_is_not_taken_for_this_one() -> None:
    body = 'if (answer("-5")) ; if (truth("no") || truth("no")) ; say("behind");'
    assert Run(body).calls[-1] == "behind"


def test_short_circuits_call_nothing_that_is_not_needed() -> None:
    run = Run('if (truth("no") && say("a")) ; if (truth("yes") || say("b")) ;')
    assert run.calls == ["no", "yes"]


def test_and_binds_tighter_than_or() -> None:
    assert Run('if (1 || 0 && 0) say("a"); if ((1 || 0) && 0) say("b");').calls == ["a"]


def test_not_binds_tighter_than_and() -> None:
    assert Run('if (!0 && 1) say("a"); if (!(1 && 1)) say("b");').calls == ["a"]


@pytest.mark.parametrize("word", ["yes", "true", "on", "enable", "1", "7"])
def test_a_number_other_than_0_is_true(word: str) -> None:
    assert Run(f'if ({word}) say("x");').calls == ["x"]


@pytest.mark.parametrize("word", ["no", "false", "off", "disable", "0"])
def test_0_is_false(word: str) -> None:
    assert Run(f'if ({word}) say("x"); else say("y");').calls == ["y"]


# --- blocks and ifs as conditions


def test_a_block_as_condition_is_true_when_its_last_command_is() -> None:
    run = Run('if ({ say("in"); answer("2"); }) say("then"); else say("else");')
    assert run.calls == ["in", 2, "then"]
    assert Run('if ({ answer("-2"); }) say("then"); else say("else");').calls == [-2, "else"]


def test_a_block_as_condition_that_is_broken_leaves_the_list() -> None:
    run = Run('if ({ break; }) say("then"); else say("else"); say("behind");')
    assert run.calls == []
    assert run.result == 0


def test_an_if_as_condition() -> None:
    run = Run('if (if (truth("no")) answer("1"); else answer("-1");) say("then");')
    assert run.calls == ["no", -1]


def test_methods_are_compared_in_a_block_as_condition_and_behind_it() -> None:
    body = (
        'if (method=="ACK") say("a"); if ({ if (method=="INVITE") answer("1"); }) say("b"); '
        'if (method=="INVITE") say("c");'
    )
    assert Run(body).calls == [1, "b", "c"]


# --- route(n)


def test_break_in_a_called_block_leaves_that_block_only() -> None:
    run = Run('route(1); say("behind");', more='route[1] { say("in"); break; say("x"); }')
    assert run.calls == ["in", "behind"]
    assert run.result == 1


def test_a_0_in_a_called_block_leaves_that_block_only() -> None:
    run = Run('route(1); say("behind");', more='route[1] { answer("0"); say("x"); }')
    assert run.calls == [0, "behind"]


@pytest.mark.parametrize(
    ("body", "result"),
    [('answer("-7");', -7), ('answer("7");', 1), ("break;", 1), ("return(-2);", -2), (";", 1)],
)
def test_route_n_results_in_the_lists_result_when_negative_else_in_1(
    body: str, result: int
) -> None:
    assert Run("route(1);", more=f"route[1] {{ {body} }}").result == result


@pytest.mark.parametrize(
    ("body", "taken"),
    [
        ('answer("-1");', "else"),
        ('answer("1");', "then"),
        ('answer("0");', "then"),
        ("break;", "then"),
        ("return(-1);", "else"),
        ('answer("-1"); say("x");', "then"),
        ('if (answer("1")) { answer("-1"); }', "else"),
    ],
)
def test_route_n_as_condition_is_false_only_when_the_last_result_is_negative(
    body: str, taken: str
) -> None:
    run = Run('if (route(1)) say("then"); else say("else");', more=f"route[1] {{ {body} }}")
    assert run.calls[-1] == taken


def test_not_route_n() -> None:
    run = Run('if (!route(1)) say("then");', more='route[1] { answer("-1"); }')
    assert run.calls == [-1, "then"]


def test_named_routes_are_called_like_numbered_ones() -> None:
    assert Run("route(RELAY);", more='route[RELAY] { say("named"); }').calls == ["named"]


def test_repeated_blocks_are_one() -> None:
    run = Run('say("a");', more='route { say("b"); } route[0] { say("c"); }')
    assert run.calls == ["a", "b", "c"]


def test_break_in_the_first_of_repeated_blocks_ends_them_all() -> None:
    assert Run('say("a"); break;', more='route { say("b"); }').calls == ["a"]


def test_a_block_that_calls_itself_gives_up_after_a_hundred_times() -> None:
    run = Run("route(1);", more='route[1] { say("x"); route(1); }')
    assert len(run.calls) == MAX_DEPTH
    assert run.result == -1
    assert run.log == [(1, "ser.cfg:3: more than 100 route blocks within each other")]


def test_two_blocks_that_call_each_other_give_up_too() -> None:
    run = Run("route(1);", more='route[1] { say("a"); route(2); } route[2] { say("b"); route(1); }')
    assert len(run.calls) == MAX_DEPTH


def test_a_hundred_blocks_that_call_the_next_one_are_not_too_many() -> None:
    more = "".join(f"route[r{n}] {{ route(r{n + 1}); }}\n" for n in range(98))
    run = Run("route(r0);", more=more + 'route[r98] { say("x"); }')
    assert run.calls == ["x"]


# --- exit


def test_exit_in_a_called_block_ends_everything() -> None:
    run = Run('route(1); say("behind");', more='route[1] { say("in"); exit; }')
    assert run.calls == ["in"]
    assert run.result == 0


def test_exit_ends_everything_from_three_blocks_down() -> None:
    more = (
        'route[1] { route(2); say("1"); } route[2] { if (route(3)) say("2"); } route[3] { exit; }'
    )
    assert Run('route(1); say("0");', more=more).calls == []


def test_exit_in_a_block_in_a_condition_ends_everything() -> None:
    assert Run('if ({ exit; }) say("a"); say("b");').calls == []
    assert Run('if (truth("yes") && exit) say("a"); say("b");').calls == ["yes"]


def test_exit_in_the_main_block_called_by_another_ends_everything() -> None:
    more = 'route[1] { setflag(1); route(0); say("x"); }'
    assert Run('if (isflagset(1)) { exit; } route(1); say("y");', more=more).calls == []


def test_exit_ends_a_failure_route_that_called_a_block() -> None:
    text = LOAD + 'failure_route[1] { route(1); say("x"); } route[1] { say("in"); exit; }'
    program = load(text)
    assert program.failure_routes["1"](message(kind=FAILURE)) == 0
    assert fake_of(program).calls == ["in"]


def test_a_script_without_exit_in_a_called_block_has_no_try() -> None:
    assert "try" not in load(LOAD + "route { exit; }").dump_code()
    assert "try" in load(LOAD + "route { route(1); } route[1] { exit; }").dump_code()


# --- the other kinds of block


def test_each_kind_of_block_is_found_by_its_name() -> None:
    program = load(
        LOAD + 'failure_route[1] { say("f"); } failure_route[BUSY] { say("b"); } '
        'onreply_route[1] { say("r"); } route[1] { say("1"); }'
    )
    program.failure_routes["1"](message(kind=FAILURE))
    program.failure_routes["BUSY"](message(kind=FAILURE))
    program.reply_routes["1"](message(kind=ONREPLY))
    program.routes["1"](message())
    assert fake_of(program).calls == ["f", "b", "r", "1"]


def test_without_a_main_block_a_request_is_dropped() -> None:
    assert load("debug=3").main(message()) == 0


# --- error numbers


def test_a_command_sees_the_error_of_the_one_before_it() -> None:
    run = Run('fails("-478"); see_error();')
    assert fake_of(run.program).errors_seen == [-478]


def test_a_command_that_may_set_the_error_begins_without_one() -> None:
    run = Run('fails("-478"); answer("1"); see_error();')
    assert fake_of(run.program).errors_seen == [0]


def test_the_error_is_cleared_between_two_commands_of_one_condition() -> None:
    run = Run('if (fails("-478") || answer("-1")) ; else see_error();')
    assert fake_of(run.program).errors_seen == [0]


def test_the_error_of_a_condition_is_seen_in_its_branch() -> None:
    run = Run('if (!fails("-479")) { see_error(); }')
    assert fake_of(run.program).errors_seen == [-479]


def test_a_command_in_front_of_the_one_that_sets_an_error_sees_the_old_one() -> None:
    run = Run('fails("-478"); if (see_error() && fails("-1")) ; see_error();')
    assert fake_of(run.program).errors_seen == [-478, -1]


# --- the code itself

SCRIPT = (
    LOAD
    + """
route {
    if (method=="INVITE" && src_ip==10.0.0.0/8 || uri=~"^sip:[0-9]+@") {
        route(1);
    } else if (!answer("1")) {
        say("ä"); break;
    }
    if ({ say("x"); }) exit;
}
route[1] { setflag(3); if (method=="ACK" or method=="BYE") exit; }
failure_route[1] { append_branch("sip:a@b"); }
"""
)


def test_the_same_text_gives_the_same_code() -> None:
    def codes() -> list[bytes]:
        program = load(SCRIPT)
        functions = [*program.routes.values(), *program.failure_routes.values()]
        return [marshal.dumps(x.__code__, 2) for x in functions]

    assert codes() == codes()
    assert load(SCRIPT).dump_code() == load(SCRIPT).dump_code()


def test_the_code_can_be_shown_as_python() -> None:
    program = load(
        LOAD + 'route { if (!answer("1")) { say("x"); break; } route(1); } route[1] { ; }'
    )
    assert program.dump_code() == (
        "def _route_0(msg):\n"
        "    msg.error = 0\n"
        "    if (_result := answer(msg, 1)) < 0:\n"
        "        say(msg, 'x')\n"
        "        return 0\n"
        "    elif not _result:\n"
        "        return 0\n"
        "    return _result if (_result := _route_1(msg)) < 0 else 1\n"
        "\n"
        "def _route_1(msg):\n"
        "    return 0\n"
    )


def test_the_shown_code_names_its_constants() -> None:
    shown = load('route { forward("10.0.0.1"); if (src_ip==10.0.0.0/8) ; }').dump_code()
    assert shown.startswith("# _constant_1 = NetworkMask(version=4, base=167772160")


def test_a_comparison_of_the_method_is_made_on_the_message_itself() -> None:
    shown = load('route { if (method=="invite") setflag(1); }').dump_code()
    assert "if msg.message.method.upper() == b'INVITE':" in shown


def test_several_comparisons_of_the_method_read_it_once() -> None:
    shown = load('route { if (method=="ACK") break; if (method=="BYE") break; }').dump_code()
    assert shown.count(".upper()") == 1


def test_commands_are_called_directly_and_nothing_else_is() -> None:
    """A hot path is counted, not timed: what a route calls is what stands in ser.cfg."""
    program = load(
        LOAD + 'route { if (method=="ACK") break; if (msg:len > max_len) break; '
        'if (truth("a")) { say("b"); } if (!answer("1")) { say("c"); } say("d"); }'
    )
    msg = message()
    called: list[str] = []

    def note(frame: object, event: str, argument: object) -> None:
        if event == "call":
            called.append(frame.f_code.co_name)  # type: ignore[attr-defined]

    sys.setprofile(note)
    program.main(msg)
    sys.setprofile(None)
    assert called == ["route", "length", "truth", "say", "answer", "say"]


def test_a_traceback_shows_the_line_of_ser_cfg_with_its_caret(tmp_path: Path) -> None:
    file = tmp_path / "ser.cfg"
    file.write_text(
        'loadmodule "fake.so"\nroute {\n    say("ä"); route(1);\n}\nroute[1] { breaks(); }\n',
        encoding="utf-8",
    )
    with pytest.raises(RuntimeError) as caught:
        load_program(file).main(message())
    # Python 3.13 marks the name of a function with ~ instead of ^.
    shown = "".join(traceback.format_exception(caught.value)).replace("~", "^")
    assert (
        f'  File "{file}", line 3, in route\n    say("ä"); route(1);\n              ^^^^^^^^\n'
        in shown
    )
    assert f'  File "{file}", line 5, in route[1]\n    route[1] {{ breaks(); }}\n' in shown
    assert "               ^^^^^^^^\n" in shown


def test_a_statement_over_several_lines_has_its_own_lines() -> None:
    program = load(
        LOAD + 'route {\n  if (truth("yes")\n      && breaks()) {\n    say("x");\n  }\n}'
    )
    with pytest.raises(RuntimeError) as caught:
        program.main(message())
    frames = traceback.extract_tb(caught.value.__traceback__)
    assert [(x.name, x.lineno) for x in frames if x.filename == "ser.cfg"] == [("route", 4)]


def test_a_script_may_block_when_it_calls_what_may_wait() -> None:
    assert load(LOAD + "route { dawdles(); }").may_block
    assert load('route { exec("true"); }').may_block
    assert not load(LOAD + 'route { say("x"); }').may_block
    assert load(LOAD + 'modparam("fake", "title", "slow") route { say("x"); }').may_block


def test_a_command_for_requests_is_false_when_a_called_block_runs_with_a_reply() -> None:
    text = (
        LOAD + "route { route(1); } onreply_route[1] { route(1); }\nroute[1] {\n"
        'if (sethost("x")) say("a"); else say("b");\nif (!relay("1")) say("c");\n}'
    )
    program = load(text)
    msg = message(kind=ONREPLY)
    program.reply_routes["1"](msg)
    assert fake_of(program).calls == ["b", "c"]
    assert msg.core.logged == [  # type: ignore[attr-defined]
        (1, "ser.cfg:4: sethost can't run with a reply, so it is false"),
        (1, "ser.cfg:5: relay can't run with a reply, so it is false"),
    ]
    fake_of(program).calls.clear()
    program.main(message())
    assert fake_of(program).calls == ["a", 1]
