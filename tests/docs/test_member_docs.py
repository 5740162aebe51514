from __future__ import annotations

import enum
from dataclasses import dataclass

from docs.member_docs import member_docs


class Colour(enum.Enum):
    """Not this one."""

    RED = 1
    """As
    blood."""
    GREEN = 2


@dataclass
class Thing:
    size: int = 1
    """In metres."""
    name: str = ""


def test_members_of_an_enum() -> None:
    assert member_docs(Colour) == {"RED": "As blood."}


def test_fields_of_a_dataclass() -> None:
    assert member_docs(Thing) == {"size": "In metres."}
