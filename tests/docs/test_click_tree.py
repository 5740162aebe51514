from __future__ import annotations

from docs.click_tree import every_entry, other_names, sections, top
from serctl.cli import VERBS


def test_every_verb_is_there_and_those_of_subjects() -> None:
    names = [entry.name for entry in every_entry()]
    assert names[0] == ""
    assert {"ping", "ul", "ul show", "alias rm"} <= set(names)


def test_sections_are_those_of_help() -> None:
    found = dict(sections())
    assert list(found) == list(VERBS)
    assert "ul show" in {entry.name for entries in found.values() for entry in entries}


def test_an_entry_knows_its_usage_and_its_own_options() -> None:
    [show] = [entry for entry in every_entry() if entry.name == "ul show"]
    assert show.usage == "[USER]"
    names = {name for option in show.options for name in option.opts}
    assert "--sort" in names
    assert "--format" not in names
    assert not show.below


def test_serctl_itself_has_the_options_of_all() -> None:
    assert "--format" in {name for option in top().options for name in option.opts}


def test_other_names() -> None:
    assert other_names("moni") == ["monitor", "console", "con"]
    assert other_names("ping") == []
