from __future__ import annotations

import click
import pytest

from serctl.finite_range import SECONDS, FiniteRange, WholeNumber
from tests.support.serctl_runs import FakeSer, serctl


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "1e999", "x", "2"])
def test_what_is_no_number_or_out_of_range_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter):
        FiniteRange(0, 1).convert(text, None, None)


@pytest.mark.parametrize(
    ("kind", "text", "words"),
    [
        (FiniteRange(0, 1), "2", "it is 1 at most, not 2"),
        (FiniteRange(0, 1), "-.5", "it is 0 at least, not -0.5"),
        (FiniteRange(0, 1), "x", "'x' is no number to reckon with"),
        (WholeNumber(min=1), "0", "it is 1 at least, not 0"),
        (WholeNumber(max=9), "10", "it is 9 at most, not 10"),
        (WholeNumber(), "1.5", "'1.5' is no whole number"),
    ],
)
def test_it_says_what_is_wrong(kind: FiniteRange | WholeNumber, text: str, words: str) -> None:
    with pytest.raises(click.BadParameter) as caught:
        kind.convert(text, None, None)
    assert caught.value.message == words


@pytest.mark.parametrize("text", ["nan", "inf", "1e300", "0"])
def test_nobody_waits_for_so_long(text: str) -> None:
    with pytest.raises(click.BadParameter):
        SECONDS.convert(text, None, None)


def test_numbers_are_taken() -> None:
    assert FiniteRange(0, 1).convert("0.5", None, None) == 0.5
    assert SECONDS.convert("2", None, None) == 2.0
    assert WholeNumber(1, 3).convert("2", None, None) == 2


@pytest.mark.parametrize(
    "words",
    [
        *(("ping", "sip:a@b", option, bad) for option in ("-W", "-i") for bad in ("nan", "inf")),
        ("cisco_restart", "sip:a@b", "-y", "-W", "inf"),
        ("send", "OPTIONS", "sip:a@b", "-W", "nan"),
        ("ul", "add", "joe", "sip:a@b", "--q", "nan"),
    ],
)
def test_every_option_with_a_number_is_of_this_kind(words: tuple[str, ...]) -> None:
    ser = FakeSer()
    run = serctl(*words, ser=ser)
    assert (run.status, ser.requests) == (2, [])
