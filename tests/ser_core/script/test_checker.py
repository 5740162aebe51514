"""Modules, parameters and route blocks: what is found, and what is said when it isn't."""

from __future__ import annotations

import pytest

from ser_core.modules.api import Module, ParamError
from tests.support.scripts import LOAD, Fake, errors_of, fake_of, load, warnings_of


@pytest.mark.parametrize(
    "path",
    ["fake", "fake.so", "/usr/local/lib/ser/modules/fake.so", "modules/fake/fake.so", "/x/fake"],
)
def test_a_module_is_found_by_its_name_whatever_stands_round_it(path: str) -> None:
    assert list(load(f'loadmodule "{path}"').modules) == ["fake"]


def test_modules_stand_in_the_order_they_were_loaded() -> None:
    text = 'loadmodule "sl" loadmodule "fake" loadmodule "maxfwd"'
    assert list(load(text).modules) == ["sl", "fake", "maxfwd"]


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ('loadmodule "tn.so"', '1:12: there is no module "tn", did you mean "tm"?'),
        ('loadmodule "no_such.so"', '1:12: there is no module "no_such"'),
        (
            'loadmodule "/usr/lib/ser/modules/nathelper.so"',
            '1:12: there is no module "nathelper", SER 0.9 has it, this ser hasn\'t',
        ),
        ('loadmodule ""', '1:12: "" can\'t be the name of a module'),
        ('loadmodule "../os path"', '1:12: "os path" can\'t be the name of a module'),
        ('loadmodule "api"', '1:12: there is no module "api", did you mean "pike"?'),
    ],
)
def test_a_module_that_is_not_there(text: str, mistake: str) -> None:
    assert errors_of(text) == [mistake]


def test_a_module_loaded_twice_is_a_warning() -> None:
    assert warnings_of(LOAD + LOAD)[1] == '2:12: module "fake" is loaded twice'


def test_a_module_that_needs_another_says_so() -> None:
    assert errors_of('loadmodule "needy.so"') == [
        '1:12: module "needy" needs module "fake", add loadmodule "fake.so"'
    ]
    assert errors_of(LOAD + 'loadmodule "needy.so"') == []


def test_a_module_may_refuse_its_parameters() -> None:
    assert errors_of(LOAD + 'modparam("fake", "title", "forbidden")') == [
        '1:12: module "fake": the title can\'t be "forbidden"'
    ]


def test_what_one_parameter_is_to_blame_for_is_told_once_and_there() -> None:
    modules = 'loadmodule "sl" loadmodule "auth" loadmodule "auth_db" loadmodule "usrloc"\n'
    url = 'modparam("usrloc|auth_db", "db_url", "mysq://ser:heslo@localhost/ser")'
    both = modules + url + 'modparam("usrloc", "db_mode", 1)'
    (mistake,) = errors_of(both)
    assert mistake.startswith("2:38: a db_url begins with sqlite:///")
    assert len(errors_of(both.replace("usrloc|auth_db", "usrloc"))) == 1
    assert errors_of(modules + url.replace("usrloc|auth_db", "usrloc")) == []


def test_without_a_modparam_the_module_is_to_blame(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(module: Module) -> None:
        raise ParamError("title", "no title is good enough")

    monkeypatch.setattr(Fake, "check", refuse)
    assert errors_of(LOAD) == ['1:12: module "fake": no title is good enough']


def test_a_module_may_refuse_what_another_was_told() -> None:
    both = 'loadmodule "sl" loadmodule "usrloc" loadmodule "registrar" '
    assert errors_of(both + 'modparam("registrar", "use_domain", 1)') == [
        '1:48: module "registrar": use_domain is 1 here and 0 in usrloc; they must be the same'
    ]


@pytest.mark.parametrize(
    "name", ["fake", "FAKE", "fake_module", "fa.e", "sl|fake", "f[a]ke", "fake|sl", ".*fake.*"]
)
def test_modparam_names_modules_by_expression_and_export_name(name: str) -> None:
    assert fake_of(load(LOAD + f'modparam("{name}", "level", 7)')).level == 7


def test_modparam_sets_all_modules_it_names() -> None:
    text = 'loadmodule "usrloc" loadmodule "registrar" modparam("usrloc|registrar","use_domain",1)'
    modules = load(text).modules
    assert [getattr(x, "use_domain", None) for x in modules.values()] == [1, 1]


def test_the_anchors_of_modparam_are_glued_on_as_in_ser() -> None:
    """`a|b` is `^a|b$`: begins with a, or ends with b."""
    assert fake_of(load(LOAD + 'modparam("f|zzz", "level", 7)')).level == 7
    assert fake_of(load(LOAD + 'modparam("zzz|ke", "level", 7)')).level == 7
    assert errors_of(LOAD + 'modparam("zzz|f", "level", 7)') == [
        '2:10: no module is called "zzz|f"'
    ]


def test_modparam_may_stand_in_front_of_loadmodule() -> None:
    assert fake_of(load('modparam("fake", "level", 7)\n' + LOAD)).level == 7


@pytest.mark.parametrize("value", ["yes", "0x1", "1", "on"])
def test_boolean_words_are_numbers(value: str) -> None:
    assert fake_of(load(LOAD + f'modparam("fake", "level", {value})')).level == 1


def test_the_last_value_of_a_parameter_counts() -> None:
    text = LOAD + 'modparam("fake","title","a") modparam("fake","title","b")'
    assert fake_of(load(text)).title == "b"


def test_a_cumulative_parameter_collects_its_values() -> None:
    text = LOAD + 'modparam("fake","words","a") modparam("fake","words","b")'
    assert fake_of(load(text)).words == "a\nb"


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        (
            'modparam("fake", "levle", 3)',
            '2:18: module "fake" has no parameter "levle", did you mean "level"?',
        ),
        ('modparam("fake", "x", 3)', '2:18: module "fake" has no parameter "x"'),
        (
            'modparam("fake", "level", "3")',
            '2:27: module "fake": parameter level takes a number',
        ),
        (
            'modparam("fake", "title", 3)',
            '2:27: module "fake": parameter title takes a string in quotes',
        ),
        (
            'modparam("fake", "level", 0)',
            '2:27: module "fake": parameter level must be at least 1',
        ),
        (
            'modparam("fake", "level", 10)',
            '2:27: module "fake": parameter level must be at most 9',
        ),
        (
            'modparam("fake", "level", -1)',
            '2:27: module "fake": parameter level must be at least 1',
        ),
        (
            'modparam("tm", "fr_timer", 3)',
            '2:10: module "tm" is not loaded, add loadmodule "tm.so"',
        ),
        ('modparam("fkae", "x", 3)', '2:10: no module is called "fkae", did you mean "fake"?'),
        ('modparam("(", "x", 3)', '2:10: "^($" is no regular expression: missing ): ^($'),
    ],
)
def test_a_wrong_modparam(text: str, mistake: str) -> None:
    assert errors_of(LOAD + text) == [mistake]


def test_the_parameters_of_a_module_that_failed_are_not_complained_about() -> None:
    text = 'loadmodule "tn.so"\nmodparam("tn", "fr_timer", 3)\nmodparam("tm", "fr_timer", 3)'
    assert errors_of(text) == ['1:12: there is no module "tn", did you mean "tm"?']


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("route[20] { ; }", "1:1: route numbers go from 0 to 19, use a name for more"),
        (
            "failure_route[0] { ; }",
            "1:1: failure_route numbers go from 1 to 19, use a name for more",
        ),
        (
            "onreply_route[20] { ; }",
            "1:1: onreply_route numbers go from 1 to 19, use a name for more",
        ),
    ],
)
def test_a_route_number_out_of_range(text: str, mistake: str) -> None:
    assert errors_of(text) == [mistake]


def test_a_module_whose_code_is_broken_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    from ser_core.modules import registry

    def find(name: str) -> type[Module]:
        raise registry.ModuleError(f'module "{name}" can\'t be loaded: SyntaxError: oops')

    monkeypatch.setattr(registry, "find_module", find)
    assert errors_of('loadmodule "x.so"') == [
        '1:12: module "x" can\'t be loaded: SyntaxError: oops'
    ]
