from __future__ import annotations

import pytest

from ser_core.modules.acc.log_line import ANSWERED, check_format, line
from ser_core.modules.acc.record import Record
from tests.support.script_messages import request_in_script as request


def record(from_: str = "<sip:alice@example.org>;tag=1") -> Record:
    return Record(request(from_=from_).message, b"sip:bob@192.0.2.9", b"200")


def test_a_line_is_sers() -> None:
    assert line(ANSWERED, "miocfs", record()) == (
        "ACC: transaction answered: method=INVITE, i-uri=sip:bob@example.com, "
        "o-uri=sip:bob@192.0.2.9, call_id=1@192.0.2.101, "
        "from=<sip:alice@example.org>;tag=1, code=200"
    )


def test_what_isnt_there_is_na() -> None:
    assert line("", "ud", record()) == "user=n/a, to_tag=n/a"


def test_a_caller_cant_add_what_looks_like_another_value() -> None:
    from_ = '"x, code=500" <sip:alice@example.org>;tag=1'
    assert line("", "fs", record(from_)) == (
        'from="x,\\x20code=500" <sip:alice@example.org>;tag=1, code=200'
    )


@pytest.mark.parametrize(
    ("letters", "problem"),
    [("mzs", 'log_fmt: "z", letter 2, is none of cdf'), ("", "log_fmt is empty")],
)
def test_a_format_that_cant_be_written_is_refused(letters: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        check_format(letters)
    check_format("miocfs")
