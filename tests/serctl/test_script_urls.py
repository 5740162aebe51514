from __future__ import annotations

from pathlib import Path

import pytest

from ser_core.modules import registry
from ser_core.modules.api import params_of
from ser_core.script.loader import load_program
from serctl.script_urls import MODULES, ScriptUrls, urls_in, urls_of

SCRIPT = r"""
# modparam("auth_db", "db_url", "mysql://comment@h/ser")
/* modparam("auth_db", "db_url", "mysql://block@h/ser") */
loadmodule "/usr/lib/ser/modules/usrloc.so"
loadmodule "auth.so"
loadmodule "auth_db.so"
loadmodule "uri_db"
loadmodule "group.so"
modparam("usrloc|uri_db", "db_url", "mysql://ser:he#slo@h/ser")
modparam ( "auth_db" , "db_url" ,
    "postgresql://ser@h/ser" )
modparam("usrloc", "db_mode", 1)
route { xlog("modparam(\"auth_db\", \"db_url\", \"mysql://string@h/ser\")"); }
"""


def test_the_text_is_read_as_ser_reads_it() -> None:
    found = urls_in(SCRIPT)
    assert found == ScriptUrls(
        {
            "usrloc": "mysql://ser:he#slo@h/ser",
            "uri_db": "mysql://ser:he#slo@h/ser",
            "auth_db": "postgresql://ser@h/ser",
        },
        frozenset({"usrloc", "auth_db", "uri_db", "group"}),
    )


LOADED = "".join(
    f'loadmodule "{each}.so"\n' for each in ("sl", "usrloc", "auth", "auth_db", "uri_db")
)


@pytest.mark.parametrize(
    "pattern", ["auth_db", "AUTH_DB", "usrloc|auth_db|uri_db", ".*_db", "uri|rloc", "auth_(db)?"]
)
def test_modparams_first_argument_means_what_it_means_to_ser(pattern: str) -> None:
    text = f'{LOADED}modparam("{pattern}", "db_url", "sqlite:////tmp/a.db")\n'
    modules = load_program("ser.cfg", text=text).modules
    set_by_ser = {name for name, module in modules.items() if getattr(module, "db_url", "")}
    assert set(urls_in(text).given) & set(modules) == set_by_ser != set()


def test_an_expression_that_is_none_means_no_module() -> None:
    assert urls_in('modparam("(", "db_url", "sqlite:////tmp/a.db")').given == {}


def test_all_modules_with_tables_for_verbs_are_known() -> None:
    with_url = {
        name
        for name in registry.built_in()
        if any(x.name == "db_url" for x in params_of(registry.find_module(name)))
    }
    assert with_url - {"acc"} == set(MODULES)


@pytest.mark.parametrize(
    ("module", "url"),
    [
        ("auth_db", "postgresql://ser@h/ser"),
        ("uri_db", "mysql://ser:he#slo@h/ser"),
        ("group", ""),  # loaded without a db_url: the usual place
        ("domain", "postgresql://ser@h/ser"),  # not loaded: that of the subscribers
    ],
)
def test_the_url_of_a_module_or_of_the_next_best(module: str, url: str) -> None:
    assert urls_in(SCRIPT).of(module) == url


def test_usrloc_has_a_database_only_if_it_keeps_registrations_there() -> None:
    text = 'loadmodule "usrloc.so"\nmodparam("usrloc", "db_mode", {})\n'
    assert urls_in(text.format(0)).used == set()
    assert urls_in(text.format(2)).used == {"usrloc"}


def test_of_a_text_with_mistakes_counts_what_can_be_read() -> None:
    found = urls_in('route { if ( }\nlisten=\nmodparam("auth_db", "db_url", "mysql://h/ser")\n')
    assert found.given == {"auth_db": "mysql://h/ser"}
    assert found.mistake.startswith("line 1: expected a condition")


def test_a_file_that_isnt_text(tmp_path: Path) -> None:
    (tmp_path / "ser.cfg").write_bytes(b"\xff\x00 log(1)" * 100)
    assert urls_of(tmp_path / "ser.cfg").given == {}
    with pytest.raises(FileNotFoundError):
        urls_of(tmp_path / "absent")
