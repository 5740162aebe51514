from __future__ import annotations

import pytest

from ser_core.modules.api import commands_of, params_of
from ser_core.modules.maxfwd.maxfwd import Hops, Maxfwd
from ser_core.script.runtime import ScriptMessage
from tests.support.script_messages import FakeCore, in_script, leaving, request_bytes
from tests.support.script_messages import request_in_script as request

TEN = Hops(10)


def maxfwd(max_limit: int = 70) -> Maxfwd:
    made = Maxfwd()
    made.max_limit = max_limit
    made.start(FakeCore())  # type: ignore[arg-type]  # as much of a Core as it needs
    return made


def process(msg: ScriptMessage, max_limit: int = 70) -> bool:
    return maxfwd(max_limit).mf_process_maxfwd_header(msg, TEN)


@pytest.mark.parametrize(
    ("arriving", "leaving_with"),
    [
        ("70", b"69"),
        ("10", b"9"),
        ("1", b"0"),
        ("71", b"70"),
        ("255", b"70"),
        ("007", b"6"),
        ("0000000001", b"0"),
    ],
)
def test_max_forwards_is_decremented_by_one_and_lowered_to_the_limit(
    arriving: str, leaving_with: bytes
) -> None:
    msg = request(f"Max-Forwards: {arriving}")
    assert process(msg) is True
    assert leaving(msg).header(b"max-forwards") == leaving_with


def test_without_a_limit_nothing_is_lowered() -> None:
    msg = request("Max-Forwards: 255")
    assert process(msg, max_limit=0) is True
    assert leaving(msg).header(b"max-forwards") == b"254"


@pytest.mark.parametrize("limit", [0, 1, 16, 70, 255])
@pytest.mark.parametrize("arriving", [1, 2, 15, 16, 17, 70, 71, 255])
def test_max_forwards_is_never_raised(limit: int, arriving: int) -> None:
    msg = request(f"Max-Forwards: {arriving}")
    process(msg, limit)
    assert int(leaving(msg).header(b"max-forwards") or b"999") < arriving


@pytest.mark.parametrize("line", ["Max-Forwards: 0", "Max-Forwards:0", "max-forwards: 000"])
def test_zero_is_used_up_and_the_request_stays_as_it_is(line: str) -> None:
    msg = request(line)
    assert process(msg) is False
    assert msg.message.edits == []


def test_a_request_without_max_forwards_gets_it_as_first_header() -> None:
    msg = request()
    assert process(msg) is True
    assert msg.message.to_bytes() == request_bytes().replace(
        b"Via:", b"Max-Forwards: 10\r\nVia:", 1
    )


def test_what_is_added_is_no_more_than_the_limit() -> None:
    msg = request()
    process(msg, max_limit=5)
    assert leaving(msg).header(b"max-forwards") == b"5"


def test_a_second_call_adds_no_second_header() -> None:
    msg = request()
    module = maxfwd()
    module.mf_process_maxfwd_header(msg, TEN)
    assert module.mf_process_maxfwd_header(msg, Hops(20)) is True
    assert leaving(msg).headers(b"max-forwards") == [b"10"]
    assert module.added.value == 1


def test_a_second_call_doesnt_decrement_again() -> None:
    msg = request("Max-Forwards: 70")
    module = maxfwd()
    module.mf_process_maxfwd_header(msg, TEN)
    module.mf_process_maxfwd_header(msg, TEN)
    assert leaving(msg).header(b"max-forwards") == b"69"


@pytest.mark.parametrize(
    ("line", "line_after"),
    [
        (b"Max-Forwards:70\r\n", b"Max-Forwards:69\r\n"),
        (b"MAX-FORWARDS  :  70  \r\n", b"MAX-FORWARDS  :  69  \r\n"),
        (b"Max-Forwards:\r\n 70\r\n", b"Max-Forwards:\r\n 69\r\n"),
        (b"Max-Forwards: 10\r\n", b"Max-Forwards: 9\r\n"),
    ],
)
def test_only_the_number_is_touched(line: bytes, line_after: bytes) -> None:
    data = request_bytes("X: y").replace(b"X: y\r\n", line)
    msg = in_script(data)
    assert process(msg) is True
    assert msg.message.to_bytes() == data.replace(line, line_after)


def test_counters() -> None:
    module = maxfwd()
    for headers in ((), ("Max-Forwards: 0",), ("Max-Forwards: 70",)):
        module.mf_process_maxfwd_header(request(*headers), TEN)
    assert (module.added.value, module.used_up.value) == (1, 1)


@pytest.mark.parametrize("text", ["1", "10", "255", "070"])
def test_the_argument_is_a_number_of_hops(text: str) -> None:
    assert Hops.from_script(text) == int(text)


@pytest.mark.parametrize("text", ["", "0", "256", "-1", "1e1", "ten", "1_0", "0255"])
def test_other_arguments_stop_the_start(text: str) -> None:
    with pytest.raises(ValueError, match="is not a number of hops, 1 to 255"):
        Hops.from_script(text)


def test_max_limit_has_bounds() -> None:
    (max_limit,) = params_of(Maxfwd)
    assert max_limit.problem_with(256) == "parameter max_limit must be at most 255"
    assert max_limit.problem_with(0) == ""


def test_it_stands_in_request_routes_only() -> None:
    (info,) = commands_of(Maxfwd)
    assert info.routes.name == "REQUEST"
