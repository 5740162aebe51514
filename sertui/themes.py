"""The colours: two themes of our own, and what each theme needs besides what Textual derives.

Widgets name colours by their meaning only. `$faint` is for what steps back and is to be read all
the same: labels, units, noughts. In a theme of the terminal's own colours that is the terminal's
dim, for no colour of its palette is sure to be readable on its background.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.app import App
from textual.color import Color
from textual.filter import LineFilter, Monochrome, NoColor
from textual.theme import BUILTIN_THEMES, Theme


def _texts(theme: Theme) -> Theme:
    """Its colours are to be read as they are; Textual would tint them towards white or black."""
    for name in ("primary", "secondary", "accent", "warning", "error", "success"):
        theme.variables[f"text-{name}"] = getattr(theme, name)
    return theme


DARK = Theme(
    name="ser-dark",
    primary="#6cb2e3",
    secondary="#7f9fd6",
    accent="#e3b866",
    warning="#e3b866",
    error="#ef7f86",
    success="#7fcb94",
    foreground="#d5dbe1",
    background="#10151a",
    surface="#161d24",
    panel="#1d262f",
    variables={
        "block-cursor-foreground": "#10151a",
        "button-color-foreground": "#10151a",
        "scrollbar": "#3a4753",
        "scrollbar-hover": "#506070",
        "scrollbar-active": "#6cb2e3",
        "scrollbar-background": "#10151a",
    },
)
LIGHT = Theme(
    name="ser-light",
    primary="#1b6aa5",
    secondary="#4c5fae",
    accent="#865300",
    warning="#865300",
    error="#b3242f",
    success="#1c6f3c",
    foreground="#22292f",
    background="#fbfbf9",
    surface="#f2f3f1",
    panel="#e5e8e8",
    dark=False,
    variables={
        "block-cursor-foreground": "#fbfbf9",
        "button-color-foreground": "#fbfbf9",
        "scrollbar": "#b9c0c4",
        "scrollbar-hover": "#98a2a8",
        "scrollbar-active": "#1b6aa5",
        "scrollbar-background": "#fbfbf9",
    },
)
OWN = (_texts(DARK), _texts(LIGHT))
DEFAULT = DARK.name
WITHOUT_COLOR = "ansi-dark"
"""For NO_COLOR: with it nothing is left but the two colours that the terminal has anyway."""

_FAINT, _LINE, _ROW, _BLURRED_ROW = 0.75, 0.28, 0.18, 0.09
"""How much of the foreground, or of the primary colour, is mixed into the background."""


def names() -> list[str]:
    """All that `--theme` takes; our own first."""
    return [*(theme.name for theme in OWN), *sorted(BUILTIN_THEMES)]


def shades(variables: Mapping[str, str]) -> dict[str, str]:
    """What the style sheets use beyond the variables that Textual makes of a theme.

    faint, for Content; faint-color and faint-style, for CSS; line, for borders; row and
    blurred-row, for the background of the row with the cursor, and row-style for its text.
    """
    background, foreground, primary = (
        Color.parse(variables[name]) for name in ("background", "foreground", "primary")
    )
    if background.ansi is not None:
        return {
            "faint": "dim",
            "faint-color": "ansi_default",
            "faint-style": "dim",
            "line": "ansi_default",
            "row": "ansi_default",
            "blurred-row": "ansi_default",
            "row-style": "reverse",
        }
    faint = background.blend(foreground, _FAINT).hex
    return {
        "faint": faint,
        "faint-color": faint,
        "faint-style": "none",
        "line": background.blend(foreground, _LINE).hex,
        "row": background.blend(primary, _ROW).hex,
        "blurred-row": background.blend(primary, _BLURRED_ROW).hex,
        "row-style": "none",
    }


class ThemedApp(App[None]):
    """One that knows them."""

    def __init__(self, theme: str = DEFAULT) -> None:
        super().__init__()
        for own in OWN:
            self.register_theme(own)
        self.theme = theme

    def get_line_filters(self) -> Sequence[LineFilter]:
        """With NO_COLOR greys, or the terminal's own two colours where the theme is its own.

        Textual chooses one of the two before it knows the theme; greys of colours that only the
        terminal knows are black on black.
        """
        filters = super().get_line_filters()
        if not self.no_color:
            return filters
        kept = [each for each in filters if not isinstance(each, (NoColor, Monochrome))]
        return [*kept, NoColor() if self.native_ansi_color else Monochrome()]

    def get_css_variables(self) -> dict[str, str]:
        """Those of the theme, and ours."""
        variables = super().get_css_variables()
        self.theme_variables = {**variables, **shades(variables)}
        return self.theme_variables
