from __future__ import annotations

import io
import re

import pytest

from serctl.commands.location_options import query_of
from serctl.environment import Environment
from serctl.listing import SORT_KEYS, Query
from serctl.registrations import SCREENFUL
from tests.support.serctl_runs import FakeSer, Screen, serctl


def options_in_help(*verb: str) -> list[str]:
    return re.findall(r"^  (?:-\w, )?(--[\w-]+)", serctl(*verb, "--help").stdout, re.M)


@pytest.mark.parametrize("subject", ["ul", "alias"])
def test_the_options_stand_in_the_order_of_their_declaration(subject: str) -> None:
    listing = ["--filter", "--sort", "--limit", "--offset", "--all"]
    assert options_in_help(subject, "show")[:5] == listing
    assert options_in_help(subject, "add")[:2] == ["--expires", "--q"]


@pytest.mark.parametrize("key", [*SORT_KEYS, *("-" + key for key in SORT_KEYS)])
def test_every_column_can_be_sorted_by_both_ways(key: str) -> None:
    ser = FakeSer(ul_list="200 ok total=0 matched=0\naor\n")
    serctl("ul", "show", "--sort", key, ser=ser)
    assert f"sort={key}" in ser.requests[0]


@pytest.mark.parametrize(
    ("terminal", "limit", "all_of_them", "asked"),
    [
        (True, None, False, SCREENFUL),
        (False, None, False, None),
        (True, None, True, None),
        (True, 5, False, 5),
        (False, 5, False, 5),
    ],
)
def test_how_many_are_asked_for(
    terminal: bool, limit: int | None, all_of_them: bool, asked: int | None
) -> None:
    stdout = Screen() if terminal else io.StringIO()
    environment = Environment(io.StringIO(), stdout, io.StringIO())
    query = query_of(
        environment, "location",
        filter=None, sort="q", limit=limit, offset=3, all_of_them=all_of_them,
    )  # fmt: skip
    assert query == Query("location", "", "q", asked, 3)
