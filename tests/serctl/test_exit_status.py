from __future__ import annotations

import click
import pytest

from ser_core.errors import SerError
from ser_core.fifo.client import CannotReach, NoReply, Reach
from ser_core.fifo.protocol import Reply
from serctl.exit_status import ExitStatus, Failure, Refused, message_of, status_of


def test_the_numbers_are_those_of_the_design() -> None:
    assert {status.name: int(status) for status in ExitStatus} == {
        "OK": 0, "REFUSED": 1, "USAGE": 2, "CANNOT_REACH": 3, "TIMEOUT": 4, "NOT_FOUND": 5,
        "INTERRUPTED": 130,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Failure("no"), ExitStatus.REFUSED),
        (Failure("late", ExitStatus.TIMEOUT), ExitStatus.TIMEOUT),
        (Refused(Reply(500, "no")), ExitStatus.REFUSED),
        (Refused(Reply(404, "nobody")), ExitStatus.NOT_FOUND),
        (click.UsageError("what?"), ExitStatus.USAGE),
        (click.BadParameter("what?"), ExitStatus.USAGE),
        (CannotReach(Reach.STALE, "gone"), ExitStatus.CANNOT_REACH),
        (NoReply("late"), ExitStatus.TIMEOUT),
        (KeyboardInterrupt(), ExitStatus.INTERRUPTED),
        (click.Abort(), ExitStatus.INTERRUPTED),
        (SerError("something"), ExitStatus.REFUSED),
    ],
)
def test_each_error_has_its_status(error: BaseException, status: ExitStatus) -> None:
    assert status_of(error) is status


def test_a_refusal_repeats_what_ser_says_in_one_line() -> None:
    refused = Refused(Reply(500, "Error while adding contact", b" ('U','C') in table 'T'\n"))
    assert message_of(refused) == ("ser says 500 Error while adding contact ('U','C') in table 'T'")


def test_a_refusal_may_have_a_hint() -> None:
    assert message_of(Refused(Reply(400, "no"), "; try this")) == "ser says 400 no; try this"


def test_a_command_that_ser_does_not_have_is_explained() -> None:
    assert message_of(Refused(Reply(500, "command 'ul_list' not available"))) == (
        "ser says 500 command 'ul_list' not available; `serctl which` lists those there are: "
        "modules bring theirs when ser.cfg loads them"
    )


def test_a_usage_error_says_where_help_is() -> None:
    context = click.Context(click.Command("ps"), info_name="serctl ps")
    assert message_of(click.UsageError("what?", context)) == "what? (serctl ps --help)"
    assert message_of(click.UsageError("what?")) == "what?"
