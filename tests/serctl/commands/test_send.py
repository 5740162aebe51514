from __future__ import annotations

import json

import pytest

from tests.support.serctl_runs import FakeSer, serctl

JOE = "sip:joe@10.0.0.9"
HEAD = (
    "Via: SIP/2.0/UDP 10.0.0.1\r\nFrom: <sip:d@b>;tag=1\r\nTo: <sip:joe@a>;tag=2\r\n"
    "Call-ID: x@y\r\nCSeq: 1 INVITE\r\n\r\n"
)


def final(status: str, body: str = "") -> str:
    contact = f"{JOE}\n{JOE}\n" if status.startswith("2") else ".\n.\n"
    return f"{status}\n{contact}.\n{HEAD}{body}\n"


def test_on_a_terminal_the_response_is_shown() -> None:
    ser = FakeSer(t_uac_dlg=final("200 OK", "v=0\r\n"))
    run = serctl("send", "OPTIONS", JOE, ser=ser, terminal=True)
    assert run.status == 0
    assert run.stdout == "200 OK\n" + HEAD.replace("\r\n", "\n").strip("\n") + "\n\nv=0\n"
    assert run.stderr.startswith("serctl: 200 after ")


def test_in_a_pipe_its_parts_are() -> None:
    ser = FakeSer(t_uac_dlg=final("200 OK", "v=0\r\n"))
    told = json.loads(serctl("-F", "json", "send", "OPTIONS", JOE, ser=ser).stdout)
    assert (told["code"], told["reason"], told["from_ser"]) == (200, "OK", "")
    assert told["headers"].splitlines()[0] == "Via: SIP/2.0/UDP 10.0.0.1"
    assert told["body"] == "v=0\n"


def test_raw_is_sers_reply() -> None:
    reply = final("404 Not Found")
    run = serctl("-F", "raw", "send", "OPTIONS", JOE, ser=FakeSer(t_uac_dlg=reply))
    assert run.stdout == reply


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        (final("202 Accepted"), 0),
        (final("302 Moved"), 1),
        (final("404 Not Found"), 5),
        (final("410 Gone"), 5),
        (final("480 Temporarily Unavailable"), 5),
        (final("604 Nowhere"), 5),
        (final("486 Busy Here"), 1),
        (final("603 Decline"), 1),
        ("408 Request Timeout\n", 4),
        ("478 fifo_uac_error: Unresolvable destination (478/FIFO/UAC)\n", 1),
        ("400 fifo_uac_error: ruri invalid\n", 1),
    ],
)
def test_the_exit_status_tells_the_class(reply: str, status: int) -> None:
    assert serctl("send", "MESSAGE", JOE, ser=FakeSer(t_uac_dlg=reply)).status == status


def test_it_tells_when_it_is_ser_that_speaks() -> None:
    run = serctl("send", "MESSAGE", JOE, ser=FakeSer(t_uac_dlg="408 Request Timeout\n"))
    assert run.stderr.startswith("serctl: 408 (says ser) after ")


def test_a_call_that_is_answered_is_ended() -> None:
    ser = FakeSer(t_uac_dlg=final("200 OK"))
    run = serctl("send", "INVITE", JOE, ser=ser)
    assert [request[1] for request in ser.requests] == ["INVITE", "BYE"]
    assert "the call was answered, and ended: BYE 200 OK" in run.stderr
    assert run.status == 0


def test_unless_it_shall_go_on() -> None:
    ser = FakeSer(t_uac_dlg=final("200 OK"))
    run = serctl("send", "INVITE", JOE, "--no-hangup", ser=ser)
    assert len(ser.requests) == 1
    assert "the call goes on" in run.stderr


def test_a_call_that_cant_be_ended_is_a_failure() -> None:
    ser = FakeSer(t_uac_dlg=[final("200 OK"), "408 Request Timeout\n"])
    run = serctl("send", "INVITE", JOE, ser=ser)
    assert run.status == 1
    assert "the call was answered, but not ended: 408 Request Timeout" in run.stderr


def test_a_call_that_is_refused_has_no_bye() -> None:
    ser = FakeSer(t_uac_dlg=final("486 Busy Here"))
    assert serctl("send", "INVITE", JOE, ser=ser).status == 1
    assert len(ser.requests) == 1


def test_dry_run_for_a_user_shows_who_is_asked_for() -> None:
    run = serctl("--dry-run", "send", "MESSAGE", "joe", "-b", "hi")
    assert (run.status, run.stdout) == (0, ":ul_show_contact:serctl\nlocation\njoe\n\n")
    assert "then t_uac_dlg" in run.stderr


def test_dry_run_shows_the_request() -> None:
    run = serctl(
        *("--dry-run", "send", "MESSAGE", JOE, "-b", "hi", "--from", "sip:me@here"),
        *("-H", "Call-ID: a@b", "-H", "CSeq: 7 MESSAGE", "--next-hop", "sip:proxy"),
    )
    assert run.stdout == (
        f":t_uac_dlg:serctl\nMESSAGE\n{JOE}\nsip:proxy\nFrom: <sip:me@here>\nTo: <{JOE}>\n"
        "Content-Type: text/plain\nCall-ID: a@b\nCSeq: 7 MESSAGE\n.\nhi\n.\n\n"
    )


def test_a_request_that_cant_be_sent_isnt() -> None:
    ser = FakeSer()
    run = serctl("send", "CANCEL", JOE, ser=ser)
    assert run.status == 2
    assert ser.requests == []
    assert "CANCEL can't be sent" in run.stderr


def test_the_list_of_templates() -> None:
    assert "bye\tEnd a call whose other end has gone: " in serctl("send", "--list").stdout


def test_what_a_phone_says_cant_harm_the_terminal() -> None:
    ser = FakeSer(t_uac_dlg=final("200 O\x1b[2JK", "\x1b]0;x\x07\r\n"))
    run = serctl("send", "OPTIONS", JOE, ser=ser, terminal=True)
    assert "\x1b" not in run.stdout
