"""Textual parses the same style sheets for each app that is made; tests make hundreds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet

_parse = Stylesheet._parse_rules


@contextmanager
def parsed_once() -> Iterator[None]:
    """Each sheet once for all apps, as Textual itself does within one; per theme, as it does."""
    parsed: dict[object, list[RuleSet]] = {}

    def parse_rules(sheet: Stylesheet, *arguments: Any, **options: Any) -> list[RuleSet]:
        variables = frozenset(sheet._variables.items())
        key = (arguments, tuple(options.items()), variables)
        if key not in parsed:
            parsed[key] = _parse(sheet, *arguments, **options)
        return parsed[key]

    with patch.object(Stylesheet, "_parse_rules", parse_rules):
        yield
