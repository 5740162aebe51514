"""What another ser.cfg would change, and what of it must wait for a restart."""

from __future__ import annotations

import pytest

from ser_core.modules import registry
from ser_core.modules.api import Module, param
from ser_core.script.differences import Difference, Kind, differences, keep_fixed
from ser_core.script.settings import DIRECTIVES, Settings
from tests.support.scripts import LOAD, load

BASE = LOAD + 'route { say("x"); } route[1] { truth("no"); } failure_route[F] { ; }'


class Keeper(Module):
    """Has something that can't change, and something that nobody may see."""

    name = "keeper"
    fixed = ("mode",)

    mode: int = param(0, "what can't change")
    secret: str = param("", "for nobody's eyes")
    db_url: str = param("", "a database")

    def check(self) -> None:
        if self.mode == 7:
            raise ValueError("mode 7 goes with nothing")


@pytest.fixture(autouse=True)
def keeper(monkeypatch: pytest.MonkeyPatch) -> None:
    found = registry.find_module
    monkeypatch.setattr(
        registry, "find_module", lambda name: Keeper if name == "keeper" else found(name)
    )


def told(before: str, after: str) -> list[str]:
    return [
        f"{each}{' (restart)' if each.needs_restart else ''}"
        for each in differences(load(before), load(after))
    ]


def test_the_same_text_changes_nothing() -> None:
    assert told(BASE, BASE) == []


def test_blanks_and_comments_change_nothing() -> None:
    moved = "# of today\n" + LOAD + "\n" + BASE.removeprefix(LOAD).replace("{", "{\n /* so */ ")
    assert told(BASE, moved) == []


def test_routes_that_are_new_gone_or_otherwise() -> None:
    after = LOAD + 'route { say("y"); } route[2] { ; } failure_route[F] { ; }'
    assert told(BASE, after) == ["route[1] removed", "route changed", "route[2] added"]


def test_another_operator_is_another_route() -> None:
    first, second = (f"route {{ if (max_len {x} 3) log(1, 'a'); }}" for x in ("==", "!="))
    assert told(first.replace("max_len", "msg:len"), first.replace("max_len", "msg:len")) == []
    changed = told(first.replace("max_len", "msg:len"), second.replace("max_len", "msg:len"))
    assert changed == ["route changed"]


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        ("debug=2", "debug=4", "debug 2 -> 4"),
        ("", "children=4", "children 8 -> 4 (restart)"),
        ("", "mhomed=yes", "mhomed no -> yes"),
        ("", 'user="ser"', 'user "" -> "ser" (restart)'),
        ("", "fifo_mode=0600", "fifo_mode 0660 -> 0600 (restart)"),
        ("alias=a.example", "alias=b.example:5070", "alias a.example -> b.example:5070"),
        ("listen=udp:127.0.0.1", "listen=[::1]", "listen udp:127.0.0.1 -> [::1] (restart)"),
    ],
)
def test_directives_as_they_stand_in_the_file(before: str, after: str, line: str) -> None:
    assert told(f"{before}\nroute {{ ; }}", f"{after}\nroute {{ ; }}") == [line]


def test_a_directive_without_meaning_makes_no_difference() -> None:
    assert told("memlog=3 route { ; }", "memlog=4 route { ; }") == []


def test_modules_that_come_and_go() -> None:
    before, after = LOAD + "route { ; }", 'loadmodule "keeper" route { ; }'
    assert told(before, after) == ["module fake removed", "module keeper loaded"]


def test_parameters_and_those_that_need_a_restart() -> None:
    text = 'loadmodule "keeper" modparam("keeper", "mode", {}) route {{ ; }}'
    assert told(text.format(1), text.format(2)) == ["modparam keeper mode 1 -> 2 (restart)"]
    fake = LOAD + 'modparam("fake", "level", {}) route {{ ; }}'
    assert told(fake.format(3), fake.format(4)) == ["modparam fake level 3 -> 4"]


def test_nobody_sees_a_password() -> None:
    text = (
        'loadmodule "keeper" modparam("keeper", "secret", "{0}") '
        'modparam("keeper", "db_url", "mysql://ser:{0}@db/ser") route {{ ; }}'
    )
    shown = " ".join(told(text.format("abc"), text.format("xyz")))
    assert "abc" not in shown
    assert "xyz" not in shown
    assert "mysql://ser:***@db/ser" in shown


def test_a_fixed_parameter_keeps_its_value_before_it_is_checked() -> None:
    text = 'loadmodule "keeper" modparam("keeper", "mode", {}) route {{ ; }}'
    running = load(text.format(1))
    program = load(text.format(7), running=running.modules)
    [module] = program.modules.values()
    assert isinstance(module, Keeper)
    assert module.mode == 1
    assert [(x.name, x.before, x.wanted) for x in program.kept] == [("mode", 1, 7)]


def test_a_fixed_parameter_of_a_module_that_did_not_run_is_taken() -> None:
    program = load('loadmodule "keeper" modparam("keeper", "mode", 3) route { ; }', running={})
    assert program.modules["keeper"].mode == 3  # type: ignore[attr-defined]
    assert program.kept == []


def test_fixed_directives_stay_and_the_others_change() -> None:
    running, wanted = Settings(children=2, debug=1), Settings(children=9, debug=5)
    keep_fixed(wanted, running)
    assert (wanted.children, wanted.debug) == (2, 5)


def test_what_is_bound_or_forked_at_the_start_is_fixed() -> None:
    for name in ("listen", "port", "children", "user", "group", "fork", "fifo", "disable_tcp"):
        assert DIRECTIVES[name].fixed, name
    for name in ("debug", "alias", "log_facility", "sip_warning", "server_signature", "check_via"):
        assert not DIRECTIVES[name].fixed, name


def test_a_difference_reads_as_a_sentence() -> None:
    assert str(Difference(Kind.MODULE, "tm", "", "loaded")) == "module tm loaded"
    assert str(Difference(Kind.ROUTE, "route[1]", "there", "changed")) == "route[1] changed"
