"""From a file to a program; and that no text whatever brings out anything but ConfigErrors."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ser_core.script.diagnostics import ConfigErrors, render_errors
from ser_core.script.loader import Program, load_program
from ser_core.script.settings import BY_ANY_NAME
from tests.support.scripts import LOAD, errors_of, fake_of, load, message

SHIPPED = Path(__file__).parents[3] / "etc" / "ser.cfg"


# --- programs


def test_a_program_has_what_ser_needs() -> None:
    program = load(
        'debug=4\nmemlog=3\nloadmodule "fake"\nroute { say("x"); } route[A] { ; } '
        "failure_route[1] { ; } onreply_route[2] { ; }"
    )
    assert program.file == "ser.cfg"
    assert program.settings.debug == 4
    assert list(program.modules) == ["fake"]
    assert list(program.routes) == ["0", "A"]
    assert list(program.failure_routes) == ["1"]
    assert list(program.reply_routes) == ["2"]
    assert program.main is program.routes["0"]
    assert len(program.notes) == 1
    assert not program.may_block
    assert program.main(message()) == 1


def test_a_file_is_read_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "ser.cfg"
    file.write_bytes(b'# Gr\xfc\xdfe\r\nloadmodule "fake.so"\r\nroute { say("\xff"); }\r\n')
    program = load_program(file)
    program.main(message())
    assert fake_of(program).calls == ["\udcff"]


def test_a_file_that_is_not_there_is_the_callers_to_tell(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_program(tmp_path / "none.cfg")


def test_the_hash_names_the_text() -> None:
    assert load("debug=3").source_hash == load("debug=3").source_hash
    assert load("debug=3").source_hash != load("debug=4").source_hash


def test_the_hash_is_what_sha256sum_shows(tmp_path: Path) -> None:
    file = tmp_path / "ser.cfg"
    file.write_bytes(b"# Gr\xfc\xdfe\r\ndebug=3\r\n")
    assert load_program(file).source_hash == sha256(file.read_bytes()).hexdigest()


@pytest.mark.parametrize("text", ["", "\n\n", "  \t\r\n"])
def test_an_empty_file_is_a_mistake(text: str) -> None:
    assert errors_of(text) == ["1:1: the file is empty"]


def test_warnings_come_in_the_order_of_the_text() -> None:
    text = 'fifo="/tmp/x"\nroute { break; break; }\nroute[1] { ; }'
    places = [(x.span.line, x.span.column) for x in load(text).warnings]
    assert places == sorted(places)
    assert len(places) == 4


def test_the_mistakes_of_syntax_and_of_names_are_told_together() -> None:
    text = (
        "debgu=3\n" + LOAD + 'modparam("fake", "levle", 3)\n'
        'route {\n  sya("x");\n  say("x")\n  say();\n  if (method="X") ;\n}\n'
    )
    with pytest.raises(ConfigErrors) as caught:
        load(text)
    assert render_errors(caught.value) == (
        'ser.cfg:1:1: error: unknown directive "debgu", did you mean "debug"?\n'
        "    1 | debgu=3\n"
        "      | ^~~~~\n"
        'ser.cfg:3:18: error: module "fake" has no parameter "levle", did you mean "level"?\n'
        '    3 | modparam("fake", "levle", 3)\n'
        "      |                  ^~~~~~~\n"
        'ser.cfg:5:3: error: unknown function "sya", did you mean "say"?\n'
        '    5 |   sya("x");\n'
        "      |   ^~~\n"
        'ser.cfg:6:11: error: expected ";" behind "say(…)"\n'
        '    6 |   say("x")\n'
        "      |           ^\n"
        "ser.cfg:7:3: error: say takes 1 argument, not 0\n"
        "    7 |   say();\n"
        "      |   ^~~~~\n"
        'ser.cfg:8:13: error: expected a comparison behind "method", not "=", '
        'did you mean "=="?\n'
        '    8 |   if (method="X") ;\n'
        "      |             ^"
    )


def test_at_most_ten_are_told_whatever_their_kind() -> None:
    text = "route {\n" + "".join(f"unknown{n}();\n" for n in range(30)) + "}"
    assert len(errors_of(text)) == 10


# --- the shipped configuration, with the modules that come with ser


def shipped() -> Program:
    return load_program(SHIPPED)


def test_the_shipped_configuration_is_without_a_fault() -> None:
    program = shipped()
    assert program.warnings == []
    assert program.notes == []
    assert not program.may_block
    assert list(program.modules) == ["sl", "tm", "rr", "maxfwd", "usrloc", "registrar"]
    assert list(program.routes) == ["0", "1", "2"]


def test_the_shipped_configuration_runs_on_any_machine() -> None:
    settings = shipped().settings
    assert (settings.debug, settings.fork, settings.log_stderror) == (3, False, True)
    assert (settings.listen, settings.port, settings.children) == ((), 5060, 4)
    assert settings.fifo == ""


def test_the_shipped_configuration_explains_all_42_points_in_order() -> None:
    numbers = re.findall(r"^\s*# (\d+)  ", SHIPPED.read_text(), re.M)
    assert [int(x) for x in numbers] == list(range(1, 43))


def test_the_hot_path_of_the_shipped_configuration_calls_what_it_names_and_no_more() -> None:
    code = re.sub("^#.*\n", "", shipped().dump_code(), flags=re.M)
    called = set(re.findall(r"(\w+)\(", code)) - {"_route_0", "_route_1", "_route_2"}
    assert called == {
        "mf_process_maxfwd_header", "sl_send_reply", "sl_reply_error", "record_route",
        "loose_route", "lookup", "save", "t_relay", "_uri_is_myself", "upper",
    }  # fmt: skip


# --- any text at all


def only_config_errors(text: str) -> None:
    try:
        program = load(text)
    except ConfigErrors as errors:
        number, shown = len(errors.diagnostics), render_errors(errors)
    else:
        number, shown = 1, program.dump_code() + render_errors(program.warnings)
    assert 1 <= number <= 10
    assert shown


WORDS = [
    *BY_ANY_NAME, "route", "failure_route", "onreply_route", "loadmodule", "modparam", "if",
    "else", "break", "drop", "exit", "return", "method", "uri", "status", "from_uri", "src_ip",
    "dst_port", "proto", "af", "msg:len", "max_len", "myself", "udp", "inet6", "yes", "no",
    "forward", "uri:host", "uri:port", "append_branch", "setflag", "log", "say", "answer",
    "route(1)", "route[1] {", 'loadmodule "fake.so"', 'loadmodule "tm.so"', 'say("x");',
    'answer("0")', '"x"', "'y'", '"(a+)+"', "0", "1", "5060", "0x1f", "010", "10.0.0.1",
    "10.0.0.0/8", "2001:db8::1", "[::1]", "host.example.org", "1.2.3.400",
    "==", "!=", "=~", "<", ">=", "=", "!", "not", "and", "||", "&", "(", ")", "{", "}", "[", "]",
    ",", ";", ":", "*", "/", ".", "-", "#", "/*", "*/", '"', "\\", "\n", "@", "$ru",
]  # fmt: skip


@given(st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join))
def test_a_soup_of_words_is_a_program_or_config_errors(text: str) -> None:
    only_config_errors(text)


@given(st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join))
def test_a_soup_of_words_in_a_block_is_a_program_or_config_errors(text: str) -> None:
    only_config_errors(f"{LOAD}route {{ {text} }} route[1] {{ ; }}")


@given(st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join))
def test_a_soup_of_words_in_a_condition_is_a_program_or_config_errors(text: str) -> None:
    only_config_errors(f'{LOAD}route {{ if ({text}) {{ say("x"); }} }} route[1] {{ ; }}')


@given(st.binary(max_size=60))
def test_any_bytes_are_a_program_or_config_errors(data: bytes) -> None:
    only_config_errors(data.decode("latin-1"))
    only_config_errors(data.decode("utf-8", "surrogateescape"))


@given(st.text(st.characters(exclude_categories=()), max_size=40))
@example("\ud800")
@example("route { log('\udcff'); }")
@example("debug=\u0663")
def test_any_text_is_a_program_or_config_errors(text: str) -> None:
    only_config_errors(text)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """The shipped configuration with pieces cut out, put in, or moved."""
    text = SHIPPED.read_text()
    text = text[text.index("loadmodule") :]
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 30)))
        piece = draw(st.sampled_from(["", *WORDS, text[start:end] * 2]))
        text = text[:start] + piece + text[end:]
    return text


@given(mutated())
def test_the_shipped_configuration_mutated_is_a_program_or_config_errors(text: str) -> None:
    only_config_errors(text)


@pytest.mark.parametrize(
    "text",
    [
        "route {" * 5000,
        "route { if (1) " * 3000,
        "route { " + "if (1) " * 5000 + ";}",
        "route { " + "if (1) ; else " * 5000 + ";}",
        "route { if " + "(" * 5000 + "1" + ")" * 5000 + " ; }",
        "route { if " + "!" * 5000 + "1 ; }",
        "route { if " + "{ if " * 2000,
        "route { if " + "if " * 5000,
        "route { if (1 " + "and (1 or " * 3000,
        "/*" * 50000,
        '"' * 9999,
        "route { a(" * 5000,
        "route {" + 'if (method=="x") say("y");' * 3000 + "}",
        "[" * 9999,
        "1." * 9999,
        "listen=" + "a." * 9999,
        "listen=" + ":" * 9999,
        "listen=" + "1:" * 9999,
        "a" * 100000,
        "debug=" + "9" * 100000,
    ],
)
def test_no_text_is_too_deep_or_too_long(text: str) -> None:
    only_config_errors(text)


def test_a_thousand_blocks_are_no_trouble() -> None:
    blocks = "".join(f"route[r{n}] {{ route(r{n + 1}); }}\n" for n in range(1000))
    program = load(LOAD + f'route {{ route(r0); }}\n{blocks}route[r1000] {{ say("x"); }}')
    msg = message()
    assert program.main(msg) == -1  # more than a hundred within each other
    assert fake_of(program).calls == []


def test_the_path_is_that_of_the_file_wherever_ser_goes_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ser.cfg").write_text("route { ; }")
    monkeypatch.chdir(tmp_path)
    program = load_program("ser.cfg")
    monkeypatch.chdir("/")
    assert (program.file, program.path) == ("ser.cfg", str(tmp_path / "ser.cfg"))
