from __future__ import annotations

from collections import Counter
from importlib import import_module

import pytest
from textual.binding import Binding

from sertui.actions import ACTIONS, EVERYWHERE, Action, actions_of, bindings_of
from sertui.app import SCREENS, SertuiApp


def modes_and_everywhere() -> list[str]:
    return [*SCREENS, EVERYWHERE]


def test_each_action_belongs_to_a_mode_or_to_all() -> None:
    assert {action.where for action in ACTIONS} <= set(modes_and_everywhere())


@pytest.mark.parametrize("where", modes_and_everywhere())
def test_no_key_means_two_things_in_one_place(where: str) -> None:
    keys = Counter(key for action in actions_of(where) for key in action.keys.split(","))
    assert [key for key, count in keys.items() if count > 1] == []


def test_no_screen_takes_the_keys_that_choose_a_screen() -> None:
    taken = {
        key for action in ACTIONS if action.where != EVERYWHERE for key in action.keys.split(",")
    }
    assert not taken & {"1", "2", "3", "4", "5"}


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: f"{action.where} {action.name}")
def test_each_action_is_a_method_and_tells_what_it_does(action: Action) -> None:
    name = action.name.partition("(")[0]
    if action.where == EVERYWHERE:
        place: type = SertuiApp
    else:
        module = import_module(f"sertui.screens.{action.where}")
        place = getattr(module, f"{SCREENS[action.where]}Screen")
    assert hasattr(place, f"action_{name}")
    assert action.label
    assert action.help.endswith(".")


def test_each_function_key_has_a_letter() -> None:
    for action in ACTIONS:
        keys = action.keys.split(",")
        is_function_key = [key[:1] == "f" and key[1:].isdigit() for key in keys]
        assert not any(is_function_key) or not all(is_function_key), action


def test_bindings_come_from_the_table() -> None:
    [first, *_] = bindings_of("overview")
    assert isinstance(first, Binding)
    assert (first.key, first.action, first.description) == ("p", "plot", "Next plot")
