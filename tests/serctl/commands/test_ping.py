from __future__ import annotations

import json
import re

import pytest

from ser_core.fifo.reach import CannotReach, NoReply, Reach
from tests.support.serctl_runs import FakeSer, serctl

JOE = "sip:joe@10.0.0.9"
OK = "200 OK\n.\n.\n.\nVia: SIP/2.0/UDP 10.0.0.1\r\n\r\n\n"
BUSY = OK.replace("200 OK", "486 Busy Here")
SILENCE = NoReply("no answer in time")


def test_on_a_terminal_it_looks_like_ping() -> None:
    run = serctl("ping", "-c", "2", "-i", "0.01", JOE, ser=FakeSer(t_uac_dlg=OK), terminal=True)
    assert run.status == 0
    assert re.fullmatch(
        rf"""PING {JOE} with OPTIONS
200 OK from {JOE}: seq=1 time=[\d.]+ ms
200 OK from {JOE}: seq=2 time=[\d.]+ ms

--- {JOE} ping statistics ---
2 packets transmitted, 2 received, 0% packet loss, time \d+ms
rtt min/avg/max/mdev = [\d.]+/[\d.]+/[\d.]+/[\d.]+ ms
""",
        run.stdout,
    )


def test_in_a_pipe_it_sends_one_probe_and_writes_one_line() -> None:
    run = serctl("ping", JOE, ser=FakeSer(t_uac_dlg=OK))
    assert re.fullmatch(rf"{JOE}\t1\tok\t200\tOK\t[\d.]+\n", run.stdout)


@pytest.mark.parametrize(
    ("reply", "printed", "status"),
    [(OK, "200 OK\n", 0), (BUSY, "486\n", 1), (SILENCE, "408\n", 4)],
)
def test_raw_is_what_sers_serctl_printed(reply: str | Exception, printed: str, status: int) -> None:
    run = serctl("-F", "raw", "ping", JOE, ser=FakeSer(t_uac_dlg=reply))
    assert (run.stdout, run.status) == (printed, status)


def test_a_user_is_pinged_at_each_contact_and_one_that_answers_is_enough() -> None:
    contacts = f"200 OK\n<{JOE}>;q=1;expires=60\n<sip:joe@10.0.0.8>;q=;expires=60\n"

    def answer(method: str, uri: str, *_: object) -> str | Exception:
        return OK if uri == JOE else SILENCE

    ser = FakeSer(ul_show_contact=contacts, t_uac_dlg=answer)
    run = serctl("-F", "json", "ping", "joe", ser=ser)
    told = {probe["target"]: probe["outcome"] for probe in json.loads(run.stdout)}
    assert told == {JOE: "ok", "sip:joe@10.0.0.8": "silence"}
    assert run.status == 0


def test_each_argument_has_to_answer() -> None:
    def answer(method: str, uri: str, *_: object) -> str | Exception:
        return OK if uri == JOE else SILENCE

    assert serctl("ping", JOE, "sip:x@y", ser=FakeSer(t_uac_dlg=answer)).status == 4


def test_nobody_is_registered() -> None:
    ser = FakeSer(ul_show_contact="404 Username joe in table location not found\n")
    run = serctl("ping", "joe", ser=ser)
    assert run.status == 5
    assert run.stdout == ""


def test_quiet_shows_the_summary_only() -> None:
    run = serctl("ping", "-q", "-c", "2", "-i", "0.01", JOE, ser=FakeSer(t_uac_dlg=[OK, SILENCE]))
    assert re.fullmatch(rf"{JOE}\t2\t1\t0\t50(\.0)?(\t[\d.]+){{4}}\n", run.stdout)
    run = serctl("ping", "-q", "-c", "1", JOE, ser=FakeSer(t_uac_dlg=SILENCE), terminal=True)
    assert "no answer" not in run.stdout
    assert "1 packets transmitted, 0 received, 100% packet loss" in run.stdout


def test_ctrl_c_gives_the_summary() -> None:
    answers = iter([OK])

    def answer(*_: object) -> str:
        for told in answers:
            return told
        raise KeyboardInterrupt

    run = serctl("ping", "-i", "0.01", JOE, ser=FakeSer(t_uac_dlg=answer), terminal=True)
    assert run.status == 0
    assert re.search(r"^\d packets transmitted, 1 received", run.stdout, re.M)


def test_without_ser_there_is_an_error_and_no_summary() -> None:
    gone = CannotReach(Reach.NOT_RUNNING, "ser isn't running")
    run = serctl("ping", JOE, ser=FakeSer(t_uac_dlg=gone), terminal=True)
    assert run.status == 3
    assert run.stderr == "serctl: ser isn't running\n"
    assert "statistics" not in run.stdout


def test_dry_run_goes_on_behind_a_user() -> None:
    run = serctl("--dry-run", "ping", "joe", JOE)
    first, second = re.findall(r"^:\w+", run.stdout, re.M)
    assert (run.status, first, second) == (0, ":ul_show_contact", ":t_uac_dlg")
    assert run.stderr == "serctl: then t_uac_dlg, for each contact that this tells of joe\n"


def test_dry_run_shows_the_request() -> None:
    run = serctl("--dry-run", "ping", "--from", "sip:me@here", JOE)
    assert run.stdout == (
        f":t_uac_dlg:serctl\nOPTIONS\n{JOE}\n.\nFrom: <sip:me@here>\nTo: <{JOE}>\n"
        "Contact: <sip:daemon@!!>\nAccept: application/sdp\n.\n.\n\n"
    )
    assert run.status == 0


def test_what_a_phone_says_cant_harm_the_terminal() -> None:
    ser = FakeSer(t_uac_dlg=OK.replace("OK", "O\x1b[2JK", 1))
    run = serctl("ping", "-c", "1", JOE, ser=ser, terminal=True)
    assert "\x1b" not in run.stdout


@pytest.mark.parametrize("option", ["-c0", "-i0", "-W0"])
def test_numbers_that_make_no_sense(option: str) -> None:
    assert serctl("ping", option, JOE).status == 2
