"""Finding modules: those that come with ser, others' by entry point, and none."""

from __future__ import annotations

from importlib import metadata
from typing import Any

import pytest

from ser_core.modules import registry
from ser_core.modules.api import Module
from ser_core.modules.registry import (
    ModuleError,
    built_in,
    find_module,
    homes_of_functions,
    known_modules,
    module_name,
    names_of,
)


class Foreign(Module):
    """Somebody else's."""

    name = "foreign"


class Entry:
    """An entry point of an installed package."""

    def __init__(self, name: str, found: object) -> None:
        self.name = name
        self.found = found

    def load(self) -> object:
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


@pytest.fixture
def entries(monkeypatch: pytest.MonkeyPatch) -> list[Entry]:
    """What other packages announce, to be filled by the test."""
    announced: list[Entry] = []

    class Selected(list[Entry]):
        @property
        def names(self) -> set[str]:
            return {x.name for x in self}

    def entry_points(*, group: str, name: str = "") -> Any:
        assert group == "ser.modules"
        return Selected(x for x in announced if name in ("", x.name))

    monkeypatch.setattr(metadata, "entry_points", entry_points)
    return announced


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("sl", "sl"),
        ("sl.so", "sl"),
        ("/usr/local/lib/ser/modules/sl.so", "sl"),
        ("modules/sl/sl.so", "sl"),
        ("C:\\ser\\sl.so", "sl"),
        ("/usr/lib/ser/", ""),
    ],
)
def test_the_name_in_a_path(path: str, name: str) -> None:
    assert module_name(path) == name


def test_the_modules_that_come_with_ser() -> None:
    assert {"sl", "tm", "rr", "maxfwd", "usrloc", "registrar", "textops", "uri"} <= set(built_in())
    assert built_in() == sorted(built_in())


@pytest.mark.parametrize("name", built_in())
def test_each_module_is_found_under_its_own_name(name: str) -> None:
    assert find_module(name).name == name


def test_export_names_of_ser_are_known() -> None:
    assert "sl_module" in names_of(find_module("sl"))
    assert "maxfwd_module" in names_of(find_module("maxfwd"))
    assert names_of(find_module("tm"))[0] == "tm"


@pytest.mark.parametrize("name", ["no_such", "api", "registry", "arguments"])
def test_what_is_no_module_is_told(name: str, entries: list[Entry]) -> None:
    with pytest.raises(ModuleError, match=f'there is no module "{name}"'):
        find_module(name)


@pytest.mark.parametrize("name", ["", "a b", "../sl", "sl.py", "1st", "ä"])
def test_what_can_be_no_name_is_never_looked_for(name: str) -> None:
    with pytest.raises(ModuleError, match="can't be the name of a module"):
        find_module(name)


def test_others_modules_come_by_entry_point(entries: list[Entry]) -> None:
    entries.append(Entry("foreign", Foreign))
    assert find_module("foreign") is Foreign
    assert "foreign" in known_modules()


def test_a_module_that_comes_with_ser_wins(entries: list[Entry]) -> None:
    entries.append(Entry("sl", Foreign))
    assert find_module("sl").name == "sl"


def test_a_module_that_raises_on_import_is_told(entries: list[Entry]) -> None:
    entries.append(Entry("foreign", ZeroDivisionError("oops")))
    with pytest.raises(
        ModuleError, match='module "foreign" can\'t be loaded: ZeroDivisionError: oops'
    ):
        find_module("foreign")


@pytest.mark.parametrize("found", [object(), int, "sl"])
def test_what_is_no_module_class_is_told(entries: list[Entry], found: object) -> None:
    entries.append(Entry("foreign", found))
    with pytest.raises(ModuleError, match="it is no subclass of Module"):
        find_module("foreign")


def test_where_each_function_is_at_home() -> None:
    homes = homes_of_functions()
    assert homes["t_relay"] == "tm"
    assert homes["sl_send_reply"] == "sl"
    assert homes["lookup"] == "registrar"
    assert homes["mf_process_maxfwd_header"] == "maxfwd"
    assert set(homes.values()) <= set(built_in())


def test_the_group_of_entry_points_is_the_documented_one() -> None:
    assert registry.ENTRY_POINT_GROUP == "ser.modules"
