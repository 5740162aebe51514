"""Options that the verbs of `ul` and `alias` share."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any, TypeVar

import click

from serctl.environment import Environment
from serctl.finite_range import FiniteRange, WholeNumber
from serctl.listing import SORT_KEYS, Query
from serctl.registrations import SCREENFUL
from serctl.times import read_duration

SORTS = [sign + key for key in SORT_KEYS for sign in ("", "-")]

F = TypeVar("F", bound=Callable[..., Any])  # Any: whatever arguments a verb has


def listing_options(function: F) -> F:
    """Which registrations, in which order, how many; `query_of` reads them."""
    options = (
        click.option("--filter", metavar="TEXT",
            help="Only those with TEXT in user, contact, user agent or received."),
        click.option("--sort", type=click.Choice(SORTS), metavar="COLUMN", default="aor",
            help=f"One of {', '.join(SORT_KEYS)}; -COLUMN: the last first."),
        click.option("--limit", metavar="N", type=WholeNumber(min=1),
            help=f"How many ({SCREENFUL} on a terminal, else all)."),
        click.option("--offset", metavar="N", type=WholeNumber(min=0), default=0,
            help="How many to pass over."),
        click.option("--all", "all_of_them", is_flag=True, help="All of them."),
    )  # fmt: skip
    return reduce(lambda decorated, option: option(decorated), reversed(options), function)


def query_of(
    environment: Environment,
    table: str,
    *,
    filter: str | None,
    sort: str,
    limit: int | None,
    offset: int,
    all_of_them: bool,
) -> Query:
    """What the options say. Raises UsageError when they contradict each other."""
    if all_of_them and limit is not None:
        raise click.UsageError("--all and --limit exclude each other")
    if limit is None and not all_of_them and environment.is_terminal:
        limit = SCREENFUL
    return Query(table, filter or "", sort, limit, offset)


def adding_options(function: F) -> F:
    """How long a contact stays, and how much it is preferred."""
    options = (
        click.option("--expires", metavar="TIME", callback=_read_expires,
            help="How long it stays, such as 3600 or 2h; for good without it."),
        click.option("--q", metavar="Q", type=FiniteRange(0, 1), default=1.0,
            help="How much it is preferred, 0 to 1 (1)."),
    )  # fmt: skip
    return reduce(lambda decorated, option: option(decorated), reversed(options), function)


def _read_expires(_: click.Context, __: click.Parameter, text: str | None) -> int | None:
    if text is None:
        return None
    try:
        seconds = round(read_duration(text))
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
    if seconds < 1:
        raise click.BadParameter("a second at least")
    return seconds
