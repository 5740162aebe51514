from __future__ import annotations

import pytest
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

from sertui.themes import DARK, LIGHT, OWN, ThemedApp, names, shades


@pytest.mark.parametrize("theme", [*OWN, *BUILTIN_THEMES.values()], ids=lambda theme: theme.name)
def test_each_theme_has_all_shades(theme: Theme) -> None:
    app = ThemedApp(theme.name)
    found = shades(app.get_css_variables())
    assert all(found.values())
    assert found.keys() <= app.theme_variables.keys()


@pytest.mark.parametrize("theme", ["ansi-dark", "ansi-light"])
def test_with_the_terminals_colours_no_colour_is_made_up(theme: str) -> None:
    found = shades(ThemedApp(theme).get_css_variables())
    assert found["faint"] == found["faint-style"] == "dim"
    assert found["row-style"] == "reverse"
    assert not [value for value in found.values() if value.startswith("#")]


@pytest.mark.parametrize("theme", OWN, ids=lambda theme: theme.name)
def test_what_is_faint_stands_between_text_and_background(theme: Theme) -> None:
    found = ThemedApp(theme.name).get_css_variables()
    faint, text, ground = (
        Color.parse(found[name]).brightness for name in ("faint", "foreground", "background")
    )
    assert min(text, ground) < faint < max(text, ground)


def test_colours_of_our_own_themes_are_those_of_text() -> None:
    for theme in (DARK, LIGHT):
        variables = ThemedApp(theme.name).get_css_variables()
        assert variables["text-error"] == theme.error


def test_our_own_are_named_first() -> None:
    assert names()[:2] == ["ser-dark", "ser-light"]
    assert "nord" in names()
