"""What acc tells of transactions: each once, whatever happens to the messages."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ser_core import log
from ser_core.modules import acc as package
from ser_core.modules.acc.acc import Acc, TableName
from ser_core.modules.acc.rows import Row
from ser_core.modules.acc.spill import Spill, take
from ser_core.modules.api import REQUEST, commands_of, params_of
from ser_core.modules.uri.uri import AUTHORIZED_USER
from ser_core.sip.message import Response
from ser_core.sip.parser import parse_message
from tests.support.acc_script import ALL, DB, LOG, OTHER, AccScript
from tests.support.ladder import request, response_to
from tests.support.script_messages import request_in_script


@pytest.fixture
def script() -> AccScript:
    return AccScript()


# -- declarations --------------------------------------------------------------------------------


def test_functions_and_parameters_are_those_of_ser() -> None:
    assert package.MODULE is Acc
    assert {made.name: made.routes for made in commands_of(Acc)} == {
        "acc_log_request": REQUEST,
        "acc_db_request": REQUEST,
    }
    defaults = {made.name: made.default for made in params_of(Acc)}
    assert defaults["log_fmt"] == "miocfs"
    assert defaults["log_level"] == 2
    assert defaults["report_ack"] == 1
    assert {"early_media", "failed_transactions", "report_cancels", "db_localtime"} <= {
        name for name, default in defaults.items() if default == 0
    }
    assert sum(name.startswith("acc_") and name.endswith("_column") for name in defaults) == 14


@pytest.mark.parametrize(
    ("params", "problem"),
    [
        ({"log_fmt": "x"}, "log_fmt"),
        ({"db_url": "nonsense"}, "a db_url begins with"),
        ({"db_table_acc": ""}, "is not the name of a table"),
        ({"db_table_missed_calls": "a\n"}, "is not the name of a table"),
    ],
)
def test_parameters_that_would_fail_later_are_refused(params: dict[str, Any], problem: str) -> None:
    acc = Acc()
    for name, value in params.items():
        setattr(acc, name, value)
    with pytest.raises(ValueError, match=problem):
        acc.check()


def test_a_database_is_needed_when_something_is_said_of_it(tmp_path: Path) -> None:
    acc = Acc()
    assert not acc.has_errands()
    assert acc.database_urls() == ()
    acc.db_missed_flag = 2
    assert acc.database_urls() == ("",)
    acc.db_url = f"sqlite:///{tmp_path}/ser.db"
    assert acc.has_errands()
    acc.before_all("")
    assert (tmp_path / "ser.db").exists()


@pytest.mark.parametrize("name", ["", "a\nb", "t" * 65])
def test_a_table_needs_a_name(name: str) -> None:
    with pytest.raises(ValueError, match="is not the name of a table"):
        TableName.from_script(name)


# -- calls that are answered ---------------------------------------------------------------------


def test_an_answered_call_is_told_once(script: AccScript) -> None:
    script.relays(request())
    script.response(180)
    assert script.told == []
    script.response(200)
    script.response(200)
    assert script.told == ["transaction answered 200"]
    assert script.rows == [("acc", "INVITE", "200")]


def test_the_record_says_who_called_whom_and_where_it_went(script: AccScript) -> None:
    msg = script.relays(request(), b"sip:bob@198.51.100.1", OTHER)
    msg.state = {AUTHORIZED_USER: b"alice"}
    script.response(404, 0)
    script.response(200, 1)
    assert script.writer.rows[0].values == {
        "from_uri": "sip:alice@example.com",
        "to_uri": "sip:bob@example.com",
        "sip_method": "INVITE",
        "i_uri": "sip:bob@192.0.2.100",
        "o_uri": "sip:bob@198.51.100.2",
        "sip_from": "<sip:alice@example.com>;tag=a1",
        "sip_callid": "call-1",
        "sip_to": "<sip:bob@example.com>",
        "sip_status": "200",
        "totag": "callee",
        "fromtag": "a1",
        "username": "alice",
        "domain": "example.com",
        "time": 1_000_000_000.5,
    }
    assert script.told == ["transaction answered 200"]


def test_forking_with_two_answers_is_one_call(script: AccScript) -> None:
    script.relays(request(), b"sip:bob@198.51.100.1", OTHER)
    script.response(200, 0)
    script.response(200, 1)
    assert script.rows == [("acc", "INVITE", "200")]


def test_a_retransmitted_request_is_not_told_again(script: AccScript) -> None:
    script.relays(request())
    script.request(request())
    script.response(200)
    script.request(request())
    assert len(script.rows) == 1


def test_other_methods_count_as_well(script: AccScript) -> None:
    script.relays(request("BYE", to_tag="x"))
    script.response(200)
    assert script.rows == [("acc", "BYE", "200")]


def test_flags_say_what_is_told(script: AccScript) -> None:
    script.relays(request(), flags=())
    script.relays(request("BYE", branch="z9hG4bKb", to_tag="x"), flags=(LOG,))
    script.relays(request("BYE", branch="z9hG4bKc", to_tag="x"), flags=(DB,))
    for branch in range(3):
        script.response(200, branch)
    assert script.told == ["transaction answered 200"]
    assert script.rows == [("acc", "BYE", "200")]


def test_flag_0_is_no_flag() -> None:
    script = AccScript(log_flag=0, db_flag=0)
    script.relays(request(), flags=(0, LOG, DB))
    script.response(200)
    assert script.told == []
    assert script.rows == []


def test_lines_above_the_level_are_not_made(script: AccScript) -> None:
    script.level = log.WARNING
    script.relays(request())
    script.response(200)
    assert script.told == []
    assert script.acc.logged.value == 0
    assert len(script.rows) == 1


# -- early media ---------------------------------------------------------------------------------


def early(script: AccScript) -> None:
    """A 183 with a body arrives."""
    data = response_to(script.branches[0].message, 183)
    data = data.replace(b"Content-Length: 0\r\n\r\n", b"Content-Length: 4\r\n\r\nv=0\n")
    parsed: Any = parse_message(data)
    assert script.proxy.clients.receive(parsed, script.environment.now)


def test_early_media_counts_once_when_asked_for() -> None:
    script = AccScript(early_media=1)
    script.relays(request())
    script.response(180)
    early(script)
    early(script)
    script.response(200)
    assert script.told == ["transaction answered 183", "transaction answered 200"]
    assert script.writer.rows[0].values["o_uri"] == "sip:bob@198.51.100.1"


def test_early_media_does_not_count_by_itself(script: AccScript) -> None:
    script.relays(request())
    early(script)
    assert script.told == []


# -- calls that fail -----------------------------------------------------------------------------


def test_a_missed_call_is_told_once_with_its_reason(script: AccScript) -> None:
    script.relays(request())
    script.response(486, reason="Busy Here")
    assert script.told == ["call missed 486 Busy Here"]
    assert script.rows == [("missed_calls", "INVITE", "486 Busy Here")]
    assert script.writer.rows[0].values["username"] == "bob"
    assert script.writer.rows[0].values["domain"] == "192.0.2.100"


def test_log_and_database_may_share_their_flags() -> None:
    script = AccScript(db_flag=1, db_missed_flag=2)
    script.relays(request())
    script.response(486, reason="Busy Here")
    assert script.told == ["call missed 486 Busy Here"]
    assert script.rows == [("missed_calls", "INVITE", "486 Busy Here")]


def test_calls_that_are_missed_and_answered_may_share_their_flag() -> None:
    script = AccScript(log_flag=1, log_missed_flag=1, db_flag=2, db_missed_flag=2)
    script.relays_to_mailbox()
    script.response(486, 0, reason="Busy Here")
    script.response(200, 1)
    assert script.told == ["call missed 486 Busy Here", "transaction answered 200"]
    assert script.rows == [("missed_calls", "INVITE", "486 Busy Here"), ("acc", "INVITE", "200")]


def test_a_failure_is_told_though_it_shares_its_flag_with_missed_calls() -> None:
    script = AccScript(log_missed_flag=1, failed_transactions=1)
    script.relays(request())
    script.response(486, reason="Busy Here")
    assert script.told == ["call missed 486 Busy Here", "transaction answered 486"]


@pytest.mark.parametrize("status", [401, 407])
def test_a_call_that_is_challenged_is_not_missed(script: AccScript, status: int) -> None:
    script.relays(request())
    script.response(status)
    assert script.told == []
    assert script.rows == []


def test_a_call_that_times_out_is_missed(script: AccScript) -> None:
    script.relays(request())
    script.at(200)
    assert script.told == ["call missed 408 Request Timeout"]


def test_an_answer_behind_the_timeout_is_a_call_after_all(script: AccScript) -> None:
    script.relays(request(), b"sip:bob@198.51.100.1", OTHER)
    script.response(180, 1)
    script.at(125)  # behind fr_inv_timer
    script.response(200, 1)
    script.response(200, 1)
    assert script.told == ["call missed 408 Request Timeout", "transaction answered 200"]
    assert script.writer.rows[1].values["o_uri"] == OTHER.decode()
    script.acknowledges(ack())
    assert script.told[2:] == ["request acknowledged 200"]


def test_an_answer_to_a_call_that_the_script_has_refused_is_a_call(script: AccScript) -> None:
    msg = script.relays(request())
    script.response(180)
    script.proxy.responses.answer(msg.transaction.context, 480, b"Away", script.environment.now)
    script.response(200)
    assert script.rows == [("missed_calls", "INVITE", "480 Away"), ("acc", "INVITE", "200")]


def test_a_cancelled_call_is_missed_once(script: AccScript) -> None:
    script.relays(request())
    script.response(180)
    script.request(request("CANCEL"))
    script.response(487, reason="Request Terminated")
    assert script.rows == [("missed_calls", "INVITE", "487 Request Terminated")]


def test_an_answer_that_crosses_the_cancel_is_a_call(script: AccScript) -> None:
    script.relays(request())
    script.response(180)
    script.request(request("CANCEL"))
    script.response(200)
    script.response(487)
    assert script.rows == [("acc", "INVITE", "200")]


def test_all_branches_failing_is_one_missed_call(script: AccScript) -> None:
    script.relays(request(), b"sip:bob@198.51.100.1", OTHER)
    script.response(404, 0, reason="Not Found")
    script.response(486, 1, reason="Busy Here")
    assert script.told == ["call missed 404 Not Found"]


def test_a_call_that_goes_on_to_the_mailbox_is_missed_and_answered(script: AccScript) -> None:
    script.relays_to_mailbox()
    script.response(486, 0, reason="Busy Here")
    script.response(200, 1)
    assert script.told == ["call missed 486 Busy Here", "transaction answered 200"]
    assert script.rows == [("missed_calls", "INVITE", "486 Busy Here"), ("acc", "INVITE", "200")]
    assert script.writer.rows[1].values["o_uri"] == OTHER.decode()


def test_a_call_that_the_script_refuses_is_missed(script: AccScript) -> None:
    msg = script.arrives(request())
    for number in ALL:
        msg.set_flag(number)
    script.tm.t_newtran(msg)
    script.proxy.responses.answer(msg.transaction.context, 480, b"Away", msg.now)
    assert script.rows == [("missed_calls", "INVITE", "480 Away")]
    assert script.writer.rows[0].values["o_uri"] == "sip:bob@198.51.100.1"


def test_failed_transactions_count_when_asked_for() -> None:
    script = AccScript(failed_transactions=1, log_missed_flag=0, db_missed_flag=0)
    script.relays(request())
    script.response(486)
    assert script.told == ["transaction answered 486"]
    assert script.rows == [("acc", "INVITE", "486")]


def test_a_request_that_nobody_answers_failed_too() -> None:
    script = AccScript(failed_transactions=1)
    script.relays(request("MESSAGE"))
    script.at(100)
    assert script.rows == [("acc", "MESSAGE", "408")]


def test_only_calls_can_be_missed(script: AccScript) -> None:
    script.relays(request("MESSAGE"))
    script.response(404)
    assert script.told == []


# -- ACK and CANCEL ------------------------------------------------------------------------------


def ack(branch: str = "z9hG4bKack") -> bytes:
    return request("ACK", branch=branch, to_tag="callee")


def test_the_first_ack_is_told_of(script: AccScript) -> None:
    script.relays(request())
    script.response(200)
    script.acknowledges(ack())
    script.acknowledges(ack("z9hG4bKagain"))
    assert script.told == ["transaction answered 200", "request acknowledged 200"]
    assert script.rows[1:] == [("acc", "ACK", "200")]


@pytest.mark.parametrize("tag", [b";tag=a;tag=b", b';tag="a"', b";tag=", b" <sip:x>", b'"'])
def test_no_callee_hides_a_call_behind_a_tag_that_cant_be_read(
    script: AccScript, tag: bytes
) -> None:
    """The response is passed on, so there is a call, and somebody has to pay."""
    script.relays(request())
    data = response_to(script.branches[0].message, 200).replace(b";tag=callee", tag)
    response = parse_message(data)
    assert isinstance(response, Response)
    script.proxy.clients.receive(response, script.environment.now)
    assert script.told == ["transaction answered 200"]
    assert [row.values["totag"] for row in script.writer.rows] == ["n/a"]


def test_acks_are_not_told_of_unless_wanted() -> None:
    script = AccScript(report_ack=0)
    script.relays(request())
    script.response(200)
    script.acknowledges(ack())
    assert script.rows == [("acc", "INVITE", "200")]


def test_an_ack_of_a_call_without_flags_is_not_told_of(script: AccScript) -> None:
    script.relays(request(), flags=())
    script.response(200)
    script.acknowledges(ack())
    assert script.told == []


def test_cancels_are_told_of_when_wanted() -> None:
    script = AccScript(report_cancels=1)
    script.relays(request())
    script.response(180)
    script.request(request("CANCEL"))
    assert script.rows == [("acc", "CANCEL", "200")]


# -- the script's own records --------------------------------------------------------------------


def test_acc_log_request_writes_a_line(script: AccScript) -> None:
    msg = request_in_script(core=script.core)
    assert script.acc.acc_log_request(msg, b"404 Not Found")
    assert script.told == ["request accounted 404 Not Found"]


def test_acc_db_request_writes_a_record_of_the_caller_or_the_callee(script: AccScript) -> None:
    msg = request_in_script(core=script.core)
    assert script.acc.acc_db_request(msg, b"404 Not Found", TableName("missed_calls"))
    assert script.acc.acc_db_request(msg, b"seen", TableName("other"))
    assert script.rows == [
        ("missed_calls", "INVITE", "404 Not Found"),
        ("other", "INVITE", "seen"),
    ]
    assert [row.values["username"] for row in script.writer.rows] == ["bob", "alice"]


def test_what_a_script_tells_of_can_wait_in_a_file_while_the_database_is_away(
    script: AccScript, tmp_path: Path
) -> None:
    script.acc.acc_db_request(request_in_script(core=script.core), b"x", TableName("acc"))
    assert Spill(str(tmp_path / "acc")).add(script.writer.rows)
    assert take(tmp_path) == script.writer.rows


def test_times_can_be_local(script: AccScript, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ser_core.modules.acc.acc.local", lambda when: when + 3600)
    script.acc.db_localtime = 1
    script.acc.acc_db_request(request_in_script(core=script.core), b"x", TableName("acc"))
    assert script.writer.rows[0].values["time"] == 1_000_003_600.5


# -- life ----------------------------------------------------------------------------------------


def test_at_the_end_the_rest_is_written(script: AccScript) -> None:
    script.acc.stop()
    assert script.writer.flushes == 1


def test_what_receivers_left_is_written_when_all_have_ended(tmp_path: Path) -> None:
    acc = Acc()
    acc.db_url = f"sqlite:///{tmp_path}/ser.db"
    acc.after_all(str(tmp_path / "location.mdb"))
    assert not (tmp_path / "ser.db").exists()
    acc.before_all("")
    bye = Row("acc", {"sip_method": "BYE", "sip_callid": "a", "time": 1.0})
    assert Spill(str(tmp_path / "acc")).add([bye])
    acc.after_all(str(tmp_path / "location.mdb"))
    with closing(sqlite3.connect(tmp_path / "ser.db")) as connection:
        assert connection.execute("SELECT sip_method FROM acc").fetchall() == [("BYE",)]


def test_a_reload_hands_on_what_waits(script: AccScript) -> None:
    script.relays(request())
    script.response(200)
    after: Any = Acc()
    after.take_over(script.acc)
    after.waiting.add(3)
    after.start(script.core)
    assert after.waiting.value == 3
    assert after._writer is script.writer
    script.acc.keeps_open = True
    script.acc.stop()
    assert script.writer.flushes == 0
    assert len(after._acks) == 1


def test_what_waited_in_a_receiver_that_was_killed_is_told_of(script: AccScript) -> None:
    after: Any = Acc()
    after._writer = script.writer
    script.writer.left_behind = 2
    after.waiting.add(3)
    after.start(script.core)
    assert (after.waiting.value, after.lost.value) == (0, 1)
    assert script.core.logged == [
        "acc: a receiver was killed; 1 records, or fewer, are lost with it"
    ]


def test_a_start_after_a_kill_that_lost_nothing_says_nothing(script: AccScript) -> None:
    after: Any = Acc()
    after._writer = script.writer
    script.writer.left_behind = 3
    after.waiting.add(3)
    after.start(script.core)
    assert (after.lost.value, script.core.logged) == (0, [])


# -- whatever happens ----------------------------------------------------------------------------

EVENTS = st.lists(
    st.one_of(
        st.tuples(
            st.sampled_from([100, 180, 183, 200, 302, 404, 408, 486, 503, 603]), st.integers(0, 2)
        ),
        st.sampled_from(["cancel", "again", "time"]),
    ),
    max_size=12,
)


@given(EVENTS)
@settings(max_examples=60)
def test_a_call_is_told_once_whatever_happens(events: list[Any]) -> None:
    script = AccScript(report_ack=0)
    script.relays(request(), b"sip:bob@198.51.100.1", OTHER, b"sip:bob@198.51.100.3")
    seconds = 0.0
    for event in events:
        if event == "cancel":
            script.request(request("CANCEL"))
        elif event == "again":
            script.request(request())
        elif event == "time":
            seconds += 7
            script.at(seconds)
        else:
            script.response(event[0], event[1])
    script.at(1000)
    assert len(script.rows) == 1, script.rows
    assert len(script.told) == 1
    table, _method, status = script.rows[0]
    assert (table == "acc") == (status == "200")
